//! How dialogues are written.

use crate::election::{
    Command, Config, Election, Event, Guarantee, Message, Preempt, Record, Role, Start, Timing, Verdict,
};
use crate::{DriftBound, Epoch, Group, Input, Instant, Machine, NodeId, Output, OutputOf, Seed, To};
use core::time::Duration;
use std::vec::Vec;

pub(super) type Subject = Election<8>;
pub(super) type Said = OutputOf<Subject>;

/// A round hundred of everything, no chance, and perfect clocks, so that times can be read: a lease of 400 ms, renewed each
/// 100 ms, answers within 60 ms.
pub(super) const TIMING: Timing = Timing {
    lease: Duration::from_millis(400),
    renew: Duration::from_millis(100),
    timeout: Duration::from_millis(60),
    jitter: Duration::ZERO,
    drift: DriftBound::ZERO,
    margin: Duration::ZERO,
};

pub(super) fn config(guarantee: Guarantee) -> Config {
    Config::new(guarantee, TIMING, Seed::new(1)).unwrap()
}

pub(super) fn majority() -> Config {
    config(Guarantee::Majority)
}

pub(super) fn at(millis: u64) -> Instant {
    Instant::from_millis(millis)
}

pub(super) fn node(id: u32) -> NodeId {
    NodeId::new(id)
}

pub(super) fn epoch(number: u64) -> Epoch {
    Epoch::new(number)
}

/// One member, and what is said to it and by it.
pub(super) struct Dialogue {
    pub(super) subject: Subject,
}

impl Dialogue {
    /// Member `me` of a group of `size`, numbered from 1.
    pub(super) fn new(config: Config, me: u32, size: u32, start: Start) -> Self {
        Self::from(config, me, size, start, 0)
    }

    pub(super) fn from(config: Config, me: u32, size: u32, start: Start, millis: u64) -> Self {
        let others: Vec<NodeId> = (1..=size).filter(|id| *id != me).map(node).collect();
        let group = Group::new(node(me), &others).unwrap();
        Self { subject: Election::new(config, group, &[], start, at(millis)).unwrap() }
    }

    /// Member 3 of three, which has just been elected for epoch 1: it called the election at 120 ms.
    pub(super) fn leader(config: Config) -> Self {
        let mut dialogue = Self::new(config, 3, 3, Start::First);
        dialogue.tick(120, &[all(pre_vote(1))]);
        dialogue.hear(121, 2, would(1), &[]);
        dialogue.hear(121, 1, would(1), &[vote(1, 3), all(election(1))]);
        let until = dialogue.subject.valid_until_if_elected(at(121));
        dialogue.hear(
            122,
            1,
            granted(1),
            &[tells(Event::Elected { epoch: epoch(1), until }), all(coordinator(1, 122))],
        );
        dialogue
    }

    /// Member 3 of three, which has followed member 1 in epoch 1 since 50 ms.
    pub(super) fn follower(config: Config) -> Self {
        let mut dialogue = Self::new(config, 3, 3, Start::First);
        let following = tells(Event::Following { leader: node(1), epoch: epoch(1) });
        dialogue.hear(50, 1, coordinator(1, 40), &[vote(1, 1), following, to(1, acknowledge(1, 40))]);
        dialogue
    }

    /// Its deadline comes, exactly then.
    pub(super) fn tick(&mut self, millis: u64, expected: &[Said]) {
        assert_eq!(self.subject.deadline(), Some(at(millis)), "the deadline is another");
        self.expect(millis, Input::Tick, expected);
    }

    /// Its deadline comes, whenever that is by chance; says when.
    pub(super) fn tick_within(&mut self, millis: core::ops::Range<u64>, expected: &[Said]) -> u64 {
        let nanos = self.subject.deadline().expect("there is a deadline").as_nanos();
        let due = nanos.div_ceil(1_000_000);
        assert!(millis.contains(&due), "the deadline is at {due} ms, not within {millis:?}");
        self.expect(due, Input::Tick, expected);
        due
    }

    /// It hears a message.
    pub(super) fn hear(&mut self, millis: u64, from: u32, message: Message, expected: &[Said]) {
        self.expect(millis, Input::Receive { from: node(from), message }, expected);
    }

    /// Its user asks for something.
    pub(super) fn ask(&mut self, millis: u64, command: Command, expected: &[Said]) {
        self.expect(millis, Input::Command(command), expected);
    }

    fn expect(&mut self, millis: u64, input: Input<Command, Message>, expected: &[Said]) {
        let said: Vec<Said> = self.subject.step(input, at(millis)).into_iter().collect();
        assert_eq!(said, expected, "at {millis} ms, after {input:?}");
    }
}

impl Subject {
    fn valid_until_if_elected(&self, called: Instant) -> Instant {
        match self.config().guarantee() {
            Guarantee::Majority => called + self.config().validity(),
            Guarantee::PerPartition => Instant::FAR_FUTURE,
        }
    }
}

pub(super) fn all(message: Message) -> Said {
    Output::Send { to: To::Peers, message }
}

pub(super) fn to(peer: u32, message: Message) -> Said {
    Output::Send { to: To::Node(node(peer)), message }
}

pub(super) fn tells(event: Event) -> Said {
    Output::Event(event)
}

pub(super) fn vote(number: u64, candidate: u32) -> Said {
    Output::Persist(Record { epoch: epoch(number), vote: Some(node(candidate)) })
}

pub(super) fn pre_vote(number: u64) -> Message {
    Message::PreVote { epoch: epoch(number), priority: 0, challenge: false }
}

pub(super) fn challenging_pre_vote(number: u64) -> Message {
    Message::PreVote { epoch: epoch(number), priority: 0, challenge: true }
}

pub(super) fn election(number: u64) -> Message {
    Message::Election { epoch: epoch(number), priority: 0 }
}

pub(super) fn coordinator(number: u64, sent: u64) -> Message {
    Message::Coordinator { epoch: epoch(number), priority: 0, sent: at(sent) }
}

pub(super) fn acknowledge(number: u64, sent: u64) -> Message {
    Message::Acknowledge { epoch: epoch(number), sent: at(sent), priority: 0, eligible: true }
}

pub(super) fn resign(number: u64, successor: Option<u32>) -> Message {
    Message::Resign { epoch: epoch(number), successor: successor.map(node) }
}

pub(super) fn answer(number: u64, verdict: Verdict) -> Message {
    Message::Answer { epoch: epoch(number), verdict }
}

pub(super) fn would(number: u64) -> Message {
    answer(number, Verdict::Would)
}

pub(super) fn granted(number: u64) -> Message {
    answer(number, Verdict::Granted)
}

pub(super) fn higher(number: u64) -> Message {
    answer(number, Verdict::Higher)
}

pub(super) fn wait(number: u64, millis: u64) -> Message {
    answer(number, Verdict::Wait(Duration::from_millis(millis)))
}

pub(super) fn stale(number: u64, current: u64) -> Message {
    answer(number, Verdict::Stale(epoch(current)))
}

pub(super) fn preempting() -> Config {
    majority().with_preempt(Preempt::After(Duration::from_secs(1)))
}

pub(super) fn voter() -> Config {
    majority().with_role(Role::Voter)
}
