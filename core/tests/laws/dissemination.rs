//! A member of a dissemination barrier for the laws.

use crate::history;
use core::time::Duration;
use proptest::prelude::*;
use quorate::barrier::dissemination::{Command, Config, Dissemination, Progress, Signal};
use quorate::{Group, Incarnation, Input, Instant, NodeId, Seed};

const PEERS: &[u32] = &[1, 2, 3, 5, 6, 7, 8, 10];

/// One of nine: four rounds, so that what it tells at once may not fit.
pub(crate) fn member_at(now: Instant) -> Dissemination<8> {
    let config = Config::new(Duration::from_millis(50), Seed::new(7)).unwrap();
    let config =
        config.with_overdue(Duration::from_millis(400)).unwrap().with_jitter(Duration::from_millis(9)).unwrap();
    let peers: Vec<NodeId> = PEERS.iter().copied().map(NodeId::new).collect();
    Dissemination::new(config, Group::new(NodeId::new(9), &peers).unwrap(), Incarnation::new(1), now)
}

pub(crate) fn inputs() -> BoxedStrategy<Input<Command, Signal>> {
    let life = || prop_oneof![6 => Just(1_u64), 1 => history::number()].prop_map(Incarnation::new);
    let complete = prop_oneof![8 => 0_u64..4, 1 => history::number()];
    let rounds = prop::option::of(prop_oneof![6 => 0_u8..5, 1 => any::<u8>()]);
    let progress = (complete, rounds).prop_map(|(complete, rounds)| Progress { complete, rounds });
    let answers = prop_oneof![4 => Just(Some(Incarnation::new(1))), 1 => prop::option::of(life())];
    let signals = (life(), prop::option::of(progress), answers, any::<bool>())
        .prop_map(|(life, progress, answers, asks)| Signal { life, progress, answers, asks });
    history::inputs(PEERS, Just(Command::Arrive), signals)
}
