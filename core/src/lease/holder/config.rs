//! The rules of holding, validated once.

use crate::time::nanos;
use crate::total::minus;
use crate::{DriftBound, Seed};
use core::fmt;
use core::time::Duration;

/// The timings of a holder, before they are validated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Timing {
    /// For how long it asks the authority to keep what it grants. An authority grants what its own longest lease is at most.
    pub lease: Duration,
    /// How often it renews what it holds, or repeats that it waits.
    pub renew: Duration,
    /// How long it waits for an answer at first. Each further time it waits twice as long, up to `renew`.
    pub retry: Duration,
    /// By how much it cuts its lease short, for the time between asking and acting.
    pub margin: Duration,
    /// How far off any node's clock rate is.
    pub drift: DriftBound,
}

impl Timing {
    /// The timings that go with a lease of this length: it is renewed four times, an answer is waited for for a sixtieth of it at first,
    /// and its holder cuts it short by a thirtieth.
    #[must_use]
    pub const fn for_lease(lease: Duration, drift: DriftBound) -> Self {
        Self {
            lease,
            renew: Duration::from_nanos(nanos(lease) / 4),
            retry: Duration::from_nanos(nanos(lease) / 60),
            margin: Duration::from_nanos(nanos(lease) / 30),
            drift,
        }
    }
}

/// A valid configuration of a [`Holder`](super::Holder). An invalid one cannot be held.
///
/// ```
/// use quorate::lease::holder::{Config, ConfigError, Timing};
/// use quorate::{DriftBound, Seed};
/// use core::time::Duration;
///
/// const TIMING: Timing = Timing {
///     lease: Duration::from_secs(3),
///     renew: Duration::from_millis(750),
///     retry: Duration::from_millis(50),
///     margin: Duration::from_millis(100),
///     drift: DriftBound::QUARTZ,
/// };
/// const CONFIG: Config = match Config::new(TIMING, Seed::new(1)) {
///     Ok(config) => config,
///     Err(_) => panic!("does not compile if it is not valid"),
/// };
/// assert!(CONFIG.validity(TIMING.lease) < Duration::from_millis(2_900));
///
/// let late = Timing { renew: Duration::from_millis(1_500), ..TIMING };
/// assert!(Config::new(late, Seed::new(1)).unwrap_err().to_string().contains("1.5s"));
/// # Ok::<(), ConfigError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Config {
    timing: Timing,
    seed: Seed,
}

impl Config {
    /// The longest that any timing may be: a day.
    pub const LONGEST: Duration = Duration::from_secs(86_400);

    /// A configuration.
    ///
    /// # Errors
    ///
    /// If a timing other than the margin is zero, or one is longer than a day, or if a lease would end before a renewal that was
    /// lost once could be repeated and answered: `2 · renew + retry` must be less than `lease · (1 − ρ) / (1 + ρ) − margin`.
    pub const fn new(timing: Timing, seed: Seed) -> Result<Self, ConfigError> {
        let Timing { lease, renew, retry, margin, drift } = timing;
        let mut rest: &[(&'static str, Duration, bool)] =
            &[("lease", lease, true), ("renew", renew, true), ("retry", retry, true), ("margin", margin, false)];
        while let [(what, value, needed), more @ ..] = rest {
            if *needed && value.is_zero() {
                return Err(ConfigError::Zero { what });
            }
            if nanos(*value) > nanos(Self::LONGEST) {
                return Err(ConfigError::TooLong { what, value: *value });
            }
            rest = more;
        }
        let validity = minus(drift.holder(lease), margin);
        let needed = renew.saturating_add(renew).saturating_add(retry);
        if nanos(needed) >= nanos(validity) {
            return Err(ConfigError::LeaseTooShort { lease, drift, margin, validity, renew, retry });
        }
        Ok(Self { timing, seed })
    }

    /// The same with another seed.
    #[must_use]
    pub const fn with_seed(self, seed: Seed) -> Self {
        Self { seed, ..self }
    }

    /// The timings.
    #[must_use]
    pub const fn timing(&self) -> &Timing {
        &self.timing
    }

    /// Where its randomness comes from.
    #[must_use]
    pub const fn seed(&self) -> Seed {
        self.seed
    }

    /// How long after it asked a holder may rely on a lease of this length.
    #[must_use]
    pub const fn validity(&self, lease: Duration) -> Duration {
        minus(self.timing.drift.holder(lease), self.timing.margin)
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
    /// A lease would run out before a lost renewal could be repeated.
    LeaseTooShort {
        /// The lease.
        lease: Duration,
        /// How far off clock rates are.
        drift: DriftBound,
        /// By how much the holder cuts it short.
        margin: Duration,
        /// What is left of the lease for its holder.
        validity: Duration,
        /// How often it is renewed.
        renew: Duration,
        /// How long an answer may take.
        retry: Duration,
    },
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Zero { what } => write!(f, "the timing `{what}` is zero"),
            Self::TooLong { what, value } => {
                write!(f, "the timing `{what}` is {value:?}, and at most {:?} are possible", Config::LONGEST)
            }
            Self::LeaseTooShort { lease, drift, margin, validity, renew, retry } => write!(
                f,
                "a lease of {lease:?} is valid for {validity:?} only (clocks off by {} ppm, a margin of {margin:?}), which must be more \
                 than twice `renew` ({renew:?}) and `retry` ({retry:?}) together, or one lost renewal would end it",
                drift.ppm()
            ),
        }
    }
}

impl core::error::Error for ConfigError {}
