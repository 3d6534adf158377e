//! Every history of a small group: breadth-first, over the real machines.
//!
//! A swarm tries many histories, an explorer all of them, for a group that is small enough and faults that are few enough.
//! It checks that what must never be is in no reachable state, and that from *every* reachable state a good one can still
//! be reached: a protocol that locks itself up passes every check of safety.
//!
//! # Time
//!
//! A protocol with leases stands on time, so timers do not go off whenever they like. Time passes in quanta, for all nodes
//! alike. A message takes from one to [`Bounds::delay`] quanta, and messages that may arrive in one quantum are taken in any
//! order. A deadline that has come is served before time goes on. All instants are counted back from the present (see
//! [`Rebase`](quorate::Rebase)), so a state that has been before is recognised whenever it comes again, and the group can
//! be followed for ever.
//!
//! # Faults
//!
//! Messages are lost or repeated, nodes crash, also between a record and the sends behind it, and restart with what they made
//! durable, and links are cut: each at any time, as often as [`Bounds`] allows. The bounds are part of the
//! claim that a complete exploration makes, and are printed with it. One that ended early says so, and does not pass.
//!
//! # How it stays small
//!
//! As in SPIN's collapse compression (Holzmann 1997), the states of single nodes are few, though those of the group are many: each node's
//! state and each message is kept once and named by a number, what a step does is worked out once, and a group's state is a
//! handful of numbers. Of those that have been visited only a fingerprint of 128 bits is kept: that two of a hundred
//! million states have the same has a chance of one in 10²².

mod expand;
mod model;
pub mod models;
mod report;
mod search;
mod state;
mod tables;
mod turn;
mod visited;

pub use model::{Bounds, Model, View};
pub use report::{Counterexample, Deed, Move, Passage, Report};
pub use search::{Explorer, Progress};
