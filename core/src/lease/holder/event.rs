//! What is asked of a holder, and what it tells.

use crate::lease::{Mode, Refusal};
use crate::{FencingToken, NodeId};
use core::fmt;
use core::time::Duration;

/// How long a holder waits for what it wants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "kebab-case"))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Patience {
    /// Not in line: what somebody else holds is refused. It still waits for an authority to be found and to answer, for the
    /// length of a lease at most.
    Try,
    /// For so long, whatever it waits for.
    For(Duration),
    /// Until it is granted or cancelled.
    #[default]
    Forever,
}

/// What the local user asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Command<R> {
    /// To hold this. Asked again for the same while it is held, it enters once more.
    Acquire {
        /// The resource.
        resource: R,
        /// Beside whom it bears others.
        mode: Mode,
        /// How long it waits.
        patience: Patience,
    },
    /// To give up waiting.
    Cancel,
    /// To leave once. Who has left as often as entered holds it no longer.
    Release,
    /// To enter no more, and to give the lease up when all have left; it is renewed until then.
    Drain,
}

/// What a holder tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Event {
    /// It waits in line. Told when its place changes.
    Waiting {
        /// How many are before it.
        ahead: u32,
    },
    /// It holds the resource, until [`Holder::valid_until`](super::Holder::valid_until) unless it is renewed.
    Acquired {
        /// What to show at the resource.
        token: FencingToken,
    },
    /// It was entered once more, or left and is still held.
    Entered {
        /// How often it was entered and not left.
        depth: u16,
    },
    /// A renewal is overdue: stop in time, if none comes.
    Doubtful {
        /// How long the lease is valid yet.
        left: Duration,
    },
    /// The renewal came.
    Sound {
        /// How long the lease is valid now.
        left: Duration,
    },
    /// It is not held any more. No rival can have been granted it before this was told in time.
    Lost {
        /// What it was held with.
        token: FencingToken,
        /// Why.
        why: Loss,
    },
    /// It was given up.
    Released {
        /// What it was held with.
        token: FencingToken,
        /// Whether the authority said so; otherwise the lease runs out by itself, and has by now unless a renewal was on its way
        /// for long.
        confirmed: bool,
    },
    /// It was not acquired.
    Failed {
        /// Why.
        why: Failure,
    },
    /// A message was not acted on; the state is as it was.
    Rejected {
        /// Who sent it.
        from: NodeId,
        /// Why.
        reason: Reason,
    },
    /// A command was not acted on; the state is as it was.
    Refused(Misuse),
}

/// Why a lease was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "kebab-case"))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Loss {
    /// No renewal was acknowledged in time.
    Expired,
    /// The authority says that it is over.
    Ended(Refusal),
}

/// Why something was not acquired.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "kebab-case"))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Failure {
    /// The time to wait is over.
    TimedOut,
    /// The local user cancelled it.
    Cancelled,
    /// The authority says no.
    Refused(Refusal),
}

/// Why a message was not acted on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "kebab-case"))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Reason {
    /// It does not come from one of the nodes that may be the authority.
    Stranger,
    /// It is what a holder says.
    NotForHolders,
    /// It answers what was not asked yet.
    FromTheFuture,
    /// It is a token that no authority grants: zero, or beyond the last.
    InvalidToken(FencingToken),
    /// It grants something else than what is held.
    OtherToken(FencingToken),
    /// It grants a lease that is over as soon as it begins.
    TooShort(Duration),
}

/// What the local user cannot ask for now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "kebab-case"))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Misuse {
    /// Another acquisition or release is under way.
    UnderWay,
    /// Something else is held, or the same in another mode.
    HoldsOther,
    /// It is to be given up as soon as all have left.
    Draining,
    /// It has been entered as often as can be counted.
    TooDeep(u16),
    /// Nothing is waited for.
    NotWaiting,
    /// Nothing is held.
    NotHeld,
    /// More permits than there are.
    InvalidMode(Mode),
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Expired => write!(f, "no renewal was acknowledged in time"),
            Self::Ended(refusal) => write!(f, "{refusal}"),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TimedOut => write!(f, "the time to wait is over"),
            Self::Cancelled => write!(f, "it was cancelled"),
            Self::Refused(refusal) => write!(f, "{refusal}"),
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stranger => write!(f, "the sender is none of the nodes that may be the authority"),
            Self::NotForHolders => write!(f, "it is what a holder says to an authority"),
            Self::FromTheFuture => write!(f, "it answers something that was not asked yet"),
            Self::InvalidToken(token) => write!(f, "no authority grants the token {token}"),
            Self::OtherToken(token) => write!(f, "it is about the token {token}, and what is held has another one"),
            Self::TooShort(lease) => write!(f, "a lease of {lease:?} is over as soon as it begins"),
        }
    }
}

impl fmt::Display for Misuse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnderWay => write!(f, "an acquisition or a release is under way"),
            Self::HoldsOther => write!(f, "something else is held, or the same in another mode"),
            Self::Draining => write!(f, "it is about to be given up"),
            Self::TooDeep(depth) => write!(f, "it has been entered {depth} times, and more cannot be counted"),
            Self::NotWaiting => write!(f, "nothing is waited for"),
            Self::NotHeld => write!(f, "nothing is held"),
            Self::InvalidMode(mode) => write!(f, "there can be no {mode}"),
        }
    }
}

impl core::error::Error for Failure {}
impl core::error::Error for Loss {}
impl core::error::Error for Misuse {}
