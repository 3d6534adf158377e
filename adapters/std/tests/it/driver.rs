//! What the driver promises of any machine.

use crate::script::{Done, GROUP, Order, Stage, Told, Word, say};
use crate::{PATIENCE, node, until};
use core::time::Duration;
use quorate::{Output, To};
use quorate_std::clock::LONGEST_SLEEP;
use quorate_std::driver::NextError;
use quorate_std::storage::StorageError;
use quorate_std::transport::Origin;
use quorate_std::{Closed, Error, Happened};
use quorate_wire::{Codec, Draft, MAX_DATAGRAM, Roster, Sender};
use std::io;
use std::thread;
use std::time::Instant;

fn sent(to: u32, words: &[u64]) -> Done {
    Done::Sent(node(to), words.to_vec())
}

#[test]
fn what_follows_a_record_leaves_only_when_it_is_durable_and_no_step_is_taken_meanwhile() {
    let mut stage = Stage::set(true);
    let outputs =
        vec![say(To::Node(node(2)), 1), Output::Persist(7), say(To::Node(node(2)), 2), Output::Event(Told::Said(3))];
    let handle = stage.handle.clone();
    let first = thread::spawn(move || handle.command(Order::Do(outputs)));
    until("what came before the record", || !stage.done().is_empty());
    let handle = stage.handle.clone();
    let second = thread::spawn(move || handle.command(Order::Do(vec![say(To::Node(node(4)), 9)])));
    thread::sleep(Duration::from_millis(50));
    assert_eq!(stage.done(), [sent(2, &[1])]);
    assert_eq!(stage.events.next(Some(Duration::ZERO)), Err(NextError::Elapsed));
    assert!(!first.is_finished() && !second.is_finished());

    stage.gate.put(Ok(())).unwrap();
    assert_eq!(first.join().unwrap().unwrap(), [Told::Said(3)]);
    second.join().unwrap().unwrap();
    assert_eq!(stage.done(), [sent(2, &[1]), Done::Kept(7), sent(2, &[2]), sent(4, &[9])]);
    let counters = stage.handle.counters();
    assert_eq!((counters.frames_out, counters.persisted, counters.steps), (3, 1, 2));
}

#[test]
fn when_a_record_cannot_be_kept_what_follows_never_leaves() {
    let mut stage = Stage::set(true);
    let full = StorageError::Io { doing: "write", path: "record".into(), error: io::ErrorKind::StorageFull.into() };
    stage.gate.put(Err(full)).unwrap();
    let outputs = vec![say(To::Node(node(2)), 1), Output::Persist(7), say(To::Peers, 2), Output::Event(Told::Said(3))];
    assert_eq!(stage.handle.command(Order::Do(outputs)), Err(Closed));
    let error = stage.handle.closed().unwrap_err();
    assert!(matches!(error, Error::Storage(_)), "{error}");
    assert_eq!(stage.handle.command(Order::Do(Vec::new())), Err(Closed), "and nothing can be asked of it any more");
    assert_eq!(stage.done(), [sent(2, &[1])]);
    assert_eq!(stage.events.next(None), Err(NextError::Stopped), "no event came");
}

#[test]
fn a_broadcast_is_closed_once_and_who_is_singled_out_gets_one_frame() {
    let stage = Stage::set(false);
    let outputs = vec![say(To::Peers, 1), say(To::Node(node(3)), 2), say(To::Peers, 3)];
    stage.handle.command(Order::Do(outputs)).unwrap();
    assert_eq!(stage.done(), [sent(2, &[1, 3]), sent(4, &[1, 3]), sent(3, &[1, 2, 3])]);
}

#[test]
fn an_alarm_rings_and_never_early_however_far_off() {
    let mut stage = Stage::set(false);
    for after in [Duration::from_millis(3), LONGEST_SLEEP + Duration::from_millis(100)] {
        stage.handle.command(Order::Alarm(after)).unwrap();
        let Ok((_, Happened::Event(Told::Rang(due, rang)))) = stage.events.next(Some(PATIENCE)) else {
            panic!("something else")
        };
        assert!(rang >= due, "due at {due}, rang at {rang}");
    }
}

#[test]
fn a_far_deadline_gives_way_to_a_near_one() {
    let mut stage = Stage::set(false);
    stage.handle.command(Order::Alarm(Duration::from_secs(3_600))).unwrap();
    stage.handle.command(Order::Alarm(Duration::from_millis(1))).unwrap();
    assert!(matches!(stage.events.next(Some(PATIENCE)), Ok((_, Happened::Event(Told::Rang(..))))));
}

#[test]
fn it_hears_members_and_drops_what_another_one_sent_in_their_name() {
    let mut stage = Stage::set(false);
    stage.feed.put(Ok((Origin::Peer(node(3)), frame(&[5])))).unwrap();
    let Ok((_, Happened::Notice(notice))) = stage.events.next(Some(PATIENCE)) else { panic!("something else") };
    assert!(notice.to_string().contains("node 2"), "{notice}");
    stage.feed.put(Ok((Origin::Peer(node(2)), frame(&[6])))).unwrap();
    let heard = stage.events.next(Some(PATIENCE)).unwrap().1;
    assert_eq!(heard, Happened::Event(Told::Heard(node(2), Word(6))), "the forged one was not remembered");
    let dropped = stage.handle.counters().dropped;
    assert_eq!(dropped.into_iter().collect::<Vec<_>>(), [("wrong_address".to_owned(), 1)]);
}

#[test]
fn who_has_one_command_too_many_waits_and_none_is_lost() {
    let stage = Stage::set(true);
    let handle = stage.handle.clone();
    let outputs = vec![say(To::Node(node(2)), 1), Output::Persist(0)];
    let held_up = thread::spawn(move || handle.command(Order::Do(outputs)));
    until("what came before the record", || !stage.done().is_empty());
    let order = |n| {
        let handle = stage.handle.clone();
        thread::spawn(move || handle.command(Order::Do(vec![Output::Event(Told::Said(n))])))
    };
    let orders: Vec<_> = (0..100).map(order).collect();
    thread::sleep(Duration::from_millis(50));
    assert!(orders.iter().all(|order| !order.is_finished()));
    stage.gate.put(Ok(())).unwrap();
    held_up.join().unwrap().unwrap();
    for (n, order) in (0..).zip(orders) {
        assert_eq!(order.join().unwrap().unwrap(), [Told::Said(n)]);
    }
}

#[test]
fn a_transport_that_is_gone_stops_the_driver_with_a_reason() {
    let stage = Stage::set(false);
    stage.feed.put(Err(io::ErrorKind::BrokenPipe.into())).unwrap();
    let error = stage.handle.closed().unwrap_err();
    assert!(matches!(&error, Error::Transport(error) if error.kind() == io::ErrorKind::BrokenPipe), "{error}");
}

#[test]
fn it_stops_at_once_when_asked_and_when_nobody_is_left() {
    let asked = Stage::set(false);
    asked.handle.command(Order::Alarm(Duration::from_secs(3_600))).unwrap();
    let start = Instant::now();
    asked.handle.stop();
    assert!(matches!(asked.handle.closed_within(Some(PATIENCE)), Some(Ok(()))));
    assert!(start.elapsed() < LONGEST_SLEEP, "it did not wait for a timer");

    let Stage { handle, mut events, .. } = Stage::set(false);
    drop(handle);
    assert_eq!(events.next(Some(PATIENCE)), Err(NextError::Stopped));
}

/// A plain frame of node 2 with these words.
fn frame(words: &[u64]) -> Vec<u8> {
    let codec = Codec::plain(GROUP);
    let mut sender = Sender::new(&codec, Roster::NONE, node(2), 1.into());
    let mut buffer = [0; MAX_DATAGRAM];
    let mut draft = Draft::new(&mut buffer);
    for &word in words {
        draft.push(&Word(word)).unwrap();
    }
    sender.close(&codec, To::Peers, draft).unwrap().to_vec()
}
