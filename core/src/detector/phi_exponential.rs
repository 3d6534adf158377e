//! The φ accrual detector with the exponential law.

use super::arrivals::{Arrivals, Interval};
use super::config::{Rhythm, serialised_through};
use super::window::{FRACTION_BITS, Window};
use super::{ConfigError, Detector, Threshold};
use crate::Instant;
use core::f64::consts::LN_10;
use core::time::Duration;

/// A φ accrual failure detector over the last `W` intervals, which it takes to be exponentially distributed: far more patient
/// than [`PhiNormal`](super::PhiNormal), and right for messages that come at random, such as gossip.
///
/// Its level is φ = −log₁₀ P(interval > silence) = silence / (μ · ln 10). The ln 10 matters: without it, as in Cassandra until a
/// constant was added to its thresholds, 8 is really 3.5.
///
/// `W` is from 2 to 1,024; a peer takes 4·`W` + 48 bytes.
///
/// ```
/// use quorate::Instant;
/// use quorate::detector::{Detector, PhiExponential, PhiExponentialConfig, Threshold};
/// use core::time::Duration;
///
/// let config = PhiExponentialConfig::new(Duration::from_secs(1), Threshold::ONE)?;
/// let peer = PhiExponential::<16>::new(&config, Instant::ORIGIN);
/// // One in ten exponential intervals is longer than ln 10 times their mean.
/// assert_eq!(peer.deadline(), Instant::ORIGIN + Duration::from_micros(2_302_586));
/// # Ok::<(), quorate::detector::ConfigError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PhiExponential<const W: usize> {
    arrivals: Arrivals,
    window: Window<W>,
}

/// What [`PhiExponential`] expects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Raw", into = "Raw"))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct PhiExponentialConfig {
    rhythm: Rhythm,
    threshold: Threshold,
    /// How many means long a silence is at the threshold, times 2³².
    crossing: u64,
}

const CROSSING_BITS: u32 = 32;

impl PhiExponentialConfig {
    /// Heartbeats every `interval` on average, and suspicion at `threshold`.
    ///
    /// # Errors
    ///
    /// If the interval is not between [`MIN_INTERVAL`](super::MIN_INTERVAL) and [`MAX_INTERVAL`](super::MAX_INTERVAL).
    pub const fn new(interval: Duration, threshold: Threshold) -> Result<Self, ConfigError> {
        match Rhythm::new(interval) {
            Ok(rhythm) => {
                let crossing = threshold.level() * LN_10 * (1_u64 << CROSSING_BITS) as f64;
                Ok(Self { rhythm, threshold, crossing: crossing as u64 })
            }
            Err(error) => Err(error),
        }
    }

    /// The same, with another longest interval that counts; a longer silence is a sample of this length. At first it is
    /// eight intervals.
    ///
    /// # Errors
    ///
    /// If it is less than the interval, or more than [`MAX_WAIT`](super::MAX_WAIT).
    pub const fn with_longest(self, longest: Duration) -> Result<Self, ConfigError> {
        match self.rhythm.with_longest(longest) {
            Ok(rhythm) => Ok(Self { rhythm, ..self }),
            Err(error) => Err(error),
        }
    }

    /// The interval expected before anything is known.
    #[must_use]
    pub const fn interval(&self) -> Duration {
        self.rhythm.interval()
    }

    /// The level at which a peer is suspected.
    #[must_use]
    pub const fn threshold(&self) -> Threshold {
        self.threshold
    }

    /// The longest interval that counts.
    #[must_use]
    pub const fn longest(&self) -> Duration {
        self.rhythm.longest()
    }
}

serialised_through! {
    PhiExponentialConfig = "PhiExponentialConfig" { interval: Duration, threshold: Threshold, longest: Duration }
    |raw| Self::new(raw.interval, raw.threshold)?.with_longest(raw.longest)
}

impl<const W: usize> PhiExponential<W> {
    /// threshold · ln 10 · μ of what is in the window.
    fn wait(&self, config: &PhiExponentialConfig) -> u32 {
        let places = CROSSING_BITS.saturating_sub(FRACTION_BITS);
        let wait = u128::from(self.window.sum()).saturating_mul(u128::from(config.crossing)) >> places;
        self.window.average(u64::try_from(wait).unwrap_or(u64::MAX))
    }
}

impl<const W: usize> Detector for PhiExponential<W> {
    type Config = PhiExponentialConfig;

    fn new(config: &PhiExponentialConfig, now: Instant) -> Self {
        let interval = config.rhythm.interval_micros();
        let mut new = Self { arrivals: Arrivals::new(now, 0), window: Window::of_two(interval, 0) };
        new.arrivals.set_wait(new.wait(config));
        new
    }

    fn heartbeat(&mut self, config: &PhiExponentialConfig, _steps: u32, now: Instant) {
        if let Interval::Ended(micros) = self.arrivals.arrive(&config.rhythm, now) {
            self.window.push(micros.min(config.rhythm.longest_micros()));
            self.arrivals.set_wait(self.wait(config));
        }
    }

    fn pause(&mut self, shift: Duration, now: Instant) {
        self.arrivals.pause(shift, now);
    }

    fn since(&self) -> Instant {
        self.arrivals.since()
    }

    fn deadline(&self) -> Instant {
        self.arrivals.deadline()
    }

    fn level(&self, config: &PhiExponentialConfig, now: Instant) -> f64 {
        let mean = self.window.sum() as f64 / f64::from(self.window.len());
        let level = self.arrivals.silence(now) / (mean * if planted!(LevelWithoutLn10) { 1.0 } else { LN_10 });
        self.arrivals.agreeing(level, config.threshold.level(), now)
    }

    fn threshold(config: &PhiExponentialConfig) -> Threshold {
        config.threshold
    }
}
