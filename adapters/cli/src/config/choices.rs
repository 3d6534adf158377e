//! Settings that are one of several words.

use crate::units;
use clap::ValueEnum;
use core::time::Duration;

/// A set of timings that fit together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Profile {
    /// A switched network: round trips below some milliseconds
    #[default]
    Lan,
    /// Between sites: round trips up to some hundred milliseconds, and losses
    Wan,
    /// Boards on one bus: short, regular messages
    Bus,
}

impl Profile {
    /// The timings.
    pub(crate) fn timings(self) -> quorate::member::Profile {
        match self {
            Self::Lan => quorate::member::Profile::LAN,
            Self::Wan => quorate::member::Profile::WAN,
            Self::Bus => quorate::member::Profile::BUS,
        }
    }
}

/// What part a member takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Role {
    /// Votes, and may lead
    Candidate,
    /// Votes, and never leads
    Voter,
    /// Only learns who leads
    Observer,
}

impl From<Role> for quorate::election::Role {
    fn from(role: Role) -> Self {
        match role {
            Role::Candidate => Self::Candidate,
            Role::Voter => Self::Voter,
            Role::Observer => Self::Observer,
        }
    }
}

/// What the election promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Guarantee {
    /// At most one leader at any instant: it holds a lease that a majority renews
    Majority,
    /// At most one leader in each partition; unsafe for what no fence protects
    PerPartition,
}

impl From<Guarantee> for quorate::election::Guarantee {
    fn from(guarantee: Guarantee) -> Self {
        match guarantee {
            Guarantee::Majority => Self::Majority,
            Guarantee::PerPartition => Self::PerPartition,
        }
    }
}

/// How the silence of a peer is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Detector {
    /// A fixed silence
    Timeout,
    /// Phi with the normal law, which learns how regular a peer is
    PhiNormal,
    /// Phi with the exponential law, which learns how often a peer speaks
    PhiExponential,
    /// The expected arrival and a fixed margin
    Chen,
    /// The expected arrival and a margin that learns
    Bertier,
}

impl From<Detector> for quorate::member::DetectorKind {
    fn from(detector: Detector) -> Self {
        match detector {
            Detector::Timeout => Self::Timeout,
            Detector::PhiNormal => Self::PhiNormal,
            Detector::PhiExponential => Self::PhiExponential,
            Detector::Chen => Self::Chen,
            Detector::Bertier => Self::Bertier,
        }
    }
}

/// Whether a member takes over from a lower-ranked leader that does well: never, or after so long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Preempt(pub(crate) Option<Duration>);

impl core::str::FromStr for Preempt {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "never" {
            return Ok(Self(None));
        }
        match units::duration(text) {
            Ok(after) => Ok(Self(Some(after))),
            Err(_) => Err(format!("`{text}` is neither `never` nor a duration such as 10s")),
        }
    }
}

impl From<Preempt> for quorate::election::Preempt {
    fn from(Preempt(after): Preempt) -> Self {
        after.map_or(Self::Never, Self::After)
    }
}
