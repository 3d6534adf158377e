//! The six laws, for a board.

use crate::boards::{Machine, machine, name};
use core::time::Duration;
use proptest::prelude::*;
use quorate::barrier::party;
use quorate::election::{Command as Election, Start};
use quorate::host::{self, Message};
use quorate::lease::{self, ClaimId, Mode, holder};
use quorate::{Epoch, FencingToken, Input, InputOf, Instant, NodeId, election};
use quorate_embassy::board::Command;

fn command() -> impl Strategy<Value = Input<Command<host::Command<quorate::Name>>, Message<quorate::Name>>> {
    let (a, b) = (name("a"), name("b"));
    let patience = prop_oneof![
        Just(holder::Patience::Try),
        Just(holder::Patience::Forever),
        (0..5_000_u64).prop_map(|millis| holder::Patience::For(Duration::from_millis(millis)))
    ];
    let lock = prop_oneof![
        (prop_oneof![Just(a), Just(b)], patience).prop_map(|(resource, patience)| holder::Command::Acquire {
            resource,
            mode: Mode::Exclusive,
            patience
        }),
        Just(holder::Command::Cancel),
        Just(holder::Command::Release),
        Just(holder::Command::Drain),
    ];
    let meet = prop_oneof![
        Just(party::Command::Arrive { patience: None }),
        Just(party::Command::Leave { patience: Some(Duration::from_secs(1)) }),
        Just(party::Command::Cancel),
    ];
    prop_oneof![
        (0..3_u8, lock).prop_map(|(seat, command)| Command::Lock(seat, command)),
        (0..3_u8, 0..3_u16).prop_map(move |(stall, parties)| Command::Attend { stall, barrier: a, parties }),
        (0..3_u8, meet).prop_map(|(stall, command)| Command::Meet(stall, command)),
        (0..3_u8).prop_map(Command::Leave),
        prop_oneof![
            Just(Election::Resign),
            Just(Election::Release),
            (1..4_u32).prop_map(|peer| Election::Suspect(NodeId::new(peer)))
        ]
        .prop_map(|command| Command::Member(host::Command::Election(command))),
    ]
    .prop_map(Input::Command)
}

fn message() -> impl Strategy<Value = Message<quorate::Name>> {
    let epoch = (0..6_u64).prop_map(Epoch::new);
    let claim = (0..3_u64, 0..3_u64).prop_map(|(seat, number)| ClaimId::new((seat << 56) + (1 << 20) + number));
    let election = prop_oneof![
        epoch.clone().prop_map(|epoch| election::Message::Election { epoch, priority: 0 }),
        epoch.clone().prop_map(|epoch| election::Message::Answer { epoch, verdict: election::Verdict::Granted }),
        epoch.clone().prop_map(|epoch| election::Message::PreVote { epoch, priority: 0, challenge: false }),
        epoch.clone().prop_map(|epoch| election::Message::Resign { epoch, successor: None }),
        (epoch, 0..20_000_u64).prop_map(|(epoch, sent)| election::Message::Coordinator {
            epoch,
            priority: 0,
            sent: Instant::from_millis(sent)
        }),
    ];
    let lease = (claim, 0..4_u8, 0..20_000_u64).prop_map(|(claim, kind, sent)| {
        let (sent, lease) = (Instant::from_millis(sent), Duration::from_secs(3));
        match kind {
            0 => lease::Message::Granted { claim, token: FencingToken::from_number((1 << 31) + 1), lease, sent },
            1 => lease::Message::Waiting { claim, ahead: 1, sent },
            2 => lease::Message::Released { claim },
            _ => lease::Message::Acquire { claim, resource: name("a"), mode: Mode::Exclusive, wait: true, lease, sent },
        }
    });
    prop_oneof![
        election.prop_map(|message| Message::Member(quorate::member::Message::Election(message))),
        lease.prop_map(Message::Lease),
    ]
}

fn history() -> impl Strategy<Value = Vec<(InputOf<Machine>, Instant)>> {
    let received =
        (1..5_u32, message()).prop_map(|(from, message)| Input::Receive { from: NodeId::new(from), message });
    let input = prop_oneof![2 => Just(Input::Tick), 2 => command(), 3 => received];
    proptest::collection::vec((input, 0..2_000_u64), 0..60).prop_map(|steps| {
        let mut now = 0;
        let history = steps.into_iter().map(|(input, later)| {
            now += later;
            (input, Instant::from_millis(now))
        });
        history.collect()
    })
}

proptest! {
    #[test]
    fn a_board_obeys_them_alone(history in history()) {
        let checked = quorate::laws::check_restart(machine(1, 1, 1, Start::First), history);
        prop_assert!(checked.is_ok(), "{}", checked.unwrap_err());
    }

    #[test]
    fn a_board_obeys_them_in_a_group(history in history()) {
        let checked = quorate::laws::check_restart(machine(1, 3, 1, Start::First), history);
        prop_assert!(checked.is_ok(), "{}", checked.unwrap_err());
    }
}
