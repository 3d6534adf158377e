//! What goes into a process and comes out of it.

use super::ClockError;
use crate::{NodeId, To};
use core::fmt;

/// What processes exchange: the stamp of the send, and a small payload of the user's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Message<S, P> {
    /// When it was sent.
    pub stamp: S,
    /// What it says.
    pub payload: P,
}

/// What the user asks of a process. `T` is the clock's [`Physical`](super::Physical) time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Command<P, T> {
    /// Stamp a local event.
    Local,
    /// Stamp a message and send it.
    Send {
        /// To whom.
        #[cfg_attr(feature = "arbitrary", arbitrary(with = to))]
        to: To,
        /// What it says.
        payload: P,
    },
    /// What the clock on the wall shows now. From here on it is carried forward by the driver's own clock, so give it
    /// anew every few minutes, and whenever the clock was set. (Of use with a hybrid clock only.)
    Physical(T),
}

#[cfg(feature = "arbitrary")]
fn to(u: &mut arbitrary::Unstructured<'_>) -> arbitrary::Result<To> {
    let node: Option<NodeId> = u.arbitrary()?;
    Ok(node.map_or(To::Peers, To::Node))
}

/// What the user learns from a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Event<S, P> {
    /// A local event has this stamp.
    Local {
        /// When it was.
        stamp: S,
    },
    /// A message was sent with this stamp.
    Sent {
        /// When it was sent, as it also stands in the message.
        stamp: S,
    },
    /// A message was received.
    Received {
        /// Who sent it.
        from: NodeId,
        /// When it was sent.
        sent: S,
        /// When it was received: after `sent` and after all that happened here.
        stamp: S,
        /// What it says.
        payload: P,
    },
    /// A command could not be carried out; nothing has changed.
    Refused(CommandError),
    /// A message was dropped; nothing has changed.
    Rejected {
        /// Who sent it.
        from: NodeId,
        /// Why.
        reason: Rejection,
    },
}

/// Why a command was not carried out. Nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum CommandError {
    /// The event cannot be stamped.
    Clock(ClockError),
    /// The one to send to is not a peer.
    NotAPeer {
        /// Who was named.
        node: NodeId,
    },
}

/// Why a message was dropped. Nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Rejection {
    /// Its stamp is not to be believed, or numbers are used up.
    Clock(ClockError),
    /// Its sender is not a peer.
    NotAPeer,
}

impl fmt::Display for CommandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Clock(error) => error.fmt(f),
            Self::NotAPeer { node } => write!(f, "node {node} is not a peer to send to"),
        }
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Clock(error) => error.fmt(f),
            Self::NotAPeer => f.write_str("its sender is not a peer"),
        }
    }
}

impl core::error::Error for CommandError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Clock(error) => Some(error),
            Self::NotAPeer { .. } => None,
        }
    }
}

impl core::error::Error for Rejection {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Clock(error) => Some(error),
            Self::NotAPeer => None,
        }
    }
}
