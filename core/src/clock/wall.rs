//! Physical time, as people's clocks show it.

use core::fmt::{self, Debug};
use core::hash::Hash;
use core::num::NonZeroU64;
use core::time::Duration;

/// What a clock must be told at every event: [`WallTime`], or `()` where it needs nothing.
pub trait Physical: Copy + Eq + Hash + Debug {
    /// What a reading has become some time later.
    #[must_use]
    fn after(self, duration: Duration) -> Self;
}

impl Physical for () {
    fn after(self, _: Duration) -> Self {}
}

impl Physical for WallTime {
    fn after(self, duration: Duration) -> Self {
        WallTime::after(self, duration)
    }
}

/// What a clock on the wall shows: 65,536ths of a second since the beginning of 1970 (UTC), in 48 bits, which last
/// until the year 2106.
///
/// The resolution, 15 µs, is the one that Kulkarni et al. chose (the upper 48 bits of an NTP time stamp).
/// Unlike an [`Instant`](crate::Instant) it can differ between nodes, and it can be set back.
///
/// A clock that shows zero was never set. There is no such `WallTime`, and none by default, so that a board without a
/// set clock gets a clear error and not a time at which all others seem to live in the future.
///
/// ```
/// use quorate::clock::{WallTime, WallTimeError};
/// use core::time::Duration;
///
/// let now = WallTime::since_1970(Duration::from_millis(1_700_000_000_500))?;
/// assert_eq!(now.get(), (1_700_000_000 << 16) + (1 << 15));
/// assert_eq!(now.to_string(), "1700000000.500000");
/// assert_eq!(WallTime::since_1970(Duration::ZERO), Err(WallTimeError::Unset));
/// # Ok::<(), WallTimeError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct WallTime(NonZeroU64);

impl WallTime {
    /// Units in a second.
    pub const PER_SECOND: u64 = 1 << 16;
    /// The last one, in the year 2106.
    pub const MAX: Self = Self(NonZeroU64::MIN.saturating_add((1 << 48) - 2));

    /// A time of so many 65,536ths of a second.
    ///
    /// # Errors
    ///
    /// If it is zero, or does not fit into 48 bits.
    pub const fn new(units: u64) -> Result<Self, WallTimeError> {
        match NonZeroU64::new(units) {
            None => Err(WallTimeError::Unset),
            Some(_) if units > Self::MAX.get() => Err(WallTimeError::Beyond { units }),
            Some(units) => Ok(Self(units)),
        }
    }

    /// A time so long after the beginning of 1970, as every operating system gives it.
    ///
    /// # Errors
    ///
    /// If it is less than one unit, or later than [`WallTime::MAX`].
    pub const fn since_1970(duration: Duration) -> Result<Self, WallTimeError> {
        Self::new(units(duration))
    }

    /// The 65,536ths of a second since the beginning of 1970.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0.get()
    }

    /// This much later, at most [`WallTime::MAX`]; parts of a unit are dropped.
    #[must_use]
    pub const fn after(self, duration: Duration) -> Self {
        let later = self.0.saturating_add(units(duration));
        if later.get() > Self::MAX.get() { Self::MAX } else { Self(later) }
    }

    /// How many units a duration has, rounded down: for a [`Config`](super::Config) over a hybrid clock. At most
    /// `u32::MAX`, 18 hours.
    ///
    /// ```
    /// use quorate::clock::WallTime;
    /// use core::time::Duration;
    /// assert_eq!(WallTime::units(Duration::from_millis(250)), 16_384);
    /// ```
    #[must_use]
    pub const fn units(duration: Duration) -> u32 {
        let units = units(duration);
        if units > u32::MAX as u64 { u32::MAX } else { units as u32 }
    }

    /// Whether it is before 2001, as clocks are that start from 1970 or 2000 at every power-up.
    pub(crate) const fn looks_unset(self) -> bool {
        self.get() / Self::PER_SECOND < 978_307_200
    }
}

/// A duration in units, rounded down, at most `u64::MAX`.
pub(crate) const fn units(duration: Duration) -> u64 {
    let part = ((duration.subsec_nanos() as u64) << 16) / 1_000_000_000;
    duration.as_secs().saturating_mul(WallTime::PER_SECOND).saturating_add(part)
}

/// Units as seconds and microseconds.
pub(crate) fn show(units: u64, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let micros = (units % WallTime::PER_SECOND).saturating_mul(1_000_000) / WallTime::PER_SECOND;
    write!(f, "{}.{micros:06}", units / WallTime::PER_SECOND)
}

impl fmt::Display for WallTime {
    /// Seconds and microseconds since the beginning of 1970.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show(self.get(), f)
    }
}

#[cfg(feature = "std")]
impl TryFrom<std::time::SystemTime> for WallTime {
    type Error = WallTimeError;

    fn try_from(time: std::time::SystemTime) -> Result<Self, WallTimeError> {
        match time.duration_since(std::time::UNIX_EPOCH) {
            Ok(duration) => Self::since_1970(duration),
            Err(_) => Err(WallTimeError::Unset),
        }
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for WallTime {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(u64::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(feature = "arbitrary")]
impl<'a> arbitrary::Arbitrary<'a> for WallTime {
    fn arbitrary(u: &mut arbitrary::Unstructured<'a>) -> arbitrary::Result<Self> {
        Ok(Self::new(u.int_in_range(1..=Self::MAX.get())?).unwrap_or(Self::MAX))
    }

    fn size_hint(_: usize) -> (usize, Option<usize>) {
        (0, Some(8))
    }
}

/// Why a number is not a [`WallTime`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum WallTimeError {
    /// It is the beginning of 1970 or before: the clock was never set.
    Unset,
    /// It is after 2106, and does not fit.
    Beyond {
        /// The time in 65,536ths of a second since the beginning of 1970.
        units: u64,
    },
}

impl fmt::Display for WallTimeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unset => f.write_str("the clock shows the beginning of 1970 or before: it was never set"),
            Self::Beyond { units } => write!(
                f,
                "{} seconds since the beginning of 1970 is after {}, the last time that fits",
                units / WallTime::PER_SECOND,
                WallTime::MAX
            ),
        }
    }
}

impl core::error::Error for WallTimeError {}
