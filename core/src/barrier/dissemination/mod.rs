//! A barrier without a coordinator.
//!
//! # What it is
//!
//! The dissemination barrier (Hensgen, Finkel and Manber, *Two algorithms for barrier synchronization*, 1988; Mellor-Crummey
//! and Scott 1991): in round k each member signals to the one 2ᵏ places further on in the ring, and waits for a signal from the one 2ᵏ
//! places before it. Who has done k rounds knows that the 2ᵏ members up to itself have arrived, so after ⌈log₂ n⌉ rounds all have.
//!
//! ```text
//!   round 0   1 → 2 → 3 → 4 → 5 → 1         each knows of 2 members
//!   round 1   1 → 3 → 5 → 2 → 4 → 1         of 4
//!   round 2   1 → 5 → 4 → 3 → 2 → 1         of all 5
//! ```
//!
//! A signal says how far its sender is, in all, and that only grows. So a signal that is lost is made up for by any later one, one
//! that comes twice or late says nothing new, and a member that waits asks the one that it waits for.
//!
//! # What it promises
//!
//! * **B1** Nobody is released from a generation before all members have arrived in it, in this life or in one before.
//! * **B3** Signals that come twice, late or out of order count once. Whoever has arrived in the next generation proves that this
//!   one is complete.
//! * **B2** When all have arrived, all that are up are released, once messages come through again.
//!
//! A member that starts again has forgotten how far it was. It *joins* first: it asks all the others, and goes on behind the furthest.
//! If it had arrived before, that counts; if it has not been released, it arrives again, for the same generation.
//!
//! # What it does not
//!
//! There is nobody who could decide that a generation broke, so none does (no B4): one that does not arrive holds the others up.
//! They are told [who it is](Event::Overdue). And at least one member has to keep running: when all have forgotten how far they
//! were, history begins anew, and what is still on its way from before must not arrive, which a frame's incarnation sees to. A member
//! that does not come back cannot be replaced. Where any of that matters, a [`Coordinator`](crate::barrier::Coordinator) is better.

mod config;
mod machine;
mod message;
#[cfg(test)]
mod tests;

pub use config::{Config, ConfigError};
pub use machine::{Dissemination, Standing};
pub use message::{Command, Event, Misuse, Progress, Reason, Signal};
