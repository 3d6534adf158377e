//! Leases on resources: locks, shared locks, semaphores.
//!
//! An [`Authority`] grants, a [`Holder`] acquires, renews and gives up, and a [`Fence`] stands at the resource (Gray and
//! Cheriton 1989; Burrows 2006 for the lock-delay and the number that is shown at the resource).
//!
//! ```text
//!     Holder ──Acquire──▶ Authority          Holder ──token──▶ Fence ──▶ the resource
//!            ◀──Granted──
//!            ──Renew────▶
//!            ──Release──▶
//! ```
//!
//! # What is promised
//!
//! * **L1** No two leases of a resource are *valid* at an instant, unless both are [shared](Mode::Shared) or permits of one
//!   semaphore. A holder counts its lease from when it sent the request, shortened by the drift of clocks and a margin:
//!   `sent + L · (1 − ρ) / (1 + ρ) − margin`; an authority frees no earlier than L after it last granted, by its own clock.
//! * **L2** Tokens grow with each grant of a resource, across holders, restarts and leaders. Renewing, reclaiming and
//!   re-entering keep the token.
//! * **L3** A [`Fence`] refuses every token below the highest that it has seen, also after a restart.
//! * **L4** Whatever is lost or comes twice, a claim is acquired once, and a release ends the claim that it names and no other. (A
//!   copy of a request that comes after the release is granted anew, and given back by who is told.)
//! * **L5** Waiters are served in the order in which they came to this authority. A waiter can give up at any time, or not
//!   wait at all; what is granted at the end of a wait is good for some time yet, or is renewed before it is told.
//! * **L6** What a holder held that has crashed is free after the lease and the lock-delay, and the next in line has it.
//!
//! # What is assumed
//!
//! That clock *rates* are off by at most ρ ([`DriftBound`](crate::DriftBound)), and that there is one authority at a time: a fixed
//! one that [stores its epoch](authority::Record), or the leader of a group whose [`Guarantee`](crate::election::Guarantee) is
//! `Majority`. Where a clock is set, or a process is stopped between asking whether its lease is valid and acting, L1 can fail.
//! L3 stands on no clock, which is why what must not happen twice is done at a fence. Neither does L2 with a fixed authority. A
//! leader whose clock was set can grant beside its successor, and its tokens are of its own epoch, below those of the other.
//!
//! # When an authority is new
//!
//! It has no memory of what its predecessor granted, and needs none: for as long as the longest lease can last by any clock,
//! `L · (1 + ρ) / (1 − ρ)`, it grants nothing new, and takes the word of holders that renew what they hold, as NFSv4 servers
//! do (RFC 7530, section 9.6.2). Two who claim the same thing cannot both be right: the one with the higher token was granted
//! later, when the other's lease was over. Of more permits than there are, nobody knows which one was given back: all are taken
//! back, and nothing is granted beside them before one has run out.
//!
//! # Questions
//!
//! **Why does a holder that has lost its lease not say so to the authority?** Its work may still be under way. The lease runs out
//! by itself, and the lock-delay after it gives such work time to arrive.
//!
//! **Why does a claim that waits repeat itself?** So that a waiter that has crashed does not stand in the others' way for ever,
//! and because what it repeats is what its lease is counted from when it is granted.
//!
//! **Why is a broken lease not free at once?** Because its holder may not have heard of it. It is not renewed any more, its holder
//! is told, and as soon as it confirms, or its lease runs out, the next in line has it.

pub mod authority;
mod fence;
pub mod holder;
mod message;
mod mode;

pub use authority::Authority;
pub use fence::{Fence, Stale};
pub use holder::Holder;
pub use message::{ClaimId, Message, Refusal};
pub use mode::Mode;
