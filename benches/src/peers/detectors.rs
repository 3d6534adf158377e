//! Other detectors: `phi-accrual-failure-detector`, and the arithmetic of `chitchat`'s.

use crate::Workload;
use crate::given::{Aligned, Beats, INTERVAL};
use core::cell::Cell;
use core::hint::black_box;
use core::time::Duration;
use phi_accrual_failure_detector::{Clock, Detector, FailureDetector, UnsyncState};
use std::rc::Rc;

/// A clock that shows what it is given.
#[derive(Clone, Debug, Default)]
struct Given(Rc<Cell<u64>>);

impl Clock for Given {
    type Timestamp = u64;

    #[inline]
    fn timestamp(&self) -> u64 {
        self.0.get()
    }

    #[inline]
    fn elapsed(before: &u64, after: &u64) -> Duration {
        Duration::from_nanos(after.saturating_sub(*before))
    }
}

fn phi(clock: Given, window: usize) -> FailureDetector<UnsyncState<Given>> {
    phi_accrual_failure_detector::Builder::<UnsyncState<_>>::new()
        .max_sample_size(window)
        .min_std_deviation(Duration::from_millis(1))
        .acceptable_heartbeat_pause(Duration::ZERO)
        .clock(clock)
        .build()
        .expect("good settings")
}

/// A detector of that crate whose window is full, its clock, and the times of further heartbeats.
fn warm(window: usize) -> (FailureDetector<UnsyncState<Given>>, Given, Beats) {
    let (clock, mut beats) = (Given::default(), Beats::new());
    let detector = phi(clock.clone(), window);
    for _ in 0..2_048 {
        clock.0.set(beats.next_nanos());
        detector.heartbeat();
    }
    (detector, clock, beats)
}

/// A heartbeat.
#[must_use]
pub fn phi_heartbeat(window: usize) -> Workload {
    let (detector, clock, mut beats) = warm(window);
    Workload::new(move || {
        clock.0.set(beats.next_nanos());
        black_box(&detector).heartbeat();
    })
}

/// "Is it suspected?"
#[must_use]
pub fn phi_query(window: usize) -> Workload {
    let (detector, clock, mut beats) = warm(window);
    let now = beats.next_nanos();
    Workload::new(move || {
        clock.0.set(black_box(now));
        black_box(black_box(&detector).is_available());
    })
}

/// "How strongly?"
#[must_use]
pub fn phi_level(window: usize) -> Workload {
    let (detector, clock, mut beats) = warm(window);
    let now = beats.next_nanos();
    Workload::new(move || {
        clock.0.set(black_box(now));
        black_box(black_box(&detector).phi());
    })
}

/// So many peers, asked one after the other whether they are suspected. Their windows are short, so that they fit.
#[must_use]
pub fn phi_ask_all(peers: usize) -> Workload {
    let (clock, mut beats) = (Given::default(), Beats::new());
    let detectors: Vec<_> = (0..peers).map(|_| phi(clock.clone(), 8)).collect();
    for _ in 0..4 {
        clock.0.set(beats.next_nanos());
        detectors.iter().for_each(Detector::heartbeat);
    }
    let now = beats.next_nanos();
    Workload::new(move || {
        clock.0.set(black_box(now));
        let suspected = black_box(&detectors).iter().filter(|detector| !detector.is_available()).count();
        black_box(suspected);
    })
}

/// How many bytes a detector of that crate takes, its window full.
#[must_use]
pub fn phi_bytes(window: usize) -> i64 {
    let mut kept = None;
    let counted = allocation_counter::measure(|| kept = Some(warm(window)));
    let detector = size_of::<FailureDetector<UnsyncState<Given>>>() as i64;
    // The beats and the clock are counted as well, and are no part of it.
    let beats = allocation_counter::measure(|| core::mem::forget(black_box((Given::default(), Beats::new()))));
    black_box(&kept);
    counted.bytes_current - beats.bytes_current + detector
}

/// `chitchat` 0.13's window of intervals. Its type is private and reads the clock itself, so this is its arithmetic, step by step, with the time
/// handed in: a ring of floats with their sum, a mean that is smoothed by five intervals as configured, and φ as a multiple of it.
struct Sampling {
    values: Box<[f64]>,
    filled: bool,
    index: usize,
    sum: f64,
    last: Option<u64>,
    longest: Duration,
    prior_mean: f64,
    prior_weight: f64,
}

impl Sampling {
    fn new(window: usize) -> Self {
        Self {
            values: vec![0.0; window].into_boxed_slice(),
            filled: false,
            index: 0,
            sum: 0.0,
            last: None,
            longest: Duration::from_nanos(8 * INTERVAL),
            prior_mean: Duration::from_nanos(INTERVAL).as_secs_f64(),
            prior_weight: 5.0,
        }
    }

    fn report_heartbeat(&mut self, now: u64) {
        if let Some(last) = self.last {
            let interval = Duration::from_nanos(now.saturating_sub(last));
            if interval <= self.longest {
                self.append(interval.as_secs_f64());
            }
        }
        self.last = Some(now);
    }

    fn append(&mut self, interval: f64) {
        if self.filled {
            self.sum -= self.values[self.index];
        }
        self.values[self.index] = interval;
        self.sum += interval;
        if self.index == self.values.len() - 1 {
            self.filled = true;
            self.index = 0;
        } else {
            self.index += 1;
        }
    }

    fn phi(&self, now: u64) -> Option<f64> {
        let elapsed = Duration::from_nanos(now.saturating_sub(self.last?)).as_secs_f64();
        let length = if self.filled { self.values.len() } else { self.index };
        let length = core::num::NonZeroUsize::new(length)?;
        let mean = (self.sum + self.prior_weight * self.prior_mean) / (length.get() as f64 + self.prior_weight);
        Some(elapsed / mean)
    }
}

fn sampled(window: usize) -> (Aligned<Sampling>, Beats) {
    let (mut sampling, mut beats) = (Sampling::new(window), Beats::new());
    for _ in 0..2_048 {
        sampling.report_heartbeat(beats.next_nanos());
    }
    (Aligned(sampling), beats)
}

/// `chitchat`: a heartbeat.
#[must_use]
pub fn chitchat_heartbeat(window: usize) -> Workload {
    let (mut sampling, mut beats) = sampled(window);
    Workload::new(move || {
        black_box(&mut *sampling).report_heartbeat(beats.next_nanos());
    })
}

/// `chitchat`: "is it suspected?"
#[must_use]
pub fn chitchat_query(window: usize) -> Workload {
    let (sampling, mut beats) = sampled(window);
    let now = beats.next_nanos();
    Workload::new(move || {
        let phi = black_box(&*sampling).phi(black_box(now));
        black_box(phi.is_none_or(|phi| phi > 8.0));
    })
}
