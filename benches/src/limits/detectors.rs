//! Detectors with nothing around the arithmetic.

use crate::Workload;
use crate::given::{Aligned, Beats};
use core::hint::black_box;

/// A ring of intervals, their sum and that of their squares, and from them the mean, the deviation and a deadline, in floats that
/// drift.
struct Bare<const W: usize> {
    ring: [f64; W],
    at: usize,
    sum: f64,
    squares: f64,
    last: u64,
    deadline: u64,
}

/// A heartbeat.
#[must_use]
pub fn heartbeat<const W: usize>() -> Workload {
    let mut bare = Aligned(Bare::<W> { ring: [0.0; W], at: 0, sum: 0.0, squares: 0.0, last: 0, deadline: 0 });
    let mut beats = Beats::new();
    Workload::new(move || {
        let now = beats.next_nanos();
        let interval = (now - bare.last) as f64;
        let at = bare.at;
        let old = core::mem::replace(&mut bare.ring[at], interval);
        bare.at = if at + 1 == W { 0 } else { at + 1 };
        bare.sum += interval - old;
        bare.squares += interval * interval - old * old;
        let mean = bare.sum / W as f64;
        let deviation = (bare.squares / W as f64 - mean * mean).max(0.0).sqrt();
        bare.last = now;
        bare.deadline = now + (mean + 5.612 * deviation) as u64;
        black_box(&mut *bare);
    })
}

/// A comparison of two numbers.
#[must_use]
pub fn query() -> Workload {
    let deadline = Aligned(1_000_000_u64);
    let now = 999_999_u64;
    Workload::new(move || {
        black_box(black_box(now) >= *black_box(&*deadline));
    })
}

/// The earliest of so many deadlines, and whether it is due.
#[must_use]
pub fn scan(peers: usize) -> Workload {
    let deadlines: Vec<u64> = (0..peers as u64).map(|place| 1_000_000 + (place * 7_919) % 1_000_003).collect();
    let now = 999_999_u64;
    Workload::new(move || {
        let earliest = black_box(&deadlines[..]).iter().copied().fold(u64::MAX, u64::min);
        black_box(earliest <= black_box(now));
    })
}
