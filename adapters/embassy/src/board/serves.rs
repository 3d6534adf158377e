//! What the member of a board can be.

use quorate::detector::Detector;
use quorate::election::{self, Election, Leader, Record, Standing};
use quorate::host::{self, Host};
use quorate::member::{self, Member};
use quorate::{Instant, Machine, Name, NodeId, barrier, lease};

/// A member of a cluster, that may host the services of the cluster while it leads.
pub trait Serves: Machine<Record = Record> {
    /// Its message in the words of those who host services: what all members of a cluster understand.
    fn say(message: Self::Message) -> host::Message<Name>;
    /// What a member said.
    fn hear(message: member::Message) -> Self::Message;
    /// What a holder said to the authority; `None` if this is never one.
    fn hear_holder(message: lease::Message<Name>) -> Option<Self::Message>;
    /// What a party said to the coordinator; `None` if this is never one.
    fn hear_party(message: barrier::Message<Name>) -> Option<Self::Message>;
    /// To ask this of its election.
    fn ask(command: election::Command) -> Self::Command;
    /// What its election told, if it is that.
    fn told(event: &Self::Event) -> Option<&election::Event>;
    /// Who leads.
    fn leader(&self) -> Option<Leader>;
    /// What it is doing.
    fn standing(&self) -> Standing;
    /// Until when it leads; `None` if it does not.
    fn valid_until(&self) -> Option<Instant>;
    /// When a leader should doubt its lease, which ends then, though nobody has told it to.
    fn doubt(&self, until: Instant) -> Instant;
}

impl<D: Detector, const N: usize> Serves for Member<D, N> {
    fn say(message: Self::Message) -> host::Message<Name> {
        host::Message::Member(message)
    }

    fn hear(message: member::Message) -> Self::Message {
        message
    }

    fn hear_holder(_: lease::Message<Name>) -> Option<Self::Message> {
        None
    }

    fn hear_party(_: barrier::Message<Name>) -> Option<Self::Message> {
        None
    }

    fn ask(command: election::Command) -> Self::Command {
        command
    }

    fn told(event: &Self::Event) -> Option<&election::Event> {
        match event {
            member::Event::Election(event) => Some(event),
            member::Event::Monitor(_) => None,
        }
    }

    fn leader(&self) -> Option<Leader> {
        self.election().leader()
    }

    fn standing(&self) -> Standing {
        self.election().standing()
    }

    fn valid_until(&self) -> Option<Instant> {
        self.election().valid_until()
    }

    fn doubt(&self, until: Instant) -> Instant {
        doubt(self.election(), until)
    }
}

impl<D: Detector, const N: usize, const C: usize, const B: usize, const P: usize> Serves for Host<D, Name, N, C, B, P> {
    fn say(message: Self::Message) -> host::Message<Name> {
        message
    }

    fn hear(message: member::Message) -> Self::Message {
        host::Message::Member(message)
    }

    fn hear_holder(message: lease::Message<Name>) -> Option<Self::Message> {
        Some(host::Message::Lease(message))
    }

    fn hear_party(message: barrier::Message<Name>) -> Option<Self::Message> {
        Some(host::Message::Barrier(message))
    }

    fn ask(command: election::Command) -> Self::Command {
        host::Command::Election(command)
    }

    fn told(event: &Self::Event) -> Option<&election::Event> {
        match event {
            host::Event::Member(event) => Member::<D, N>::told(event),
            host::Event::Lease(_) | host::Event::Barrier(_) => None,
        }
    }

    fn leader(&self) -> Option<Leader> {
        self.member().leader()
    }

    fn standing(&self) -> Standing {
        self.member().standing()
    }

    fn valid_until(&self) -> Option<Instant> {
        self.member().valid_until()
    }

    fn doubt(&self, until: Instant) -> Instant {
        self.member().doubt(until)
    }
}

/// Half-way between when the election would say so and the end: by then whoever should have stepped it is held up.
fn doubt<const N: usize>(election: &Election<N>, until: Instant) -> Instant {
    let config = election.config();
    if config.guarantee() == election::Guarantee::PerPartition {
        return until;
    }
    let timing = config.timing();
    let told = until.before(config.validity()).after(timing.renew).after(timing.timeout);
    let half = until.since(told).checked_div(2).unwrap_or_default();
    told.after(half)
}

/// Whether a lease's message is one for the authority, and not for a holder.
pub(super) fn is_for_authorities(message: &lease::Message<Name>) -> bool {
    use lease::Message::{Acquire, Release, Renew};
    matches!(message, Acquire { .. } | Renew { .. } | Release { .. })
}

/// The place of a seat or a stall stands in the uppermost byte of the numbers of its claims.
pub(super) const PLACE: u32 = 56;

/// The first number of a place in a life. Lives are counted by ones, with room for a million numbers in each, or by the
/// microseconds of a clock.
pub(super) const fn first(place: usize, life: u64) -> u64 {
    let life = if life >> 32 == 0 { life << 20 } else { life << 4 };
    ((place as u64) << PLACE) | (life & ((1 << PLACE) - 1))
}

pub(super) const fn place(number: u64) -> usize {
    (number >> PLACE) as usize
}

/// Under this number holders and parties of a board belong to the group of all members, which this board is one of. It is never sent.
pub(super) const APPLICATION: NodeId = NodeId::new(u32::MAX - 1);
