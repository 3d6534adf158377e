//! The machine: its state, what its user asks for, and what time brings.

use super::{Command, Config, Event, Misuse};
use crate::barrier::{Cause, Generation, Message, PartyId, Ticket};
use crate::{
    Epoch, Group, Infallible, Input, InputOf, Instant, Machine, NodeId, Random, Rebase, Seed, Step, StepOf, Timers, To,
};
use core::fmt::Debug;
use core::hash::Hash;
use core::time::Duration;

/// What a party is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "kebab-case"))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Standing {
    /// It has no place at the barrier.
    Outside,
    /// It has a place, and has not arrived.
    Present,
    /// It has arrived, and no coordinator has said yet that it counts it.
    Arriving,
    /// It is counted, and others are missing.
    Waiting,
    /// All have arrived. The outcome is on its way.
    Bound,
    /// It gives its place up, and the coordinator has not said yet that it knows.
    Leaving,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Phase {
    Outside,
    Present,
    /// Free to take the arrival back: without this party's word, no coordinator releases anybody.
    Arrived {
        /// What it is counted in.
        generation: Option<Generation>,
    },
    /// It has given its word, or is about to: only a coordinator can say how it ended.
    Bound {
        generation: Generation,
    },
    Leaving {
        timed_out: bool,
    },
}

/// The timers. Whichever are due at one tick are served in this order.
#[derive(Clone, Copy, Debug)]
pub(super) enum Timer {
    /// The time to wait is over.
    Patience,
    /// To speak, once more.
    Speak,
}

impl Timer {
    const NUMBER: usize = 2;
}

/// One of the parties of a barrier: arrives, waits for the others, and learns how it ended. See the [module](crate::barrier) for
/// what it promises.
///
/// `R` is what barriers are known by, `N` how many nodes there can be that may coordinate.
///
/// ```
/// use quorate::barrier::party::{Command, Config, Event, Party, Timing};
/// use quorate::barrier::{Generation, Message, Outcome, PartyId};
/// use quorate::{Epoch, Group, Input, Instant, Machine, NodeId, Output, Seed};
///
/// let (me, coordinator) = (NodeId::new(9), NodeId::new(1));
/// let config = Config::new(2, Timing::LAN, Seed::new(1))?;
/// let mut party = Party::new(config, 7_u8, Group::<4>::new(me, &[coordinator])?, PartyId::new(1), None, Instant::ORIGIN);
/// let arrives = party.step(Input::Command(Command::Arrive { patience: None }), Instant::ORIGIN);
/// assert!(matches!(arrives.iter().next(), Some(Output::Send { message: Message::Arrive { .. }, .. })));
///
/// // The coordinator says which epoch it is in, then that all have arrived; and when all have heard that, that it is over.
/// let (party_id, arrival, epoch) = (party.id(), 1, Epoch::new(3));
/// let generation = Generation::new(epoch, 1).unwrap();
/// let mut hear = |message| party.step(Input::Receive { from: coordinator, message }, Instant::from_millis(1));
/// hear(Message::Coordinates { party: party_id, epoch, visit: 0 });
/// hear(Message::Prepare { party: party_id, arrival, epoch, generation });
/// let told = hear(Message::Settled { party: party_id, arrival, epoch, generation, outcome: Outcome::Released });
/// assert_eq!(told.events().next(), Some(&Event::Released { generation }));
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Party<R, const N: usize> {
    pub(super) config: Config,
    pub(super) resource: R,
    pub(super) group: Group<N>,
    pub(super) id: PartyId,
    pub(super) phase: Phase,
    /// The number of the present arrival, or the last.
    pub(super) arrival: u32,
    /// Whether it is the last one.
    pub(super) leaves: bool,
    /// Until when its user wants to wait for it.
    pub(super) patience: Option<Instant>,
    /// The last generation whose outcome it learnt.
    pub(super) learnt: Option<Generation>,
    /// Whether all were released from it.
    pub(super) released: bool,
    /// No coordinator of an earlier epoch is obeyed.
    pub(super) epoch: Epoch,
    /// The last visit that a coordinator of this epoch asked for.
    pub(super) visit: u32,
    /// Whom to speak to; everybody if that is not known.
    pub(super) coordinator: Option<NodeId>,
    /// How many have arrived, as was told last.
    pub(super) arrived: u16,
    /// How long to wait for the next answer.
    pub(super) wait: Duration,
    /// How often it was sent elsewhere since it last spoke by itself.
    pub(super) redirects: u8,
    /// Whether what it said last has been answered.
    pub(super) answered: bool,
    pub(super) timers: Timers<{ Timer::NUMBER }>,
    pub(super) random: Random,
    pub(super) latest: Instant,
}

const _: () = assert!(size_of::<StepOf<Party<crate::Name, 8>>>() <= 472, "a step must stay cheap to return");

impl<R: Copy + Eq + Hash + Debug, const N: usize> Party<R, N> {
    /// How often in a row it lets itself be sent elsewhere at once.
    pub(super) const REDIRECTS: u8 = 3;

    /// A party that has no place at the barrier yet. The peers of `group` are the nodes that may coordinate, and `hint` is the
    /// one that probably does.
    #[must_use]
    pub const fn new(
        config: Config,
        resource: R,
        group: Group<N>,
        id: PartyId,
        hint: Option<NodeId>,
        now: Instant,
    ) -> Self {
        Self {
            config,
            resource,
            group,
            id,
            phase: Phase::Outside,
            arrival: 0,
            leaves: false,
            patience: None,
            learnt: None,
            released: false,
            epoch: Epoch::ZERO,
            visit: 0,
            coordinator: hint,
            arrived: 0,
            wait: config.timing().retry,
            redirects: 0,
            answered: true,
            timers: Timers::new(),
            random: config.seed().random(),
            latest: now,
        }
    }

    /// Its rules.
    #[must_use]
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// The barrier.
    #[must_use]
    pub const fn resource(&self) -> R {
        self.resource
    }

    /// Its number.
    #[must_use]
    pub const fn id(&self) -> PartyId {
        self.id
    }

    /// Which node coordinates, as far as it knows.
    #[must_use]
    pub const fn coordinator(&self) -> Option<NodeId> {
        self.coordinator
    }

    /// The last generation whose outcome it learnt, and whether all were released from it; otherwise it broke.
    #[must_use]
    pub const fn learnt(&self) -> Option<(Generation, bool)> {
        match self.learnt {
            Some(generation) => Some((generation, self.released)),
            None => None,
        }
    }

    /// The generation that it waits in or is bound to, as far as it knows.
    #[must_use]
    pub const fn generation(&self) -> Option<Generation> {
        match self.phase {
            Phase::Arrived { generation } => generation,
            Phase::Bound { generation } => Some(generation),
            Phase::Outside | Phase::Present | Phase::Leaving { .. } => None,
        }
    }

    /// The epoch that it is in: it obeys no coordinator of an earlier one.
    #[must_use]
    pub const fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// How often it has arrived.
    #[must_use]
    pub const fn arrivals(&self) -> u32 {
        self.arrival
    }

    /// What it is doing.
    #[must_use]
    pub const fn standing(&self) -> Standing {
        match self.phase {
            Phase::Outside => Standing::Outside,
            Phase::Present => Standing::Present,
            Phase::Arrived { generation: None } => Standing::Arriving,
            Phase::Arrived { .. } => Standing::Waiting,
            Phase::Bound { .. } => Standing::Bound,
            Phase::Leaving { .. } => Standing::Leaving,
        }
    }

    /// Draws from this seed from now on, for explorers: to them the state of a generator makes no difference.
    pub const fn reseed(&mut self, seed: Seed) {
        self.random = seed.random();
    }

    pub(super) fn ticket(&self) -> Ticket<R> {
        Ticket {
            resource: self.resource,
            parties: self.config.parties(),
            party: self.id,
            arrival: self.arrival,
            epoch: self.epoch,
            visit: self.visit,
            learnt: self.learnt,
            released: self.released,
        }
    }

    pub(super) fn set_or_clear(&mut self, timer: Timer, at: Option<Instant>) {
        self.timers.set(timer as usize, at.unwrap_or(Instant::FAR_FUTURE));
    }

    pub(super) fn pause(&mut self, length: Duration) -> Duration {
        let jitter = self.config.timing().jitter;
        if jitter.is_zero() { length } else { length.saturating_add(self.random.up_to(jitter)) }
    }

    /// Says where it stands, and again, if there is no answer in time.
    pub(super) fn speak(&mut self, now: Instant, step: &mut StepOf<Self>) {
        if self.say(step) {
            let pause = self.pause(self.wait);
            self.wait = self.wait.saturating_mul(2).min(self.config.timing().repeat);
            self.set_or_clear(Timer::Speak, Some(now + pause));
        }
    }

    /// Says where it stands, without patience from before.
    pub(super) fn speak_afresh(&mut self, now: Instant, step: &mut StepOf<Self>) {
        (self.wait, self.redirects) = (self.config.timing().retry, 0);
        self.speak(now, step);
    }

    /// Says where it stands; `false` if nobody needs to know.
    pub(super) fn say(&mut self, step: &mut StepOf<Self>) -> bool {
        let (ticket, leaves) = (self.ticket(), self.leaves);
        let message = match self.phase {
            Phase::Outside => return false,
            Phase::Present => Message::Present { ticket },
            Phase::Arrived { generation } => Message::Arrive { ticket, generation, leaves },
            Phase::Bound { generation } => Message::Ready { ticket, generation, leaves },
            Phase::Leaving { timed_out } => Message::Leave { ticket, timed_out },
        };
        step.send(self.coordinator.map_or(To::Peers, To::Node), message);
        self.answered = false;
        true
    }

    fn command(&mut self, command: Command, now: Instant, step: &mut StepOf<Self>) {
        let (patience, leaves) = match command {
            Command::Arrive { patience } => (patience, false),
            Command::Leave { patience } => (patience, true),
            Command::Cancel => return self.cancel(now, step),
        };
        let misuse = match (self.phase, self.arrival.checked_add(1)) {
            (Phase::Arrived { .. } | Phase::Bound { .. }, _) => Misuse::Waiting,
            (_, None) => Misuse::Exhausted,
            (Phase::Outside | Phase::Present | Phase::Leaving { .. }, Some(arrival)) => {
                (self.arrival, self.leaves, self.arrived) = (arrival, leaves, 0);
                self.phase = Phase::Arrived { generation: None };
                self.patience = patience.map(|patience| now + patience);
                self.set_or_clear(Timer::Patience, self.patience);
                return self.speak_afresh(now, step);
            }
        };
        step.event(Event::Refused(misuse));
    }

    fn cancel(&mut self, now: Instant, step: &mut StepOf<Self>) {
        match self.phase {
            Phase::Arrived { generation } => {
                step.event(Event::Cancelled { generation });
                self.never_settles(generation);
                self.leave(false, now, step);
            }
            Phase::Present => self.leave(false, now, step),
            Phase::Bound { generation } => step.event(Event::Refused(Misuse::AllArrived(generation))),
            Phase::Outside | Phase::Leaving { .. } => step.event(Event::Refused(Misuse::NotTakingPart)),
        }
    }

    /// It has taken its arrival back, so nobody can be released from the generation that this was counted in.
    fn never_settles(&mut self, generation: Option<Generation>) {
        if generation.is_some() {
            (self.learnt, self.released) = (generation, false);
        }
    }

    /// Gives its place up.
    pub(super) fn leave(&mut self, timed_out: bool, now: Instant, step: &mut StepOf<Self>) {
        self.phase = Phase::Leaving { timed_out };
        // By then a coordinator that has not heard it has noticed that it is gone.
        self.set_or_clear(Timer::Patience, Some(now + self.config.timing().resolve));
        self.speak_afresh(now, step);
    }

    /// An arrival is settled: go on without it.
    pub(super) fn settled(&mut self, now: Instant, step: &mut StepOf<Self>) {
        self.patience = None;
        if self.leaves {
            return self.leave(false, now, step);
        }
        self.phase = Phase::Present;
        self.set_or_clear(Timer::Patience, None);
    }

    /// Takes no part any more.
    pub(super) fn outside(&mut self) {
        (self.phase, self.patience, self.answered) = (Phase::Outside, None, true);
        self.timers = Timers::new();
    }

    /// Its patience has ended while it was free to take its arrival back: it does, whatever comes in at the same time.
    fn end_if_over(&mut self, now: Instant, step: &mut StepOf<Self>) -> bool {
        let Phase::Arrived { generation } = self.phase else { return false };
        if self.patience.is_none_or(|until| now < until) {
            return false;
        }
        step.event(Event::Broken { generation, cause: Cause::TimedOut(self.group.me()) });
        self.never_settles(generation);
        self.patience = None;
        if self.leaves {
            self.leave(true, now, step);
        } else {
            self.phase = Phase::Present;
            self.set_or_clear(Timer::Patience, None);
            self.speak_afresh(now, step);
        }
        true
    }

    fn tick(&mut self, now: Instant, step: &mut StepOf<Self>) {
        if self.timers.take(Timer::Patience as usize, now) {
            match self.phase {
                Phase::Bound { generation } if planted!(BoundTakesBack) => {
                    let cause = Cause::TimedOut(self.group.me());
                    step.event(Event::Broken { generation: Some(generation), cause });
                    self.never_settles(Some(generation));
                    self.settled(now, step);
                }
                Phase::Bound { generation } => {
                    step.event(Event::Unknown { generation });
                    self.settled(now, step);
                }
                Phase::Leaving { .. } => {
                    step.event(Event::Left);
                    self.outside();
                }
                Phase::Outside | Phase::Present | Phase::Arrived { .. } => {}
            }
        } else if self.timers.take(Timer::Speak as usize, now) {
            if !self.answered {
                self.coordinator = None;
            }
            self.redirects = 0;
            self.speak(now, step);
        }
    }
}

impl<R: Copy + Eq + Hash + Debug, const N: usize> Machine for Party<R, N> {
    type Command = Command;
    type Message = Message<R>;
    type Record = Infallible;
    type Event = Event;

    fn step(&mut self, input: InputOf<Self>, now: Instant) -> StepOf<Self> {
        let now = now.max(self.latest);
        let is_tick = matches!(input, Input::Tick);
        if is_tick && self.deadline().is_none_or(|deadline| now < deadline) {
            return Step::new();
        }
        let mut step = Step::new();
        self.latest = now;
        let ended = self.end_if_over(now, &mut step);
        match input {
            Input::Tick if ended => {}
            Input::Tick => self.tick(now, &mut step),
            Input::Command(command) => self.command(command, now, &mut step),
            Input::Receive { from, message } => self.receive(from, message, now, &mut step),
        }
        step
    }

    fn deadline(&self) -> Option<Instant> {
        self.timers.earliest()
    }

    /// The nodes that may coordinate.
    fn peers(&self) -> &[NodeId] {
        self.group.peers()
    }
}

impl<R, const N: usize> Rebase for Party<R, N> {
    fn rebase(&mut self, now: Instant, by: Duration) {
        self.patience.rebase(now, by);
        self.timers.rebase(now, by);
        self.latest = now.before(by).max(self.latest.before(by));
    }
}
