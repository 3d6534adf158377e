//! What is asked of a coordinator, and what it tells.

use crate::barrier::{Cause, Generation};
use crate::{Epoch, NodeId};
use core::fmt;

/// What the local user asks for. Where the coordinator is hosted by a leader, its host says who leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Command<R> {
    /// To coordinate, in an epoch in which nobody else ever does. It knows nothing of what was before.
    Open {
        /// The epoch.
        epoch: Epoch,
    },
    /// To coordinate no longer, and to forget everything.
    Close {
        /// Who does, if that is known; whoever asks is told.
        leader: Option<NodeId>,
    },
    /// To break the generation of this barrier that some have arrived in.
    Reset(R),
}

/// What must survive a restart of a fixed coordinator: in which epoch it coordinated last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Record {
    /// The epoch.
    pub epoch: Epoch,
}

/// What a coordinator tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Event<R> {
    /// It coordinates.
    Opened {
        /// Its epoch.
        epoch: Epoch,
    },
    /// It does not coordinate any more.
    Closed {
        /// The epoch that it did.
        epoch: Epoch,
    },
    /// All parties have arrived and said that they are ready: they are released.
    Completed {
        /// The barrier.
        resource: R,
        /// The generation.
        generation: Generation,
    },
    /// A generation broke.
    Broken {
        /// The barrier.
        resource: R,
        /// The generation.
        generation: Generation,
        /// Why.
        cause: Cause,
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
    /// A fixed coordinator has no epochs left.
    Exhausted {
        /// The last one.
        epoch: Epoch,
    },
}

/// Why a message was not acted on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "kebab-case"))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Reason {
    /// It is what a coordinator says.
    NotForCoordinators,
    /// It knows of an epoch that comes after this coordinator's.
    LaterEpoch(Epoch),
}

/// What the local user cannot ask for now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "kebab-case"))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Misuse {
    /// It coordinated in this epoch or a later one, or there is no such epoch.
    Epoch {
        /// What was asked for.
        asked: Epoch,
        /// The last one that it coordinated in.
        last: Epoch,
    },
    /// Nobody has arrived at the barrier, so there is nothing to break.
    NobodyWaits,
    /// A fixed coordinator opens and closes by itself.
    Fixed,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotForCoordinators => write!(f, "it is what a coordinator says to a party"),
            Self::LaterEpoch(epoch) => write!(f, "it knows of epoch {epoch}, which is later than this coordinator's"),
        }
    }
}

impl fmt::Display for Misuse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Epoch { asked, last } => {
                write!(f, "epoch {asked} does not come after {last}, which was opened already")
            }
            Self::NobodyWaits => write!(f, "nobody has arrived there"),
            Self::Fixed => write!(f, "a fixed coordinator opens by itself, and does not close"),
        }
    }
}

impl core::error::Error for Misuse {}
