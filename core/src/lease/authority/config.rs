//! The rules of granting, validated once.

use crate::DriftBound;
use crate::time::nanos;
use core::fmt;
use core::time::Duration;

/// A valid configuration of an [`Authority`](super::Authority). An invalid one cannot be held.
///
/// All nodes that may be the authority must have the same.
///
/// ```
/// use quorate::lease::authority::{Config, ConfigError};
/// use quorate::DriftBound;
/// use core::time::Duration;
///
/// let config = Config::new(Duration::from_secs(3), DriftBound::QUARTZ)?.with_lock_delay(Duration::from_secs(1))?;
/// assert!(config.grace() > Duration::from_secs(3));
/// assert!(Config::new(Duration::ZERO, DriftBound::QUARTZ).is_err());
/// # Ok::<(), ConfigError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Config {
    longest: Duration,
    drift: DriftBound,
    lock_delay: Duration,
    cap: Option<Duration>,
}

impl Config {
    /// The longest that any of the timings may be: a day.
    pub const LONGEST: Duration = Duration::from_secs(86_400);

    /// Leases of `longest` at most, with clock rates that are off by `drift` at most; no lock-delay, no cap.
    ///
    /// # Errors
    ///
    /// If `longest` is zero or longer than a day.
    pub const fn new(longest: Duration, drift: DriftBound) -> Result<Self, ConfigError> {
        match checked("longest lease", longest, true) {
            Ok(()) => Ok(Self { longest, drift, lock_delay: Duration::ZERO, cap: None }),
            Err(error) => Err(error),
        }
    }

    /// Leases of a nanosecond, for who grants none.
    pub(crate) const fn shortest(drift: DriftBound) -> Self {
        Self { longest: Duration::from_nanos(1), drift, lock_delay: Duration::ZERO, cap: None }
    }

    /// The same with a lock-delay: for so long nobody is granted what was not released but ran out, so that what its holder
    /// had sent off can arrive.
    ///
    /// # Errors
    ///
    /// If it is longer than a day.
    pub const fn with_lock_delay(self, lock_delay: Duration) -> Result<Self, ConfigError> {
        match checked("lock-delay", lock_delay, false) {
            Ok(()) => Ok(Self { lock_delay, ..self }),
            Err(error) => Err(error),
        }
    }

    /// The same with a cap: a claim is not renewed beyond so long after it was granted. An authority that has taken it over
    /// counts from then.
    ///
    /// # Errors
    ///
    /// If it is zero or longer than a day.
    pub const fn with_cap(self, cap: Duration) -> Result<Self, ConfigError> {
        match checked("cap", cap, true) {
            Ok(()) => Ok(Self { cap: Some(cap), ..self }),
            Err(error) => Err(error),
        }
    }

    /// The longest lease that is granted.
    #[must_use]
    pub const fn longest(&self) -> Duration {
        self.longest
    }

    /// How far off clock rates are.
    #[must_use]
    pub const fn drift(&self) -> DriftBound {
        self.drift
    }

    /// How long nobody is granted what ran out.
    #[must_use]
    pub const fn lock_delay(&self) -> Duration {
        self.lock_delay
    }

    /// For how long a claim can be renewed.
    #[must_use]
    pub const fn cap(&self) -> Option<Duration> {
        self.cap
    }

    /// How long a new authority grants nothing new: until what a predecessor granted, and the lock-delay after it, is
    /// over by any clock.
    #[must_use]
    pub const fn grace(&self) -> Duration {
        self.drift.outwait(self.longest.saturating_add(self.lock_delay))
    }
}

const fn checked(what: &'static str, value: Duration, positive: bool) -> Result<(), ConfigError> {
    if positive && value.is_zero() {
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
            Self::Zero { what } => write!(f, "the {what} is zero"),
            Self::TooLong { what, value } => {
                write!(f, "the {what} is {value:?}, and at most {:?} are possible", Config::LONGEST)
            }
        }
    }
}

impl core::error::Error for ConfigError {}
