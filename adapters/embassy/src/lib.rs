//! quorate on microcontrollers: a driver for any machine over any link, with [embassy](https://embassy.dev)'s time and channels.
//!
//! There is no allocator and no `unsafe` here. Everything lies in statics of a size that is known when it is compiled, and all
//! capacities are const generics. It runs on a host too, by embassy's executor for one.
//!
//! * [`board`]: a member of a cluster, with the holders of its locks and its parties at barriers, as one machine;
//! * [`Member`]: what an application sees of it: the leader, [`Leadership`] with the time left, [`Lock`]s, barriers;
//! * [`drive`]: the one loop, for this machine and for any other;
//! * [`link`]: how frames travel: over UDP, or over any stream of bytes, such as a serial line;
//! * [`storage`]: what must survive a restart: in flash, or nothing at all.
//!
//! ```text
//!   task 1: drive(&BOARD, frames, receiving, transmitting, storage).await
//!   task 2: let member = Member::of(&BOARD);  member.leadership().await  member.lock("valve").await …
//! ```
//!
//! # Examples
//!
//! `cargo run -p quorate-embassy --features std --example serial` runs three boards on one bus, in one process;
//! `--features std,udp --example udp` three boards on a network.
//!
//! # Features
//!
//! None is on by default. `udp` and `flash` bring `embassy-net` and `sequential-storage`; `defmt` logs what happens; `std` takes the
//! time from the operating system, on hosts.
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    warn(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)
)]

#[macro_use]
mod log;

pub mod board;
mod clock;
mod driver;
pub mod link;
mod member;
mod shared;
pub mod storage;

pub use clock::now;
pub use driver::{Clients, Error, Frames, Observer, Session, drive};
pub use member::{AttendError, Attended, BarrierError, Desk, Leadership, Lock, LockError, Member, Stop, StopReason};
pub use shared::{Listener, Shared, Traffic};
