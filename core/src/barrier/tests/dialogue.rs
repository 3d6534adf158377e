//! How dialogues are written.

use crate::barrier::coordinator::{self, Coordinator};
use crate::barrier::party::{self, Party, Timing};
use crate::barrier::{Cause, Generation, Message, Outcome, PartyId, Refusal, Ticket};
use crate::{Epoch, Group, Input, Instant, Machine, NodeId, Output, Seed, To};
use core::time::Duration;
use std::vec::Vec;

/// Round figures and no chance, so that times can be read.
pub(super) const TIMING: Timing = Timing {
    retry: Duration::from_millis(50),
    repeat: Duration::from_millis(200),
    resolve: Duration::from_secs(3),
    jitter: Duration::ZERO,
};
pub(super) const LAPSE: Duration = Duration::from_millis(1_000);
pub(super) const GRACE: Duration = Duration::from_millis(500);

pub(super) fn at(millis: u64) -> Instant {
    Instant::from_millis(millis)
}

pub(super) fn node(id: u32) -> NodeId {
    NodeId::new(id)
}

pub(super) fn epoch(number: u64) -> Epoch {
    Epoch::new(number)
}

/// Generation `number` of epoch `of`.
pub(super) fn generation(of: u64, number: u32) -> Generation {
    Generation::new(epoch(of), number).unwrap()
}

pub(super) const ID: PartyId = PartyId::new(1);

/// What a party on any node says in an epoch, at its so manieth arrival, of a barrier with three parties.
pub(super) fn ticket(of: u64, arrival: u32) -> Ticket<u8> {
    let epoch = epoch(of);
    Ticket { resource: 7, parties: 3, party: ID, arrival, epoch, visit: 0, learnt: None, released: false }
}

/// The same, when it has been released from there, or was told that it broke.
pub(super) fn knowing(of: u64, arrival: u32, learnt: Generation, released: bool) -> Ticket<u8> {
    Ticket { learnt: Some(learnt), released, ..ticket(of, arrival) }
}

pub(super) fn arrive(ticket: Ticket<u8>) -> Message<u8> {
    Message::Arrive { ticket, generation: None, leaves: false }
}

pub(super) fn counted(ticket: Ticket<u8>, generation: Generation) -> Message<u8> {
    Message::Arrive { ticket, generation: Some(generation), leaves: false }
}

pub(super) fn ready(ticket: Ticket<u8>, generation: Generation) -> Message<u8> {
    Message::Ready { ticket, generation, leaves: false }
}

pub(super) fn coordinates(of: u64, visit: u32) -> Message<u8> {
    Message::Coordinates { party: ID, epoch: epoch(of), visit }
}

pub(super) fn noted(arrival: u32, generation: Generation, arrived: u16) -> Message<u8> {
    Message::Noted { party: ID, arrival, epoch: generation.epoch(), generation, arrived }
}

pub(super) fn prepare(arrival: u32, generation: Generation) -> Message<u8> {
    Message::Prepare { party: ID, arrival, epoch: generation.epoch(), generation }
}

/// What the coordinator of an epoch says of a generation, its own or a former one.
pub(super) fn settled(of: u64, arrival: u32, generation: Generation, outcome: Outcome) -> Message<u8> {
    Message::Settled { party: ID, arrival, epoch: epoch(of), generation, outcome }
}

pub(super) fn released(arrival: u32, generation: Generation) -> Message<u8> {
    settled(generation.epoch().get(), arrival, generation, Outcome::Released)
}

pub(super) fn broken(arrival: u32, generation: Generation, cause: Cause) -> Message<u8> {
    settled(generation.epoch().get(), arrival, generation, Outcome::Broken(cause))
}

pub(super) fn refused(of: u64, arrival: u32, refusal: Refusal) -> Message<u8> {
    Message::Refused { party: ID, arrival, epoch: epoch(of), refusal }
}

/// Something to somebody.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Said<E> {
    To(u32, Message<u8>),
    ToAll(Message<u8>),
    Tells(E),
}

fn said<R: core::fmt::Debug, E>(outputs: impl Iterator<Item = Output<Message<u8>, R, E>>) -> Vec<Said<E>> {
    let say = |output| match output {
        Output::Send { to: To::Node(node), message } => Said::To(node.get(), message),
        Output::Send { to: To::Peers, message } => Said::ToAll(message),
        Output::Event(event) => Said::Tells(event),
        Output::Persist(record) => panic!("{record:?} is to be stored"),
    };
    outputs.map(say).collect()
}

/// A coordinator, and what is said to it and by it. Its parties are on nodes 11, 12, 13 …
pub(super) struct Office {
    pub(super) subject: Coordinator<u8, 2, 4>,
}

impl Office {
    /// Closed.
    pub(super) fn closed() -> Self {
        let config = coordinator::Config::new(LAPSE, GRACE).unwrap();
        Self { subject: Coordinator::new(config, at(0)) }
    }

    /// Open in this epoch since so long that the grace period is over at 1 s.
    pub(super) fn open(of: u64) -> Self {
        let mut office = Self::closed();
        let command = coordinator::Command::Open { epoch: epoch(of) };
        office.ask(0, command, &[Said::Tells(coordinator::Event::Opened { epoch: epoch(of) })]);
        office
    }

    /// Open in epoch 1, and three parties have arrived and are asked whether they are ready, at 1.2 s.
    pub(super) fn preparing() -> Self {
        let mut office = Self::open(1);
        let g = generation(1, 1);
        office.hear(1_000, 11, arrive(ticket(1, 1)), &[Said::To(11, noted(1, g, 1))]);
        office.hear(1_100, 12, arrive(ticket(1, 1)), &[Said::To(12, noted(1, g, 2))]);
        office.hear(1_200, 13, arrive(ticket(1, 1)), &[11, 12, 13].map(|to| Said::To(to, prepare(1, g))));
        office
    }

    pub(super) fn hear(
        &mut self,
        millis: u64,
        from: u32,
        message: Message<u8>,
        expected: &[Said<coordinator::Event<u8>>],
    ) {
        let input = Input::Receive { from: node(from), message };
        let outputs = said(self.subject.step(input, at(millis)).into_iter());
        assert_eq!(outputs, expected, "at {millis} ms, after {message:?} from node {from}");
    }

    pub(super) fn ask(
        &mut self,
        millis: u64,
        command: coordinator::Command<u8>,
        expected: &[Said<coordinator::Event<u8>>],
    ) {
        let outputs = said(self.subject.step(Input::Command(command), at(millis)).into_iter());
        assert_eq!(outputs, expected, "at {millis} ms, after {command:?}");
    }

    /// Its deadline comes, exactly then.
    pub(super) fn tick(&mut self, millis: u64, expected: &[Said<coordinator::Event<u8>>]) {
        assert_eq!(self.subject.deadline(), Some(at(millis)), "the deadline is another");
        let outputs = said(self.subject.step(Input::Tick, at(millis)).into_iter());
        assert_eq!(outputs, expected, "at {millis} ms");
    }
}

/// A party on node 11 of a barrier with three, and what is said to it and by it. Nodes 1, 2 and 3 may coordinate.
pub(super) struct Guest {
    pub(super) subject: Party<u8, 4>,
}

impl Guest {
    pub(super) fn new() -> Self {
        let config = party::Config::new(3, TIMING, Seed::new(1)).unwrap();
        let group = Group::new(node(11), &[1, 2, 3].map(node)).unwrap();
        Self { subject: Party::new(config, 7, group, ID, None, at(0)) }
    }

    /// It arrived at 0 ms, and node 1, which coordinates epoch 1, counts it as the first of its first generation, at 2 ms.
    pub(super) fn waiting(patience: Option<Duration>) -> Self {
        let mut guest = Self::new();
        let (first, again) = (ticket(0, 1), ticket(1, 1));
        guest.ask(0, party::Command::Arrive { patience }, &[Said::ToAll(arrive(first))]);
        guest.hear(1, 1, coordinates(1, 0), &[Said::To(1, arrive(again))]);
        let (generation, arrived) = (generation(1, 1), 1);
        let waits = Said::Tells(party::Event::Waiting { generation, arrived });
        guest.hear(2, 1, noted(1, generation, 1), &[waits]);
        guest
    }

    /// It is bound to generation 1 of epoch 1 since 10 ms.
    pub(super) fn bound(patience: Option<Duration>) -> Self {
        let mut guest = Self::waiting(patience);
        let g = generation(1, 1);
        guest.hear(10, 1, prepare(1, g), &[Said::To(1, ready(ticket(1, 1), g))]);
        guest
    }

    pub(super) fn hear(&mut self, millis: u64, from: u32, message: Message<u8>, expected: &[Said<party::Event>]) {
        let outputs = said(self.subject.step(Input::Receive { from: node(from), message }, at(millis)).into_iter());
        assert_eq!(outputs, expected, "at {millis} ms, after {message:?} from node {from}");
    }

    pub(super) fn ask(&mut self, millis: u64, command: party::Command, expected: &[Said<party::Event>]) {
        let outputs = said(self.subject.step(Input::Command(command), at(millis)).into_iter());
        assert_eq!(outputs, expected, "at {millis} ms, after {command:?}");
    }

    /// Its deadline comes, exactly then.
    pub(super) fn tick(&mut self, millis: u64, expected: &[Said<party::Event>]) {
        assert_eq!(self.subject.deadline(), Some(at(millis)), "the deadline is another");
        let outputs = said(self.subject.step(Input::Tick, at(millis)).into_iter());
        assert_eq!(outputs, expected, "at {millis} ms");
    }
}
