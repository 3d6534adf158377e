//! How dialogues are written.

use crate::lease::holder::{Command, Config, Event, Holder, Misuse, Patience, Timing};
use crate::lease::{ClaimId, Message, Mode, Refusal};
use crate::{DriftBound, Epoch, FencingToken, Group, Input, Instant, Machine, NodeId, Output, OutputOf, Seed, To};
use core::ops::Range;
use core::time::Duration;
use std::vec::Vec;

pub(super) type Subject = Holder<u8, 4>;
pub(super) type Said = OutputOf<Subject>;

pub(super) const IT: u8 = 7;
pub(super) const LEASE: Duration = Duration::from_millis(1_000);

/// A lease of a second, of which the holder counts 900 ms, renewed each 200 ms, answers within 40 ms at first.
pub(super) const TIMING: Timing = Timing {
    lease: LEASE,
    renew: Duration::from_millis(200),
    retry: Duration::from_millis(40),
    margin: Duration::from_millis(100),
    drift: DriftBound::ZERO,
};

pub(super) fn at(millis: u64) -> Instant {
    Instant::from_millis(millis)
}

pub(super) fn token(number: u64) -> FencingToken {
    FencingToken::new(Epoch::new(3), number).unwrap()
}

/// Node 9, whose authority is node 1, 2 or 3.
pub(super) struct Dialogue {
    pub(super) subject: Subject,
}

impl Dialogue {
    pub(super) fn new() -> Self {
        let group = Group::new(NodeId::new(9), &[1, 2, 3].map(NodeId::new)).unwrap();
        let config = Config::new(TIMING, Seed::new(1)).unwrap();
        Self { subject: Holder::new(config, group, ClaimId::new(1), None, at(0)) }
    }

    /// It holds, with token 5, counted from 0, and node 1 is the authority.
    pub(super) fn holding() -> Self {
        let mut dialogue = Self::new();
        dialogue.ask(0, wants(Patience::Forever), &[all(acquire(1, true, 0))]);
        dialogue.hear(10, 1, granted(1, 5, 0), &[tells(Event::Acquired { token: token(5) })]);
        dialogue
    }

    /// Its deadline comes, exactly then.
    pub(super) fn tick(&mut self, millis: u64, expected: &[Said]) {
        assert_eq!(self.subject.deadline(), Some(at(millis)), "the deadline is another");
        self.expect(millis, Input::Tick, expected);
    }

    /// Its deadline comes, whenever that is by chance; says when. What it says may depend on it.
    pub(super) fn tick_within(&mut self, millis: Range<u64>, expected: impl Fn(u64) -> Vec<Said>) -> u64 {
        let due = self.subject.deadline().expect("there is a deadline").as_nanos().div_ceil(1_000_000);
        assert!(millis.contains(&due), "the deadline is at {due} ms, not within {millis:?}");
        self.expect(due, Input::Tick, &expected(due));
        due
    }

    pub(super) fn hear(&mut self, millis: u64, from: u32, message: Message<u8>, expected: &[Said]) {
        self.expect(millis, Input::Receive { from: NodeId::new(from), message }, expected);
    }

    pub(super) fn ask(&mut self, millis: u64, command: Command<u8>, expected: &[Said]) {
        self.expect(millis, Input::Command(command), expected);
    }

    fn expect(&mut self, millis: u64, input: Input<Command<u8>, Message<u8>>, expected: &[Said]) {
        let said: Vec<Said> = self.subject.step(input, at(millis)).into_iter().collect();
        assert_eq!(said, expected, "at {millis} ms, after {input:?}");
    }
}

pub(super) fn all(message: Message<u8>) -> Said {
    Output::Send { to: To::Peers, message }
}

pub(super) fn to(peer: u32, message: Message<u8>) -> Said {
    Output::Send { to: To::Node(NodeId::new(peer)), message }
}

pub(super) fn tells(event: Event) -> Said {
    Output::Event(event)
}

pub(super) fn misuse(misuse: Misuse) -> Said {
    Output::Event(Event::Refused(misuse))
}

pub(super) fn wants(patience: Patience) -> Command<u8> {
    Command::Acquire { resource: IT, mode: Mode::Exclusive, patience }
}

pub(super) fn acquire(claim: u64, wait: bool, sent: u64) -> Message<u8> {
    Message::Acquire {
        claim: ClaimId::new(claim),
        resource: IT,
        mode: Mode::Exclusive,
        wait,
        lease: LEASE,
        sent: at(sent),
    }
}

pub(super) fn renew(claim: u64, number: u64, sent: u64) -> Message<u8> {
    Message::Renew {
        claim: ClaimId::new(claim),
        resource: IT,
        mode: Mode::Exclusive,
        token: token(number),
        lease: LEASE,
        sent: at(sent),
    }
}

pub(super) fn release(claim: u64, number: u64) -> Message<u8> {
    Message::Release { claim: ClaimId::new(claim), token: Some(token(number)) }
}

pub(super) fn cancel(claim: u64) -> Message<u8> {
    Message::Release { claim: ClaimId::new(claim), token: None }
}

pub(super) fn granted(claim: u64, number: u64, sent: u64) -> Message<u8> {
    Message::Granted { claim: ClaimId::new(claim), token: token(number), lease: LEASE, sent: at(sent) }
}

pub(super) fn waiting(claim: u64, ahead: u32, sent: u64) -> Message<u8> {
    Message::Waiting { claim: ClaimId::new(claim), ahead, sent: at(sent) }
}

pub(super) fn refused(claim: u64, refusal: Refusal, sent: u64) -> Message<u8> {
    Message::Refused { claim: ClaimId::new(claim), refusal, sent: at(sent) }
}

pub(super) fn elsewhere(claim: u64, hint: Option<u32>, sent: u64) -> Message<u8> {
    refused(claim, Refusal::Elsewhere(hint.map(NodeId::new)), sent)
}

pub(super) fn released(claim: u64) -> Message<u8> {
    Message::Released { claim: ClaimId::new(claim) }
}
