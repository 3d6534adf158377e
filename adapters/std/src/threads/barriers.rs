//! Barriers among threads.

use super::{Manual, check, others, thread};
use crate::Cancel;
use crate::barriers::{BarrierError, Barriers};
use core::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;

fn local_barriers() -> Barriers {
    Barriers::start(Arc::new(Manual::default()))
}

/// Every thread arrives, and nobody goes on before all have.
fn together(threads: usize, times: usize, preemptions: Option<usize>) {
    check("one barrier", preemptions, move || {
        let (barriers, arrived) = (local_barriers(), Arc::new(AtomicUsize::new(0)));
        // A place that was given up serves the next party, and no more than one.
        barriers.barrier("alone", 1).wait().unwrap();
        let parties = u16::try_from(threads).unwrap();
        let meet = move |barriers: &Barriers, arrived: &AtomicUsize| {
            let mut steps = barriers.cyclic("step", parties);
            for time in 1..=times {
                arrived.fetch_add(1, Ordering::Relaxed);
                let ended = steps.wait();
                assert!(ended.is_ok(), "all are released, both times: {ended:?}");
                assert!(arrived.load(Ordering::Relaxed) >= time * threads, "nobody goes on before all have arrived");
            }
        };
        let spawned: Vec<_> = (1..threads)
            .map(|_| {
                let (barriers, arrived) = (barriers.clone(), arrived.clone());
                thread::spawn(move || meet(&barriers, &arrived))
            })
            .collect();
        meet(&barriers, &arrived);
        spawned.into_iter().for_each(|thread| thread.join().unwrap());
    });
}

#[test]
fn two_threads_go_on_together() {
    together(2, 1, None);
}

#[test]
fn two_threads_go_on_together_twice() {
    together(2, 2, Some(4));
}

#[test]
fn more_threads_go_on_together() {
    together(others(2) + 1, 1, Some(3));
}

#[test]
fn who_waits_at_a_barrier_gives_up_when_it_is_cancelled() {
    check("a barrier that is waited at and cancelled", None, || {
        let (barriers, cancel) = (local_barriers(), Cancel::new());
        let other = cancel.clone();
        let thread = thread::spawn(move || other.cancel());
        assert_eq!(barriers.barrier("a", 2).unless(&cancel).wait(), Err(BarrierError::Cancelled));
        thread.join().unwrap();
    });
}
