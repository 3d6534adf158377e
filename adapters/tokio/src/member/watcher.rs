//! The observer that turns a machine's steps into what a [`Member`](super::Member) shows.

use super::leadership::{Hold, Phase, Tenure};
use super::status::{self, Tallies};
use super::{Event, Leader, Machine, Stamped, Why, meters};
use crate::driver::{Observer, Survey};
use crate::{Error, Notice};
use core::net::SocketAddr;
use quorate::barrier::coordinator;
use quorate::election::{Command, Event as Elections, Guarantee, Standing};
use quorate::lease::authority::{self, Freed};
use quorate::{Epoch, Instant, Name, NodeId, detector, host, member};
use quorate_wire::Writer;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{broadcast, watch};

/// What the watcher and the member's handles share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) id: NodeId,
    pub(super) group: String,
    pub(super) started: Instant,
    pub(super) tallies: Tallies,
    /// Where peers were at the last survey.
    places: Mutex<Vec<(NodeId, SocketAddr)>>,
}

impl Shared {
    pub(super) fn new(id: NodeId, group: String, started: Instant) -> Self {
        Self { id, group, started, tallies: Tallies::default(), places: Mutex::default() }
    }

    pub(super) fn address(&self, peer: NodeId) -> Option<SocketAddr> {
        let places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        places.iter().find(|(known, _)| *known == peer).map(|(_, address)| *address)
    }

    pub(super) fn place(&self, peers: impl Iterator<Item = (NodeId, Option<SocketAddr>)>) {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        places.clear();
        places.extend(peers.filter_map(|(peer, address)| Some((peer, address?))));
    }

    fn moved(&self, peer: NodeId, to: SocketAddr) {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        places.retain(|(known, _)| *known != peer);
        places.push((peer, to));
    }
}

#[derive(Debug)]
pub(super) struct Watcher {
    pub(super) shared: Arc<Shared>,
    pub(super) events: broadcast::Sender<Stamped>,
    pub(super) leader: watch::Sender<Option<Leader>>,
    pub(super) tenure: watch::Sender<Option<Arc<Tenure>>>,
    /// The epoch that a resignation was asked for in, since one is enough.
    pub(super) resigned: Option<Epoch>,
}

impl Watcher {
    fn lead_by(&self, leader: Option<Leader>) {
        self.leader.send_if_modified(|present| {
            let changes = *present != leader;
            if changes && leader.is_some() {
                self.shared.tallies.leader_changed();
            }
            *present = leader;
            changes
        });
    }

    fn enter(&self, phase: Phase) {
        if let Some(tenure) = &*self.tenure.borrow() {
            tenure.enter(phase);
        }
    }

    fn lose(&self, why: Why) {
        if let Some(tenure) = self.tenure.send_replace(None) {
            tenure.enter(Phase::Lost(why));
        }
    }

    fn election(&mut self, event: &Elections) {
        let id = self.shared.id;
        match *event {
            Elections::Elected { epoch, until } => {
                tracing::info!(%epoch, "leading");
                self.shared.tallies.elected();
                self.tenure.send_replace(Some(Arc::new(Tenure::new(epoch, until))));
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
        let _ = self.events.send(Stamped { at, event }); // There may be nobody to tell.
    }
}

impl Observer<Machine> for Watcher {
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
        let tenure = self.tenure.borrow();
        let tenure = tenure.as_ref()?;
        let election = machine.member().election();
        if let Some(until) = election.valid_until() {
            tenure.renew(until, doubt(election.config(), until));
        }
        let command = match (election.standing(), tenure.hold()) {
            // Whoever had the guard has stopped working, or nobody ever worked.
            (Standing::Stopping, Hold::Over) => Some(Command::Release),
            (Standing::Stopping, Hold::Free) => tenure.pass(Hold::Free, Hold::Over).then_some(Command::Release),
            (Standing::Leading, Hold::Over) if self.resigned != Some(tenure.epoch) => {
                self.resigned = Some(tenure.epoch);
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
        status::answer(&self.shared, protocol, question, survey, answer)
    }

    fn stopped(&mut self, _: &Result<(), Error>) {
        self.lose(Why::Stopped);
        self.lead_by(None);
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
