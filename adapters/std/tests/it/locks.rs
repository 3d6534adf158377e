//! Locks among the threads of a process.

use crate::PATIENCE;
use core::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use core::time::Duration;
use quorate::lease::holder::{Loss, Timing};
use quorate::{DriftBound, Instant};
use quorate_std::clock::{self, Clock};
use quorate_std::locks::{AcquireError, Locks, ReleaseError, StartError};
use std::sync::Arc;
use std::thread;

fn locks(lease: Duration) -> Locks {
    Locks::start(Timing::for_lease(lease, DriftBound::QUARTZ), Arc::new(clock::System)).unwrap()
}

#[test]
fn many_threads_count_under_a_lock() {
    let locks = locks(Duration::from_secs(10));
    let (count, last) = (AtomicU64::new(0), AtomicU64::new(0));
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..200 {
                    let guard = locks.acquire("count").wait().unwrap();
                    let before = count.load(Ordering::Relaxed);
                    thread::yield_now();
                    count.store(before + 1, Ordering::Relaxed);
                    assert!(last.swap(guard.token().get(), Ordering::Relaxed) < guard.token().get());
                }
            });
        }
    });
    assert_eq!(count.into_inner(), 8 * 200);
}

#[test]
fn a_semaphore_lets_in_as_many_as_it_has_permits_and_readers_share() {
    let locks = locks(Duration::from_secs(10));
    let (inside, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
    thread::scope(|scope| {
        for thread in 0..6 {
            let (locks, inside, most) = (&locks, &inside, &most);
            scope.spawn(move || {
                for _ in 0..50 {
                    let take = if thread == 0 { 2 } else { 1 };
                    let _guard = locks.semaphore("permits", 3).permits(take).wait().unwrap();
                    let present = inside.fetch_add(usize::from(take), Ordering::Relaxed) + usize::from(take);
                    most.fetch_max(present, Ordering::Relaxed);
                    thread::yield_now();
                    inside.fetch_sub(usize::from(take), Ordering::Relaxed);
                }
            });
        }
    });
    assert!((2..=3).contains(&most.into_inner()));

    let [one, two] = [(), ()].map(|()| locks.shared("book").wait().unwrap());
    assert_eq!(locks.acquire("book").at_once().wait().unwrap_err(), AcquireError::Busy);
    drop((one, two));
    assert!(locks.acquire("book").at_once().wait().is_ok());
    let none = locks.semaphore("permits", 3).permits(4).wait().unwrap_err();
    assert_eq!(none, AcquireError::Permits { take: 4, of: 3 });
}

#[test]
fn who_waits_too_long_gives_up_its_place_in_line() {
    let locks = locks(Duration::from_secs(10));
    let guard = locks.acquire("lock").wait().unwrap();
    let late = locks.acquire("lock").within(Duration::from_millis(20)).wait();
    assert_eq!(late.unwrap_err(), AcquireError::TimedOut);
    guard.release().unwrap();
    locks.acquire("lock").at_once().wait().expect("nobody is in line").release().unwrap();
}

#[test]
fn a_lease_is_renewed_for_as_long_as_it_is_held() {
    let locks = locks(Duration::from_millis(600));
    let guard = locks.acquire("lock").wait().unwrap();
    assert_eq!(guard.lost(Some(Duration::from_millis(1_500))), None);
    assert!(guard.is_valid());
    guard.release().unwrap();
}

/// A clock that jumps when it is told, as if the process had been stopped.
#[derive(Debug, Default)]
struct Jumping(AtomicU64);

impl Clock for Jumping {
    fn now(&self) -> Instant {
        clock::System.now() + Duration::from_millis(self.0.load(Ordering::Relaxed))
    }
}

#[test]
fn who_sleeps_through_its_lease_holds_nothing_and_knows_it_at_once() {
    let clock = Arc::new(Jumping::default());
    let timing = Timing::for_lease(Duration::from_secs(3), DriftBound::QUARTZ);
    let locks = Locks::start(timing, clock.clone()).unwrap();
    let guard = locks.acquire("lock").wait().unwrap();
    clock.0.store(3_600_000, Ordering::Relaxed);
    assert!(!guard.is_valid());
    assert_eq!(guard.lost(Some(PATIENCE)), Some(Loss::Expired));
    let next = locks.acquire("lock").within(PATIENCE).wait().unwrap();
    assert!(next.token() > guard.token());
    let token = guard.token();
    assert_eq!(guard.release(), Err(ReleaseError::Lost { token, why: Loss::Expired }));
    assert!(next.is_valid(), "the old guard gave up nothing of the new one's");
}

#[test]
fn timings_that_cannot_be_are_refused() {
    let timing = Timing::for_lease(Duration::ZERO, DriftBound::QUARTZ);
    let error = Locks::start(timing, Arc::new(clock::System)).unwrap_err();
    assert!(matches!(error, StartError::Timing(_)), "{error}");
}
