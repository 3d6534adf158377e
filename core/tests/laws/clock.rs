//! A process over each clock: node 2 of a group of three, with a small reserve, so that ceilings are often reached.

use crate::history::{inputs, number};
use core::fmt::Debug;
use core::time::Duration;
use proptest::prelude::*;
use quorate::clock::{
    Clock, Command, Config, HybridClock, HybridStamp, LamportClock, LamportStamp, Message, Physical, Process,
    VectorClock, VectorStamp, VersionClock, VersionVector, WallTime,
};
use quorate::{Group, Input, Instant, NodeId, To};

const ME: u32 = 2;
const PEERS: &[u32] = &[1, 7];

type Inputs<S, T> = BoxedStrategy<Input<Command<u8, T>, Message<S, u8>>>;

fn process<C: Clock>(clock: impl Fn(&Group<4>) -> C, reserve: u32, physical: C::Physical) -> Process<C, u8, 4> {
    let group = Group::new(NodeId::new(ME), &PEERS.iter().copied().map(NodeId::new).collect::<Vec<_>>()).unwrap();
    let clock = clock(&group);
    Process::new(Config::new(group, clock, reserve).unwrap(), None, physical, Instant::ORIGIN)
}

fn machine_inputs<S, T>(stamps: impl Strategy<Value = S> + 'static, readings: BoxedStrategy<T>) -> Inputs<S, T>
where
    S: Clone + Debug + 'static,
    T: Physical + 'static,
{
    let to = prop_oneof![Just(To::Peers), (0_u32..9).prop_map(|node| To::Node(NodeId::new(node)))];
    let commands = prop_oneof![
        4 => Just(Command::Local),
        4 => (to, any::<u8>()).prop_map(|(to, payload)| Command::Send { to, payload }),
        1 => readings.prop_map(Command::Physical),
    ];
    let messages = (stamps, any::<u8>()).prop_map(|(stamp, payload)| Message { stamp, payload });
    inputs(PEERS, commands, messages)
}

pub(crate) fn lamport() -> Process<LamportClock, u8, 4> {
    process(|group| LamportClock::new(group.me()), 3, ())
}

pub(crate) fn lamport_inputs() -> Inputs<LamportStamp, ()> {
    let node = prop_oneof![8 => prop::sample::select(PEERS), 1 => Just(ME), 1 => any::<u32>()];
    let stamps = (number(), node).prop_map(|(time, node)| LamportStamp { time, node: NodeId::new(node) });
    machine_inputs(stamps, Just(()).boxed())
}

/// 2001, and a while.
const THEN: u64 = 1_000_000_000 << 16;

fn wall() -> BoxedStrategy<u64> {
    prop_oneof![10 => THEN..THEN + (5 << 16), 1 => number(), 1 => any::<u64>()].boxed()
}

pub(crate) fn hybrid() -> Process<HybridClock, u8, 4> {
    process(|_| HybridClock::new(Duration::from_secs(2)), 6_554, WallTime::new(THEN).unwrap())
}

pub(crate) fn hybrid_inputs() -> Inputs<HybridStamp, WallTime> {
    let stamps = prop_oneof![
        9 => (wall(), prop_oneof![0..3_u16, u16::MAX - 2..=u16::MAX]).prop_map(|(l, c)| HybridStamp::new(l, c)),
        1 => number().prop_map(HybridStamp::from_bits),
    ];
    machine_inputs(stamps, wall().prop_map(|units| WallTime::new(units).unwrap_or(WallTime::MAX)).boxed())
}

pub(crate) fn vector() -> Process<VectorClock<4>, u8, 4> {
    process(|group| VectorClock::of(group).unwrap(), 3, ())
}

pub(crate) fn vector_inputs() -> Inputs<VectorStamp<4>, ()> {
    let own = prop_oneof![8 => 0_u64..3, 1 => number()];
    let stamps = (number(), own, number(), number()).prop_map(|(a, me, b, c)| VectorStamp::new([a, me, b, c]));
    machine_inputs(stamps, Just(()).boxed())
}

pub(crate) fn version() -> Process<VersionClock<4>, u8, 4> {
    process(|group| VersionClock::new(group.me()), 3, ())
}

pub(crate) fn version_inputs() -> Inputs<VersionVector<4>, ()> {
    let node = prop_oneof![6 => prop::sample::select(PEERS), 1 => Just(ME), 1 => 0_u32..9];
    let entries = prop::collection::vec((node.prop_map(NodeId::new), number()), 0..4);
    machine_inputs(entries.prop_map(|entries| VersionVector::from_entries(&entries).unwrap()), Just(()).boxed())
}
