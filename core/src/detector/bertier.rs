//! Bertier, Marin and Sens' detector.

use super::config::{Rhythm, micros, serialised_through};
use super::expected::{Expected, Fractions};
use super::window::FRACTION_BITS;
use super::{ConfigError, Detector, Threshold};
use crate::Instant;
use core::time::Duration;

/// The detector of Bertier, Marin and Sens (2002), over the last `W` intervals: [`Chen`](super::Chen)'s expected arrival, and a margin
/// that learns how wrong it was, as Jacobson's does for TCP's retransmission timer. Integers only, for small boards.
///
/// With the error e = arrival − expected arrival, the mean error d += (e − d)/8, the deviation v += (|e − d| − v)/8, and the margin
/// is d + 4·v, but never less than a floor. (The paper's gain is 0.1; an eighth is a shift.)
///
/// Its level is the share of the wait that has passed, and its threshold 1. `W` is from 2 to 1,024; a peer takes 5·`W` + 96 bytes.
///
/// ```
/// use quorate::Instant;
/// use quorate::detector::{Bertier, BertierConfig, Detector};
/// use core::time::Duration;
///
/// let config = BertierConfig::new(Duration::from_secs(1), Duration::from_millis(100))?;
/// let mut peer = Bertier::<16>::new(&config, Instant::ORIGIN);
/// assert_eq!(peer.deadline(), Instant::from_secs(2)); // a margin of one interval, until it knows better
/// for second in 1..60 {
///     peer.heartbeat(&config, 1, Instant::from_secs(second));
/// }
/// assert_eq!(peer.deadline(), Instant::from_millis(60_100));
/// # Ok::<(), quorate::detector::ConfigError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Bertier<const W: usize> {
    expected: Expected<W>,
    /// The mean error, in 1/1024 µs.
    delay: i64,
    /// The mean deviation from it, in 1/1024 µs.
    deviation: i64,
}

/// What [`Bertier`] expects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Raw", into = "Raw"))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct BertierConfig {
    rhythm: Rhythm,
    floor: u32,
}

/// The gain of both averages is 2⁻³.
const GAIN_BITS: u32 = 3;
/// How many deviations the margin is wide.
const DEVIATIONS: i64 = 4;

impl BertierConfig {
    /// Heartbeats every `interval`, and suspicion after a margin that is at least `floor`. At first it is one interval.
    ///
    /// # Errors
    ///
    /// If the interval is not between [`MIN_INTERVAL`](super::MIN_INTERVAL) and [`MAX_INTERVAL`](super::MAX_INTERVAL), or the
    /// floor is zero or more than [`MAX_WAIT`](super::MAX_WAIT).
    pub const fn new(interval: Duration, floor: Duration) -> Result<Self, ConfigError> {
        match (Rhythm::new(interval), micros(floor)) {
            (Ok(rhythm), Some(floor @ 1..)) => Ok(Self { rhythm, floor }),
            (Ok(_), _) => Err(ConfigError::Margin { margin: floor }),
            (Err(error), _) => Err(error),
        }
    }

    /// The same, with another longest interval that counts, for each heartbeat that fell into it; a longer silence is no sample.
    /// At first it is eight intervals.
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

    /// The least margin.
    #[must_use]
    pub const fn floor(&self) -> Duration {
        Duration::from_micros(self.floor as u64)
    }

    /// The longest interval that counts.
    #[must_use]
    pub const fn longest(&self) -> Duration {
        self.rhythm.longest()
    }
}

serialised_through! {
    BertierConfig = "BertierConfig" { interval: Duration, floor: Duration, longest: Duration }
    |raw| Self::new(raw.interval, raw.floor)?.with_longest(raw.longest)
}

impl<const W: usize> Bertier<W> {
    fn margin(&self, config: &BertierConfig) -> Fractions {
        let margin = self.deviation.saturating_mul(DEVIATIONS).saturating_add(self.delay);
        u64::try_from(margin).unwrap_or(0).max(u64::from(config.floor) << FRACTION_BITS)
    }
}

impl<const W: usize> Detector for Bertier<W> {
    type Config = BertierConfig;

    fn new(config: &BertierConfig, now: Instant) -> Self {
        let interval = u64::from(config.rhythm.interval_micros()) << FRACTION_BITS;
        let deviation = interval.cast_signed().checked_div(DEVIATIONS).unwrap_or(0);
        let mut new = Self { expected: Expected::new(&config.rhythm, now), delay: 0, deviation };
        new.expected.wait_with(new.margin(config));
        new
    }

    fn heartbeat(&mut self, config: &BertierConfig, steps: u32, now: Instant) {
        if let Some(lateness) = self.expected.arrive(&config.rhythm, steps, now) {
            let error = lateness.saturating_sub(self.delay);
            self.delay = self.delay.saturating_add(error >> GAIN_BITS);
            let change = error.saturating_abs().saturating_sub(self.deviation) >> GAIN_BITS;
            self.deviation = self.deviation.saturating_add(change);
        }
        self.expected.wait_with(self.margin(config));
    }

    fn pause(&mut self, shift: Duration, now: Instant) {
        self.expected.pause(shift, now);
    }

    fn since(&self) -> Instant {
        self.expected.arrivals.since()
    }

    fn deadline(&self) -> Instant {
        self.expected.arrivals.deadline()
    }

    fn level(&self, _config: &BertierConfig, now: Instant) -> f64 {
        self.expected.arrivals.share(now)
    }

    fn threshold(_config: &BertierConfig) -> Threshold {
        Threshold::ONE
    }
}
