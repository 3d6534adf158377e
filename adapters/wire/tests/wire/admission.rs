//! What is remembered of senders: each frame is taken once, from members only.

use crate::world::{GROUP, LIFE, ONE, THREE, TWO, beat, next, plain, receiver, roster, sealed, sender, three_beats};
use proptest::prelude::*;
use quorate::{Group, GroupError, Incarnation, NodeId, To};
use quorate_wire::{
    Admission, Codec, Difference, Header, MAX_DATAGRAM, Reason, Receiver, Rejected, Roster, Sender, Window,
};
use std::collections::HashSet;

fn receive(receiver: &mut Receiver<4>, datagram: &[u8]) -> Result<Admission, Rejected> {
    let codec = if datagram[1] == 0 { plain() } else { sealed() };
    receiver.receive(&codec, &mut datagram.to_vec()).map(|(_, admission)| admission)
}

#[test]
fn a_frame_is_taken_once_sealed_or_plain() {
    for codec in [plain(), sealed()] {
        let (mut one, mut two) = (sender(ONE, LIFE), receiver());
        let first = next(&mut one, &codec, To::Peers);
        let second = next(&mut one, &codec, To::Node(TWO));
        let third = next(&mut one, &codec, To::Peers);
        assert_eq!(receive(&mut two, &first), Ok(Admission::First));
        assert_eq!(receive(&mut two, &third), Ok(Admission::Continued));
        assert_eq!(receive(&mut two, &second), Ok(Admission::Continued), "overtaken, not repeated");
        for (sequence, again) in [(1, first), (2, second), (3, third)] {
            assert_eq!(receive(&mut two, &again), Err(Rejected::Replay { sender: ONE, sequence }));
        }
        assert_eq!((two.counters().accepted(), two.counters().rejected(Reason::Replay)), (3, 3));
    }
}

#[test]
fn a_restart_is_noticed_and_what_came_before_it_is_dropped() {
    let (mut before, mut two) = (sender(ONE, Incarnation::new(4)), receiver());
    assert_eq!(two.incarnation(ONE), None);
    assert_eq!(receive(&mut two, &next(&mut before, &sealed(), To::Peers)), Ok(Admission::First));

    let mut after = sender(ONE, Incarnation::new(6));
    let again = next(&mut after, &sealed(), To::Peers);
    assert_eq!(receive(&mut two, &again), Ok(Admission::Restarted { before: Incarnation::new(4) }));
    assert_eq!(two.incarnation(ONE), Some(Incarnation::new(6)));
    assert_eq!(receive(&mut two, &again), Err(Rejected::Replay { sender: ONE, sequence: 1 }));
    assert_eq!(
        receive(&mut two, &next(&mut before, &sealed(), To::Peers)),
        Err(Rejected::OlderIncarnation { sender: ONE, newest: Incarnation::new(6), found: Incarnation::new(4) })
    );
    assert_eq!(receive(&mut two, &next(&mut after, &sealed(), To::Peers)), Ok(Admission::Continued));
    assert_eq!(two.counters().restarts(), 1);
}

#[test]
fn an_altered_frame_leaves_no_trace() {
    for codec in [plain(), sealed()] {
        let (mut one, mut two) = (sender(ONE, LIFE), receiver());
        let frame = next(&mut one, &codec, To::Peers);
        for byte in 0..frame.len() {
            let mut altered = frame.clone();
            altered[byte] ^= 0x10;
            assert!(two.receive(&codec, &mut altered).is_err());
        }
        assert_eq!(two.incarnation(ONE), None);
        assert_eq!(receive(&mut two, &frame), Ok(Admission::First));
    }
}

#[test]
fn each_sender_has_its_own_numbers() {
    let (mut one, mut three, mut two) = (sender(ONE, LIFE), sender(THREE, LIFE), receiver());
    for admission in [Admission::First, Admission::Continued] {
        assert_eq!(receive(&mut two, &next(&mut one, &plain(), To::Peers)), Ok(admission));
        assert_eq!(receive(&mut two, &next(&mut three, &plain(), To::Peers)), Ok(admission));
    }
}

#[test]
fn strangers_impostors_and_strayed_frames_are_told_apart() {
    let (mut two, four) = (receiver(), NodeId::new(4));
    let stranger = next(&mut sender(four, LIFE), &plain(), To::Peers);
    assert_eq!(receive(&mut two, &stranger), Err(Rejected::UnknownSender { sender: four }));

    let impostor = next(&mut sender(TWO, LIFE), &plain(), To::Peers);
    assert_eq!(receive(&mut two, &impostor), Err(Rejected::OwnId { id: TWO, incarnation: LIFE }));

    let strayed = next(&mut sender(ONE, LIFE), &plain(), To::Node(THREE));
    assert_eq!(receive(&mut two, &strayed), Err(Rejected::Misdirected { sender: ONE, recipient: THREE }));

    let short = Roster::digest([(ONE, true), (TWO, true)]);
    let mut one = Sender::new(&plain(), short, ONE, LIFE);
    let disagreeing = next(&mut one, &plain(), To::Peers);
    let rejected = receive(&mut two, &disagreeing).unwrap_err();
    assert_eq!(rejected, Rejected::RosterMismatch { sender: ONE, expected: roster(), found: short });
    assert_eq!(roster().difference(short), Some(Difference::Lacks { node: THREE, votes: false }));
    assert_eq!(rejected.to_string(), "node 1's list of members lacks observer 3, which this member's list has");

    assert_eq!(two.incarnation(ONE), None, "none of them counts as heard");
    let reasons = [Reason::UnknownSender, Reason::OwnId, Reason::Misdirected, Reason::RosterMismatch];
    assert!(two.counters().iter().all(|(reason, count)| count == u64::from(reasons.contains(&reason))));
}

#[test]
fn a_group_can_grow_while_it_runs() {
    let (mut one, mut two, four) = (sender(ONE, LIFE), receiver(), NodeId::new(4));
    assert_eq!(receive(&mut two, &next(&mut one, &plain(), To::Peers)), Ok(Admission::First));
    let grown = Roster::digest([(ONE, true), (TWO, true), (THREE, false), (four, true)]);

    // Everybody expects the coming list first, so nobody is cut off while it is introduced.
    two.accept_roster(Some(grown));
    one.replace_roster(grown);
    assert_eq!(receive(&mut two, &next(&mut one, &plain(), To::Peers)), Ok(Admission::Continued));
    two.add(four).unwrap();
    two.replace_roster(grown);
    two.accept_roster(None);
    let mut new = Sender::new(&plain(), grown, four, LIFE);
    assert_eq!(receive(&mut two, &next(&mut new, &plain(), To::Peers)), Ok(Admission::First));
    assert!(matches!(
        receive(&mut two, &next(&mut sender(THREE, LIFE), &plain(), To::Peers)),
        Err(Rejected::RosterMismatch { sender: THREE, .. })
    ));
}

#[test]
fn members_that_come_and_go_leave_the_others_windows_alone() {
    let [zero, four, nine] = [0, 4, 9].map(NodeId::new);
    let mut two = receiver();
    let header = |sender| Header {
        key: 0,
        roster: roster(),
        group: GROUP,
        sender,
        incarnation: LIFE,
        to: To::Peers,
        sequence: 1,
    };
    let replay = |sender| Err(Rejected::Replay { sender, sequence: 1 });
    assert_eq!(two.admit(&header(ONE)), Ok(Admission::First));
    assert_eq!(two.admit(&header(THREE)), Ok(Admission::First));
    two.add(zero).unwrap();
    two.add(four).unwrap();
    assert_eq!(two.add(nine), Err(GroupError::Full { peer: nine, capacity: 4 }));
    assert_eq!((two.admit(&header(ONE)), two.admit(&header(THREE))), (replay(ONE), replay(THREE)));
    assert_eq!((two.admit(&header(zero)), two.admit(&header(four))), (Ok(Admission::First), Ok(Admission::First)));
    two.remove(ONE).unwrap();
    assert_eq!(two.remove(ONE), Err(GroupError::Unknown { peer: ONE }));
    assert_eq!((two.admit(&header(zero)), two.admit(&header(four))), (replay(zero), replay(four)));
    assert_eq!(two.admit(&header(THREE)), replay(THREE));
    two.add(ONE).unwrap();
    assert_eq!(two.admit(&header(ONE)), Ok(Admission::First), "forgotten with its removal");
}

#[test]
fn a_frame_behind_the_window_is_too_old_and_one_at_its_edge_is_not() {
    let mut window = Window::new();
    let mut admit = |incarnation, sequence| {
        let incarnation = Incarnation::new(incarnation);
        let header =
            Header { key: 0, roster: roster(), group: GROUP, sender: ONE, incarnation, to: To::Peers, sequence };
        window.admit(&header)
    };
    let too_old = |sequence, newest| Err(Rejected::TooOld { sender: ONE, sequence, newest });
    assert_eq!(admit(0, 200), Ok(Admission::First));
    assert_eq!(admit(0, 200 - 127), Ok(Admission::Continued));
    assert_eq!(admit(0, 200 - 128), too_old(72, 200));
    assert_eq!(admit(0, u64::MAX), Ok(Admission::Continued));
    assert_eq!(admit(0, 200), too_old(200, u64::MAX));
    assert_eq!(admit(0, u64::MAX - 1), Ok(Admission::Continued));
    assert_eq!(admit(1, 0), Ok(Admission::Restarted { before: Incarnation::new(0) }));
    assert_eq!(admit(1, 0), Err(Rejected::Replay { sender: ONE, sequence: 0 }));
}

#[test]
fn a_frame_for_all_is_made_once_and_taken_by_each() {
    let frame = three_beats(&sealed());
    for me in [TWO, THREE] {
        let others = [ONE, TWO, THREE].into_iter().filter(|&peer| peer != me).collect::<Vec<_>>();
        let mut receiver = Receiver::<4>::new(Group::new(me, &others).unwrap(), roster());
        let mut datagram = frame.clone();
        let (frame, _) = receiver.receive(&sealed(), &mut datagram).unwrap();
        assert!(frame.entries().map(|entry| entry.decode()).eq((1..=3).map(beat).map(Ok)));
    }
}

#[test]
fn somebody_outside_of_the_group_can_be_answered() {
    let mut asking = Sender::new(&sealed(), Roster::NONE, NodeId::new(77), LIFE);
    let mut buffer = [0; MAX_DATAGRAM];
    let mut datagram = asking.frame(&sealed(), To::Peers, &beat(1), &mut buffer).unwrap().to_vec();
    let codec: Codec = sealed();
    let frame = codec.open(&mut datagram).unwrap();
    assert_eq!((frame.header().sender, frame.header().roster), (NodeId::new(77), Roster::NONE));
}

#[test]
fn every_reason_has_its_place_and_its_name() {
    let names = Reason::ALL.iter().map(|reason| reason.name()).collect::<HashSet<_>>();
    assert_eq!(names.len(), Reason::COUNT);
    for (index, reason) in Reason::ALL.iter().enumerate() {
        assert_eq!(reason.index(), index);
        assert!(reason.name().bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'));
    }
}

proptest! {
    /// With and without gaps, and wherever this member stands.
    #[test]
    fn every_member_is_found_and_nobody_else(
        ids in proptest::collection::btree_set(prop_oneof![0_u32..20, any::<u32>()], 2..16),
        me in any::<prop::sample::Index>(),
        strangers in proptest::collection::vec(prop_oneof![0_u32..25, any::<u32>()], 8),
    ) {
        let me = NodeId::new(*me.get(&ids.iter().copied().collect::<Vec<_>>()));
        let peers = ids.iter().map(|&id| NodeId::new(id)).filter(|&id| id != me).collect::<Vec<_>>();
        let mut receiver = Receiver::<16>::new(Group::new(me, &peers).unwrap(), Roster::NONE);
        let from = |sender| Header {
            key: 0,
            roster: Roster::NONE,
            group: GROUP,
            sender,
            incarnation: LIFE,
            to: To::Peers,
            sequence: 1,
        };
        for &peer in &peers {
            prop_assert_eq!(receiver.admit(&from(peer)), Ok(Admission::First));
        }
        for sender in strangers.into_iter().filter(|id| !ids.contains(id)).map(NodeId::new) {
            prop_assert_eq!(receiver.admit(&from(sender)), Err(Rejected::UnknownSender { sender }));
        }
    }

    /// The window against a set of everything that ever arrived.
    #[test]
    fn nothing_is_taken_twice_and_nothing_within_the_window_is_lost(
        steps in proptest::collection::vec((0_u64..3, prop_oneof![8 => -140_i64..140, 1 => any::<i64>()]), 1..300),
    ) {
        let mut window = Window::new();
        let (mut taken, mut newest, mut at) = (HashSet::new(), None::<(u64, u64)>, 1_000_u64);
        for (life, step) in steps {
            at = at.saturating_add_signed(step);
            let header = Header {
                key: 0,
                roster: Roster::NONE,
                group: GROUP,
                sender: ONE,
                incarnation: Incarnation::new(life),
                to: To::Peers,
                sequence: at,
            };
            let expected = match newest {
                None => "first",
                Some((of, _)) if life < of => "older",
                Some((of, _)) if life > of => "restarted",
                Some(_) if taken.contains(&(life, at)) && newest.is_some_and(|(_, top)| top - at < 128) => "replay",
                Some((_, top)) if top.saturating_sub(at) >= 128 => "too old",
                Some(_) => "continued",
            };
            let found = match window.admit(&header) {
                Ok(Admission::First) => "first",
                Ok(Admission::Continued) => "continued",
                Ok(Admission::Restarted { .. }) => "restarted",
                Err(Rejected::OlderIncarnation { .. }) => "older",
                Err(Rejected::Replay { .. }) => "replay",
                Err(Rejected::TooOld { .. }) => "too old",
                Err(other) => panic!("{other}"),
            };
            prop_assert_eq!(found, expected);
            if matches!(found, "first" | "restarted" | "continued") {
                prop_assert!(taken.insert((life, at)));
                newest = match newest {
                    Some((of, top)) if of == life => Some((life, top.max(at))),
                    _ => Some((life, at)),
                };
            }
        }
    }
}

proptest! {
    /// Most frames are taken by a shorter way, with a part of the checksum remembered. Whatever comes, in whatever order, altered
    /// or not, over restarts and changes of the roster, it must come out as by the long way.
    #[test]
    fn the_shorter_way_and_the_longer_one_agree(
        events in prop::collection::vec((0..10_u8, any::<u64>()), 1..120),
    ) {
        let codec = plain();
        let other = Roster::digest([(ONE, true), (TWO, true)]);
        let (mut short, mut long) = (receiver(), receiver());
        let mut senders = [sender(ONE, LIFE), sender(THREE, LIFE)];
        let mut sent: Vec<Vec<u8>> = Vec::new();
        for (kind, number) in events {
            let one = (number % 2) as usize;
            let mut datagram = match kind {
                0 if !sent.is_empty() => sent[number as usize % sent.len()].clone(),
                1 if !sent.is_empty() => {
                    let mut altered = sent[number as usize % sent.len()].clone();
                    let at = (number >> 32) as usize % altered.len();
                    altered[at] ^= 1 << (number >> 24 & 7);
                    altered
                }
                2 => {
                    let life = senders[one].incarnation().get();
                    senders[one] = sender(senders[one].node(), Incarnation::new(life + 1));
                    continue;
                }
                3 => {
                    senders[one].replace_roster(if number & 2 == 0 { roster() } else { other });
                    continue;
                }
                4 => {
                    let (own, also) = if number & 2 == 0 { (roster(), None) } else { (other, Some(roster())) };
                    for receiver in [&mut short, &mut long] {
                        receiver.replace_roster(own);
                        receiver.accept_roster(also);
                    }
                    continue;
                }
                5 => three_beats(&codec),
                _ => next(&mut senders[one], &codec, [To::Peers, To::Node(TWO), To::Node(NodeId::new(9))][number as usize / 2 % 3]),
            };
            sent.push(datagram.clone());
            let mut copy = datagram.clone();
            let taken = short.receive(&codec, &mut datagram).map(|(frame, admission)| (frame.header(), admission));
            let expected = match codec.open(&mut copy) {
                Ok(frame) => long.admit(&frame.header()).map(|admission| (frame.header(), admission)),
                Err(rejected) => {
                    long.reject(&rejected);
                    Err(rejected)
                }
            };
            prop_assert_eq!(taken, expected);
            prop_assert_eq!(short.counters(), long.counters());
        }
    }
}
