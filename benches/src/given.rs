//! What all contestants are given alike: counts, intervals between heartbeats, and memory that begins at a cache line.

use core::ops::{Deref, DerefMut};
use quorate::Instant;

/// Begins at a cache line, whatever it is moved into, so that contestants do not differ by that.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
pub struct Aligned<T>(pub T);

impl<T> Deref for Aligned<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> DerefMut for Aligned<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

/// The counts of `N` processes, none of them zero.
#[must_use]
pub fn counts<const N: usize>() -> [u64; N] {
    core::array::from_fn(|place| 1_000 + 37 * place as u64)
}

/// Counts that know one more event of the last process, and of nobody else.
#[must_use]
pub fn later_counts<const N: usize>() -> [u64; N] {
    let mut counts = counts::<N>();
    if let Some(last) = counts.last_mut() {
        *last += 1;
    }
    counts
}

/// Counts of which every other one is above [`counts`], and the others below.
#[must_use]
pub fn concurrent_counts<const N: usize>() -> [u64; N] {
    let mut counts = counts::<N>();
    for (place, count) in counts.iter_mut().enumerate() {
        *count = if place % 2 == 0 { *count + 5 } else { *count - 5 };
    }
    counts
}

/// Nanoseconds in the interval at which heartbeats come, on average.
pub const INTERVAL: u64 = 1_000_000_000;

const INTERVALS: usize = 1_024;

/// The times of heartbeats: one a second, give or take a twentieth.
#[derive(Clone, Debug)]
pub struct Beats {
    intervals: Box<[u64; INTERVALS]>,
    at: usize,
    now: u64,
}

impl Beats {
    /// From the beginning of time on.
    #[must_use]
    pub fn new() -> Self {
        let mut random = quorate::Seed::new(11).random();
        let mut intervals = Box::new([0; INTERVALS]);
        for interval in intervals.iter_mut() {
            *interval = INTERVAL - INTERVAL / 20 + random.below(INTERVAL / 10);
        }
        Self { intervals, at: 0, now: 0 }
    }

    /// The time of the next one, in nanoseconds.
    #[inline]
    pub fn next_nanos(&mut self) -> u64 {
        self.at = (self.at + 1) % INTERVALS;
        self.now += self.intervals[self.at];
        self.now
    }

    /// The time of the next one.
    #[inline]
    pub fn next_instant(&mut self) -> Instant {
        Instant::from_nanos(self.next_nanos())
    }
}

impl Default for Beats {
    fn default() -> Self {
        Self::new()
    }
}
