//! What members say to each other, what is asked of them, and what they tell.

use crate::{Incarnation, Instant, NodeId, Rebase};
use core::fmt;
use core::time::Duration;

/// How far a member is. It only grows, within a life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Progress {
    /// How many generations are complete, as far as it knows.
    pub complete: u64,
    /// In the generation after those: how many rounds it has done, if it has arrived in it.
    pub rounds: Option<u8>,
}

/// "I am so far." What members send to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Signal {
    /// Which life of the sender this is.
    pub life: Incarnation,
    /// How far it is; `None` while it joins, and does not know.
    pub progress: Option<Progress>,
    /// The life of the recipient that asked, if this answers.
    pub answers: Option<Incarnation>,
    /// Whether the sender wants to know how far the recipient is.
    pub asks: bool,
}

impl Rebase for Signal {
    /// There are no times in it.
    fn rebase(&mut self, _: Instant, _: Duration) {}
}

/// What the local user asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "kebab-case"))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Command {
    /// To arrive. It cannot be taken back, for there is nobody who could say that it was in time.
    Arrive,
}

/// What a member tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Event {
    /// It knows how far the others are: its next arrival is in the generation after these.
    Joined {
        /// How many generations are complete.
        complete: u64,
    },
    /// All have arrived.
    Released {
        /// In which generation, counted from 1.
        generation: u64,
    },
    /// It has been waiting for this member for long.
    Overdue {
        /// In which generation.
        generation: u64,
        /// For whom. That one may itself be waiting for another.
        member: NodeId,
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

/// Why a message was not acted on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "kebab-case"))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Reason {
    /// Its sender is not a member.
    Stranger,
    /// It comes from a life of its sender that is over.
    FormerLife {
        /// Which one.
        said: Incarnation,
        /// The one that it is in.
        current: Incarnation,
    },
}

/// What the local user cannot ask for now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "kebab-case"))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Misuse {
    /// It has arrived already, and waits.
    Waiting,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stranger => write!(f, "the sender is not a member of the group"),
            Self::FormerLife { said, current } => {
                write!(f, "it comes from life {said} of its sender, which is in life {current}")
            }
        }
    }
}

impl fmt::Display for Misuse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Waiting => write!(f, "it has arrived already, and waits"),
        }
    }
}

impl core::error::Error for Misuse {}
