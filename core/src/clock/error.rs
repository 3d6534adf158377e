//! Why an event cannot be stamped.

use super::{HybridStamp, WallTime};
use crate::NodeId;
use core::fmt;

/// How far a count in a received stamp may be ahead of what is known here: 2⁴⁸ − 1.
///
/// Without such a bound, one stamp near `u64::MAX` would use up the numbers of everyone whom it reaches. Honest
/// processes that stamp a million events a second need almost nine years to be that far apart, and a liar needs
/// 65,536 accepted messages to use the numbers up.
pub const MAX_LEAP: u64 = (1 << 48) - 1;

/// Why an event was not stamped. The clock is as it was before.
///
/// ```
/// use quorate::clock::{ClockError, LamportClock, LamportStamp};
/// use quorate::NodeId;
///
/// let mut clock = LamportClock::new(NodeId::new(1));
/// let poisoned = LamportStamp { time: u64::MAX, node: NodeId::new(2) };
/// let error = clock.observe(&poisoned).unwrap_err();
/// assert_eq!(error, ClockError::Leap { entry: 2, ours: 0, theirs: u64::MAX });
/// assert_eq!(clock, LamportClock::new(NodeId::new(1)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum ClockError {
    /// The numbers are used up.
    Overflow {
        /// Where the clock stands, or would have been set by the stamp that was received.
        at: u64,
    },
    /// A received count is more than [`MAX_LEAP`] ahead of what is known here.
    Leap {
        /// Whose count: a node's number, or a position in a [`VectorStamp`](super::VectorStamp).
        entry: u32,
        /// What is known here.
        ours: u64,
        /// What was received.
        theirs: u64,
    },
    /// A received stamp knows of events of this very process that it never had. Another process runs under the same
    /// name, or this one was restarted without its record.
    Forgotten {
        /// This process: a node's number, or a position in a [`VectorStamp`](super::VectorStamp).
        entry: u32,
        /// Its events so far.
        ours: u64,
        /// Its events according to the stamp.
        theirs: u64,
    },
    /// A stamp bears another name than that of the node that sent it.
    Forged {
        /// Who sent it.
        from: NodeId,
        /// Whose name it bears.
        named: NodeId,
    },
    /// A version vector has no room for one more node.
    Full {
        /// The node that does not fit.
        node: NodeId,
        /// How many nodes fit.
        capacity: u32,
    },
    /// A vector has no such position.
    Outside {
        /// The position.
        position: u32,
        /// How many positions there are, counted from zero.
        size: u32,
    },
    /// A hybrid stamp is further in the future than clocks may be apart. The sender's clock is ahead, or this node's is
    /// behind, or was never set.
    FromTheFuture {
        /// What was received.
        stamp: HybridStamp,
        /// Physical time here.
        physical: WallTime,
        /// How far ahead a stamp may be, in units of [`WallTime`].
        most: u64,
    },
}

impl fmt::Display for ClockError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Overflow { at } => write!(f, "the clock stands at {at} and has no further numbers"),
            Self::Leap { entry, ours, theirs } => write!(
                f,
                "count {theirs} of process {entry} is more than {MAX_LEAP} ahead of {ours}, what is known here"
            ),
            Self::Forgotten { entry, ours, theirs } => write!(
                f,
                "the stamp knows of {theirs} events of process {entry}, this one, which has had {ours}: \
                 two processes share a name, or this one has lost its record"
            ),
            Self::Forged { from, named } => write!(f, "node {from} sent a stamp in the name of node {named}"),
            Self::Full { node, capacity } => {
                write!(f, "node {node} does not fit into a version vector that has room for {capacity} nodes")
            }
            Self::Outside { position, size } => {
                write!(f, "position {position} is not in a vector of {size} processes, counted from zero")
            }
            Self::FromTheFuture { stamp, physical, most } => write!(
                f,
                "stamp {stamp} is {} ahead of this node's clock, which shows {physical}, and {} is the most that is \
                 accepted: one of the two clocks is wrong{}",
                Seconds(stamp.physical().saturating_sub(physical.get())),
                Seconds(*most),
                if physical.looks_unset() { ", and this node's looks as if it had never been set" } else { "" }
            ),
        }
    }
}

/// Units of wall-clock time, shown as seconds.
struct Seconds(u64);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = (self.0 % WallTime::PER_SECOND).saturating_mul(1_000) / WallTime::PER_SECOND;
        write!(f, "{}.{millis:03}s", self.0 / WallTime::PER_SECOND)
    }
}

impl core::error::Error for ClockError {}
