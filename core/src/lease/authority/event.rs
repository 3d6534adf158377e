//! What is asked of an authority, and what it tells.

use crate::lease::{ClaimId, Mode};
use crate::{Epoch, FencingToken, NodeId};
use core::fmt;
use core::time::Duration;

/// What the local user asks for. Where the authority is hosted by a leader, its host says who leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Command<R> {
    /// To be the authority, in an epoch of which nobody else ever is. It knows nothing of what was granted before.
    Open {
        /// The epoch.
        epoch: Epoch,
    },
    /// To be the authority no longer, and to forget everything.
    Close {
        /// Who is, if that is known; whoever asks is told.
        leader: Option<NodeId>,
    },
    /// To end all leases of this resource, whoever holds it: they are not renewed any more. Those who wait, wait on.
    Break(R),
}

/// What must survive a restart of a fixed authority: in which epoch it granted last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Record {
    /// The epoch.
    pub epoch: Epoch,
}

/// What an authority tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Event<R> {
    /// It is the authority, and for some time takes back only what a predecessor granted.
    Opening {
        /// Its epoch.
        epoch: Epoch,
        /// For how long.
        grace: Duration,
    },
    /// That time is over: it grants what is new.
    Opened {
        /// Its epoch.
        epoch: Epoch,
    },
    /// It is not the authority any more.
    Closed {
        /// The epoch that it was.
        epoch: Epoch,
    },
    /// A claim holds a resource.
    Granted {
        /// The resource.
        resource: R,
        /// The holder.
        node: NodeId,
        /// The claim.
        claim: ClaimId,
        /// Its token.
        token: FencingToken,
        /// How it is held.
        mode: Mode,
        /// Whether a predecessor had granted it.
        reclaimed: bool,
    },
    /// A claim holds a resource no longer.
    Freed {
        /// The resource.
        resource: R,
        /// Who held it.
        node: NodeId,
        /// The claim.
        claim: ClaimId,
        /// Its token.
        token: FencingToken,
        /// Why.
        why: Freed,
    },
    /// The tokens of this epoch are used up: nothing is granted before another one begins.
    Exhausted {
        /// The epoch.
        epoch: Epoch,
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

/// Why a claim holds a resource no longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "kebab-case"))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Freed {
    /// Its holder said so.
    Released,
    /// Its lease ran out.
    Expired,
    /// Another one was granted later than it, and showed that by its token.
    Superseded,
}

/// Why a message was not acted on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "kebab-case"))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Reason {
    /// It is what an authority says.
    NotForAuthorities,
    /// More permits than there are.
    InvalidMode(Mode),
    /// A lease of no length.
    NoLease,
    /// It shows a token that no authority grants: zero, or beyond the last.
    InvalidToken(FencingToken),
    /// It shows a token of an epoch that comes after this authority's.
    LaterEpoch(Epoch),
    /// The claim is known, of another resource or in another mode.
    OtherClaim(ClaimId),
}

/// What the local user cannot ask for now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "kebab-case"))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Misuse {
    /// It was the authority in this epoch or a later one, or there is no such epoch.
    Epoch {
        /// What was asked for.
        asked: Epoch,
        /// The last one that it was.
        last: Epoch,
    },
    /// Nobody holds the resource.
    NotHeld,
    /// A fixed authority opens and closes by itself.
    Fixed,
}

impl fmt::Display for Freed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Released => "its holder released it",
            Self::Expired => "its lease ran out",
            Self::Superseded => "another claim showed a later token",
        })
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotForAuthorities => write!(f, "it is what an authority says to a holder"),
            Self::InvalidMode(mode) => write!(f, "nobody can hold {mode}"),
            Self::NoLease => write!(f, "it asks for a lease of no length"),
            Self::InvalidToken(token) => write!(f, "no authority grants the token {token}"),
            Self::LaterEpoch(epoch) => {
                write!(f, "it shows a token of epoch {epoch}, which is later than this authority's")
            }
            Self::OtherClaim(claim) => write!(f, "the claim {claim} is of another resource, or in another mode"),
        }
    }
}

impl fmt::Display for Misuse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Epoch { asked, last } => {
                write!(f, "epoch {asked} does not come after {last}, which was opened already")
            }
            Self::NotHeld => write!(f, "nobody holds that"),
            Self::Fixed => write!(f, "a fixed authority opens by itself, and does not close"),
        }
    }
}

impl core::error::Error for Misuse {}
