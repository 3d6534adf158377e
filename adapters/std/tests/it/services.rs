//! Locks and barriers that a cluster hosts, for threads.

use crate::member::Cluster;
use crate::{PATIENCE, node, until};
use core::sync::atomic::{AtomicU32, Ordering};
use core::time::Duration;
use quorate::barrier::{Cause, Refusal};
use quorate_std::Cancel;
use quorate_std::barriers::BarrierError;
use quorate_std::locks::AcquireError;
use quorate_std::transport::Link;
use std::thread;

#[test]
fn a_lock_goes_from_client_to_client_and_survives_its_leader() {
    let cluster = Cluster::start();
    let [one, two] = [1, 2].map(|seed| cluster.client(seed));
    let held = one.locks().acquire("a").within(PATIENCE).wait().unwrap();
    assert_eq!(two.locks().acquire("a").at_once().wait().unwrap_err(), AcquireError::Busy);
    let short = two.locks().acquire("a").within(Duration::from_millis(30)).wait();
    assert_eq!(short.unwrap_err(), AcquireError::TimedOut);

    let leader = cluster.leader();
    cluster.network.isolate(leader.id, true);
    let others: Vec<u32> = (1..=3).filter(|&id| id != leader.id.get()).collect();
    cluster.leader_of(&others);
    assert_eq!(held.lost(Some(Duration::from_millis(1_500))), None, "it was taken over by the next leader");
    let again = held.enter().unwrap();
    let token = held.token();
    held.release().unwrap();
    assert!(again.is_valid() && again.token() == token, "it is held by the other guard yet");
    drop(again);
    let next = two.locks().acquire("a").within(PATIENCE).wait().unwrap();
    assert!(next.token() > token);
}

#[test]
fn who_waits_is_cancelled_and_who_shuts_down_sees_everything_given_up() {
    let cluster = Cluster::start();
    let client = cluster.client(1);
    let locks = client.locks();
    let held = locks.acquire("a").within(PATIENCE).wait().unwrap();
    let cancel = Cancel::new();
    thread::scope(|scope| {
        let cancelled = scope.spawn(|| locks.acquire("a").unless(&cancel).wait().unwrap_err());
        let drained = scope.spawn(|| locks.acquire("a").wait().unwrap_err());
        thread::sleep(Duration::from_millis(20));
        cancel.cancel();
        assert_eq!(cancelled.join().unwrap(), AcquireError::Cancelled);
        assert!(!locks.shutdown(Some(Duration::from_millis(20))), "it is held yet");
        assert_eq!(drained.join().unwrap(), AcquireError::ShuttingDown);
        drop(held);
        assert!(locks.shutdown(Some(PATIENCE)));
    });
    assert_eq!(locks.acquire("b").wait().unwrap_err(), AcquireError::ShuttingDown);
}

#[test]
fn threads_of_three_clients_meet_again_and_again_and_through_a_change_of_leader() {
    let cluster = Cluster::start();
    let clients = [1, 2, 3].map(|seed| cluster.client(seed));
    let steps = AtomicU32::new(0);
    let met = thread::scope(|scope| {
        let threads = clients.each_ref().map(|client| {
            let done = &steps;
            scope.spawn(move || {
                let mut steps = client.barriers().cyclic("step", 3).within(PATIENCE);
                let mut step = || {
                    thread::sleep(Duration::from_millis(10));
                    done.fetch_add(1, Ordering::Relaxed);
                    steps.wait().unwrap_or_else(|error| panic!("{error}"))
                };
                (0..40).map(|_| step()).collect::<Vec<_>>()
            })
        });
        until("the first steps", || steps.load(Ordering::Relaxed) > 6);
        let leader = cluster.leader();
        cluster.network.isolate(leader.id, true);
        threads.map(|thread| thread.join().unwrap())
    });
    assert!(met[0].is_sorted_by(|one, next| one < next));
    assert!(met.iter().all(|one| *one == met[0]), "the same generations for all");
    assert!(met[0][39].epoch() > met[0][0].epoch(), "another leader has coordinated since");
}

#[test]
fn a_double_barrier_begins_and_ends_together_and_who_does_not_come_breaks_it() {
    let cluster = Cluster::start();
    let [one, two] = [1, 2].map(|seed| cluster.client(seed));
    thread::scope(|scope| {
        let other = scope.spawn(|| {
            let entered = one.barriers().double("batch", 2).within(PATIENCE).enter().unwrap();
            (entered.generation(), entered.leave().unwrap())
        });
        let entered = two.barriers().double("batch", 2).within(PATIENCE).enter().unwrap();
        let began = entered.generation();
        assert!(!other.is_finished());
        assert_eq!((began, entered.leave().unwrap()), other.join().unwrap());
    });

    let barriers = one.barriers();
    thread::scope(|scope| {
        let patient = scope.spawn(|| barriers.barrier("c", 3).wait().unwrap_err());
        let hasty = two.barriers().barrier("c", 3).within(Duration::from_millis(300)).wait().unwrap_err();
        for error in [patient.join().unwrap(), hasty] {
            let by = two.id();
            assert!(
                matches!(error, BarrierError::Broken { cause: Cause::TimedOut(node), .. } if node == by),
                "{error}"
            );
        }
        let cancel = Cancel::new();
        let waiting = scope.spawn({
            let cancel = cancel.clone();
            move || barriers.barrier("d", 2).unless(&cancel).wait().unwrap_err()
        });
        thread::sleep(Duration::from_millis(50));
        let error = two.barriers().barrier("d", 5).within(PATIENCE).wait().unwrap_err();
        assert_eq!(error, BarrierError::Refused(Refusal::OtherParties(2)));
        cancel.cancel();
        assert_eq!(waiting.join().unwrap(), BarrierError::Cancelled);
    });
}

#[test]
fn the_thread_of_a_client_ends_when_nobody_has_it_any_more() {
    let cluster = Cluster::start();
    let client = cluster.client(1);
    let (id, locks) = (client.id(), client.locks().clone());
    let guard = locks.acquire("a").within(PATIENCE).wait().unwrap();
    drop((client, locks));
    assert_eq!(guard.lost(Some(Duration::from_millis(50))), None, "who holds something keeps it running");
    drop(guard);
    let mut probe = cluster.network.join(node(77));
    until("the end of the thread", || probe.send(id, b"are you there?").is_err());
    let next = cluster.client(2).locks().acquire("a").within(PATIENCE).wait();
    assert!(next.is_ok(), "and what it held was given up");
}
