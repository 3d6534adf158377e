//! The rules of an election, validated once.

use crate::time::nanos;
use crate::total::minus;
use crate::{DriftBound, Seed};
use core::fmt;
use core::time::Duration;

/// What an election promises.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "kebab-case"))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Guarantee {
    /// At most one leader at any instant and per epoch, for ever: a leader holds a lease that a majority renews.
    #[default]
    Majority,
    /// At most one leader per epoch in each partition. Unsafe for anything that a fence does not protect: two
    /// partitions have two leaders. For boards on one bus, where a partition is a broken wire.
    PerPartition,
}

/// What part a member takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "kebab-case"))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Role {
    /// Votes, and may lead.
    #[default]
    Candidate,
    /// Votes, and never leads (until [`SetEligible`](super::Command::SetEligible)).
    Voter,
    /// Only learns who leads.
    Observer,
}

/// Whether a higher-ranked member takes over from a leader that does well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "kebab-case"))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Preempt {
    /// It waits until the leader fails or resigns.
    Never,
    /// It takes over after it has followed the same leader for so long without interruption.
    After(Duration),
}

/// The timings of an election, before they are validated.
///
/// All of a group's members must have the same `lease`, `drift` and guarantee.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Timing {
    /// How long a voter stands by a leader, or by a candidate that it voted for, after it last heard from it.
    pub lease: Duration,
    /// How often a leader repeats its coordinator message, which renews the lease.
    pub renew: Duration,
    /// How long an answer may take: a round trip and what it takes to make a record durable.
    pub timeout: Duration,
    /// Candidates wait a random time up to this before they stand, so that they seldom stand at once.
    pub jitter: Duration,
    /// How far off any member's clock rate is.
    pub drift: DriftBound,
    /// By how much a leader cuts its own lease short, for the time between asking and acting.
    pub margin: Duration,
}

/// A valid configuration of an [`Election`](super::Election). An invalid one cannot be held.
///
/// ```
/// use quorate::election::{Config, ConfigError, Guarantee, Timing};
/// use quorate::{DriftBound, Seed};
/// use core::time::Duration;
///
/// const TIMING: Timing = Timing {
///     lease: Duration::from_millis(400),
///     renew: Duration::from_millis(50),
///     timeout: Duration::from_millis(60),
///     jitter: Duration::from_millis(10),
///     drift: DriftBound::QUARTZ,
///     margin: Duration::from_millis(20),
/// };
/// let config = Config::new(Guarantee::Majority, TIMING, Seed::new(1))?.with_priority(7);
/// assert!(config.validity() < TIMING.lease);
///
/// let late = Timing { renew: Duration::from_millis(200), ..TIMING };
/// assert!(Config::new(Guarantee::Majority, late, Seed::new(1)).unwrap_err().to_string().contains("200ms"));
/// # Ok::<(), ConfigError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Config {
    pub(super) guarantee: Guarantee,
    pub(super) timing: Timing,
    pub(super) validity: Duration,
    pub(super) role: Role,
    pub(super) priority: u16,
    pub(super) preempt: Preempt,
    pub(super) seed: Seed,
}

impl Config {
    /// A configuration for a candidate of priority 0 that takes over from no healthy leader.
    ///
    /// # Errors
    ///
    /// If a timing is zero or longer than a day, or if a lease would end before a renewal that was lost once could be
    /// repeated and answered: `2 · renew + timeout` must be less than `lease · (1 − ρ) / (1 + ρ) − margin`.
    pub const fn new(guarantee: Guarantee, timing: Timing, seed: Seed) -> Result<Self, ConfigError> {
        let Timing { lease, renew, timeout, jitter, drift, margin } = timing;
        let zero = if lease.is_zero() {
            Some("lease")
        } else if renew.is_zero() {
            Some("renew")
        } else if timeout.is_zero() {
            Some("timeout")
        } else {
            None
        };
        if let Some(what) = zero {
            return Err(ConfigError::Zero { what });
        }
        let longest =
            [("lease", lease), ("renew", renew), ("timeout", timeout), ("jitter", jitter), ("margin", margin)];
        let mut rest: &[(&'static str, Duration)] = &longest;
        while let [(what, value), more @ ..] = rest {
            if nanos(*value) > nanos(Self::LONGEST) {
                return Err(ConfigError::TooLong { what, value: *value });
            }
            rest = more;
        }
        let validity = minus(drift.holder(lease), margin);
        let needed = renew.saturating_add(renew).saturating_add(timeout);
        if nanos(needed) >= nanos(validity) {
            return Err(ConfigError::LeaseTooShort { lease, drift, margin, validity, renew, timeout });
        }
        Ok(Self { guarantee, timing, validity, role: Role::Candidate, priority: 0, preempt: Preempt::Never, seed })
    }

    /// The longest that any timing may be: a day.
    pub const LONGEST: Duration = Duration::from_secs(86_400);

    /// The same with another role.
    #[must_use]
    pub const fn with_role(self, role: Role) -> Self {
        Self { role, ..self }
    }

    /// The same with another priority. Rank is (priority, id): the higher leads.
    #[must_use]
    pub const fn with_priority(self, priority: u16) -> Self {
        Self { priority, ..self }
    }

    /// The same with another rule for taking over.
    #[must_use]
    pub const fn with_preempt(self, preempt: Preempt) -> Self {
        Self { preempt, ..self }
    }

    /// The same with another seed.
    #[must_use]
    pub const fn with_seed(self, seed: Seed) -> Self {
        Self { seed, ..self }
    }

    /// What the election promises.
    #[must_use]
    pub const fn guarantee(&self) -> Guarantee {
        self.guarantee
    }

    /// The timings.
    #[must_use]
    pub const fn timing(&self) -> &Timing {
        &self.timing
    }

    /// Within which time of good behaviour all members of a connected group of `members` agree on a leader (E4): messages
    /// and storage together take no longer than half a timeout, everybody who is up is trusted, and nobody crashes.
    ///
    /// A sum of what can come one after the other, each of it once: what a former life, then a leader or candidate that is
    /// no more was promised; a member that stays aside after it resigned; for each member one attempt that makes way for
    /// a higher rank, and one that does not succeed; and what is over by then is stretched by ρ.
    #[must_use]
    pub const fn agrees_within(&self, members: usize) -> Duration {
        let Timing { lease, timeout, jitter, drift, .. } = self.timing;
        let promises = lease.saturating_mul(3).saturating_add(timeout.saturating_mul(2));
        let attempt = timeout.saturating_mul(7).saturating_add(jitter.saturating_mul(2));
        let members = if members > 1_000_000 { 1_000_000 } else { members as u32 };
        drift.outwait(promises.saturating_add(attempt.saturating_mul(members.saturating_add(1))))
    }

    /// Within which time of good behaviour the highest-ranked member that may lead does so (E3), if members
    /// [take over](Preempt::After) at all; otherwise that is never promised, and this is [`agrees_within`](Self::agrees_within).
    ///
    /// In the worst case all lower ranks take over from each other before, each after its stable time.
    #[must_use]
    pub const fn highest_leads_within(&self, members: usize) -> Duration {
        let Timing { lease, timeout, drift, .. } = self.timing;
        let agreed = self.agrees_within(members);
        let Preempt::After(stable) = self.preempt else { return agreed };
        let members = if members > 1_000_000 { 1_000_000 } else { members as u32 };
        let stable = if stable.as_nanos() > timeout.as_nanos() { stable } else { timeout };
        let takeover = stable.saturating_add(lease.saturating_mul(2)).saturating_add(timeout.saturating_mul(8));
        agreed.saturating_add(drift.outwait(takeover.saturating_mul(members)))
    }

    /// How long after it asked for it a leader relies on its lease: `lease · (1 − ρ) / (1 + ρ) − margin`.
    #[must_use]
    pub const fn validity(&self) -> Duration {
        self.validity
    }

    /// The role at the start.
    #[must_use]
    pub const fn role(&self) -> Role {
        self.role
    }

    /// The priority at the start.
    #[must_use]
    pub const fn priority(&self) -> u16 {
        self.priority
    }

    /// The rule for taking over.
    #[must_use]
    pub const fn preempt(&self) -> Preempt {
        self.preempt
    }
}

/// Why a configuration is not valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum ConfigError {
    /// A timing is zero.
    Zero {
        /// Which.
        what: &'static str,
    },
    /// A timing is longer than [`Config::LONGEST`].
    TooLong {
        /// Which.
        what: &'static str,
        /// How long it is.
        value: Duration,
    },
    /// A lease ends before a renewal that was lost once can be repeated and answered.
    LeaseTooShort {
        /// The lease that voters keep.
        lease: Duration,
        /// The drift that it is shortened for.
        drift: DriftBound,
        /// The margin that it is shortened by.
        margin: Duration,
        /// What is left of it for the leader.
        validity: Duration,
        /// How often it is renewed.
        renew: Duration,
        /// How long an answer may take.
        timeout: Duration,
    },
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Zero { what } => write!(f, "`{what}` is zero"),
            Self::TooLong { what, value } => {
                write!(f, "`{what}` is {value:?}, longer than {:?}", Config::LONGEST)
            }
            Self::LeaseTooShort { lease, drift, margin, validity, renew, timeout } => write!(
                f,
                "2 · renew + timeout < lease · (1 − ρ) / (1 + ρ) − margin does not hold: 2 · {renew:?} + {timeout:?} is \
                 not less than {validity:?} (lease {lease:?}, ρ {} ppm, margin {margin:?}), so a leader that lost one \
                 renewal would lose its lease; make the lease longer or renew more often",
                drift.ppm()
            ),
        }
    }
}

impl core::error::Error for ConfigError {}
