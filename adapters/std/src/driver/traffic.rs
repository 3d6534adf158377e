//! What a driver counts.

use crate::Rejection;
use core::sync::atomic::{AtomicU64, Ordering::Relaxed};
use core::time::Duration;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What counts. One thread or task writes, everybody may read.
///
/// ```
/// use quorate_std::driver::Traffic;
/// let traffic = Traffic::default();
/// traffic.sent();
/// assert_eq!(traffic.counters().frames_out, 1);
/// ```
#[derive(Debug, Default)]
pub struct Traffic {
    received: AtomicU64,
    sent: AtomicU64,
    unsent: AtomicU64,
    dropped: [AtomicU64; Rejection::COUNT],
    persisted: AtomicU64,
    steps: AtomicU64,
    step_nanos: AtomicU64,
    longest_step: AtomicU64,
}

impl Traffic {
    /// A frame was taken.
    pub fn received(&self) {
        add(&self.received, 1);
    }

    /// A frame was sent.
    pub fn sent(&self) {
        add(&self.sent, 1);
    }

    /// A frame could not be sent.
    pub fn unsent(&self) {
        add(&self.unsent, 1);
    }

    /// A frame or message was dropped.
    pub fn dropped(&self, rejection: &Rejection) {
        add(&self.dropped[rejection.index()], 1);
    }

    /// A record was made durable.
    pub fn persisted(&self) {
        add(&self.persisted, 1);
    }

    /// The machine took a step.
    pub fn stepped(&self, took: Duration) {
        let nanos = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        add(&self.steps, 1);
        add(&self.step_nanos, nanos);
        if nanos > self.longest_step.load(Relaxed) {
            self.longest_step.store(nanos, Relaxed);
        }
    }

    /// What has been counted so far.
    #[must_use]
    pub fn counters(&self) -> Counters {
        let dropped = Rejection::names().zip(&self.dropped).map(|(name, count)| (name, count.load(Relaxed)));
        Counters {
            frames_in: self.received.load(Relaxed),
            frames_out: self.sent.load(Relaxed),
            unsent: self.unsent.load(Relaxed),
            dropped: dropped.filter(|(_, count)| *count > 0).map(|(name, count)| (name.to_owned(), count)).collect(),
            persisted: self.persisted.load(Relaxed),
            steps: self.steps.load(Relaxed),
            step_time: Duration::from_nanos(self.step_nanos.load(Relaxed)),
            longest_step: Duration::from_nanos(self.longest_step.load(Relaxed)),
        }
    }
}

/// There is one writer, so no read-modify-write is needed.
fn add(counter: &AtomicU64, more: u64) {
    counter.store(counter.load(Relaxed).saturating_add(more), Relaxed);
}

/// What a driver has counted since it started.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counters {
    /// Frames that were taken.
    pub frames_in: u64,
    /// Frames that were sent; one to each of four peers is four.
    pub frames_out: u64,
    /// Frames that could not be sent: a queue was full, or the peer's address was not known.
    pub unsent: u64,
    /// Frames and messages that were dropped, by [reason](Rejection::name); those that never were are left out.
    pub dropped: BTreeMap<String, u64>,
    /// Records that were made durable.
    pub persisted: u64,
    /// Steps that the machine took.
    pub steps: u64,
    /// How long they took in all.
    pub step_time: Duration,
    /// How long the longest took.
    pub longest_step: Duration,
}
