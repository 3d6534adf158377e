//! How dialogues are written.

use crate::lease::authority::{Authority, Command, Config, Event, Freed, Reason};
use crate::lease::{ClaimId, Message, Mode, Refusal};
use crate::{DriftBound, Epoch, FencingToken, Input, Instant, Machine, NodeId, Output, OutputOf, To};
use core::time::Duration;
use std::vec::Vec;

pub(super) type Subject = Authority<u8, 8>;
pub(super) type Said = OutputOf<Subject>;

/// The resource that nearly all dialogues are about.
pub(super) const IT: u8 = 7;
/// Leases of at most a second, and perfect clocks, so that times can be read.
pub(super) const LEASE: Duration = Duration::from_millis(1_000);

pub(super) fn config() -> Config {
    Config::new(LEASE, DriftBound::ZERO).unwrap()
}

pub(super) fn at(millis: u64) -> Instant {
    Instant::from_millis(millis)
}

pub(super) fn node(id: u32) -> NodeId {
    NodeId::new(id)
}

pub(super) fn token(epoch: u64, sequence: u64) -> FencingToken {
    FencingToken::new(Epoch::new(epoch), sequence).unwrap()
}

pub(super) fn permits(take: u16, of: u16) -> Mode {
    Mode::permits(take, of).unwrap()
}

/// One authority, and what is said to it and by it. Each holder is a node with a claim of the same number, unless it is said
/// otherwise.
pub(super) struct Dialogue {
    pub(super) subject: Subject,
}

impl Dialogue {
    /// An authority that is in its grace period, from 0 to 1,000 ms.
    pub(super) fn opening(config: Config, epoch: u64) -> Self {
        let mut dialogue = Self { subject: Authority::new(config, at(0)) };
        let epoch = Epoch::new(epoch);
        let grace = config.grace();
        dialogue.ask(0, Command::Open { epoch }, &[tells(Event::Opening { epoch, grace })]);
        dialogue
    }

    /// An authority that is open since 1,000 ms, in epoch 3.
    pub(super) fn open(config: Config) -> Self {
        let mut dialogue = Self::opening(config, 3);
        let opened = u64::try_from(config.grace().as_millis()).unwrap();
        dialogue.tick(opened, &[tells(Event::Opened { epoch: Epoch::new(3) })]);
        dialogue
    }

    /// Its deadline comes, exactly then.
    pub(super) fn tick(&mut self, millis: u64, expected: &[Said]) {
        assert_eq!(self.subject.deadline(), Some(at(millis)), "the deadline is another");
        self.expect(millis, Input::Tick, expected);
    }

    pub(super) fn hear(&mut self, millis: u64, from: u32, message: Message<u8>, expected: &[Said]) {
        self.expect(millis, Input::Receive { from: node(from), message }, expected);
    }

    pub(super) fn ask(&mut self, millis: u64, command: Command<u8>, expected: &[Said]) {
        self.expect(millis, Input::Command(command), expected);
    }

    fn expect(&mut self, millis: u64, input: Input<Command<u8>, Message<u8>>, expected: &[Said]) {
        let said: Vec<Said> = self.subject.step(input, at(millis)).into_iter().collect();
        assert_eq!(said, expected, "at {millis} ms, after {input:?}");
    }
}

pub(super) fn to(peer: u32, message: Message<u8>) -> Said {
    Output::Send { to: To::Node(node(peer)), message }
}

pub(super) fn tells(event: Event<u8>) -> Said {
    Output::Event(event)
}

pub(super) fn wants(claim: u64, mode: Mode, wait: bool, sent: u64) -> Message<u8> {
    Message::Acquire { claim: ClaimId::new(claim), resource: IT, mode, wait, lease: LEASE, sent: at(sent) }
}

pub(super) fn acquire(claim: u64, sent: u64) -> Message<u8> {
    wants(claim, Mode::Exclusive, true, sent)
}

pub(super) fn renew_as(claim: u64, mode: Mode, token: FencingToken, sent: u64) -> Message<u8> {
    Message::Renew { claim: ClaimId::new(claim), resource: IT, mode, token, lease: LEASE, sent: at(sent) }
}

pub(super) fn renew(claim: u64, token: FencingToken, sent: u64) -> Message<u8> {
    renew_as(claim, Mode::Exclusive, token, sent)
}

pub(super) fn release(claim: u64, token: FencingToken) -> Message<u8> {
    Message::Release { claim: ClaimId::new(claim), token: Some(token) }
}

pub(super) fn cancel(claim: u64) -> Message<u8> {
    Message::Release { claim: ClaimId::new(claim), token: None }
}

pub(super) fn granted(claim: u64, token: FencingToken, sent: u64) -> Message<u8> {
    Message::Granted { claim: ClaimId::new(claim), token, lease: LEASE, sent: at(sent) }
}

pub(super) fn waiting(claim: u64, ahead: u32, sent: u64) -> Message<u8> {
    Message::Waiting { claim: ClaimId::new(claim), ahead, sent: at(sent) }
}

pub(super) fn refused(claim: u64, refusal: Refusal, sent: u64) -> Message<u8> {
    Message::Refused { claim: ClaimId::new(claim), refusal, sent: at(sent) }
}

pub(super) fn released(claim: u64) -> Message<u8> {
    Message::Released { claim: ClaimId::new(claim) }
}

/// The claim of the node of the same number holds it.
pub(super) fn holds(holder: u32, mode: Mode, token: FencingToken) -> Said {
    let claim = ClaimId::new(holder.into());
    tells(Event::Granted { resource: IT, node: node(holder), claim, token, mode, reclaimed: false })
}

pub(super) fn reclaims(holder: u32, mode: Mode, token: FencingToken) -> Said {
    let claim = ClaimId::new(holder.into());
    tells(Event::Granted { resource: IT, node: node(holder), claim, token, mode, reclaimed: true })
}

pub(super) fn freed(holder: u32, token: FencingToken, why: Freed) -> Said {
    tells(Event::Freed { resource: IT, node: node(holder), claim: ClaimId::new(holder.into()), token, why })
}

pub(super) fn rejected(from: u32, reason: Reason) -> Said {
    tells(Event::Rejected { from: node(from), reason })
}
