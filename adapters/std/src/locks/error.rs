//! Why something was not acquired, or not given up.

use core::fmt;
use core::time::Duration;
use quorate::lease::Refusal;
use quorate::lease::holder::{Failure, Loss};
use quorate::{FencingToken, NameError};

/// Why nothing was acquired. Nothing is held, and no place in line is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AcquireError {
    /// The name is none.
    Name(NameError),
    /// Nobody can take so many permits of so many.
    Permits {
        /// How many were to be taken.
        take: u16,
        /// How many there are; 0 of what is no semaphore.
        of: u16,
    },
    /// Somebody else holds it, and it was not to be waited for.
    Busy,
    /// The time to wait is over.
    TimedOut,
    /// The authority has just opened, and grants nothing new before so much time has passed; and it was not to be waited for.
    Grace(Duration),
    /// The authority refuses for another reason.
    Refused(Refusal),
    /// It was granted and lost before it could be handed over.
    Lost(Loss),
    /// It was [cancelled](crate::Cancel).
    Cancelled,
    /// The locks are being shut down.
    ShuttingDown,
    /// More is held and waited for than can be counted.
    TooMany,
}

impl From<Failure> for AcquireError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::TimedOut => Self::TimedOut,
            Failure::Cancelled => Self::ShuttingDown, // by nobody else while it is waited for
            Failure::Refused(Refusal::Busy) => Self::Busy,
            Failure::Refused(Refusal::Grace(left)) => Self::Grace(left),
            Failure::Refused(refusal) => Self::Refused(refusal),
        }
    }
}

impl fmt::Display for AcquireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(error) => error.fmt(f),
            Self::Permits { take, of: 0 } => write!(f, "{take} permits cannot be taken of what is no semaphore"),
            Self::Permits { take, of } => write!(f, "{take} permits cannot be taken of {of}"),
            Self::Busy => write!(f, "somebody else holds it"),
            Self::TimedOut => write!(f, "it was not granted in time"),
            Self::Grace(left) => write!(f, "{}", Refusal::Grace(*left)),
            Self::Refused(refusal) => refusal.fmt(f),
            Self::Lost(why) => write!(f, "it was granted and lost again: {why}"),
            Self::Cancelled => write!(f, "it was cancelled"),
            Self::ShuttingDown => write!(f, "the locks are being shut down"),
            Self::TooMany => write!(f, "more is held and waited for than can be counted"),
        }
    }
}

impl core::error::Error for AcquireError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Name(error) => Some(error),
            Self::Lost(why) => Some(why),
            _ => None,
        }
    }
}

/// Why it is not certain that something was given up in good order. It is not held any more in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReleaseError {
    /// It was lost before.
    Lost {
        /// What it was held with.
        token: FencingToken,
        /// Why.
        why: Loss,
    },
    /// Nobody has confirmed it: its lease has run out by itself.
    Unconfirmed {
        /// What it was held with.
        token: FencingToken,
    },
}

impl fmt::Display for ReleaseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lost { token, why } => write!(f, "what was held with the token {token} was lost before: {why}"),
            Self::Unconfirmed { token } => {
                write!(f, "nobody confirmed the release of what was held with the token {token}; its lease has run out")
            }
        }
    }
}

impl core::error::Error for ReleaseError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Lost { why, .. } => Some(why),
            Self::Unconfirmed { .. } => None,
        }
    }
}
