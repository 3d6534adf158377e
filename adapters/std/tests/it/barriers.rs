//! Barriers among the threads of a process.

use crate::PATIENCE;
use core::sync::atomic::{AtomicU64, Ordering};
use core::time::Duration;
use quorate::Instant;
use quorate::barrier::{Cause, Refusal};
use quorate_std::Cancel;
use quorate_std::barriers::{BarrierError, Barriers, MAX_PARTIES};
use quorate_std::clock::{self, Clock};
use std::sync::Arc;
use std::thread;

fn barriers() -> Barriers {
    Barriers::start(Arc::new(clock::System))
}

#[test]
fn nobody_goes_on_before_all_have_arrived_however_often() {
    let (barriers, arrivals) = (barriers(), AtomicU64::new(0));
    const THREADS: u16 = 5;
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                let mut steps = barriers.cyclic("step", THREADS).within(PATIENCE);
                for step in 1..=500 {
                    arrivals.fetch_add(1, Ordering::Relaxed);
                    let generation = steps.wait().unwrap();
                    let arrived = arrivals.load(Ordering::Relaxed);
                    assert!(arrived >= step * u64::from(THREADS), "{arrived} arrivals at step {step}");
                    assert!(arrived <= (step + 1) * u64::from(THREADS), "nobody is two steps ahead");
                    assert_eq!(u64::from(generation.number()), step);
                }
            });
        }
    });
}

#[test]
fn a_double_barrier_begins_and_ends_together() {
    let (barriers, working) = (barriers(), AtomicU64::new(0));
    thread::scope(|scope| {
        for worker in 0..3_u64 {
            let (barriers, working) = (&barriers, &working);
            scope.spawn(move || {
                let entered = barriers.double("batch", 3).within(PATIENCE).enter().unwrap();
                working.fetch_add(1, Ordering::Relaxed);
                thread::sleep(Duration::from_millis(10 * worker));
                working.fetch_add(100, Ordering::Relaxed);
                let begun = entered.generation();
                assert!(entered.leave().unwrap() > begun);
                assert_eq!(working.load(Ordering::Relaxed), 303, "all have finished");
            });
        }
    });
}

#[test]
fn who_does_not_come_or_goes_breaks_it_for_all_and_the_next_generation_completes() {
    let barriers = barriers();
    let hasty = barriers.barrier("a", 2).within(Duration::from_millis(20)).wait().unwrap_err();
    assert!(matches!(hasty, BarrierError::Broken { arrived: 1, cause: Cause::TimedOut(_), .. }), "{hasty}");

    thread::scope(|scope| {
        let entered = scope.spawn(|| {
            let entered = barriers.double("b", 2).within(PATIENCE).enter().unwrap();
            thread::sleep(Duration::from_millis(50));
            drop(entered); // as if it had failed at its work
        });
        let other = barriers.double("b", 2).within(Duration::from_secs(3)).enter().unwrap();
        // Who waits by then is told; who is held up for longer than that waits in vain for somebody to come instead.
        let error = other.leave().unwrap_err();
        assert!(matches!(error, BarrierError::Broken { cause: Cause::Left(_) | Cause::TimedOut(_), .. }), "{error}");
        entered.join().unwrap();
    });

    let [one, two] = [0, 1].map(|_| {
        let barriers = barriers.clone();
        thread::spawn(move || barriers.barrier("b", 2).within(PATIENCE).wait())
    });
    assert_eq!(one.join().unwrap().unwrap(), two.join().unwrap().unwrap());
}

#[test]
fn what_is_wrong_is_said_and_who_is_cancelled_gives_its_place_to_another() {
    let barriers = barriers();
    assert_eq!(barriers.barrier("", 2).wait().unwrap_err().to_string(), "the name is empty");
    assert_eq!(barriers.barrier("a", 0).wait().unwrap_err().to_string(), "a barrier has one party at least");
    let most = u16::try_from(MAX_PARTIES).unwrap();
    let error = barriers.barrier("a", most + 1).wait().unwrap_err();
    assert_eq!(error, BarrierError::Refused(Refusal::TooManyParties(most)));

    let cancel = Cancel::new();
    thread::scope(|scope| {
        let waiting = scope.spawn(|| barriers.barrier("a", 2).unless(&cancel).wait());
        thread::sleep(Duration::from_millis(20));
        assert_eq!(
            barriers.barrier("a", 3).wait().unwrap_err(),
            BarrierError::Refused(Refusal::OtherParties(2)),
            "who thinks of another number takes no part"
        );
        cancel.cancel();
        assert_eq!(waiting.join().unwrap(), Err(BarrierError::Cancelled));
        assert_eq!(barriers.barrier("a", 2).unless(&cancel).wait(), Err(BarrierError::Cancelled), "at once");
        let [one, two] = [0, 1].map(|_| scope.spawn(|| barriers.barrier("a", 2).within(PATIENCE).wait()));
        assert_eq!(one.join().unwrap().unwrap(), two.join().unwrap().unwrap());
    });
}

/// A clock that is set by hand.
#[derive(Debug, Default)]
struct Manual(AtomicU64);

impl Clock for Manual {
    fn now(&self) -> Instant {
        Instant::from_millis(self.0.load(Ordering::Relaxed))
    }
}

#[test]
fn patience_is_counted_on_the_clock_that_was_given() {
    let clock = Arc::new(Manual::default());
    let barriers = Barriers::start(clock.clone());
    thread::scope(|scope| {
        let waiting = scope.spawn(|| barriers.barrier("a", 2).within(Duration::from_secs(3_600)).wait());
        thread::sleep(Duration::from_millis(20));
        assert!(!waiting.is_finished());
        clock.0.store(3_600_000, Ordering::Relaxed);
        // It looks at the clock now and then; whoever arrives has it looked at, too.
        let other = barriers.barrier("b", 1).wait();
        assert!(other.is_ok());
        let error = waiting.join().unwrap().unwrap_err();
        assert!(matches!(error, BarrierError::Broken { cause: Cause::TimedOut(_), .. }), "{error}");
    });
}
