//! The rules of coordinating, validated once.

use crate::time::nanos;
use core::fmt;
use core::time::Duration;

/// A valid configuration of a [`Coordinator`](super::Coordinator). An invalid one cannot be held.
///
/// ```
/// use quorate::barrier::coordinator::{Config, ConfigError};
/// use core::time::Duration;
///
/// let config = Config::new(Duration::from_secs(2), Duration::from_secs(1))?;
/// assert_eq!(config.lapse(), Duration::from_secs(2));
/// assert_eq!(Config::new(Duration::ZERO, Duration::ZERO), Err(ConfigError::Zero { what: "lapse" }));
/// # Ok::<(), ConfigError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Config {
    lapse: Duration,
    grace: Duration,
}

impl Config {
    /// The longest that any of the timings may be: a day.
    pub const LONGEST: Duration = Duration::from_secs(86_400);

    /// For a local network, and for parties with [the timings for one](crate::barrier::party::Timing::LAN).
    pub const LAN: Self = Self { lapse: Duration::from_secs(2), grace: Duration::from_secs(1) };

    /// A coordinator that takes a party for gone when it has not heard it for `lapse`, and that waits for `grace` after it has
    /// opened for parties that took part before, and for what they know.
    ///
    /// # Errors
    ///
    /// If `lapse` is zero, or one of them is longer than a day.
    pub const fn new(lapse: Duration, grace: Duration) -> Result<Self, ConfigError> {
        if lapse.is_zero() {
            return Err(ConfigError::Zero { what: "lapse" });
        }
        let mut rest: &[(&'static str, Duration)] = &[("lapse", lapse), ("grace", grace)];
        while let [(what, value), more @ ..] = rest {
            if nanos(*value) > nanos(Self::LONGEST) {
                return Err(ConfigError::TooLong { what, value: *value });
            }
            rest = more;
        }
        Ok(Self { lapse, grace })
    }

    /// How long a party may be silent before it is taken for gone. Parties repeat themselves; this should be four times as long
    /// at least as [they take for it](crate::barrier::party::Timing::repeat).
    #[must_use]
    pub const fn lapse(&self) -> Duration {
        self.lapse
    }

    /// For how long after it has opened only those have a place that took part before; and how long it waits, when a party comes
    /// that is bound to a generation of an earlier coordinator, for somebody who knows how that ended. Nothing is unsafe if it is
    /// short; a few [repetitions](crate::barrier::party::Timing::repeat) are good.
    #[must_use]
    pub const fn grace(&self) -> Duration {
        self.grace
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
