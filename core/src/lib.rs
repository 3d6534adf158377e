//! Coordination protocols as pure state machines.
//!
//! A protocol here is a value. It is told what happened and what time it is, and it answers with what is to be done:
//!
//! ```text
//!     input, now ──▶ step ──▶ at most four outputs
//!                     │
//!                     └─────▶ one deadline: when to call again if nothing happens
//! ```
//!
//! There is no runtime, no socket, no clock, no allocator and no `unsafe` inside, so a server, a thread, a browser tab
//! and a microcontroller run the very same machine, and so do a fuzzer, a model checker and a simulator.
//!
//! # Where to start
//!
//! * [`Machine`] is the contract that all protocols share; the [`laws`] module says what every machine obeys and checks it.
//! * [`clock`]: logical clocks (Lamport, vector, version vector, hybrid).
//! * [`detector`]: failure detectors, and the [`detector::Monitor`] that feeds them with heartbeats.
//! * [`election`]: the bully algorithm, with a lease that makes it safe across partitions.
//! * [`barrier`]: barriers with and without a coordinator: nobody goes on before all have arrived.
//! * [`member`]: detector and election together, the machine that a cluster runs.
//! * [`lease`]: locks, shared locks and semaphores: who grants, who holds, and the fence at the resource.
//! * [`host`]: a member that hosts locks and barriers while it leads.
//!
//! # Driving a machine by hand
//!
//! An adapter (such as `quorate-tokio`) does this for you; on a board of your own it is a loop of this shape:
//!
//! ```
//! use quorate::{Input, Instant, Machine, Output};
//!
//! fn drive<M: Machine>(machine: &mut M, input: Input<M::Command, M::Message>, now: Instant) {
//!     for output in machine.step(input, now) {
//!         match output {
//!             Output::Persist(_record) => { /* write it, and wait until it is durable, before what follows */ }
//!             Output::Send { to: _, message: _ } => { /* encode once, send to each of `machine.peers()` that `to` names */ }
//!             Output::Event(_event) => { /* tell the application */ }
//!         }
//!     }
//!     let _sleep_until = machine.deadline(); // then step with `Input::Tick`
//! }
//! ```
//!
//! # Features
//!
//! None is on by default. `std` adds conversions to the standard library's types, `serde` serialisation of what is
//! sent, stored or configured, `arbitrary` generation of inputs for fuzzers, `defmt` logging on microcontrollers.
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    warn(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)
)]

#[cfg(any(test, feature = "std", feature = "arbitrary"))]
extern crate std;

#[macro_use]
#[cfg(quorate_ledger)]
pub mod planted;
#[macro_use]
#[cfg(not(quorate_ledger))]
mod planted;

pub mod barrier;
pub mod clock;
pub mod detector;
pub mod election;
mod group;
pub mod host;
mod identity;
pub mod laws;
pub mod lease;
mod machine;
pub mod member;
mod name;
mod rebase;
mod seed;
mod step;
mod time;
mod timers;
mod token;
mod total;

pub use group::{Group, GroupError};
pub use identity::{Epoch, Incarnation, NodeId};
pub use machine::{Infallible, Input, InputOf, Machine, Output, OutputOf, StepOf, To};
pub use name::{Name, NameError};
pub use rebase::Rebase;
pub use seed::{Random, Seed};
pub use step::{IntoIter, Step};
pub use time::{DriftBound, DriftBoundError, Instant};
pub use timers::Timers;
pub use token::FencingToken;
