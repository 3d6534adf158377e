//! Elections and members for the laws.

use crate::history;
use core::time::Duration;
use proptest::prelude::*;
use quorate::detector::{Heartbeat, Timeout, TimeoutConfig};
pub(crate) use quorate::election::Message;
use quorate::election::{Command, Config, Election, Guarantee, Preempt, Start, Timing, Verdict};
use quorate::member::{self, Member, Profile};
use quorate::{DriftBound, Epoch, Group, Incarnation, Input, Instant, NodeId, Seed};

pub(crate) const ME: NodeId = NodeId::new(3);
const PEERS: &[u32] = &[1, 2, 4, 5];

pub(crate) fn config(guarantee: Guarantee) -> Config {
    let timing = Timing { drift: DriftBound::QUARTZ, ..Profile::LAN.timing };
    Config::new(guarantee, timing, Seed::new(7)).unwrap().with_preempt(Preempt::After(Duration::from_millis(700)))
}

pub(crate) fn group() -> Group<6> {
    let peers: Vec<NodeId> = PEERS.iter().copied().map(NodeId::new).collect();
    Group::new(ME, &peers).unwrap()
}

pub(crate) fn election(guarantee: Guarantee, start: Start) -> Election<6> {
    election_at(guarantee, start, Instant::ORIGIN)
}

pub(crate) fn election_at(guarantee: Guarantee, start: Start, now: Instant) -> Election<6> {
    Election::new(config(guarantee), group(), &[NodeId::new(5)], start, now).unwrap()
}

pub(crate) fn member() -> Member<Timeout, 6> {
    let config = member::Config {
        monitor: quorate::detector::MonitorConfig::new(Profile::LAN.interval).unwrap(),
        detector: TimeoutConfig::new(Profile::LAN.detection).unwrap(),
        election: config(Guarantee::Majority),
    };
    Member::new(config, group(), &[], Incarnation::new(1), Start::First, Instant::ORIGIN).unwrap()
}

fn epoch() -> impl Strategy<Value = Epoch> + Clone {
    prop_oneof![
        20 => (0_u64..6).prop_map(Epoch::new),
        1 => Just(Epoch::MAX),
        1 => history::number().prop_map(Epoch::new),
    ]
}

fn node() -> impl Strategy<Value = NodeId> + Clone {
    (1_u32..8).prop_map(NodeId::new)
}

fn commands() -> impl Strategy<Value = Command> {
    prop_oneof![
        4 => node().prop_map(Command::Suspect),
        4 => node().prop_map(Command::Trust),
        2 => Just(Command::Resign),
        2 => node().prop_map(Command::Transfer),
        2 => Just(Command::Release),
        1 => any::<bool>().prop_map(Command::SetEligible),
        1 => (0_u16..3).prop_map(Command::SetPriority),
        1 => node().prop_map(Command::AddVoter),
        1 => node().prop_map(Command::AddObserver),
        1 => node().prop_map(Command::Remove),
    ]
}

fn messages() -> impl Strategy<Value = Message> + Clone {
    let verdict = prop_oneof![
        4 => Just(Verdict::Would),
        4 => Just(Verdict::Granted),
        1 => Just(Verdict::Higher),
        1 => history::number().prop_map(|nanos| Verdict::Wait(Duration::from_nanos(nanos))),
        1 => epoch().prop_map(Verdict::Stale),
    ];
    prop_oneof![
        2 => (epoch(), 0_u16..3, any::<bool>())
            .prop_map(|(epoch, priority, challenge)| Message::PreVote { epoch, priority, challenge }),
        2 => (epoch(), 0_u16..3).prop_map(|(epoch, priority)| Message::Election { epoch, priority }),
        8 => (epoch(), verdict).prop_map(|(epoch, verdict)| Message::Answer { epoch, verdict }),
        2 => (epoch(), 0_u16..3, history::instant())
            .prop_map(|(epoch, priority, sent)| Message::Coordinator { epoch, priority, sent }),
        3 => (epoch(), history::instant(), 0_u16..3, any::<bool>()).prop_map(|(epoch, sent, priority, eligible)| {
            Message::Acknowledge { epoch, sent, priority, eligible }
        }),
        1 => (epoch(), prop::option::of(node())).prop_map(|(epoch, successor)| Message::Resign { epoch, successor }),
        1 => epoch().prop_map(|epoch| Message::Challenge { epoch }),
        1 => any::<u64>().prop_map(|nonce| Message::Recall { nonce }),
        1 => (any::<u64>(), epoch(), any::<bool>())
            .prop_map(|(nonce, epoch, remembers)| Message::Recalled { nonce, epoch, remembers }),
    ]
}

pub(crate) fn inputs() -> BoxedStrategy<Input<Command, Message>> {
    history::inputs(PEERS, commands(), messages())
}

pub(crate) fn member_inputs() -> BoxedStrategy<Input<Command, member::Message>> {
    let heartbeats = (history::number(), history::number()).prop_map(|(incarnation, sequence)| {
        member::Message::Heartbeat(Heartbeat { incarnation: Incarnation::new(incarnation), sequence })
    });
    let messages = prop_oneof![1 => heartbeats, 2 => messages().prop_map(member::Message::Election)];
    history::inputs(PEERS, commands(), messages)
}
