//! What a member's user learns.

use crate::Notice;
use core::fmt;
use quorate::{Epoch, Instant, NodeId, detector, election, member};
use serde::{Deserialize, Serialize};

/// Who leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Leader {
    /// The leader.
    pub id: NodeId,
    /// The epoch of its leadership.
    pub epoch: Epoch,
}

/// An event with its time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamped {
    /// When it happened, on the [clock](crate::clock) that the member goes by.
    pub at: Instant,
    /// What happened.
    pub event: Event,
}

/// What happened to a member.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// Whom it suspects and trusts.
    Monitor(detector::Event),
    /// Who leads.
    Election(election::Event),
    /// What the adapter noticed: datagrams that it dropped, addresses that changed.
    Notice(Notice),
}

impl From<member::Event> for Event {
    fn from(event: member::Event) -> Self {
        match event {
            member::Event::Monitor(event) => Self::Monitor(event),
            member::Event::Election(event) => Self::Election(event),
        }
    }
}

/// Why a member did not do what it was asked to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CommandError {
    /// It cannot be done; nothing has changed.
    Refused(election::CommandError),
    /// The member has stopped, perhaps while it was about to do it.
    Closed,
}

impl From<crate::Closed> for CommandError {
    fn from(_: crate::Closed) -> Self {
        Self::Closed
    }
}

impl fmt::Display for CommandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(error) => error.fmt(f),
            Self::Closed => f.write_str("this member has stopped"),
        }
    }
}

impl core::error::Error for CommandError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Refused(error) => Some(error),
            Self::Closed => None,
        }
    }
}
