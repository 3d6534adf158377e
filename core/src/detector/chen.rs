//! Chen, Toueg and Aguilera's detector.

use super::config::{Rhythm, micros, serialised_through};
use super::expected::Expected;
use super::window::FRACTION_BITS;
use super::{ConfigError, Detector, Threshold};
use crate::Instant;
use core::time::Duration;

/// The detector NFD-E of Chen, Toueg and Aguilera (2002), over the last `W` intervals: it estimates when the next heartbeat should
/// arrive, from when the last ones did and from their sequence numbers, and suspects the peer a fixed margin α later.
///
/// Two things differ from the paper. The sender's interval is not taken for known, but from the line that fits the last arrivals best,
/// so that the detector understands a sender that has become slower (after `W` heartbeats for certain). And no arrival is expected
/// before the last that has come, so that a heartbeat, however late, always gives α more.
///
/// Its level is the share of the wait that has passed, and its threshold 1. `W` is from 2 to 1,024; a peer takes 5·`W` + 80 bytes.
///
/// ```
/// use quorate::Instant;
/// use quorate::detector::{Chen, ChenConfig, Detector};
/// use core::time::Duration;
///
/// let config = ChenConfig::new(Duration::from_secs(1), Duration::from_millis(500))?;
/// let mut peer = Chen::<16>::new(&config, Instant::ORIGIN);
/// for second in 1..8 {
///     peer.heartbeat(&config, 1, Instant::from_secs(second));
/// }
/// assert_eq!(peer.deadline(), Instant::from_millis(8_500));
/// peer.heartbeat(&config, 1, Instant::from_millis(8_400)); // late; the next is expected less than 1 s after it
/// assert!(peer.deadline() < Instant::from_millis(9_800));
/// # Ok::<(), quorate::detector::ConfigError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Chen<const W: usize>(Expected<W>);

/// What [`Chen`] expects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Raw", into = "Raw"))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct ChenConfig {
    rhythm: Rhythm,
    margin: u32,
}

impl ChenConfig {
    /// Heartbeats every `interval`, and suspicion `margin` after one is expected.
    ///
    /// # Errors
    ///
    /// If the interval is not between [`MIN_INTERVAL`](super::MIN_INTERVAL) and [`MAX_INTERVAL`](super::MAX_INTERVAL), or the
    /// margin is zero or more than [`MAX_WAIT`](super::MAX_WAIT).
    pub const fn new(interval: Duration, margin: Duration) -> Result<Self, ConfigError> {
        match (Rhythm::new(interval), micros(margin)) {
            (Ok(rhythm), Some(margin @ 1..)) => Ok(Self { rhythm, margin }),
            (Ok(_), _) => Err(ConfigError::Margin { margin }),
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

    /// α: how much later than expected a heartbeat may come.
    #[must_use]
    pub const fn margin(&self) -> Duration {
        Duration::from_micros(self.margin as u64)
    }

    /// The longest interval that counts.
    #[must_use]
    pub const fn longest(&self) -> Duration {
        self.rhythm.longest()
    }

    const fn fractions(&self) -> u64 {
        (self.margin as u64) << FRACTION_BITS
    }
}

serialised_through! {
    ChenConfig = "ChenConfig" { interval: Duration, margin: Duration, longest: Duration }
    |raw| Self::new(raw.interval, raw.margin)?.with_longest(raw.longest)
}

impl<const W: usize> Detector for Chen<W> {
    type Config = ChenConfig;

    fn new(config: &ChenConfig, now: Instant) -> Self {
        let mut expected = Expected::new(&config.rhythm, now);
        expected.wait_with(config.fractions());
        Self(expected)
    }

    fn heartbeat(&mut self, config: &ChenConfig, steps: u32, now: Instant) {
        self.0.arrive(&config.rhythm, steps, now);
        self.0.wait_with(config.fractions());
    }

    fn pause(&mut self, shift: Duration, now: Instant) {
        self.0.pause(shift, now);
    }

    fn since(&self) -> Instant {
        self.0.arrivals.since()
    }

    fn deadline(&self) -> Instant {
        self.0.arrivals.deadline()
    }

    fn level(&self, _config: &ChenConfig, now: Instant) -> f64 {
        self.0.arrivals.share(now)
    }

    fn threshold(_config: &ChenConfig) -> Threshold {
        Threshold::ONE
    }
}
