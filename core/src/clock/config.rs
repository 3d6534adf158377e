//! What a process is set up with.

use super::Clock;
use crate::{Group, NodeId};
use core::fmt;

/// The validated settings of a [`Process`](super::Process).
///
/// # The reserve
///
/// So that a restart repeats no stamp, a process makes a *ceiling* durable before it issues stamps up to it, and goes on
/// from there when it is restored. The reserve says how far beyond the stamp at hand each ceiling is put:
///
/// * for Lamport's clock, in counts: one record is written for every `reserve` + 1 stamps, or less often the more the
///   clock leaps;
/// * for a hybrid clock, in units of [`WallTime`](super::WallTime) beyond physical time: one record is written for so
///   long a time less ε (`WallTime::units(Duration::from_secs(1))`: about one a second), so it should be more than ε;
///   it may be at most the clock's maximum offset;
/// * for vectors, in counts of the process's own: one record for every `reserve` + 1 local events and sends, and one for
///   every receipt that taught something. Without those a restarted process would not know what happened before.
///
/// With a reserve of zero, every stamp of a Lamport or vector clock costs a write, and none is skipped over a restart.
///
/// ```
/// use quorate::clock::{Config, ConfigError, LamportClock};
/// use quorate::{Group, NodeId};
///
/// let [a, b] = [1, 2].map(NodeId::new);
/// let group = Group::<4>::new(a, &[b])?;
/// let config = Config::new(group.clone(), LamportClock::new(a), 1_000)?;
/// assert_eq!(config.reserve(), 1_000);
///
/// let wrong = Config::new(group, LamportClock::new(b), 1_000);
/// assert_eq!(wrong, Err(ConfigError::OtherNode { node: b, me: a }));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Config<C, const N: usize> {
    group: Group<N>,
    clock: C,
    reserve: u32,
}

impl<C: Clock, const N: usize> Config<C, N> {
    /// A process of `group`, its clock, and how far it reserves.
    ///
    /// # Errors
    ///
    /// If the clock is not that of `group.me()`, or has no room for the group, or if the reserve is too long.
    pub fn new(group: Group<N>, clock: C, reserve: u32) -> Result<Self, ConfigError> {
        clock.check(&group, reserve)?;
        Ok(Self { group, clock, reserve })
    }

    /// The process and its peers.
    #[must_use]
    pub const fn group(&self) -> &Group<N> {
        &self.group
    }

    /// The clock as it was given.
    #[must_use]
    pub const fn clock(&self) -> &C {
        &self.clock
    }

    /// How far each ceiling is put beyond the stamp at hand.
    #[must_use]
    pub const fn reserve(&self) -> u32 {
        self.reserve
    }
}

/// Why a [`Config`] cannot be so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum ConfigError {
    /// The clock is another node's.
    OtherNode {
        /// Whose clock it is.
        node: NodeId,
        /// Whose process it was to be.
        me: NodeId,
    },
    /// The clock is at another position than the node has in its group.
    OtherPosition {
        /// The clock's.
        position: u32,
        /// How many members of the group come before the node.
        rank: u32,
        /// The node.
        me: NodeId,
    },
    /// The group has more members than the clock has room for.
    TooMany {
        /// Members, the node itself among them.
        members: u32,
        /// How many fit.
        capacity: u32,
    },
    /// After a restart the clock would be further ahead than its peers may accept.
    ReserveBeyondOffset {
        /// What was to be reserved, in units of [`WallTime`](super::WallTime).
        reserve: u32,
        /// How far ahead a stamp may be, in the same units.
        max_offset: u64,
    },
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OtherNode { node, me } => write!(f, "the clock is that of node {node}, not of node {me}"),
            Self::OtherPosition { position, rank, me } => write!(
                f,
                "the clock is at position {position}, but node {me} has {rank} members of its group before it"
            ),
            Self::TooMany { members, capacity } => {
                write!(f, "a group of {members} does not fit a clock that has room for {capacity}")
            }
            Self::ReserveBeyondOffset { reserve, max_offset } => write!(
                f,
                "a reserve of {reserve} units of 1/65,536 s is more than the maximum offset of {max_offset}: peers \
                 would reject the stamps of a restarted node"
            ),
        }
    }
}

impl core::error::Error for ConfigError {}
