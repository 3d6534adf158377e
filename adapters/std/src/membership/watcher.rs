//! The observer that turns a machine's steps into what a member shows.

use super::administration;
use super::tallies::Tallies;
use super::{Event, Hold, Leader, Machine, Phase, Stamped, Tenure, Why, meters, status};
use crate::driver::{Observer, Survey};
use crate::signal::Signal;
use crate::sync::{Mutex, lock};
use crate::{Error, Notice};
use core::net::SocketAddr;
use quorate::barrier::coordinator;
use quorate::election::{Command, Event as Elections, Guarantee, Standing};
use quorate::lease::authority::{self, Freed};
use quorate::{Epoch, Instant, Name, NodeId, detector, host, member};
use quorate_wire::Writer;
use std::sync::Arc;

/// What a member's watcher and its handles share.
#[derive(Debug)]
pub struct Shared {
    /// The member.
    pub id: NodeId,
    /// Its group's name.
    pub group: String,
    /// Since when it has been running.
    pub started: Instant,
    pub(super) tallies: Tallies,
    /// Where peers were at the last survey.
    places: Mutex<Vec<(NodeId, SocketAddr)>>,
}

impl Shared {
    pub(super) fn new(id: NodeId, group: String, started: Instant) -> Self {
        Self { id, group, started, tallies: Tallies::default(), places: Mutex::new(Vec::new()) }
    }

    /// Where a peer was at the last survey.
    pub(super) fn address(&self, peer: NodeId) -> Option<SocketAddr> {
        lock(&self.places).iter().find(|(known, _)| *known == peer).map(|(_, address)| *address)
    }

    pub(super) fn place(&self, peers: impl Iterator<Item = (NodeId, Option<SocketAddr>)>) {
        let mut places = lock(&self.places);
        places.clear();
        places.extend(peers.filter_map(|(peer, address)| Some((peer, address?))));
    }

    fn moved(&self, peer: NodeId, to: SocketAddr) {
        let mut places = lock(&self.places);
        places.retain(|(known, _)| *known != peer);
        places.push((peer, to));
    }
}

/// Shows what a member is to those who wait for it, in whatever way they do. Its methods return at once.
pub trait Show: Send + 'static {
    /// Tells who looks at a leadership that it has changed.
    type Signal: Signal;

    /// Something happened.
    fn happened(&self, stamped: Stamped);

    /// Another one leads than before, or nobody.
    fn leader(&self, leader: Option<Leader>);

    /// This member leads from now on, or no longer.
    fn tenure(&self, tenure: Option<Arc<Tenure<Self::Signal>>>);

    /// Nothing happens any more.
    fn stopped(&self) {}
}

/// Watches a member's machine, sees to its leadership, counts, logs, answers questions, and [shows](Show) what is to be seen.
#[derive(Debug)]
pub struct Watcher<F: Show> {
    shared: Arc<Shared>,
    face: F,
    leader: Option<Leader>,
    tenure: Option<Arc<Tenure<F::Signal>>>,
    /// The epoch that a resignation was asked for in, since one is enough.
    resigned: Option<Epoch>,
    /// What an administrator has asked for just now.
    order: Option<host::Command<Name>>,
}

impl<F: Show> Watcher<F> {
    /// Of a member that has just started.
    pub fn new(shared: Arc<Shared>, face: F) -> Self {
        Self { shared, face, leader: None, tenure: None, resigned: None, order: None }
    }

    fn lead_by(&mut self, leader: Option<Leader>) {
        if self.leader == leader {
            return;
        }
        if leader.is_some() {
            self.shared.tallies.leader_changed();
        }
        self.leader = leader;
        self.face.leader(leader);
    }

    fn begin(&mut self, tenure: Tenure<F::Signal>) {
        let tenure = Arc::new(tenure);
        self.tenure = Some(tenure.clone());
        self.face.tenure(Some(tenure));
    }

    fn enter(&self, phase: Phase) {
        if let Some(tenure) = &self.tenure {
            tenure.enter(phase);
        }
    }

    fn lose(&mut self, why: Why) {
        if let Some(tenure) = self.tenure.take() {
            self.face.tenure(None);
            tenure.enter(Phase::Lost(why));
        }
    }

    fn election(&mut self, event: &Elections) {
        let id = self.shared.id;
        match *event {
            Elections::Elected { epoch, until } => {
                tracing::info!(%epoch, "leading");
                self.shared.tallies.elected();
                self.begin(Tenure::new(epoch, until));
                self.lead_by(Some(Leader { id, epoch }));
            }
            Elections::Doubtful { epoch, until } => {
                tracing::warn!(%epoch, %until, "the leadership is doubtful: a renewal is overdue");
                self.enter(Phase::Doubtful);
            }
            Elections::Assured { epoch, .. } => {
                tracing::info!(%epoch, "the leadership is assured again");
                self.enter(Phase::Assured);
            }
            Elections::Stopping { epoch, why, .. } => {
                tracing::info!(%epoch, %why, "the leadership is about to end");
                self.enter(Phase::Stopping(why));
            }
            Elections::Lost { epoch, why, .. } => {
                tracing::info!(%epoch, %why, "leading no longer");
                self.lose(why.into());
                self.lead_by(None);
            }
            Elections::Following { leader, epoch } => {
                tracing::info!(%leader, %epoch, "following");
                self.lead_by(Some(Leader { id: leader, epoch }));
            }
            Elections::Leaderless { epoch, why } => {
                tracing::info!(%epoch, %why, "the leader is gone");
                self.lead_by(None);
            }
            Elections::Recalled { epoch } => tracing::info!(%epoch, "the others have told how far they got"),
            Elections::Rejected { from, reason } => {
                self.shared.tallies.rejected();
                tracing::debug!(%from, %reason, "an election message was not acted on");
            }
            Elections::Refused(error) => tracing::debug!(%error, "a command was refused"),
            Elections::Exhausted => tracing::error!("there are no further epochs, so nobody can be elected any more"),
        }
    }

    fn monitor(&mut self, event: &detector::Event) {
        match *event {
            detector::Event::Suspected { peer, silence } => {
                self.shared.tallies.suspected();
                tracing::warn!(%peer, ?silence, "suspected");
            }
            detector::Event::Trusted { peer, suspected_for } => tracing::info!(%peer, ?suspected_for, "trusted again"),
            detector::Event::Restarted { peer, incarnation } => tracing::info!(%peer, %incarnation, "restarted"),
            detector::Event::Paused { by } => {
                self.shared.tallies.paused();
                tracing::warn!(?by, "this member itself was held up");
            }
            detector::Event::Rejected { from, reason } => {
                self.shared.tallies.rejected();
                tracing::debug!(%from, %reason, "a heartbeat was ignored");
            }
            detector::Event::Refused(error) => tracing::debug!(%error, "a command was refused"),
        }
    }

    fn lease(&mut self, event: &authority::Event<Name>) {
        let tallies = &self.shared.tallies;
        match event {
            authority::Event::Opening { epoch, grace } => {
                tracing::info!(%epoch, ?grace, "granting locks; at first only those that holders have");
            }
            authority::Event::Opened { epoch } => tracing::info!(%epoch, "granting locks"),
            authority::Event::Closed { epoch } => tracing::info!(%epoch, "granting locks no longer"),
            authority::Event::Granted { resource, node, token, mode, reclaimed, .. } => {
                tallies.granted(*reclaimed);
                tracing::debug!(name = %resource, %node, %token, %mode, reclaimed, "granted");
            }
            authority::Event::Freed { resource, node, token, why: Freed::Expired, .. } => {
                tallies.expired();
                tracing::info!(name = %resource, %node, %token, "a lease ran out");
            }
            authority::Event::Freed { resource, node, token, why, .. } => {
                tracing::debug!(name = %resource, %node, %token, %why, "freed");
            }
            authority::Event::Exhausted { epoch } => {
                tracing::info!(%epoch, "the tokens of this epoch are used up: another one is needed");
            }
            authority::Event::Rejected { from, reason } => {
                tallies.rejected();
                tracing::debug!(%from, %reason, "a holder's message was not acted on");
            }
            authority::Event::Refused(error) => tracing::debug!(%error, "a command was refused"),
        }
    }

    fn barrier(&mut self, event: &coordinator::Event<Name>) {
        if let coordinator::Event::Rejected { .. } = event {
            self.shared.tallies.rejected();
        }
        tracing::debug!(?event, "at a barrier");
    }

    fn send(&self, event: Event, at: Instant) {
        self.face.happened(Stamped { at, event });
    }
}

impl<F: Show> Observer<Machine> for Watcher<F> {
    fn event(&mut self, event: &host::Event<Name>, at: Instant) {
        match event {
            host::Event::Member(member::Event::Election(event)) => self.election(event),
            host::Event::Member(member::Event::Monitor(event)) => self.monitor(event),
            host::Event::Lease(event) => self.lease(event),
            host::Event::Barrier(event) => self.barrier(event),
        }
        self.send((*event).into(), at);
    }

    fn notice(&mut self, notice: &Notice, at: Instant) {
        if let Notice::Moved { peer, to, .. } = *notice {
            self.shared.moved(peer, to);
        }
        self.send(Event::Notice(notice.clone()), at);
    }

    fn stepped(&mut self, machine: &Machine, _: Instant) -> Option<host::Command<Name>> {
        if let Some(order) = self.order.take() {
            return Some(order);
        }
        let tenure = self.tenure.as_ref()?;
        let election = machine.member().election();
        if let Some(until) = election.valid_until() {
            tenure.renew(until, doubt(election.config(), until));
        }
        let command = match (election.standing(), tenure.hold()) {
            // Whoever had the guard has stopped working, or nobody ever worked.
            (Standing::Stopping, Hold::Over) => Some(Command::Release),
            (Standing::Stopping, Hold::Free) => tenure.pass(Hold::Free, Hold::Over).then_some(Command::Release),
            (Standing::Leading, Hold::Over) if self.resigned != Some(tenure.epoch()) => {
                self.resigned = Some(tenure.epoch());
                Some(Command::Resign)
            }
            _ => None,
        };
        command.map(host::Command::Election)
    }

    fn survey(&mut self, survey: Survey<'_, Machine>) {
        let peers = quorate::Machine::peers(survey.machine).iter();
        self.shared.place(peers.map(|&peer| (peer, survey.address(peer))));
        meters::show(&self.shared, &survey);
    }

    fn asked(&mut self, protocol: u8, question: &[u8], survey: Survey<'_, Machine>, answer: &mut Writer<'_>) -> bool {
        match administration::answer(self.shared.id, protocol, question, &survey, answer) {
            Some(order) => {
                if let Some(order) = &order {
                    tracing::warn!(?order, "an administrator's");
                }
                self.order = order.or(self.order.take());
                true
            }
            None => status::answer(&self.shared, protocol, question, survey, answer),
        }
    }

    fn stopped(&mut self, _: &Result<(), Error>) {
        self.lose(Why::Stopped);
        self.lead_by(None);
        self.face.stopped();
    }
}

/// When to doubt a lease without being told: half-way between when the driver would say so and the end, for by then
/// the driver itself is held up.
fn doubt(config: &quorate::election::Config, until: Instant) -> Instant {
    if config.guarantee() == Guarantee::PerPartition {
        return until;
    }
    let timing = config.timing();
    let told = until.before(config.validity()) + timing.renew + timing.timeout;
    told + until.since(told) / 2
}
