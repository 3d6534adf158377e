//! How one detector does on one trace.

use super::{SETTLING, Trace};
use crate::check::Service;
use core::time::Duration;
use quorate::Instant;
use quorate::detector::{AnyConfig, AnyDetector, Detector};

/// How many intervals a detector looks back on.
const WINDOW: usize = 100;

/// How a detector with certain settings did on a trace, by the measures of Chen, Toueg and Aguilera (2002).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measured {
    /// The settings.
    pub config: AnyConfig,
    /// T_D: from a crash to the suspicion that lasts, on average over crashes at all times.
    pub detection: Duration,
    /// The longest of them.
    pub longest_detection: Duration,
    /// How often it was wrong.
    pub mistakes: u32,
    /// T_MR: from one mistake to the next, on average; `None` before the second.
    pub mistake_recurrence: Option<Duration>,
    /// T_M: how long a mistake lasted, on average; `None` before the first.
    pub mistake_duration: Option<Duration>,
    /// P_A: the share of time in which the peer was trusted, in parts per million.
    pub query_accuracy: u32,
    /// How long it was measured for.
    pub measured: Duration,
}

impl Measured {
    /// λ_M: mistakes in an hour.
    #[must_use]
    pub fn mistakes_per_hour(&self) -> f64 {
        let hours = self.measured.as_secs_f64() / 3_600.0;
        if hours > 0.0 { f64::from(self.mistakes) / hours } else { 0.0 }
    }
}

/// Measures a detector on a trace, from its two hundredth heartbeat on.
///
/// Mistakes are those about the peer of the trace, which never crashes. Detection times are those of as many other peers, each like
/// this one up to a heartbeat, and crashed before the next: what is on its way then still arrives. Each counts for as much as its
/// heartbeat's share of time, as if the crash came at a time that knows nothing of heartbeats.
///
/// ```
/// use quorate::detector::{AnyConfig, TimeoutConfig};
/// use quorate::Seed;
/// use quorate_sim::lesson::detectors::{Behaviour, Trace, measure};
/// use core::time::Duration;
///
/// let trace = Trace::new(Behaviour::Steady, Seed::new(1), Duration::from_secs(3_600));
/// let config = AnyConfig::Timeout(TimeoutConfig::new(Duration::from_secs(2))?);
/// let measured = measure(&trace, &config);
/// assert_eq!(measured.mistakes, 0);
/// // A crash comes half an interval after the last heartbeat, on average.
/// assert!(measured.detection.abs_diff(Duration::from_millis(1_500)) < Duration::from_millis(20));
/// # Ok::<(), quorate::detector::ConfigError>(())
/// ```
#[must_use]
pub fn measure(trace: &Trace, config: &AnyConfig) -> Measured {
    let mut detector = AnyDetector::<WINDOW>::new(config, Instant::ORIGIN);
    let mut service: Option<Service> = None;
    let mut last = Instant::ORIGIN;
    let mut steps: u32 = 0;
    let (mut detections, mut weights, mut longest): (u128, u128, u128) = (0, 0, 0);
    let mut beats = trace.beats().iter().enumerate().peekable();
    while let Some((number, beat)) = beats.next() {
        steps = steps.saturating_add(1);
        if let Some(arrived) = beat.arrived {
            // It was suspected from the deadline on, if that came first.
            if let Some(service) = &mut service
                && detector.deadline() < arrived
            {
                service.suspects(detector.deadline().max(last));
                service.trusts(arrived);
            }
            detector.heartbeat(config, steps, arrived);
            (last, steps) = (arrived, 0);
        }
        if number + 1 == SETTLING {
            service = Some(Service::new(last));
        } else if number >= SETTLING
            && let Some((_, next)) = beats.peek()
        {
            // If this had been the last heartbeat, this deadline would be the last.
            let nanos = detector.deadline().since(beat.sent + beat.lives).as_nanos();
            let weight = next.sent.since(beat.sent).as_micros();
            detections += nanos * weight;
            longest = longest.max(nanos);
            weights += weight;
        }
    }
    let service = service.unwrap_or(Service::new(last)).until(last);
    let nanos = |nanos: u128| Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX));
    Measured {
        config: *config,
        detection: nanos(detections.checked_div(weights).unwrap_or(0)),
        longest_detection: nanos(longest),
        mistakes: service.mistakes(),
        mistake_recurrence: service.mistake_recurrence(),
        mistake_duration: service.mistake_duration(),
        query_accuracy: service.query_accuracy().unwrap_or(1_000_000),
        measured: service.uptime(),
    }
}
