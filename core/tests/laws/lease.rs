//! Authorities and holders for the laws.

use crate::history;
use core::time::Duration;
use proptest::prelude::*;
pub(crate) use quorate::lease::Message;
use quorate::lease::holder::{self, Holder, Patience, Timing};
use quorate::lease::{Authority, ClaimId, Mode, Refusal, authority};
use quorate::{DriftBound, Epoch, FencingToken, Group, Input, Instant, NodeId, Seed};

const LEASE: Duration = Duration::from_millis(2_000);
const PEERS: &[u32] = &[1, 2, 3];

fn authority_config() -> authority::Config {
    let config = authority::Config::new(LEASE, DriftBound::QUARTZ).unwrap();
    config.with_lock_delay(Duration::from_millis(300)).unwrap().with_cap(Duration::from_secs(20)).unwrap()
}

/// It has room for few claims, so that histories fill it.
pub(crate) fn authority_at(now: Instant) -> Authority<u8, 6> {
    Authority::new(authority_config(), now)
}

pub(crate) fn fixed() -> authority::Fixed<u8, 6> {
    authority::Fixed::new(authority_config(), None, Instant::ORIGIN)
}

pub(crate) fn holder_at(now: Instant) -> Holder<u8, 4> {
    let timing = Timing {
        lease: LEASE,
        renew: Duration::from_millis(500),
        retry: Duration::from_millis(50),
        margin: Duration::from_millis(50),
        drift: DriftBound::QUARTZ,
    };
    let peers: Vec<NodeId> = PEERS.iter().copied().map(NodeId::new).collect();
    let group = Group::new(NodeId::new(9), &peers).unwrap();
    Holder::new(holder::Config::new(timing, Seed::new(7)).unwrap(), group, ClaimId::new(1), None, now)
}

fn mode() -> impl Strategy<Value = Mode> + Clone {
    prop_oneof![
        4 => Just(Mode::Exclusive),
        3 => Just(Mode::Shared),
        3 => (1_u16..4).prop_map(|take| Mode::permits(take, 3).unwrap()),
        1 => Just(Mode::permits(2, 2).unwrap()),
    ]
}

fn token() -> impl Strategy<Value = FencingToken> + Clone {
    prop_oneof![
        8 => (0_u64..4, 0_u64..8).prop_map(|(epoch, sequence)| FencingToken::new(Epoch::new(epoch), sequence).unwrap()),
        1 => history::number().prop_map(FencingToken::from_number),
    ]
}

fn lease() -> impl Strategy<Value = Duration> + Clone {
    prop_oneof![
        6 => Just(LEASE),
        2 => (0_u64..4_000).prop_map(Duration::from_millis),
        1 => history::number().prop_map(Duration::from_nanos),
    ]
}

fn refusal() -> impl Strategy<Value = Refusal> + Clone {
    prop_oneof![
        4 => prop::option::of((0_u32..5).prop_map(NodeId::new)).prop_map(Refusal::Elsewhere),
        1 => Just(Refusal::Busy),
        1 => Just(Refusal::Full(6)),
        1 => Just(Refusal::NotHeld),
        1 => Just(Refusal::Broken),
        1 => Just(Refusal::CapReached),
        1 => Just(Refusal::Exhausted),
    ]
}

fn messages() -> impl Strategy<Value = Message<u8>> + Clone {
    let claim = || (0_u64..5).prop_map(ClaimId::new);
    let asked = (claim(), 0_u8..3, mode(), lease(), history::instant());
    prop_oneof![
        4 => (asked.clone(), any::<bool>()).prop_map(|((claim, resource, mode, lease, sent), wait)| {
            Message::Acquire { claim, resource, mode, wait, lease, sent }
        }),
        3 => (asked, token()).prop_map(|((claim, resource, mode, lease, sent), token)| {
            Message::Renew { claim, resource, mode, token, lease, sent }
        }),
        2 => (claim(), prop::option::of(token())).prop_map(|(claim, token)| Message::Release { claim, token }),
        4 => (claim(), token(), lease(), history::instant())
            .prop_map(|(claim, token, lease, sent)| Message::Granted { claim, token, lease, sent }),
        1 => (claim(), 0_u32..3, history::instant())
            .prop_map(|(claim, ahead, sent)| Message::Waiting { claim, ahead, sent }),
        2 => (claim(), refusal(), history::instant())
            .prop_map(|(claim, refusal, sent)| Message::Refused { claim, refusal, sent }),
        1 => claim().prop_map(|claim| Message::Released { claim }),
    ]
}

pub(crate) fn authority_inputs() -> BoxedStrategy<Input<authority::Command<u8>, Message<u8>>> {
    let epoch = prop_oneof![8 => (0_u64..8).prop_map(Epoch::new), 1 => history::number().prop_map(Epoch::new)];
    let commands = prop_oneof![
        4 => epoch.prop_map(|epoch| authority::Command::Open { epoch }),
        1 => prop::option::of((0_u32..5).prop_map(NodeId::new)).prop_map(|leader| authority::Command::Close { leader }),
        2 => (0_u8..3).prop_map(authority::Command::Break),
    ];
    history::inputs(PEERS, commands, messages())
}

pub(crate) fn holder_inputs() -> BoxedStrategy<Input<holder::Command<u8>, Message<u8>>> {
    let patience = prop_oneof![
        Just(Patience::Try),
        Just(Patience::Forever),
        (0_u64..3_000).prop_map(|millis| Patience::For(Duration::from_millis(millis))),
    ];
    let commands = prop_oneof![
        6 => (0_u8..2, mode(), patience)
            .prop_map(|(resource, mode, patience)| holder::Command::Acquire { resource, mode, patience }),
        1 => Just(holder::Command::Cancel),
        2 => Just(holder::Command::Release),
        1 => Just(holder::Command::Drain),
    ];
    history::inputs(PEERS, commands, messages())
}
