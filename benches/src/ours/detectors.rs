//! Quorate's detectors.

use crate::Workload;
use crate::given::{Aligned, Beats, INTERVAL};
use core::hint::black_box;
use core::time::Duration;
use quorate::Instant;
use quorate::detector::{
    Bertier, BertierConfig, Chen, ChenConfig, Detector, PhiExponential, PhiExponentialConfig, PhiNormal,
    PhiNormalConfig, Threshold, Timeout, TimeoutConfig,
};

const EVERY: Duration = Duration::from_nanos(INTERVAL);

/// Settings with which the deviation is worked out at each heartbeat, since its floor lies below.
#[must_use]
pub fn phi_normal() -> PhiNormalConfig {
    let config = PhiNormalConfig::new(EVERY, Threshold::EIGHT).expect("an interval");
    config.with_floor(Duration::from_millis(1)).expect("a floor")
}

fn heartbeats<D: Detector + 'static>(config: D::Config) -> Workload
where
    D::Config: 'static,
{
    let (mut detector, mut beats) = warm::<D>(&config);
    Workload::new(move || {
        detector.heartbeat(&config, 1, beats.next_instant());
        black_box(&mut *detector);
    })
}

/// A detector whose window is full.
fn warm<D: Detector>(config: &D::Config) -> (Aligned<D>, Beats) {
    let (mut detector, mut beats) = (D::new(config, Instant::ORIGIN), Beats::new());
    for _ in 0..2_048 {
        detector.heartbeat(config, 1, beats.next_instant());
    }
    (Aligned(detector), beats)
}

/// A heartbeat of a peer that φ judges by the normal law.
#[must_use]
pub fn heartbeat<const W: usize>() -> Workload {
    heartbeats::<PhiNormal<W>>(phi_normal())
}

/// The same by the exponential law.
#[must_use]
pub fn heartbeat_exponential<const W: usize>() -> Workload {
    heartbeats::<PhiExponential<W>>(PhiExponentialConfig::new(EVERY, Threshold::EIGHT).expect("an interval"))
}

/// The same by Chen's estimate.
#[must_use]
pub fn heartbeat_chen<const W: usize>() -> Workload {
    heartbeats::<Chen<W>>(ChenConfig::new(EVERY, EVERY).expect("an interval"))
}

/// The same by Bertier's.
#[must_use]
pub fn heartbeat_bertier<const W: usize>() -> Workload {
    heartbeats::<Bertier<W>>(BertierConfig::new(EVERY, EVERY).expect("an interval"))
}

/// The same with a fixed timeout.
#[must_use]
pub fn heartbeat_timeout() -> Workload {
    heartbeats::<Timeout>(TimeoutConfig::new(EVERY * 3).expect("a timeout"))
}

/// "Is it suspected?"
#[must_use]
pub fn query<const W: usize>() -> Workload {
    let (detector, beats) = warm::<PhiNormal<W>>(&phi_normal());
    let now = beats_over(beats);
    Workload::new(move || {
        black_box(black_box(&*detector).is_suspected(black_box(now)));
    })
}

/// "How strongly?"
#[must_use]
pub fn level<const W: usize>() -> Workload {
    let config = phi_normal();
    let (detector, beats) = warm::<PhiNormal<W>>(&config);
    let now = beats_over(beats);
    Workload::new(move || {
        black_box(black_box(&*detector).level(&config, black_box(now)));
    })
}

/// Somewhat more than an interval after the last heartbeat, when the question is a question.
fn beats_over(mut beats: Beats) -> Instant {
    beats.next_instant()
}
