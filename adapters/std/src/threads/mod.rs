//! What threads share, under a model checker: `.ci/loom.sh` runs these tests with loom (every interleaving of two threads, and of
//! three with at most three preemptions) and with shuttle (many of larger groups).
//!
//! No wait ever elapses here. Where time is to pass, one more thread sets the clock and wakes who waits.

mod barriers;
mod locks;
mod mailbox;
mod planted;
mod seats;
mod signals;

use crate::clock::Clock;
use core::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use quorate::Instant;
use std::sync::Arc;

#[cfg(loom)]
use loom::thread;
#[cfg(shuttle)]
use shuttle::thread;

/// How many interleavings of a larger group shuttle tries of each model.
#[cfg(shuttle)]
const SCHEDULES: usize = 3_000;

/// Every interleaving, or every one with so many preemptions.
#[cfg(loom)]
fn check(what: &str, preemptions: Option<usize>, model: impl Fn() + Send + Sync + 'static) {
    let executions = Arc::new(AtomicUsize::new(0));
    let counted = executions.clone();
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = preemptions;
    builder.max_branches = 100_000;
    // Where these are set, loom ends without a word before it has tried everything.
    (builder.max_duration, builder.max_permutations) = (None, None);
    builder.check(move || {
        counted.fetch_add(1, Ordering::Relaxed);
        model();
    });
    let bound = preemptions.map_or("unbounded".to_owned(), |bound| format!("{bound} preemptions"));
    println!("loom: {what}: {} executions, {bound}, complete", executions.load(Ordering::Relaxed));
}

#[cfg(shuttle)]
fn check(what: &str, _: Option<usize>, model: impl Fn() + Send + Sync + 'static) {
    let executions = Arc::new(AtomicUsize::new(0));
    let counted = executions.clone();
    let model = move || {
        counted.fetch_add(1, Ordering::Relaxed);
        model();
    };
    let model = Arc::new(model);
    let again = model.clone();
    shuttle::check_random(move || model(), SCHEDULES);
    shuttle::check_pct(move || again(), SCHEDULES, 3);
    let tried = executions.load(Ordering::Relaxed);
    assert_eq!(tried, 2 * SCHEDULES);
    println!("shuttle: {what}: {tried} executions");
}

/// How many threads there are beside the one that the model begins in: as many as loom bears, or as make a group for shuttle.
const fn others(few: usize) -> usize {
    if cfg!(loom) { few } else { 6 }
}

/// A clock that a thread sets.
#[derive(Debug, Default)]
struct Manual(AtomicU64);

impl Clock for Manual {
    fn now(&self) -> Instant {
        Instant::from_millis(self.0.load(Ordering::Relaxed))
    }
}
