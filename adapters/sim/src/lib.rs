//! A deterministic world for state machines that keep [`quorate::Machine`]'s contract: those of quorate and your own.
#![cfg_attr(not(feature = "std"), no_std)]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(any(test, feature = "std"))]
extern crate std;

pub mod check;
#[cfg(feature = "std")]
pub mod explore;
#[cfg(feature = "arbitrary")]
pub mod fuzz;
pub mod lesson;
pub mod picture;
#[cfg(feature = "std")]
mod progress;
#[cfg(feature = "scenario")]
pub mod scenario;
pub mod swarm;
pub mod transcript;
pub mod world;

#[cfg(feature = "std")]
pub use progress::Answer;
