//! The simplest detector: so long a silence, and no longer.

use super::arrivals::Arrivals;
use super::config::micros;
use super::{ConfigError, Detector, MAX_WAIT, MIN_INTERVAL, Threshold};
use crate::Instant;
use core::time::Duration;

/// Suspects a peer that has been silent for a fixed time. It learns nothing, and its figures are known beforehand:
/// a crash is detected after at most the timeout, counted from the last heartbeat that arrived.
///
/// Its level is the share of the timeout that has passed, and its threshold 1.
///
/// An example is at [`Detector`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Timeout(pub(super) Arrivals);

/// How long a [`Timeout`] waits.
///
/// ```
/// use quorate::detector::{ConfigError, TimeoutConfig};
/// use core::time::Duration;
/// let timeout = Duration::ZERO;
/// assert_eq!(TimeoutConfig::new(timeout), Err(ConfigError::Timeout { timeout }));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Duration", into = "Duration"))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct TimeoutConfig {
    micros: u32,
}

impl TimeoutConfig {
    /// Suspicion after `timeout`, rounded up to a microsecond.
    ///
    /// # Errors
    ///
    /// If it is not between [`MIN_INTERVAL`] and [`MAX_WAIT`].
    pub const fn new(timeout: Duration) -> Result<Self, ConfigError> {
        match micros(timeout) {
            Some(micros) if micros >= MIN_INTERVAL.as_micros() as u32 => Ok(Self { micros }),
            _ => Err(ConfigError::Timeout { timeout }),
        }
    }

    /// The timeout.
    #[must_use]
    pub const fn timeout(&self) -> Duration {
        Duration::from_micros(self.micros as u64)
    }
}

const _: () = assert!(MAX_WAIT.as_micros() == u32::MAX as u128);

impl TryFrom<Duration> for TimeoutConfig {
    type Error = ConfigError;

    fn try_from(timeout: Duration) -> Result<Self, ConfigError> {
        Self::new(timeout)
    }
}

impl From<TimeoutConfig> for Duration {
    fn from(config: TimeoutConfig) -> Self {
        config.timeout()
    }
}

impl Detector for Timeout {
    type Config = TimeoutConfig;

    fn new(config: &TimeoutConfig, now: Instant) -> Self {
        Self(Arrivals::new(now, config.micros))
    }

    fn heartbeat(&mut self, config: &TimeoutConfig, _steps: u32, now: Instant) {
        *self = Self::new(config, now.max(self.since()));
    }

    fn pause(&mut self, shift: Duration, now: Instant) {
        self.0.pause(shift, now);
    }

    fn since(&self) -> Instant {
        self.0.since()
    }

    fn deadline(&self) -> Instant {
        self.0.deadline()
    }

    fn level(&self, _config: &TimeoutConfig, now: Instant) -> f64 {
        self.0.share(now)
    }

    fn threshold(_config: &TimeoutConfig) -> Threshold {
        Threshold::ONE
    }
}
