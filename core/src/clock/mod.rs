//! Logical clocks: which event may have caused which.
//!
//! Four clocks, plain values with plain methods, and one machine, [`Process`], that stamps a node's local events, its
//! sends and its receipts with any of them.
//!
//! | clock | its stamp | what the stamps tell | bytes a stamp |
//! |---|---|---|---|
//! | [`LamportClock`] | [`LamportStamp`] | a total order that never contradicts causality | 16 |
//! | [`HybridClock`] | [`HybridStamp`] | the same, and about when it was | 8 |
//! | [`VectorClock`] | [`VectorStamp`] | causality, exactly, among a fixed number of processes | 8 · N |
//! | [`VersionClock`] | [`VersionVector`] | causality, exactly, among up to N processes that come as they come | 16 · N + 8 |
//!
//! An event `a` *happened before* `b`, written a → b, if both are of one process and `a` was first, or `a` sent the
//! message that `b` received, or there is a chain of such steps from `a` to `b` (Lamport 1978).
//!
//! # What is promised
//!
//! * **C1** a → b implies L(a) < L(b), for Lamport's stamps and for hybrid ones.
//! * **C2** V(a) < V(b) exactly when a → b, for vectors and version vectors. One pass decides [`Causality`], and
//!   `PartialOrd` agrees with it.
//! * **C3** a hybrid stamp is at or after its process's physical time, and not further ahead than the physical clocks
//!   of the group are apart (see [`HybridClock`] for what bursts and restarts add).
//! * **C4** what cannot be stamped is an error that holds all values and leaves the clock as it was: numbers that are
//!   used up, a stamp that runs implausibly far ahead, one that knows more of a process than that process itself. A
//!   [`Process`] that was restored never issues a stamp that its former self issued, and C1 and C2 hold across the restart.
//!
//! # What is assumed
//!
//! Peers may crash, and messages may be lost, repeated, delayed and reordered. A peer that lies within plausible bounds
//! is believed. C3 needs physical clocks that are within ε of each other; C1 does not.
//!
//! # Sources
//!
//! Lamport, *Time, clocks, and the ordering of events in a distributed system* (1978). Fidge, *Timestamps in
//! message-passing systems that preserve the partial ordering* (1988). Mattern, *Virtual time and global states of
//! distributed systems* (1989). Parker et al., *Detection of mutual inconsistency in distributed systems* (1983).
//! Kulkarni, Demirbas, Madappa, Avva and Leone, *Logical physical clocks and consistent snapshots in globally
//! distributed databases* (2014).
//!
//! # Example
//!
//! ```
//! use quorate::clock::{Causality, VectorClock};
//!
//! let (mut alice, mut bob) = (VectorClock::<2>::new(0)?, VectorClock::<2>::new(1)?);
//! let sent = alice.tick()?;
//! let unrelated = bob.tick()?;
//! let received = bob.observe(&sent)?;
//!
//! assert_eq!(sent.compare(&received), Causality::Before);
//! assert_eq!(sent.compare(&unrelated), Causality::Concurrent);
//! # Ok::<(), quorate::clock::ClockError>(())
//! ```

mod causality;
mod config;
mod error;
mod hybrid;
mod lamport;
mod machine;
mod message;
mod vector;
mod version;
mod wall;

pub use causality::Causality;
pub use config::{Config, ConfigError};
pub use error::{ClockError, MAX_LEAP};
pub use hybrid::{HybridClock, HybridStamp};
pub use lamport::{LamportClock, LamportStamp};
pub use machine::Process;
pub use message::{Command, CommandError, Event, Message, Rejection};
pub use vector::{VectorClock, VectorStamp};
pub use version::{VersionClock, VersionVector};
pub use wall::{Physical, WallTime, WallTimeError};

use crate::{Group, NodeId};
use core::fmt::Debug;
use core::hash::Hash;

/// A clock that a [`Process`] can run on. The four of this module are; yours may be.
///
/// What it must keep, for the promises to hold: every stamp that it issues is greater than the one before, and greater
/// than the stamp that was received; an error leaves it as it was.
///
/// ```
/// use quorate::clock::{Clock, LamportClock};
/// use quorate::NodeId;
///
/// fn two_events<C: Clock<Physical = ()>>(clock: &mut C) -> bool {
///     match (clock.advance(()), clock.advance(())) {
///         (Ok(first), Ok(second)) => first < second,
///         _ => false,
///     }
/// }
/// assert!(two_events(&mut LamportClock::new(NodeId::new(1))));
/// ```
pub trait Clock: Clone + Eq + Hash + Debug {
    /// What it puts on an event.
    type Stamp: Clone + Eq + Hash + Debug + PartialOrd;
    /// What it must be told at every event: [`WallTime`], or nothing.
    type Physical: Physical;

    /// The latest stamp that it issued, or was restored to; below every stamp if there is none.
    fn latest(&self) -> Self::Stamp;

    /// Stamps a local event or a send.
    ///
    /// # Errors
    ///
    /// [`ClockError::Overflow`]; the clock is as it was.
    fn advance(&mut self, physical: Self::Physical) -> Result<Self::Stamp, ClockError>;

    /// Stamps the receipt of a message that `from` sent with `stamp`.
    ///
    /// # Errors
    ///
    /// If the stamp is not to be believed or numbers are used up; the clock is as it was.
    fn receive(
        &mut self,
        from: NodeId,
        stamp: &Self::Stamp,
        physical: Self::Physical,
    ) -> Result<Self::Stamp, ClockError>;

    /// A stamp at or above the latest, which a process that reserves that much makes durable: from it a restored clock
    /// goes on. What `reserve` counts is up to the clock, see [`Config`].
    fn ceiling(&self, reserve: u32, physical: Self::Physical) -> Self::Stamp;

    /// The clock of the same process with the same settings as it was at first, or, if there is a `ceiling`, as it may
    /// go on when all that is known is that nothing above that was issued.
    #[must_use]
    fn restored(&self, ceiling: Option<&Self::Stamp>) -> Self;

    /// Whether this is the clock for `group.me()` in that group, and may reserve that much.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    fn check<const N: usize>(&self, group: &Group<N>, reserve: u32) -> Result<(), ConfigError>;
}
