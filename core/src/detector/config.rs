//! Settings of the monitor, and what all detectors' settings share. Each detector's own stand beside it.

use crate::time::nanos;
use core::fmt;
use core::time::Duration;

/// How a configuration is written and read: as a structure of what its accessors of the same names return, and back through its
/// validation. Once a module.
macro_rules! serialised_through {
    ($config:ident = $name:literal { $($field:ident: $type:ty),* } |$raw:ident| $validate:expr) => {
        #[cfg(feature = "serde")]
        #[derive(serde::Serialize, serde::Deserialize)]
        #[serde(rename = $name)]
        struct Raw {
            $($field: $type,)*
        }

        #[cfg(feature = "serde")]
        impl TryFrom<Raw> for $config {
            type Error = super::ConfigError;

            fn try_from($raw: Raw) -> Result<Self, super::ConfigError> {
                $validate
            }
        }

        #[cfg(feature = "serde")]
        impl From<$config> for Raw {
            fn from(config: $config) -> Self {
                Self { $($field: config.$field(),)* }
            }
        }
    };
}
pub(super) use serialised_through;

/// The shortest interval between heartbeats: 100 µs, for samples are counted in microseconds.
pub const MIN_INTERVAL: Duration = Duration::from_micros(100);
/// The longest interval between heartbeats: five minutes.
pub const MAX_INTERVAL: Duration = Duration::from_secs(300);
/// The longest that any wait, sample or margin can be: 2³² − 1 microseconds, 71 minutes.
pub const MAX_WAIT: Duration = Duration::from_micros(u32::MAX as u64);

/// How a [`Monitor`](super::Monitor) behaves, whatever the detector.
///
/// ```
/// use quorate::detector::MonitorConfig;
/// use core::time::Duration;
///
/// const CONFIG: MonitorConfig = match MonitorConfig::new(Duration::from_millis(100)) {
///     Ok(config) => config,
///     Err(_) => panic!("a bad constant does not compile"),
/// };
/// assert_eq!(CONFIG.tolerance(), Duration::from_millis(100));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Raw", into = "Raw"))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct MonitorConfig {
    interval: Duration,
    tolerance: Duration,
}

impl MonitorConfig {
    /// A heartbeat to every peer each `interval`; a step that comes more than one interval too late is a pause.
    ///
    /// # Errors
    ///
    /// If the interval is not between [`MIN_INTERVAL`] and [`MAX_INTERVAL`].
    pub const fn new(interval: Duration) -> Result<Self, ConfigError> {
        match Rhythm::new(interval) {
            Ok(_) => Ok(Self { interval, tolerance: interval }),
            Err(error) => Err(error),
        }
    }

    /// The same, but a step counts as a local pause when it comes more than `tolerance` after the deadline.
    ///
    /// Shorter than the detector's slack beyond one interval is right: then a monitor that was held up for longer than
    /// its peers' slack knows it was its own fault.
    ///
    /// # Errors
    ///
    /// If it is zero or more than [`MAX_WAIT`].
    pub const fn with_tolerance(self, tolerance: Duration) -> Result<Self, ConfigError> {
        match micros(tolerance) {
            Some(1..) => Ok(Self { tolerance, ..self }),
            _ => Err(ConfigError::Tolerance { tolerance }),
        }
    }

    /// How often a heartbeat is sent.
    #[must_use]
    pub const fn interval(&self) -> Duration {
        self.interval
    }

    /// How late a step may come after the deadline before it counts as a pause.
    #[must_use]
    pub const fn tolerance(&self) -> Duration {
        self.tolerance
    }
}

serialised_through! {
    MonitorConfig = "MonitorConfig" { interval: Duration, tolerance: Duration }
    |raw| Self::new(raw.interval)?.with_tolerance(raw.tolerance)
}

/// At which level of suspicion a peer is suspected, in thousandths of a level.
///
/// A level of 1 means that one such silence in ten is innocent, if the past is a guide; 2, one in a hundred; 8, one in a
/// hundred million.
///
/// ```
/// use quorate::detector::Threshold;
/// assert_eq!(Threshold::new(8_000), Ok(Threshold::EIGHT));
/// assert_eq!(Threshold::EIGHT.to_string(), "8.000");
/// assert!(Threshold::new(99).is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "u32", into = "u32"))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Threshold(u32);

impl Threshold {
    /// A tenth of a level, the lowest: below lies what the mean itself scatters by.
    pub const MIN: Self = Self(100);
    /// One level; the threshold of detectors whose level is a share of the wait.
    pub const ONE: Self = Self(1_000);
    /// Eight levels, the usual choice.
    pub const EIGHT: Self = Self(8_000);
    /// A thousand levels, the highest.
    pub const MAX: Self = Self(1_000_000);

    /// So many thousandths of a level.
    ///
    /// # Errors
    ///
    /// If that is not between [`Threshold::MIN`] and [`Threshold::MAX`].
    pub const fn new(thousandths: u32) -> Result<Self, ConfigError> {
        if thousandths < Self::MIN.0 || thousandths > Self::MAX.0 {
            return Err(ConfigError::Threshold { thousandths });
        }
        Ok(Self(thousandths))
    }

    /// The threshold in thousandths of a level.
    #[must_use]
    pub const fn thousandths(self) -> u32 {
        self.0
    }

    /// The threshold as a level.
    #[must_use]
    pub const fn level(self) -> f64 {
        self.0 as f64 / 1_000.0
    }
}

impl TryFrom<u32> for Threshold {
    type Error = ConfigError;

    fn try_from(thousandths: u32) -> Result<Self, ConfigError> {
        Self::new(thousandths)
    }
}

impl From<Threshold> for u32 {
    fn from(threshold: Threshold) -> Self {
        threshold.0
    }
}

impl fmt::Display for Threshold {
    /// As a level.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:03}", self.0 / 1_000, self.0 % 1_000)
    }
}

/// Settings that cannot be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum ConfigError {
    /// The interval between heartbeats is not between [`MIN_INTERVAL`] and [`MAX_INTERVAL`].
    Interval {
        /// What was asked for.
        interval: Duration,
    },
    /// The tolerance for late steps is zero or more than [`MAX_WAIT`].
    Tolerance {
        /// What was asked for.
        tolerance: Duration,
    },
    /// The threshold is not between [`Threshold::MIN`] and [`Threshold::MAX`].
    Threshold {
        /// What was asked for.
        thousandths: u32,
    },
    /// The longest interval that counts is shorter than the interval itself, or more than [`MAX_WAIT`].
    Longest {
        /// What was asked for.
        longest: Duration,
        /// The interval between heartbeats.
        interval: Duration,
    },
    /// The timeout is not between [`MIN_INTERVAL`] and [`MAX_WAIT`].
    Timeout {
        /// What was asked for.
        timeout: Duration,
    },
    /// The margin is zero or more than [`MAX_WAIT`].
    Margin {
        /// What was asked for.
        margin: Duration,
    },
    /// The floor of the deviation is more than [`MAX_WAIT`].
    Floor {
        /// What was asked for.
        floor: Duration,
    },
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Interval { interval } => {
                write!(f, "an interval of {interval:?} is not between {MIN_INTERVAL:?} and {MAX_INTERVAL:?}")
            }
            Self::Tolerance { tolerance } => {
                write!(f, "a tolerance of {tolerance:?} for late steps is not between 1µs and {MAX_WAIT:?}")
            }
            Self::Threshold { thousandths } => write!(
                f,
                "a threshold of {} is not between {} and {}",
                Threshold(*thousandths),
                Threshold::MIN,
                Threshold::MAX
            ),
            Self::Longest { longest, interval } => write!(
                f,
                "the longest interval that counts, {longest:?}, is not between the interval, {interval:?}, and {MAX_WAIT:?}"
            ),
            Self::Timeout { timeout } => {
                write!(f, "a timeout of {timeout:?} is not between {MIN_INTERVAL:?} and {MAX_WAIT:?}")
            }
            Self::Margin { margin } => write!(f, "a margin of {margin:?} is not between 1µs and {MAX_WAIT:?}"),
            Self::Floor { floor } => write!(f, "a floor of {floor:?} for the deviation is more than {MAX_WAIT:?}"),
        }
    }
}

impl core::error::Error for ConfigError {}

/// How many of its intervals a silence counts for at most, if nothing else is said.
const LONGEST_INTERVALS: u32 = 8;

/// What adaptive detectors expect before they have seen anything, and how much a silence can teach them: microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub(super) struct Rhythm {
    interval: u32,
    longest: u32,
}

impl Rhythm {
    pub(super) const fn new(interval: Duration) -> Result<Self, ConfigError> {
        match micros(interval) {
            Some(us) if us >= MIN_INTERVAL.as_micros() as u32 && us <= MAX_INTERVAL.as_micros() as u32 => {
                Ok(Self { interval: us, longest: us.saturating_mul(LONGEST_INTERVALS) })
            }
            _ => Err(ConfigError::Interval { interval }),
        }
    }

    pub(super) const fn with_longest(self, longest: Duration) -> Result<Self, ConfigError> {
        match micros(longest) {
            Some(us) if us >= self.interval => Ok(Self { longest: us, ..self }),
            _ => Err(ConfigError::Longest { longest, interval: self.interval() }),
        }
    }

    pub(super) const fn interval_micros(&self) -> u32 {
        self.interval
    }

    pub(super) const fn longest_micros(&self) -> u32 {
        self.longest
    }

    pub(super) const fn interval(&self) -> Duration {
        Duration::from_micros(self.interval as u64)
    }

    pub(super) const fn longest(&self) -> Duration {
        Duration::from_micros(self.longest as u64)
    }
}

/// A duration in microseconds, rounded up; `None` beyond [`MAX_WAIT`].
pub(super) const fn micros(duration: Duration) -> Option<u32> {
    let micros = nanos(duration).div_ceil(1_000);
    if micros <= u32::MAX as u64 { Some(micros as u32) } else { None }
}
