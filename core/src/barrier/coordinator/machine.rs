//! The machine: its state, and where each input goes.

use super::barrier::{Barrier, Change, Stand};
use super::hear::Claim;
use super::newcomer::{Hour, Welcome};
use super::{Command, Config, Event, Misuse, Reason};
use crate::barrier::{Cause, Generation, Message, Outcome, PartyId, Refusal, Ticket};
use crate::{Epoch, Infallible, Input, InputOf, Instant, Machine, NodeId, Rebase, Step, StepOf};
use core::fmt::Debug;
use core::hash::Hash;
use core::time::Duration;
use heapless::Vec;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Phase {
    Closed {
        leader: Option<NodeId>,
    },
    Open {
        /// Until then only those are given a place that took part before.
        grace: Instant,
    },
}

/// Coordinates barriers. See the [module](crate::barrier) for what it promises.
///
/// `R` is what barriers are known by, `BARRIERS` how many there can be at once, and `PARTIES` how many parties each can have. A
/// step costs O(BARRIERS + PARTIES).
///
/// It is closed at first. Whoever hosts it opens it when its node leads, with the epoch of the leadership, and closes it when that
/// ends; [`Fixed`](super::Fixed) does so for a node that always coordinates.
///
/// ```
/// use quorate::barrier::{Coordinator, Message, PartyId, Ticket, coordinator};
/// use quorate::{Epoch, Input, Instant, Machine, NodeId, Output};
/// use core::time::Duration;
///
/// let config = coordinator::Config::new(Duration::from_secs(2), Duration::ZERO)?;
/// let mut coordinator = Coordinator::<u8, 4, 8>::new(config, Instant::ORIGIN);
/// let epoch = Epoch::new(1);
/// coordinator.step(Input::Command(coordinator::Command::Open { epoch }), Instant::ORIGIN);
///
/// let mut arrives = |node, epoch| {
///     let ticket = Ticket { resource: 7, parties: 2, party: PartyId::new(1), arrival: 1, epoch, visit: 0, learnt: None, released: false };
///     let message = Message::Arrive { ticket, generation: None, leaves: false };
///     let step = coordinator.step(Input::Receive { from: NodeId::new(node), message }, Instant::ORIGIN);
///     match step.into_iter().next() {
///         Some(Output::Send { message, .. }) => message,
///         other => panic!("{other:?}"),
///     }
/// };
/// assert!(matches!(arrives(8, Epoch::ZERO), Message::Coordinates { .. })); // say that again, in this epoch
/// assert!(matches!(arrives(8, epoch), Message::Noted { arrived: 1, .. }));
/// assert!(matches!(arrives(9, epoch), Message::Prepare { .. })); // all have arrived: are you ready?
/// # Ok::<(), coordinator::ConfigError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Coordinator<R, const BARRIERS: usize, const PARTIES: usize> {
    pub(super) config: Config,
    pub(super) phase: Phase,
    /// The epoch that it is in, or was in last.
    pub(super) epoch: Epoch,
    /// The highest number of a generation of a barrier that is forgotten.
    pub(super) forgotten: u32,
    /// The visit that gives a place at a barrier where nobody has one.
    pub(super) visit: u32,
    pub(super) barriers: Vec<Barrier<R, PARTIES>, BARRIERS>,
    /// When something is to be done.
    pub(super) due: Instant,
    pub(super) latest: Instant,
}

const _: () = assert!(size_of::<StepOf<Coordinator<crate::Name, 1, 1>>>() <= 472, "a step must stay cheap to return");

/// A barrier, as a look at the coordinator shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BarrierView<R> {
    /// The barrier.
    pub resource: R,
    /// How many parties it has.
    pub parties: u16,
    /// How many of them have a place.
    pub present: u16,
    /// The present generation.
    pub generation: Generation,
    /// How many have arrived in it.
    pub arrived: u16,
}

/// A party's place at a barrier, as a look at the coordinator shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PlaceView<R> {
    /// The barrier.
    pub resource: R,
    /// Whose place it is.
    pub node: NodeId,
    /// Which of that node's parties.
    pub party: PartyId,
    /// How it stands.
    pub state: PlaceState,
    /// For how long it has not been heard.
    pub silent: Duration,
}

/// How a party stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "kebab-case"))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum PlaceState {
    /// It has not arrived in the present generation.
    Present,
    /// It has arrived.
    Arrived,
    /// It has arrived, knows that all have, and waits for the outcome.
    Ready,
    /// It is bound to this generation of an earlier coordinator, and how that ended is not known yet.
    InDoubt(Generation),
}

impl<R: Copy + Eq + Hash + Debug, const BARRIERS: usize, const PARTIES: usize> Coordinator<R, BARRIERS, PARTIES> {
    /// Numbers of generations that parties claim count up to here: nobody can use them up by claims.
    const HIGHEST_CLAIM: u32 = 1 << 31;

    /// A coordinator that is closed.
    #[must_use]
    pub const fn new(config: Config, now: Instant) -> Self {
        Self {
            config,
            phase: Phase::Closed { leader: None },
            epoch: Epoch::ZERO,
            forgotten: 0,
            visit: 0,
            barriers: Vec::new(),
            due: Instant::FAR_FUTURE,
            latest: now,
        }
    }

    /// Its rules.
    #[must_use]
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// In which epoch it coordinates; `None` while it is closed.
    #[must_use]
    pub const fn epoch(&self) -> Option<Epoch> {
        match self.phase {
            Phase::Closed { .. } => None,
            Phase::Open { .. } => Some(self.epoch),
        }
    }

    /// All barriers at which somebody has a place, in no order.
    pub fn barriers(&self) -> impl Iterator<Item = BarrierView<R>> {
        self.barriers.iter().map(|barrier| BarrierView {
            resource: barrier.resource,
            parties: barrier.parties,
            present: u16::try_from(barrier.places.len()).unwrap_or(u16::MAX),
            generation: barrier.generation,
            arrived: barrier.arrived(),
        })
    }

    /// Everybody who has a place, in no order.
    pub fn places(&self, now: Instant) -> impl Iterator<Item = PlaceView<R>> {
        let now = now.max(self.latest);
        self.barriers.iter().flat_map(move |barrier| {
            barrier.places.iter().map(move |place| PlaceView {
                resource: barrier.resource,
                node: place.node,
                party: place.party,
                state: match place.stand {
                    Stand::Present => PlaceState::Present,
                    Stand::Arrived => PlaceState::Arrived,
                    Stand::Ready => PlaceState::Ready,
                    Stand::InDoubt { generation, .. } => PlaceState::InDoubt(generation),
                },
                silent: now.since(place.heard),
            })
        })
    }

    fn command(&mut self, command: Command<R>, now: Instant, step: &mut StepOf<Self>) {
        match command {
            Command::Open { epoch } if epoch <= self.epoch || !epoch.is_valid() => {
                step.event(Event::Refused(Misuse::Epoch { asked: epoch, last: self.epoch }));
            }
            Command::Open { epoch } => self.open(epoch, now.after(self.config.grace()), step),
            Command::Close { leader } => {
                if let Some(epoch) = self.epoch() {
                    self.forget();
                    step.event(Event::Closed { epoch });
                }
                self.phase = Phase::Closed { leader };
            }
            Command::Reset(resource) => {
                let Some(at) = self.position(&resource) else {
                    return step.event(Event::Refused(Misuse::NobodyWaits));
                };
                match self.barriers.get_mut(at).and_then(|barrier| barrier.break_up(Cause::Reset, None)) {
                    Some(change) => self.changed(resource, Some(change), step),
                    None => step.event(Event::Refused(Misuse::NobodyWaits)),
                }
                self.look_after(at, now, step);
            }
        }
    }

    /// Opens, with a grace period that ends then.
    pub(super) fn open(&mut self, epoch: Epoch, grace: Instant, step: &mut StepOf<Self>) {
        self.forget();
        (self.epoch, self.phase) = (epoch, Phase::Open { grace });
        step.event(Event::Opened { epoch });
    }

    fn forget(&mut self) {
        self.barriers.clear();
        (self.forgotten, self.visit, self.due) = (0, 0, Instant::FAR_FUTURE);
    }

    fn position(&self, resource: &R) -> Option<usize> {
        self.barriers.iter().position(|barrier| barrier.resource == *resource)
    }

    fn receive(&mut self, from: NodeId, message: Message<R>, now: Instant, step: &mut StepOf<Self>) {
        let (ticket, claim) = match message {
            Message::Arrive { ticket, generation, leaves } => (ticket, Claim::Arrived { generation, leaves }),
            Message::Ready { ticket, generation, leaves } => (ticket, Claim::Bound { generation, leaves }),
            Message::Present { ticket } => (ticket, Claim::Present),
            Message::Leave { ticket, timed_out } => (ticket, Claim::Leaves { timed_out }),
            _ => return step.event(Event::Rejected { from, reason: Reason::NotForCoordinators }),
        };
        let Ticket { party, arrival, .. } = ticket;
        let grace = match self.phase {
            Phase::Open { grace } => grace,
            Phase::Closed { leader } => {
                let refusal = Refusal::Elsewhere(leader);
                return step.send_to(from, Message::Refused { party, arrival, epoch: Epoch::ZERO, refusal });
            }
        };
        if let Some(later) = later_epoch(&ticket, claim).filter(|later| *later > self.epoch) {
            return step.event(Event::Rejected { from, reason: Reason::LaterEpoch(later) });
        }
        let leaves = matches!(claim, Claim::Leaves { .. });
        let at = self.position(&ticket.resource);
        let place = at.and_then(|at| self.barriers.get(at)?.position(from, party));
        match (at, place) {
            _ if ticket.epoch < self.epoch && !leaves && !planted!(OldWordCounts) => {
                // What it says may not be so any more: it may have heard a predecessor since. Let it say so again.
                step.send_to(from, Message::Coordinates { party, epoch: self.epoch, visit: self.visit_to(at) });
            }
            (Some(at), Some(place)) => {
                let change = self.barriers.get_mut(at).and_then(|barrier| barrier.hear(place, &ticket, claim, now));
                self.changed(ticket.resource, change, step);
                if change == Some(Change::Exhausted) {
                    let refusal = Refusal::Exhausted;
                    step.send_to(from, Message::Refused { party, arrival, epoch: self.epoch, refusal });
                }
                if leaves {
                    step.send_to(from, Message::Left { party, epoch: self.epoch });
                }
                self.look_after(at, now, step);
            }
            _ if leaves => step.send_to(from, Message::Left { party, epoch: self.epoch }),
            (at, _) => self.newcomer(from, &ticket, claim, at, now < grace, now, step),
        }
    }

    /// A party without a place.
    #[allow(clippy::too_many_arguments, reason = "they are what is known")]
    fn newcomer(
        &mut self,
        from: NodeId,
        ticket: &Ticket<R>,
        claim: Claim,
        at: Option<usize>,
        is_early: bool,
        now: Instant,
        step: &mut StepOf<Self>,
    ) {
        let hour = Hour { now, lapse: self.config.lapse(), grace: self.config.grace(), is_early };
        let claimed = match claim {
            Claim::Arrived { generation, .. } => generation,
            Claim::Bound { generation, .. } => Some(generation),
            Claim::Present | Claim::Leaves { .. } => None,
        };
        let took_part = claimed.or(ticket.learnt);
        let is_waiting = !matches!(claim, Claim::Present);
        let most = u16::try_from(PARTIES).unwrap_or(u16::MAX);
        let welcome = if ticket.parties == 0 || ticket.parties > most {
            Welcome::Refused(Refusal::TooManyParties(most))
        } else if ticket.visit != self.visit_to(at) || (took_part.is_none() && (is_early || !is_waiting)) {
            Welcome::Later
        } else if let Some(generation) = claimed.filter(|claimed| at.is_none() && claimed.epoch() == self.epoch) {
            // It had a place at a barrier that all have left since. It was not released if it is not bound.
            let is_bound = matches!(claim, Claim::Bound { .. });
            let broken = Outcome::Broken(Cause::Lapsed(from));
            Welcome::Settled(generation, if is_bound { Outcome::Unknown } else { broken })
        } else {
            match at.or_else(|| self.new_barrier(ticket, took_part)) {
                Some(at) => {
                    let barrier = self.barriers.get_mut(at);
                    let welcome = barrier.map(|barrier| barrier.welcome(from, ticket, claim, &hour));
                    self.look_after(at, now, step);
                    welcome.unwrap_or(Welcome::Later)
                }
                None => Welcome::Refused(Refusal::TooManyBarriers(u32::try_from(BARRIERS).unwrap_or(u32::MAX))),
            }
        };
        let (party, arrival, epoch) = (ticket.party, ticket.arrival, self.epoch);
        match welcome {
            Welcome::Placed => {}
            Welcome::Later => step.send_to(from, Message::Coordinates { party, epoch, visit: self.visit_to(at) }),
            Welcome::Settled(generation, outcome) => {
                step.send_to(from, Message::Settled { party, arrival, epoch, generation, outcome });
            }
            // One who does not wait is not told no: it would not know what of.
            Welcome::Refused(_) if !is_waiting => {
                step.send_to(from, Message::Coordinates { party, epoch, visit: self.visit_to(at) });
            }
            Welcome::Refused(refusal) => step.send_to(from, Message::Refused { party, arrival, epoch, refusal }),
        }
    }

    /// The visit that gives a place at this barrier.
    fn visit_to(&self, at: Option<usize>) -> u32 {
        at.and_then(|at| self.barriers.get(at)).map_or(self.visit, |barrier| barrier.visit)
    }

    /// A barrier that nobody has a place at yet. Its generations go on where those are that its first party knows of.
    fn new_barrier(&mut self, ticket: &Ticket<R>, known: Option<Generation>) -> Option<usize> {
        let known = known.map_or(0, Generation::number).min(Self::HIGHEST_CLAIM);
        let number = self.forgotten.max(known).checked_add(1)?;
        let generation = Generation::new(self.epoch, number)?;
        self.barriers.push(Barrier::new(ticket.resource, ticket.parties, self.visit, generation)).ok()?;
        self.barriers.len().checked_sub(1)
    }

    /// Tells what has become of a generation.
    fn changed(&self, resource: R, change: Option<Change>, step: &mut StepOf<Self>) {
        match change {
            Some(Change::Completed { generation }) => step.event(Event::Completed { resource, generation }),
            Some(Change::Broken { generation, cause }) => step.event(Event::Broken { resource, generation, cause }),
            Some(Change::Exhausted) | None => {}
        }
    }

    /// Says to the parties of a barrier what they are to know, as far as it fits; plans the rest, and forgets a barrier where
    /// nobody has a place.
    fn look_after(&mut self, at: usize, now: Instant, step: &mut StepOf<Self>) {
        let lapse = self.config.lapse();
        let Some(barrier) = self.barriers.get_mut(at) else { return };
        while let Some(place) = barrier.places.iter().position(|place| place.tell).filter(|_| step.room() > 0) {
            let Some(told) = barrier.places.get_mut(place) else { break };
            told.tell = false;
            let told = *told;
            step.send_to(told.node, barrier.answer(&told));
        }
        barrier.plan(lapse, now);
        if barrier.places.is_empty() {
            self.forgotten = self.forgotten.max(barrier.generation.number());
            self.visit = self.visit.max(barrier.visit);
            self.barriers.swap_remove(at);
        }
        self.due = self.barriers.iter().map(|barrier| barrier.due).min().unwrap_or(Instant::FAR_FUTURE);
    }

    /// Looks after barriers where something is due, up to the first at which there is something to say.
    fn tick(&mut self, now: Instant, step: &mut StepOf<Self>) {
        while step.is_empty()
            && let Some(at) = self.barriers.iter().position(|barrier| barrier.due <= now)
            && let Some(barrier) = self.barriers.get_mut(at)
        {
            let (resource, change) = (barrier.resource, barrier.expire(self.config.lapse(), now));
            self.changed(resource, change, step);
            self.look_after(at, now, step);
        }
    }
}

/// The latest epoch that a party shows to know of.
fn later_epoch<R>(ticket: &Ticket<R>, claim: Claim) -> Option<Epoch> {
    let claimed = match claim {
        Claim::Arrived { generation, .. } => generation,
        Claim::Bound { generation, .. } => Some(generation),
        Claim::Present | Claim::Leaves { .. } => None,
    };
    let generations = [claimed, ticket.learnt];
    generations.into_iter().flatten().map(Generation::epoch).chain([ticket.epoch]).max()
}

impl<R: Copy + Eq + Hash + Debug, const BARRIERS: usize, const PARTIES: usize> Machine
    for Coordinator<R, BARRIERS, PARTIES>
{
    type Command = Command<R>;
    type Message = Message<R>;
    type Record = Infallible;
    type Event = Event<R>;

    fn step(&mut self, input: InputOf<Self>, now: Instant) -> StepOf<Self> {
        let now = now.max(self.latest);
        if matches!(input, Input::Tick) && self.deadline().is_none_or(|deadline| now < deadline) {
            return Step::new();
        }
        let mut step = Step::new();
        self.latest = now;
        match input {
            Input::Tick => self.tick(now, &mut step),
            Input::Command(command) => self.command(command, now, &mut step),
            Input::Receive { from, message } => self.receive(from, message, now, &mut step),
        }
        step
    }

    fn deadline(&self) -> Option<Instant> {
        (self.due < Instant::FAR_FUTURE).then_some(self.due)
    }

    /// Nobody: it answers whoever asks.
    fn peers(&self) -> &[NodeId] {
        &[]
    }
}

impl<R, const BARRIERS: usize, const PARTIES: usize> Rebase for Coordinator<R, BARRIERS, PARTIES> {
    fn rebase(&mut self, now: Instant, by: Duration) {
        if let Phase::Open { grace } = &mut self.phase {
            // What has run out makes no difference any more.
            *grace = if *grace > now { grace.before(by) } else { Instant::ORIGIN };
        }
        for barrier in &mut self.barriers {
            barrier.due.rebase(now, by);
            for place in &mut barrier.places {
                place.heard.rebase(now, by);
                if let Stand::InDoubt { until, .. } = &mut place.stand {
                    until.rebase(now, by);
                }
            }
        }
        self.due.rebase(now, by);
        self.latest = now.before(by).max(self.latest.before(by));
    }
}
