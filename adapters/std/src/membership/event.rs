//! What a member's user learns.

use crate::Notice;
use core::fmt;
use quorate::barrier::coordinator;
use quorate::lease::authority;
use quorate::{Epoch, Instant, Name, NodeId, detector, election, host, member};
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
    /// Who holds which lock, as far as this member is the authority.
    Lease(authority::Event<Name>),
    /// Who has arrived at which barrier, as far as this member coordinates.
    Barrier(coordinator::Event<Name>),
    /// What the adapter noticed: datagrams that it dropped, addresses that changed.
    Notice(Notice),
}

impl From<host::Event<Name>> for Event {
    fn from(event: host::Event<Name>) -> Self {
        match event {
            host::Event::Member(member::Event::Monitor(event)) => Self::Monitor(event),
            host::Event::Member(member::Event::Election(event)) => Self::Election(event),
            host::Event::Lease(event) => Self::Lease(event),
            host::Event::Barrier(event) => Self::Barrier(event),
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

/// Whether a member refused the command that these events came of.
///
/// # Errors
///
/// If it did, and why.
pub fn refused(events: Vec<host::Event<Name>>) -> Result<(), CommandError> {
    let refusal = events.into_iter().find_map(|event| match event {
        host::Event::Member(member::Event::Election(election::Event::Refused(error))) => Some(error),
        _ => None,
    });
    refusal.map_or(Ok(()), |error| Err(CommandError::Refused(error)))
}
