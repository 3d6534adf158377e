//! What the driver promises of any machine.

use crate::node;
use crate::script::{GROUP, Order, Setup, Stage, Told, Word, say};
use core::sync::atomic::{AtomicU64, Ordering};
use core::time::Duration;
use quorate::{Instant, Output, To};
use quorate_tokio::clock::{Clock, LONGEST_SLEEP, Virtual};
use quorate_tokio::transport::Origin;
use quorate_tokio::{Closed, Error, Happened, Notice};
use quorate_wire::{Codec, Draft, MAX_DATAGRAM, Roster, Sender};
use std::io;
use std::sync::Arc;
use tokio::sync::broadcast::error::RecvError;
use tokio::task::yield_now;

const WAIT: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn what_follows_a_record_leaves_only_when_it_is_durable() {
    let mut stage = Stage::set(Setup::default());
    stage.gate.send_replace(false);
    let outputs =
        [say(To::Node(node(2)), 1), Output::Persist(7), say(To::Node(node(2)), 2), Output::Event(Told::Said(3))];
    let handle = stage.handle.clone();
    let ordered = tokio::spawn(async move { handle.command(Order::Do(outputs.into())).await });
    tokio::time::sleep(WAIT).await;
    assert_eq!(stage.words(), [(2, vec![1])], "what came before the record has left");
    assert!(stage.kept.lock().unwrap().is_empty());
    assert!(stage.events.try_recv().is_err() && !ordered.is_finished(), "what comes after it has not");

    stage.gate.send_replace(true);
    assert_eq!(ordered.await.unwrap().unwrap(), [Told::Said(3)]);
    assert_eq!(*stage.kept.lock().unwrap(), [7]);
    assert_eq!(stage.words(), [(2, vec![1]), (2, vec![2])]);
    assert_eq!(stage.told().await, Told::Said(3));
}

#[tokio::test(start_paused = true)]
async fn no_step_is_taken_while_a_record_is_on_its_way() {
    let mut stage = Stage::set(Setup::default());
    stage.gate.send_replace(false);
    let handle = stage.handle.clone();
    let first = tokio::spawn(async move { handle.command(Order::Do(vec![Output::Persist(1)])).await });
    tokio::time::sleep(WAIT).await;
    let handle = stage.handle.clone();
    let second = tokio::spawn(async move { handle.command(Order::Do(vec![say(To::Peers, 9)])).await });
    stage.feed.send(Ok((Origin::Peer(node(2)), frame(1, &[5])))).await.unwrap();
    tokio::time::sleep(WAIT).await;
    assert!(stage.sent.lock().unwrap().is_empty() && stage.events.try_recv().is_err() && !second.is_finished());

    stage.gate.send_replace(true);
    first.await.unwrap().unwrap();
    second.await.unwrap().unwrap();
    assert_eq!(stage.told().await, Told::Heard(node(2), Word(5)));
}

#[tokio::test(start_paused = true)]
async fn when_a_record_cannot_be_kept_what_follows_never_leaves() {
    let mut stage = Stage::set(Setup { fails: true, ..Setup::default() });
    let outputs = [say(To::Peers, 1), Output::Persist(7), say(To::Peers, 2), Output::Event(Told::Said(3))];
    assert_eq!(stage.order(outputs).await, Err(Closed));
    let error = stage.handle.closed().await.unwrap_err();
    assert!(matches!(error, Error::Storage(_)), "{error}");
    assert!(matches!((&mut stage.run).await.unwrap(), Err(Error::Storage(_))));
    assert_eq!(stage.order([]).await, Err(Closed), "and nothing can be asked of it any more");

    let words = [2, 3, 4].map(|to| (to, vec![1]));
    assert_eq!(stage.words(), words);
    assert_eq!(stage.events.recv().await, Err(RecvError::Closed), "no event came");
}

#[tokio::test(start_paused = true)]
async fn a_broadcast_is_closed_once_and_who_is_singled_out_gets_one_frame() {
    let stage = Stage::set(Setup::default());
    stage.order([say(To::Peers, 1), say(To::Node(node(3)), 2), say(To::Peers, 3)]).await.unwrap();
    assert_eq!(stage.words(), [(2, vec![1, 3]), (4, vec![1, 3]), (3, vec![1, 2, 3])]);
    let sent = stage.sent.lock().unwrap();
    assert_eq!(sent[0].1, sent[1].1, "byte for byte");
}

#[tokio::test(start_paused = true)]
async fn an_alarm_rings_on_time_however_far_off() {
    let mut stage = Stage::set(Setup::default());
    for after in [Duration::from_millis(3), LONGEST_SLEEP, Duration::from_secs(86_400)] {
        stage.handle.command(Order::Alarm(after)).await.unwrap();
        let Told::Rang(due, rang) = stage.told().await else { panic!("something else") };
        // The runtime's timers have a millisecond's grain.
        assert!(rang.since(due) <= Duration::from_millis(1), "due at {due}, rang at {rang}");
    }
}

/// tokio's clock and a suspension on top, which tokio's clock has not noticed.
#[derive(Debug)]
struct Suspended {
    running: Virtual,
    for_millis: AtomicU64,
}

impl Clock for Suspended {
    fn now(&self) -> Instant {
        self.running.now() + Duration::from_millis(self.for_millis.load(Ordering::Relaxed))
    }
}

#[tokio::test(start_paused = true)]
async fn an_alarm_that_passed_during_a_suspension_rings_soon_after() {
    let clock = Arc::new(Suspended { running: Virtual::new(), for_millis: 0.into() });
    let mut stage = Stage::set(Setup { clock: clock.clone(), ..Setup::default() });
    stage.handle.command(Order::Alarm(Duration::from_secs(3_600))).await.unwrap();
    tokio::time::sleep(WAIT).await;
    clock.for_millis.store(7_200_000, Ordering::Relaxed);
    let resumed = clock.now();
    let Told::Rang(due, rang) = stage.told().await else { panic!("something else") };
    assert!(due < resumed && rang.since(resumed) <= LONGEST_SLEEP + Duration::from_millis(1), "rang at {rang}");
}

#[tokio::test(start_paused = true)]
async fn who_has_one_command_too_many_waits() {
    let stage = Stage::set(Setup::default());
    stage.gate.send_replace(false);
    let handle = stage.handle.clone();
    let held_up = tokio::spawn(async move { handle.command(Order::Do(vec![Output::Persist(0)])).await });
    tokio::time::sleep(WAIT).await;
    let order = |n| {
        let handle = stage.handle.clone();
        tokio::spawn(async move { handle.command(Order::Do(vec![Output::Event(Told::Said(n))])).await })
    };
    let orders: Vec<_> = (0..200).map(order).collect();
    tokio::time::sleep(WAIT).await;
    assert!(orders.iter().all(|order| !order.is_finished()));
    stage.gate.send_replace(true);
    held_up.await.unwrap().unwrap();
    for (n, order) in (0..).zip(orders) {
        assert_eq!(order.await.unwrap().unwrap(), [Told::Said(n)], "none is lost");
    }
}

#[tokio::test(start_paused = true)]
async fn a_slow_receiver_of_events_is_told_how_many_it_missed() {
    let mut stage = Stage::set(Setup { events: 4, ..Setup::default() });
    for n in 0..10 {
        stage.order([Output::Event(Told::Said(n))]).await.unwrap();
    }
    assert_eq!(stage.events.recv().await, Err(RecvError::Lagged(6)));
    assert_eq!(stage.told().await, Told::Said(6));
}

#[tokio::test(start_paused = true)]
async fn what_the_transport_cannot_take_is_dropped_and_counted() {
    let stage = Stage::set(Setup { full: true, ..Setup::default() });
    stage.order([say(To::Peers, 1)]).await.unwrap();
    let counters = stage.handle.counters();
    assert_eq!((counters.frames_out, counters.unsent), (0, 3));
}

#[tokio::test(start_paused = true)]
async fn what_it_counts() {
    let mut stage = Stage::set(Setup::default());
    stage.order([say(To::Peers, 1), Output::Persist(1)]).await.unwrap();
    stage.feed.send(Ok((Origin::Peer(node(2)), frame(1, &[5, 6])))).await.unwrap();
    assert_eq!(stage.told().await, Told::Heard(node(2), Word(5)));
    assert_eq!(stage.told().await, Told::Heard(node(2), Word(6)));
    let counters = stage.handle.counters();
    assert_eq!((counters.frames_in, counters.frames_out, counters.persisted, counters.steps), (1, 3, 1, 3));
    assert!(counters.dropped.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_bad_body_spoils_nothing_else_in_its_frame() {
    let mut stage = Stage::set(Setup::default());
    let codec = Codec::plain(GROUP);
    let mut sender = Sender::new(&codec, Roster::NONE, node(2), 1.into());
    let mut buffer = [0; MAX_DATAGRAM];
    let mut draft = Draft::new(&mut buffer);
    draft.push(&Raw(200, &[1, 2, 3])).unwrap();
    draft.push(&Raw(201, &[])).unwrap();
    draft.push(&Word(9)).unwrap();
    let datagram = sender.close(&codec, To::Peers, draft).unwrap().to_vec();
    stage.feed.send(Ok((Origin::Peer(node(2)), datagram))).await.unwrap();
    assert_eq!(stage.told().await, Told::Heard(node(2), Word(9)));
    let dropped = stage.handle.counters().dropped;
    assert_eq!(dropped.into_iter().collect::<Vec<_>>(), [("invalid_body".into(), 1), ("unknown_protocol".into(), 1)]);
}

#[tokio::test(start_paused = true)]
async fn the_transport_says_who_may_speak_for_whom() {
    let mut stage = Stage::set(Setup::default());
    stage.feed.send(Ok((Origin::Peer(node(3)), frame(1, &[5])))).await.unwrap();
    let (_, happened) = stage.events.recv().await.unwrap();
    assert!(
        matches!(happened, Happened::Notice(Notice::Dropped { rejection, .. }) if rejection.name() == "wrong_address")
    );
    stage.feed.send(Ok((Origin::Peer(node(2)), frame(1, &[6])))).await.unwrap();
    assert_eq!(stage.told().await, Told::Heard(node(2), Word(6)), "the forged one was not remembered as frame 1");
}

#[tokio::test(start_paused = true)]
async fn a_transport_that_is_gone_stops_the_driver_with_a_reason() {
    let stage = Stage::set(Setup::default());
    stage.feed.send(Err(io::ErrorKind::BrokenPipe.into())).await.unwrap();
    let error = stage.handle.closed().await.unwrap_err();
    assert!(matches!(&error, Error::Transport(error) if error.kind() == io::ErrorKind::BrokenPipe), "{error}");
}

#[tokio::test(start_paused = true)]
async fn it_stops_when_asked_when_dropped_and_when_nobody_is_left() {
    let asked = Stage::set(Setup::default());
    asked.handle.stop();
    assert!(asked.handle.closed().await.is_ok() && asked.run.await.unwrap().is_ok());

    let aborted = Stage::set(Setup::default());
    yield_now().await;
    aborted.run.abort();
    assert!(matches!(aborted.handle.closed().await, Err(Error::Aborted)));

    let left = Stage::set(Setup::default());
    drop(left.handle);
    assert!(left.run.await.unwrap().is_ok());
}

/// A plain frame of node 2 with these words.
fn frame(incarnation: u64, words: &[u64]) -> Vec<u8> {
    let codec = Codec::plain(GROUP);
    let mut sender = Sender::new(&codec, Roster::NONE, node(2), incarnation.into());
    let mut buffer = [0; MAX_DATAGRAM];
    let mut draft = Draft::new(&mut buffer);
    for &word in words {
        draft.push(&Word(word)).unwrap();
    }
    sender.close(&codec, To::Peers, draft).unwrap().to_vec()
}

/// A body of any number and content.
struct Raw(u8, &'static [u8]);

impl quorate_wire::Payload for Raw {
    fn protocol(&self) -> u8 {
        self.0
    }

    fn write(&self, writer: &mut quorate_wire::Writer<'_>) {
        writer.bytes(self.1);
    }

    fn read(protocol: u8, _: &[u8]) -> Result<Self, quorate_wire::Rejected> {
        Err(quorate_wire::Rejected::UnknownProtocol { protocol })
    }
}
