//! Locks among threads.

use super::{Manual, check, others, thread};
use crate::Cancel;
use crate::locks::{AcquireError, Locks, without_clock_thread};
use core::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use core::time::Duration;
use quorate::DriftBound;
use quorate::lease::holder::Timing;
use std::sync::Arc;

fn local_locks() -> Locks {
    let timing = Timing::for_lease(Duration::from_secs(60), DriftBound::QUARTZ);
    without_clock_thread(timing, Arc::new(Manual::default()))
}

/// Every thread acquires the same lock and gives it up; whoever holds it is alone, and has the highest token so far.
fn one_at_a_time(threads: usize, preemptions: Option<usize>) {
    check("one lock", preemptions, move || {
        let locks = local_locks();
        let (inside, last) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        // What was given up once serves the next one, and no more than one.
        locks.acquire("lock").wait().unwrap().release().unwrap();
        let hold = move |locks: &Locks, inside: &AtomicBool, last: &AtomicU64| {
            let guard = locks.acquire("lock").wait().unwrap();
            assert!(!inside.swap(true, Ordering::Relaxed), "two hold it at once");
            thread::yield_now();
            assert!(last.swap(guard.token().get(), Ordering::Relaxed) < guard.token().get(), "tokens grow");
            assert!(guard.is_valid(), "what is held is valid");
            inside.store(false, Ordering::Relaxed);
            guard.release().unwrap();
        };
        let spawned: Vec<_> = (1..threads)
            .map(|_| {
                let (locks, inside, last) = (locks.clone(), inside.clone(), last.clone());
                thread::spawn(move || hold(&locks, &inside, &last))
            })
            .collect();
        hold(&locks, &inside, &last);
        spawned.into_iter().for_each(|thread| thread.join().unwrap());
    });
}

#[test]
fn a_lock_is_held_by_one_of_two_threads_at_a_time() {
    one_at_a_time(2, None);
}

#[test]
fn a_lock_is_held_by_one_of_more_threads_at_a_time() {
    one_at_a_time(others(2) + 1, Some(3));
}

#[test]
fn a_semaphore_lets_in_as_many_as_it_has_permits() {
    check("a semaphore of two", Some(3), || {
        let locks = local_locks();
        let inside = Arc::new(AtomicUsize::new(0));
        let enter = |locks: &Locks, inside: &AtomicUsize| {
            let guard = locks.semaphore("permits", 2).wait().unwrap();
            assert!(inside.fetch_add(1, Ordering::Relaxed) < 2, "three have a permit of two");
            thread::yield_now();
            inside.fetch_sub(1, Ordering::Relaxed);
            drop(guard);
        };
        let spawned: Vec<_> = (0..others(2))
            .map(|_| {
                let (locks, inside) = (locks.clone(), inside.clone());
                thread::spawn(move || enter(&locks, &inside))
            })
            .collect();
        enter(&locks, &inside);
        spawned.into_iter().for_each(|thread| thread.join().unwrap());
    });
}

#[test]
fn who_waits_for_a_lock_gives_up_when_it_is_cancelled() {
    check("a lock that is waited for and cancelled", None, || {
        let (locks, cancel) = (local_locks(), Cancel::new());
        let held = locks.acquire("lock").wait().unwrap();
        let other = cancel.clone();
        let thread = thread::spawn(move || other.cancel());
        assert_eq!(locks.acquire("lock").unless(&cancel).wait().unwrap_err(), AcquireError::Cancelled);
        thread.join().unwrap();
        assert!(held.is_valid());
    });
}

#[test]
fn who_watches_sees_a_lock_be_given_up() {
    check("a lock that is watched over", None, || {
        let locks = local_locks();
        let held = locks.acquire("lock").wait().unwrap();
        let watch = held.watch();
        let thread = thread::spawn(move || held.release().unwrap());
        assert_eq!(watch.lost(None), None, "given up is not lost");
        thread.join().unwrap();
        assert!(!watch.is_valid());
    });
}
