//! The rules, validated once.

use crate::Seed;
use crate::time::nanos;
use core::fmt;
use core::time::Duration;

/// A valid configuration of a [`Dissemination`](super::Dissemination). An invalid one cannot be held.
///
/// ```
/// use quorate::barrier::dissemination::{Config, ConfigError};
/// use quorate::Seed;
/// use core::time::Duration;
///
/// let config = Config::new(Duration::from_millis(50), Seed::new(1))?.with_overdue(Duration::from_secs(5))?;
/// assert_eq!(config.retry(), Duration::from_millis(50));
/// assert_eq!(Config::new(Duration::ZERO, Seed::new(1)), Err(ConfigError::Zero { what: "retry" }));
/// # Ok::<(), ConfigError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Config {
    retry: Duration,
    overdue: Duration,
    jitter: Duration,
    seed: Seed,
}

impl Config {
    /// The longest that any of the timings may be: a day.
    pub const LONGEST: Duration = Duration::from_secs(86_400);

    /// A member that asks again after `retry`, a round trip and a little; that reports whom it waits for after a hundred times as
    /// long; and that adds no chance.
    ///
    /// # Errors
    ///
    /// If `retry` is zero, or longer than a day.
    pub const fn new(retry: Duration, seed: Seed) -> Result<Self, ConfigError> {
        match checked("retry", retry) {
            Ok(()) => {
                let overdue = retry.saturating_mul(100);
                let longest = nanos(overdue) > nanos(Self::LONGEST);
                let overdue = if longest { Self::LONGEST } else { overdue };
                Ok(Self { retry, overdue, jitter: Duration::ZERO, seed })
            }
            Err(error) => Err(error),
        }
    }

    /// The same, which reports whom it waits for when it has for so long.
    ///
    /// # Errors
    ///
    /// If it is zero, or longer than a day.
    pub const fn with_overdue(self, overdue: Duration) -> Result<Self, ConfigError> {
        match checked("overdue", overdue) {
            Ok(()) => Ok(Self { overdue, ..self }),
            Err(error) => Err(error),
        }
    }

    /// The same, which waits longer by a random time up to this before it asks again.
    ///
    /// # Errors
    ///
    /// If it is zero, or longer than a day.
    pub const fn with_jitter(self, jitter: Duration) -> Result<Self, ConfigError> {
        match checked("jitter", jitter) {
            Ok(()) => Ok(Self { jitter, ..self }),
            Err(error) => Err(error),
        }
    }

    /// After which time it asks again.
    #[must_use]
    pub const fn retry(&self) -> Duration {
        self.retry
    }

    /// After which time it reports whom it waits for.
    #[must_use]
    pub const fn overdue(&self) -> Duration {
        self.overdue
    }

    /// By how much longer it waits at most, by chance.
    #[must_use]
    pub const fn jitter(&self) -> Duration {
        self.jitter
    }

    /// Where its randomness comes from.
    #[must_use]
    pub const fn seed(&self) -> Seed {
        self.seed
    }
}

const fn checked(what: &'static str, value: Duration) -> Result<(), ConfigError> {
    if value.is_zero() {
        Err(ConfigError::Zero { what })
    } else if nanos(value) > nanos(Config::LONGEST) {
        Err(ConfigError::TooLong { what, value })
    } else {
        Ok(())
    }
}

/// Why a [`Config`] cannot be so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ConfigError {
    /// A timing is zero.
    Zero {
        /// Which one.
        what: &'static str,
    },
    /// A timing is longer than [`Config::LONGEST`].
    TooLong {
        /// Which one.
        what: &'static str,
        /// How long it is.
        value: Duration,
    },
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Zero { what } => write!(f, "the timing `{what}` is zero"),
            Self::TooLong { what, value } => {
                write!(f, "the timing `{what}` is {value:?}, and at most {:?} are possible", Config::LONGEST)
            }
        }
    }
}

impl core::error::Error for ConfigError {}
