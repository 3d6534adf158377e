//! What a monitor hears, says and reports.

use crate::{GroupError, Incarnation, NodeId};
use core::fmt;
use core::time::Duration;

/// "I am alive": what every [`Monitor`](super::Monitor) sends to all its peers, once an interval.
///
/// ```
/// use quorate::{Incarnation, detector::Heartbeat};
/// let first = Heartbeat { incarnation: Incarnation::new(1), sequence: 1 };
/// assert_eq!(core::mem::size_of_val(&first), 16);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Heartbeat {
    /// Which life of the sender this is.
    pub incarnation: Incarnation,
    /// Which of the sender's intervals this is, counted from 1 in every life. It also counts intervals in which the
    /// sender was too late to send anything, so that a sequence number stands for a time.
    pub sequence: u64,
}

/// What the local user asks a [`Monitor`](super::Monitor) for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Command {
    /// Add a peer, and expect heartbeats of it from now on.
    Watch(NodeId),
    /// Remove a peer, and forget it. No event tells that it is gone: the user said so.
    Unwatch(NodeId),
}

/// What the local user learns from a [`Monitor`](super::Monitor).
///
/// [`Suspected`](Event::Suspected) and [`Trusted`](Event::Trusted) alternate for each peer, beginning with the former:
/// a peer is trusted from the moment it is watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Event {
    /// The peer's heartbeat is overdue: it may have crashed.
    Suspected {
        /// The peer.
        peer: NodeId,
        /// How long it has said nothing, since its last heartbeat or since it is watched; pauses of the monitor left out.
        silence: Duration,
    },
    /// The peer is heard of again.
    Trusted {
        /// The peer.
        peer: NodeId,
        /// How long it was suspected.
        suspected_for: Duration,
    },
    /// The peer was started anew, and what was known of its earlier life is forgotten. If it was suspected, `Trusted`
    /// comes next.
    Restarted {
        /// The peer.
        peer: NodeId,
        /// Its new life.
        incarnation: Incarnation,
    },
    /// The monitor itself was not stepped for this long after its deadline. It suspects nobody for that.
    Paused {
        /// How much too late.
        by: Duration,
    },
    /// A message was ignored.
    Rejected {
        /// Who is said to have sent it.
        from: NodeId,
        /// Why.
        reason: Rejection,
    },
    /// A command was not carried out; nothing has changed.
    Refused(CommandError),
}

/// Why a heartbeat was ignored. It left no trace, not even of freshness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Rejection {
    /// The sender is not watched.
    Stranger,
    /// The sender bears this node's own name: two members are configured with one id, or a frame came back.
    Myself,
    /// It comes from an earlier life of its sender.
    OldIncarnation {
        /// The life that it comes from.
        received: Incarnation,
        /// The life that is known.
        current: Incarnation,
    },
    /// It has been received before, or is older than one that has.
    OldSequence {
        /// Its number.
        received: u64,
        /// The highest number received in this life; zero if none.
        latest: u64,
    },
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stranger => write!(f, "the sender is not watched"),
            Self::Myself => write!(f, "the sender bears this node's own id"),
            Self::OldIncarnation { received, current } => {
                write!(f, "it is of incarnation {received}, and the sender is known to be in incarnation {current}")
            }
            Self::OldSequence { received, latest } => {
                write!(f, "its sequence number {received} is not after {latest}, which has been received")
            }
        }
    }
}

impl core::error::Error for Rejection {}

/// Why a command was not carried out. Nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum CommandError {
    /// The peer cannot be added.
    Watch(GroupError),
    /// The peer cannot be removed.
    Unwatch(GroupError),
}

impl fmt::Display for CommandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Watch(why) => write!(f, "cannot watch: {why}"),
            Self::Unwatch(why) => write!(f, "cannot stop watching: {why}"),
        }
    }
}

impl core::error::Error for CommandError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Watch(why) | Self::Unwatch(why) => Some(why),
        }
    }
}
