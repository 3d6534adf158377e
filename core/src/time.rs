//! Time, as machines see it: a number that the driver hands in.

use core::fmt;
use core::ops::{Add, Sub};
use core::time::Duration;

const NANOS_PER_SEC: u64 = 1_000_000_000;
const NANOS_PER_MILLI: u64 = 1_000_000;

/// A point in time: nanoseconds since an origin that the driver chooses.
///
/// Take it from a clock that never goes back and that counts on while the machine is suspended (`CLOCK_BOOTTIME` on
/// Linux), or a leader that slept through its lease will not notice. Two nodes' instants are never compared.
///
/// Arithmetic saturates: it stops at [`Instant::ORIGIN`] and at [`Instant::FAR_FUTURE`], 584 years on.
///
/// ```
/// use quorate::Instant;
/// use core::time::Duration;
///
/// let start = Instant::from_millis(1_500);
/// let end = start + Duration::from_secs(2);
/// assert_eq!(end.since(start), Duration::from_secs(2));
/// assert_eq!(start.since(end), Duration::ZERO);
/// assert_eq!(end.to_string(), "3.500s");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Instant(u64);

impl Instant {
    /// The driver's origin.
    pub const ORIGIN: Self = Self(0);
    /// The last instant there is.
    pub const FAR_FUTURE: Self = Self(u64::MAX);

    /// So many nanoseconds after the origin.
    #[must_use]
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// So many milliseconds after the origin, at most [`Instant::FAR_FUTURE`].
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis.saturating_mul(NANOS_PER_MILLI))
    }

    /// So many seconds after the origin, at most [`Instant::FAR_FUTURE`].
    #[must_use]
    pub const fn from_secs(secs: u64) -> Self {
        Self(secs.saturating_mul(NANOS_PER_SEC))
    }

    /// Nanoseconds since the origin.
    #[must_use]
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// How long after `earlier` this is; zero if it is not after it.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }

    /// This much later, at most [`Instant::FAR_FUTURE`].
    #[must_use]
    pub const fn after(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(nanos(duration)))
    }

    /// This much earlier, at least [`Instant::ORIGIN`].
    #[must_use]
    pub const fn before(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(nanos(duration)))
    }
}

/// A duration in nanoseconds, at most `u64::MAX`.
pub(crate) const fn nanos(duration: Duration) -> u64 {
    duration.as_secs().saturating_mul(NANOS_PER_SEC).saturating_add(duration.subsec_nanos() as u64)
}

impl Add<Duration> for Instant {
    type Output = Self;

    /// [`Instant::after`].
    fn add(self, duration: Duration) -> Self {
        self.after(duration)
    }
}

impl Sub<Duration> for Instant {
    type Output = Self;

    /// [`Instant::before`].
    fn sub(self, duration: Duration) -> Self {
        self.before(duration)
    }
}

impl fmt::Display for Instant {
    /// Seconds and milliseconds since the origin.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = self.0 / NANOS_PER_MILLI;
        write!(f, "{}.{:03}s", millis / 1_000, millis % 1_000)
    }
}

/// ρ (rho): how far the *rate* of any node's clock is off, at most, in parts per million.
///
/// Every lease formula takes it from here. No formula assumes that two clocks show the same time, only that a second
/// on any of them lasts between 1/(1 + ρ) and 1/(1 − ρ) seconds.
///
/// ```
/// use quorate::DriftBound;
/// use core::time::Duration;
///
/// let rho = DriftBound::new(200)?; // 200 ppm: 17 seconds a day
/// assert!(rho.holder(Duration::from_secs(10)) < Duration::from_secs(10));
/// assert_eq!(DriftBound::new(1_000_000).unwrap_err().ppm(), 1_000_000);
/// # Ok::<(), quorate::DriftBoundError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct DriftBound(u32);

impl DriftBound {
    /// Ten per cent, the largest bound that is accepted.
    pub const MAX_PPM: u32 = 100_000;
    /// A perfect clock, for reasoning and for tests.
    pub const ZERO: Self = Self(0);
    /// 500 ppm: what an operating system may slew a clock by, and more than any quartz is off.
    pub const QUARTZ: Self = Self(500);

    /// A bound of so many parts per million.
    ///
    /// # Errors
    ///
    /// If it is more than [`DriftBound::MAX_PPM`].
    pub const fn new(ppm: u32) -> Result<Self, DriftBoundError> {
        if ppm <= Self::MAX_PPM { Ok(Self(ppm)) } else { Err(DriftBoundError { ppm }) }
    }

    /// The bound in parts per million.
    #[must_use]
    pub const fn ppm(self) -> u32 {
        self.0
    }

    /// How long a *holder* may rely, by its own clock, on what a *grantor* keeps for `length` by its own:
    /// `length · (1 − ρ) / (1 + ρ)`, rounded down.
    ///
    /// The grantor's clock may be fast by ρ and the holder's slow by ρ.
    #[must_use]
    pub const fn holder(self, length: Duration) -> Duration {
        scale(length, MILLION.saturating_sub(self.0 as u64), MILLION.saturating_add(self.0 as u64), false)
    }

    /// How long to wait by one's own clock until something that lasts `length` on any other is certainly over:
    /// `length · (1 + ρ) / (1 − ρ)`, rounded up.
    #[must_use]
    pub const fn outwait(self, length: Duration) -> Duration {
        scale(length, MILLION.saturating_add(self.0 as u64), MILLION.saturating_sub(self.0 as u64), true)
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for DriftBound {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(u32::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

const MILLION: u64 = 1_000_000;

/// `length · times / by`, in whole nanoseconds; `by` is never zero here, and a zero would count as one.
const fn scale(length: Duration, times: u64, by: u64, up: bool) -> Duration {
    let product = (nanos(length) as u128).saturating_mul(times as u128);
    let by = if by == 0 { 1 } else { by as u128 };
    let quotient = match (up, product.checked_div(by)) {
        (false, Some(quotient)) => quotient,
        (true, Some(quotient)) if quotient.saturating_mul(by) < product => quotient.saturating_add(1),
        (true, Some(quotient)) => quotient,
        (_, None) => 0,
    };
    Duration::from_nanos(if quotient > u64::MAX as u128 { u64::MAX } else { quotient as u64 })
}

/// A [`DriftBound`] that cannot be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DriftBoundError {
    ppm: u32,
}

impl DriftBoundError {
    /// What was asked for.
    #[must_use]
    pub const fn ppm(self) -> u32 {
        self.ppm
    }
}

impl fmt::Display for DriftBoundError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "a clock drift bound of {} ppm is more than the {} ppm (ten per cent) that leases can be kept under",
            self.ppm,
            DriftBound::MAX_PPM
        )
    }
}

impl core::error::Error for DriftBoundError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arithmetic_saturates_at_both_ends() {
        assert_eq!(Instant::ORIGIN - Duration::MAX, Instant::ORIGIN);
        assert_eq!(Instant::from_secs(1) + Duration::MAX, Instant::FAR_FUTURE);
        assert_eq!(Instant::from_secs(u64::MAX), Instant::FAR_FUTURE);
    }

    #[test]
    fn a_holder_is_done_before_the_grantor_whatever_their_clocks() {
        let length = Duration::from_millis(400);
        for ppm in [0, 1, 500, 100_000] {
            let rho = DriftBound::new(ppm).unwrap();
            // In millionths of a true nanosecond: the slowest holder against the fastest grantor.
            let held = rho.holder(length).as_nanos() * u128::from(1_000_000 + ppm);
            let kept = length.as_nanos() * u128::from(1_000_000 - ppm);
            assert!(held <= kept, "{ppm} ppm: {held} > {kept}");
            assert!(rho.outwait(rho.holder(length)) <= length + Duration::from_nanos(2));
            assert!(rho.outwait(length) >= length);
        }
        assert_eq!(DriftBound::ZERO.holder(Duration::MAX), Duration::from_nanos(u64::MAX));
    }
}
