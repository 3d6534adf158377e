//! What runs in worlds of barriers: coordinators and parties.

use crate::world::{Birth, Subject};
use alloc::vec::Vec;
use core::time::Duration;
use quorate::barrier::coordinator::{self, Coordinator, Fixed};
use quorate::barrier::party::{self, Party, Timing};
use quorate::barrier::{Message, PartyId};
use quorate::{Epoch, Group, Infallible, Input, InputOf, Instant, Machine, NodeId, Output, Rebase, Step, StepOf};

/// How many coordinators there can be, and room for more parties than a barrier has.
const MOST_COORDINATORS: usize = 4;
const MOST_BARRIERS: usize = 2;
const MOST_PARTIES: usize = 6;

/// A node that has to do with a barrier.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[allow(clippy::large_enum_variant, reason = "a world has few of them")]
pub enum Attendee {
    /// One that coordinates when it is told to.
    Coordinator(Coordinator<u8, MOST_BARRIERS, MOST_PARTIES>),
    /// One that always coordinates.
    Fixed(Fixed<u8, MOST_BARRIERS, MOST_PARTIES>),
    /// One that takes part.
    Party(Party<u8, MOST_COORDINATORS>),
}

/// What is asked of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Command {
    /// Of a coordinator.
    Coordinate(coordinator::Command<u8>),
    /// Of a party.
    Attend(party::Command),
}

/// What one tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Event {
    /// A coordinator.
    Coordinates(coordinator::Event<u8>),
    /// A party.
    Attends(party::Event),
}

impl Attendee {
    /// The party, if it is one.
    #[must_use]
    pub const fn party(&self) -> Option<&Party<u8, MOST_COORDINATORS>> {
        match self {
            Self::Party(party) => Some(party),
            Self::Coordinator(_) | Self::Fixed(_) => None,
        }
    }

    /// The coordinator, if it is one.
    #[must_use]
    pub const fn coordinator(&self) -> Option<&Coordinator<u8, MOST_BARRIERS, MOST_PARTIES>> {
        match self {
            Self::Coordinator(coordinator) => Some(coordinator),
            Self::Fixed(fixed) => Some(fixed.coordinator()),
            Self::Party(_) => None,
        }
    }
}

fn relabel<R, E>(
    step: Step<Message<u8>, R, E>,
    record: impl Fn(R) -> coordinator::Record,
    event: impl Fn(E) -> Event,
) -> StepOf<Attendee> {
    let mut relabelled = Step::new();
    for output in step {
        relabelled.push(match output {
            Output::Persist(persist) => Output::Persist(record(persist)),
            Output::Send { to, message } => Output::Send { to, message },
            Output::Event(told) => Output::Event(event(told)),
        });
    }
    relabelled
}

fn never(never: Infallible) -> coordinator::Record {
    match never {}
}

impl Machine for Attendee {
    type Command = Command;
    type Message = Message<u8>;
    type Record = coordinator::Record;
    type Event = Event;

    fn step(&mut self, input: InputOf<Self>, now: Instant) -> StepOf<Self> {
        let coordinates = |input: InputOf<Self>| match input {
            Input::Tick => Some(Input::Tick),
            Input::Command(Command::Coordinate(command)) => Some(Input::Command(command)),
            Input::Command(Command::Attend(_)) => None,
            Input::Receive { from, message } => Some(Input::Receive { from, message }),
        };
        match self {
            Self::Coordinator(coordinator) => coordinates(input)
                .map_or_else(Step::new, |input| relabel(coordinator.step(input, now), never, Event::Coordinates)),
            Self::Fixed(fixed) => coordinates(input).map_or_else(Step::new, |input| {
                relabel(fixed.step(input, now), core::convert::identity, Event::Coordinates)
            }),
            Self::Party(party) => {
                let input = match input {
                    Input::Tick => Input::Tick,
                    Input::Command(Command::Attend(command)) => Input::Command(command),
                    Input::Command(Command::Coordinate(_)) => return Step::new(),
                    Input::Receive { from, message } => Input::Receive { from, message },
                };
                relabel(party.step(input, now), never, Event::Attends)
            }
        }
    }

    fn deadline(&self) -> Option<Instant> {
        match self {
            Self::Coordinator(coordinator) => coordinator.deadline(),
            Self::Fixed(fixed) => fixed.deadline(),
            Self::Party(party) => party.deadline(),
        }
    }

    fn peers(&self) -> &[NodeId] {
        match self {
            Self::Coordinator(coordinator) => coordinator.peers(),
            Self::Fixed(fixed) => fixed.peers(),
            Self::Party(party) => party.peers(),
        }
    }
}

impl Rebase for Attendee {
    fn rebase(&mut self, now: Instant, by: Duration) {
        match self {
            Self::Coordinator(coordinator) => coordinator.rebase(now, by),
            Self::Fixed(fixed) => fixed.rebase(now, by),
            Self::Party(party) => party.rebase(now, by),
        }
    }
}

/// How a world of barriers is configured. The first nodes coordinate, all others are parties.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// How many nodes coordinate, now the one and now the other.
    pub coordinators: usize,
    /// Whether it is one that always does.
    pub is_fixed: bool,
    /// How many parties the barrier has. There may be more nodes than that that want to take part.
    pub parties: u16,
    /// The parties' timings.
    pub timing: Timing,
    /// How long a coordinator bears silence.
    pub lapse: Duration,
    /// How long a new one waits for who took part before.
    pub grace: Duration,
    /// No coordinator is told an epoch beyond this one by the plan.
    pub last_epoch: Epoch,
}

impl Rules {
    /// The node at a place as it starts. Its life is in which it is unlike all before it.
    #[must_use]
    pub fn start(&self, birth: &Birth<'_, coordinator::Record>) -> Attendee {
        let config = coordinator::Config::new(self.lapse, self.grace);
        #[allow(clippy::expect_used)]
        let config = config.expect("rules that were drawn are valid");
        if birth.place < self.coordinators {
            return match self.is_fixed {
                true => Attendee::Fixed(Fixed::new(config, birth.record.copied(), birth.now)),
                false => Attendee::Coordinator(Coordinator::new(config, birth.now)),
            };
        }
        let coordinators: Vec<NodeId> = (1..=self.coordinators as u32).map(NodeId::new).collect();
        let made = party::Config::new(self.parties, self.timing, birth.seed).ok().and_then(|config| {
            let group = Group::new(birth.node, &coordinators).ok()?;
            let id = PartyId::new(birth.incarnation.get());
            Some(Party::new(config, BARRIER, group, id, None, birth.now))
        });
        #[allow(clippy::expect_used)]
        Attendee::Party(made.expect("rules that were drawn are valid"))
    }
}

/// The one barrier that all parties are of.
pub(crate) const BARRIER: u8 = 7;

impl Subject for Rules {
    type Machine = Attendee;

    fn start(&mut self, birth: Birth<'_, coordinator::Record>) -> Attendee {
        Self::start(self, &birth)
    }
}
