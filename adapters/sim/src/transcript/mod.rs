//! What happens in a world, written down so that people read it like a dialogue.
//!
//! [`Worded`] puts the messages, events and records of a machine into words, and a [`Transcript`] is an
//! [`Observer`](crate::world::Observer) that writes them down. It leaves out what is the same all the time, and counts
//! it.
//!
//! ```text
//!          node 3, the leader, is paused for two seconds
//!          … 24 heartbeats, 18 coordinators, 18 acknowledges
//!   1.3308 2 has no leader, epoch 1: it did not renew its lease in time
//!   1.3378 2 → all: would you elect me for epoch 2?
//!   1.3392 1 → 2: I would, for epoch 2
//! ```
//!
//! Such texts, kept in files and compared by a test, are what a reviewer reads when behaviour changes.

mod barrier;
mod dialogue;
mod either;
mod folded;
mod host;
mod lease;
mod machines;
mod sending;
mod worded;

#[cfg(test)]
mod tests;

#[cfg(feature = "scenario")]
pub(crate) use barrier::party_tells;
pub use dialogue::Transcript;
#[cfg(feature = "scenario")]
pub(crate) use lease::holder_tells;
pub(crate) use lease::token_in_words;
pub use worded::{Opinion, Worded};
