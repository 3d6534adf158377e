//! A board as one machine: a member of a cluster, the holders of its locks, and its parties at barriers.
//!
//! ```text
//!            ┌ Member, or Host with services ─┐
//!   network ─┤ Holder, Holder …               ├─ application
//!            └ Party, Party …                 ┘
//! ```
//!
//! A [`Board`] only routes. While its own member leads, what its holders and parties say to the leader stays on the board. `M` is a
//! [`Member`](quorate::member::Member) where boards leave it to servers to host locks and barriers, and a
//! [`Host`](quorate::host::Host) where they do so themselves while they lead: [`Serves`] says which.

mod machine;
mod message;
mod serves;

pub use machine::{Board, Error, Rules};
pub use message::{Command, Event};
pub use serves::Serves;
