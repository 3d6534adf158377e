//! The settings of a member that hosts services.

use crate::DriftBound;
use crate::barrier::{coordinator, party};
use crate::detector::Detector;
use crate::election::Guarantee;
use crate::lease::{authority, holder};
use crate::member::{self, Profile};
use crate::time::nanos;
use core::fmt;
use core::time::Duration;

/// The settings of a [`Host`](super::Host).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Config<D: Detector> {
    pub(super) member: member::Config<D>,
    pub(super) leases: authority::Config,
    pub(super) barriers: coordinator::Config,
    pub(super) hosts: bool,
}

impl<D: Detector> Config<D> {
    /// A member that hosts the services while it leads.
    ///
    /// # Errors
    ///
    /// [`ConfigError::NeedsMajority`] if its group can have several leaders, [`ConfigError::Drift`] if clocks are trusted more by
    /// the one part than by the other.
    pub fn new(
        member: member::Config<D>,
        leases: authority::Config,
        barriers: coordinator::Config,
    ) -> Result<Self, ConfigError> {
        if member.election.guarantee() != Guarantee::Majority {
            return Err(ConfigError::NeedsMajority);
        }
        let (election, drift) = (member.election.timing().drift, leases.drift());
        if election != drift {
            return Err(ConfigError::Drift { election, leases: drift });
        }
        Ok(Self { member, leases, barriers, hosts: true })
    }

    /// A member that hosts nothing, whatever its group promises.
    #[must_use]
    pub fn without_services(member: member::Config<D>) -> Self {
        let drift = member.election.timing().drift;
        Self { leases: authority::Config::shortest(drift), barriers: coordinator::Config::LAN, member, hosts: false }
    }

    /// The settings of the member.
    #[must_use]
    pub const fn member(&self) -> &member::Config<D> {
        &self.member
    }

    /// The rules of the leases; `None` if it hosts nothing.
    #[must_use]
    pub const fn leases(&self) -> Option<&authority::Config> {
        if self.hosts { Some(&self.leases) } else { None }
    }

    /// The rules of the barriers; `None` if it hosts nothing.
    #[must_use]
    pub const fn barriers(&self) -> Option<&coordinator::Config> {
        if self.hosts { Some(&self.barriers) } else { None }
    }
}

/// How often a leadership's lease goes into the longest lease of a lock: a holder can miss a failover, and a renewal, and has time left.
const TIMES: u32 = 6;

impl Profile {
    /// The rules of the leases that go with these timings: a lease is long enough to be kept through a failover. No lock-delay, no cap.
    ///
    /// ```
    /// use quorate::member::Profile;
    /// assert_eq!(Profile::LAN.leases().longest(), core::time::Duration::from_millis(2_400));
    /// ```
    #[must_use]
    pub const fn leases(&self) -> authority::Config {
        let longest = self.timing.lease.saturating_mul(TIMES);
        match authority::Config::new(longest, self.timing.drift) {
            Ok(config) => config,
            Err(_) => authority::Config::shortest(self.timing.drift), // the election's timings are not valid either
        }
    }

    /// The timings of a holder that go with these: it asks for the longest lease, and renews it four times.
    #[must_use]
    pub const fn holding(&self) -> holder::Timing {
        holder::Timing::for_lease(self.leases().longest(), self.timing.drift)
    }

    /// The rules of the barriers that go with these timings: a party is taken for gone after five leases of a leadership, and a new
    /// coordinator waits for half of that for those who took part before.
    #[must_use]
    pub const fn barriers(&self) -> coordinator::Config {
        let lapse = self.timing.lease.saturating_mul(5);
        match coordinator::Config::new(lapse, Duration::from_nanos(nanos(lapse) / 2)) {
            Ok(config) => config,
            Err(_) => coordinator::Config::LAN, // the election's timings are not valid either
        }
    }

    /// The timings of a party that go with these: it says eight times in a lapse that it is there, and looks for the outcome of a
    /// generation for five lapses.
    ///
    /// ```
    /// use quorate::barrier::party::Timing;
    /// use quorate::member::Profile;
    /// let timing = Profile::LAN.attending();
    /// assert_eq!(timing, Timing::LAN);
    /// ```
    #[must_use]
    pub const fn attending(&self) -> party::Timing {
        party::Timing::for_lapse(self.barriers().lapse())
    }
}

/// Why a member cannot host services so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ConfigError {
    /// The group's guarantee lets each partition have a leader, and two leaders would grant one lock twice.
    NeedsMajority,
    /// The election and the leases are told different bounds of how far off clock rates are.
    Drift {
        /// The election's.
        election: DriftBound,
        /// The leases'.
        leases: DriftBound,
    },
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NeedsMajority => write!(
                f,
                "locks and barriers need a group with the guarantee `majority`: in one with `per-partition` each partition \
                 has a leader, and each of them would grant the same lock"
            ),
            Self::Drift { election, leases } => write!(
                f,
                "the election expects clock rates to be off by {} ppm at most, and the leases by {} ppm; it has to be the same",
                election.ppm(),
                leases.ppm()
            ),
        }
    }
}

impl core::error::Error for ConfigError {}
