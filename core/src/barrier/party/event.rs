//! What is asked of a party, and what it tells.

use crate::barrier::{Cause, Generation, Refusal};
use crate::{Epoch, NodeId};
use core::fmt;
use core::time::Duration;

/// What the local user asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "kebab-case"))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Command {
    /// To arrive, to wait for the others for so long (for ever, if nothing is said), and to keep the place for the next
    /// generation.
    Arrive {
        /// How long it waits.
        patience: Option<Duration>,
    },
    /// To arrive for the last time: afterwards the place is given up.
    Leave {
        /// How long it waits.
        patience: Option<Duration>,
    },
    /// To give the place up, and not to wait for anybody. Those who wait learn that the generation broke.
    Cancel,
}

/// What a party tells. Each arrival ends in just one of `Released`, `Broken`, `Unknown`, `Failed` and `Cancelled`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Event {
    /// The coordinator has counted it. Told when the numbers change.
    Waiting {
        /// In which generation.
        generation: Generation,
        /// How many have arrived in it.
        arrived: u16,
    },
    /// All have arrived.
    Released {
        /// The generation.
        generation: Generation,
    },
    /// Not all have arrived, and nobody was or will be released from it.
    Broken {
        /// The generation, if the arrival was counted in one.
        generation: Option<Generation>,
        /// Why.
        cause: Cause,
    },
    /// All had arrived, but whether the others were released or somebody was told that it broke cannot be learnt.
    Unknown {
        /// The generation.
        generation: Generation,
    },
    /// It does not take part.
    Failed {
        /// Why.
        why: Refusal,
    },
    /// The local user does not want to wait any longer; it is not released from anything.
    Cancelled {
        /// The generation that it was counted in, if in one.
        generation: Option<Generation>,
    },
    /// Its place is given up: the coordinator has said so, or will have noticed by now.
    Left,
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

/// Why a message was not acted on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "kebab-case"))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Reason {
    /// It does not come from one of the nodes that may coordinate.
    Stranger,
    /// It is what a party says.
    NotForParties,
    /// It is for another party, or for a former life of this one.
    OtherParty,
    /// It comes from a coordinator of an epoch that is over.
    StaleEpoch {
        /// The epoch that it says.
        said: Epoch,
        /// The epoch that this party is in.
        current: Epoch,
    },
    /// There is no such epoch.
    InvalidEpoch(Epoch),
    /// It names a generation that its coordinator cannot settle.
    OtherGeneration(Generation),
    /// It releases a party that was not asked whether it is ready.
    NotReady(Generation),
}

/// What the local user cannot ask for now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "kebab-case"))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Misuse {
    /// It waits already.
    Waiting,
    /// All have arrived, so the arrival cannot be taken back any more: the outcome comes.
    AllArrived(Generation),
    /// It has no place to give up.
    NotTakingPart,
    /// It has arrived as often as can be counted.
    Exhausted,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stranger => write!(f, "the sender is not one of the nodes that may coordinate"),
            Self::NotForParties => write!(f, "it is what a party says to a coordinator"),
            Self::OtherParty => write!(f, "it is for another party"),
            Self::StaleEpoch { said, current } => {
                write!(f, "its coordinator is of epoch {said}, and this party is in epoch {current}")
            }
            Self::InvalidEpoch(epoch) => write!(f, "there is no epoch {epoch}"),
            Self::OtherGeneration(generation) => {
                write!(f, "its coordinator says nothing of generation {generation} that could be")
            }
            Self::NotReady(generation) => {
                write!(f, "it releases from generation {generation}, and this party was not asked whether it is ready")
            }
        }
    }
}

impl fmt::Display for Misuse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Waiting => write!(f, "it waits already"),
            Self::AllArrived(generation) => write!(
                f,
                "all have arrived in generation {generation}, so that cannot be taken back; the outcome comes"
            ),
            Self::NotTakingPart => write!(f, "it has no place at the barrier"),
            Self::Exhausted => write!(f, "it has arrived as often as can be counted"),
        }
    }
}

impl core::error::Error for Misuse {}
