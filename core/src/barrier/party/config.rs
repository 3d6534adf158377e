//! The rules of taking part, validated once.

use crate::Seed;
use crate::time::nanos;
use core::fmt;
use core::time::Duration;

/// The timings of a party, before they are validated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Timing {
    /// How long it waits for an answer at first. Each further time it waits twice as long, up to `repeat`.
    pub retry: Duration,
    /// How often it says that it is there. A coordinator takes it for gone when it has not heard it for
    /// [a lapse](crate::barrier::coordinator::Config::lapse), which should be four times as long at least.
    pub repeat: Duration,
    /// For how long it asks for the outcome of a generation that it is bound to, even if its patience ends before. Then it is
    /// `Unknown`. It should be longer than it takes to find another leader, and the grace period of that one.
    pub resolve: Duration,
    /// It waits longer by a random time up to this, so that parties seldom speak at once.
    pub jitter: Duration,
}

impl Timing {
    /// For a local network.
    pub const LAN: Self = Self {
        retry: Duration::from_millis(30),
        repeat: Duration::from_millis(250),
        resolve: Duration::from_secs(10),
        jitter: Duration::from_millis(20),
    };

    /// Timings that go with a coordinator which takes a party for gone after this time: it says eight times in a lapse that it is
    /// there, and looks for the outcome of a generation for five lapses.
    #[must_use]
    pub const fn for_lapse(lapse: Duration) -> Self {
        let lapse = nanos(lapse);
        Self {
            retry: Duration::from_nanos(lapse.saturating_mul(3) / 200),
            repeat: Duration::from_nanos(lapse / 8),
            resolve: Duration::from_nanos(lapse.saturating_mul(5)),
            jitter: Duration::from_nanos(lapse / 100),
        }
    }
}

/// A valid configuration of a [`Party`](super::Party). An invalid one cannot be held.
///
/// ```
/// use quorate::barrier::party::{Config, ConfigError, Timing};
/// use quorate::Seed;
/// use core::time::Duration;
///
/// let config = Config::new(3, Timing::LAN, Seed::new(1))?;
/// assert_eq!(config.parties(), 3);
/// assert_eq!(Config::new(0, Timing::LAN, Seed::new(1)), Err(ConfigError::NoParties));
///
/// let hasty = Timing { repeat: Duration::from_millis(20), ..Timing::LAN };
/// assert!(Config::new(3, hasty, Seed::new(1)).unwrap_err().to_string().contains("20ms"));
/// # Ok::<(), ConfigError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Config {
    parties: u16,
    timing: Timing,
    seed: Seed,
}

impl Config {
    /// The longest that any timing may be: a day.
    pub const LONGEST: Duration = Duration::from_secs(86_400);

    /// A configuration for one of so many parties.
    ///
    /// # Errors
    ///
    /// If there are no parties, if a timing other than the jitter is zero, or one is longer than a day, or if `repeat` is shorter
    /// than `retry`.
    pub const fn new(parties: u16, timing: Timing, seed: Seed) -> Result<Self, ConfigError> {
        if parties == 0 {
            return Err(ConfigError::NoParties);
        }
        let Timing { retry, repeat, resolve, jitter } = timing;
        let mut rest: &[(&'static str, Duration, bool)] =
            &[("retry", retry, true), ("repeat", repeat, true), ("resolve", resolve, true), ("jitter", jitter, false)];
        while let [(what, value, needed), more @ ..] = rest {
            if *needed && value.is_zero() {
                return Err(ConfigError::Zero { what });
            }
            if nanos(*value) > nanos(Self::LONGEST) {
                return Err(ConfigError::TooLong { what, value: *value });
            }
            rest = more;
        }
        if nanos(repeat) < nanos(retry) {
            return Err(ConfigError::RepeatTooShort { retry, repeat });
        }
        Ok(Self { parties, timing, seed })
    }

    /// The same with another seed.
    #[must_use]
    pub const fn with_seed(self, seed: Seed) -> Self {
        Self { seed, ..self }
    }

    /// How many parties the barrier has.
    #[must_use]
    pub const fn parties(&self) -> u16 {
        self.parties
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
}

/// Why a [`Config`] cannot be so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ConfigError {
    /// A barrier of nobody.
    NoParties,
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
    /// It would wait longer for its first answer than between any two messages.
    RepeatTooShort {
        /// How long it waits for an answer at first.
        retry: Duration,
        /// How often it says that it is there.
        repeat: Duration,
    },
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoParties => write!(f, "a barrier has one party at least"),
            Self::Zero { what } => write!(f, "the timing `{what}` is zero"),
            Self::TooLong { what, value } => {
                write!(f, "the timing `{what}` is {value:?}, and at most {:?} are possible", Config::LONGEST)
            }
            Self::RepeatTooShort { retry, repeat } => {
                write!(f, "`repeat` ({repeat:?}) is shorter than `retry` ({retry:?})")
            }
        }
    }
}

impl core::error::Error for ConfigError {}
