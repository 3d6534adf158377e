//! Coordinators and parties for the laws.

use crate::history;
use core::time::Duration;
use proptest::prelude::*;
pub(crate) use quorate::barrier::Message;
use quorate::barrier::coordinator::{self, Coordinator};
use quorate::barrier::party::{self, Party, Timing};
use quorate::barrier::{Cause, Generation, Outcome, PartyId, Refusal, Ticket};
use quorate::{Epoch, Group, Input, Instant, NodeId, Seed};

const PEERS: &[u32] = &[1, 2, 3];

fn coordinator_config() -> coordinator::Config {
    coordinator::Config::new(Duration::from_millis(2_000), Duration::from_millis(500)).unwrap()
}

/// It has room for few barriers of few parties, so that histories fill it.
pub(crate) fn coordinator_at(now: Instant) -> Coordinator<u8, 2, 3> {
    Coordinator::new(coordinator_config(), now)
}

pub(crate) fn fixed() -> coordinator::Fixed<u8, 2, 3> {
    coordinator::Fixed::new(coordinator_config(), None, Instant::ORIGIN)
}

pub(crate) fn party_at(now: Instant) -> Party<u8, 4> {
    let timing = Timing { resolve: Duration::from_secs(3), ..Timing::LAN };
    let peers: Vec<NodeId> = PEERS.iter().copied().map(NodeId::new).collect();
    let group = Group::new(NodeId::new(9), &peers).unwrap();
    Party::new(party::Config::new(3, timing, Seed::new(7)).unwrap(), 1, group, PartyId::new(1), None, now)
}

fn epoch() -> impl Strategy<Value = Epoch> + Clone {
    prop_oneof![20 => (0_u64..4).prop_map(Epoch::new), 1 => history::number().prop_map(Epoch::new)]
}

fn generation() -> impl Strategy<Value = Generation> + Clone {
    prop_oneof![
        12 => (1_u64..4, 1_u32..5).prop_map(|(epoch, number)| Generation::new(Epoch::new(epoch), number).unwrap()),
        1 => (1_u64..4, Just(u32::MAX)).prop_map(|(epoch, number)| Generation::new(Epoch::new(epoch), number).unwrap()),
    ]
}

fn outcome() -> impl Strategy<Value = Outcome> + Clone {
    prop_oneof![
        3 => Just(Outcome::Released),
        2 => Just(Outcome::Broken(Cause::Reset)),
        1 => Just(Outcome::Unknown),
    ]
}

fn refusal() -> impl Strategy<Value = Refusal> + Clone {
    prop_oneof![
        4 => prop::option::of((0_u32..5).prop_map(NodeId::new)).prop_map(Refusal::Elsewhere),
        1 => Just(Refusal::Full(3)),
        1 => Just(Refusal::Exhausted),
    ]
}

fn ticket() -> impl Strategy<Value = Ticket<u8>> + Clone {
    let parties = prop_oneof![8 => Just(3_u16), 2 => Just(1), 1 => Just(0), 1 => any::<u16>()];
    let visit = prop_oneof![6 => Just(0_u32), 3 => 0_u32..4, 1 => any::<u32>()];
    let arrival = prop_oneof![12 => 0_u32..4, 1 => any::<u32>()];
    let learnt = prop::option::of(generation());
    (0_u8..3, parties, 0_u64..3, arrival, (epoch(), visit), learnt, any::<bool>()).prop_map(
        |(resource, parties, party, arrival, (epoch, visit), learnt, released)| {
            let party = PartyId::new(party);
            Ticket { resource, parties, party, arrival, epoch, visit, learnt, released }
        },
    )
}

fn messages() -> impl Strategy<Value = Message<u8>> + Clone {
    let party = || (0_u64..3).prop_map(PartyId::new);
    let answered = (party(), 0_u32..4, epoch(), generation());
    prop_oneof![
        6 => (ticket(), prop::option::of(generation()), any::<bool>())
            .prop_map(|(ticket, generation, leaves)| Message::Arrive { ticket, generation, leaves }),
        6 => (ticket(), generation(), any::<bool>())
            .prop_map(|(ticket, generation, leaves)| Message::Ready { ticket, generation, leaves }),
        2 => ticket().prop_map(|ticket| Message::Present { ticket }),
        1 => (ticket(), any::<bool>()).prop_map(|(ticket, timed_out)| Message::Leave { ticket, timed_out }),
        2 => (party(), epoch(), 0_u32..3)
            .prop_map(|(party, epoch, visit)| Message::Coordinates { party, epoch, visit }),
        2 => (answered.clone(), 0_u16..4).prop_map(|((party, arrival, epoch, generation), arrived)| {
            Message::Noted { party, arrival, epoch, generation, arrived }
        }),
        3 => answered.clone().prop_map(|(party, arrival, epoch, generation)| {
            Message::Prepare { party, arrival, epoch, generation }
        }),
        3 => (answered, outcome()).prop_map(|((party, arrival, epoch, generation), outcome)| {
            Message::Settled { party, arrival, epoch, generation, outcome }
        }),
        1 => (party(), 0_u32..4, epoch(), refusal())
            .prop_map(|(party, arrival, epoch, refusal)| Message::Refused { party, arrival, epoch, refusal }),
        1 => (party(), epoch()).prop_map(|(party, epoch)| Message::Left { party, epoch }),
    ]
}

pub(crate) fn coordinator_inputs() -> BoxedStrategy<Input<coordinator::Command<u8>, Message<u8>>> {
    let commands = prop_oneof![
        5 => epoch().prop_map(|epoch| coordinator::Command::Open { epoch }),
        1 => prop::option::of((0_u32..4).prop_map(NodeId::new)).prop_map(|leader| coordinator::Command::Close { leader }),
        1 => (0_u8..3).prop_map(coordinator::Command::Reset),
    ];
    history::inputs(PEERS, commands, messages())
}

pub(crate) fn party_inputs() -> BoxedStrategy<Input<party::Command, Message<u8>>> {
    let patience = || prop::option::of((0_u64..2_000).prop_map(Duration::from_millis));
    let commands = prop_oneof![
        5 => patience().prop_map(|patience| party::Command::Arrive { patience }),
        2 => patience().prop_map(|patience| party::Command::Leave { patience }),
        1 => Just(party::Command::Cancel),
    ];
    history::inputs(PEERS, commands, messages())
}
