//! A member of a cluster that hosts the cluster's services while it leads.
//!
//! ```text
//!   Member ──leads, follows──▶ Authority     leases: locks, shared locks, semaphores
//!                         └──▶ Coordinator   barriers
//! ```
//!
//! A [`Host`] only routes. While its member leads, it opens the [`Authority`](crate::lease::Authority) and the
//! [`Coordinator`](crate::barrier::Coordinator) in the epoch of that leadership, and before anything is granted after its lease has
//! ended, or while it is being given up, it closes them; whoever asks then is told who leads. So there is one authority at a
//! time, which is what leases (L1 to L6) and barriers (B1 to B5) stand on.
//!
//! The services keep nothing on disk, and replicate nothing. What a leader knows is lost with it, and found again by the next:
//! holders reclaim their leases in its grace period, parties of barriers come again. Their safety rests on E1 and E2, so a
//! group whose [`Guarantee`] is `PerPartition` hosts none: such a [`Config`] cannot be made.
//!
//! Clients need not be members. Whoever sends a message of a lease or of a barrier is answered.
//!
//! ```
//! use quorate::detector::AnyDetector;
//! use quorate::election::{Guarantee, Start};
//! use quorate::host::{Config, ConfigError, Host};
//! use quorate::member::{DetectorKind, Profile};
//! use quorate::{Group, Incarnation, Input, Instant, Machine, Name, NodeId, Seed};
//!
//! let member = |guarantee| Profile::LAN.config::<16>(DetectorKind::Timeout, guarantee, Seed::new(1));
//! let config = Config::new(member(Guarantee::Majority)?, Profile::LAN.leases(), Profile::LAN.barriers())?;
//! let group = Group::<8>::alone(NodeId::new(1));
//! let mut host = Host::<AnyDetector<16>, Name, 8, 64, 4, 16>::new(config, group, &[], Incarnation::new(1), Start::First, Instant::ORIGIN)?;
//! while host.authority().epoch().is_none() {
//!     let now = host.deadline().unwrap();
//!     let _ = host.step(Input::Tick, now); // alone, it elects itself
//! }
//!
//! let error = Config::new(member(Guarantee::PerPartition)?, Profile::LAN.leases(), Profile::LAN.barriers()).unwrap_err();
//! assert_eq!(error, ConfigError::NeedsMajority);
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```
//!
//! [`Guarantee`]: crate::election::Guarantee

mod config;
mod machine;
mod message;

#[cfg(test)]
mod tests;

pub use config::{Config, ConfigError};
pub use machine::Host;
pub use message::{Command, Event, Message};
