//! A member of a cluster: heartbeats, a failure detector and an election, as one machine.
//!
//! ```text
//!   heartbeats ──▶ Monitor ──suspected, trusted──▶ Election ──elected, following, lost──▶ the local user
//! ```
//!
//! A [`Member`] only routes. What its detectors promise (D1 to D7) is said in [`detector`](crate::detector), what its election
//! promises (E1 to E6) in [`election`](crate::election), and it adds nothing to either: a suspicion is a hint to the
//! election, whose safety does not depend on it.
//!
//! A [`Profile`] sets all timings together: [`LAN`](Profile::LAN), [`WAN`](Profile::WAN) or [`BUS`](Profile::BUS).
//!
//! ```
//! use quorate::detector::AnyDetector;
//! use quorate::election::{Guarantee, Role, Start};
//! use quorate::member::{DetectorKind, Member, Profile};
//! use quorate::{Group, Incarnation, Input, Instant, Machine, NodeId, Seed};
//!
//! let [one, two, three] = [1, 2, 3].map(NodeId::new);
//! let config = Profile::LAN.config(DetectorKind::Timeout, Guarantee::Majority, Seed::new(1))?;
//! let group = Group::new(one, &[two, three])?;
//! let mut member = Member::<AnyDetector<16>, 8>::new(config, group, &[], Incarnation::new(1), Start::First, Instant::ORIGIN)?;
//! let heartbeat = member.step(Input::Tick, Instant::ORIGIN);
//! assert_eq!(heartbeat.len(), 1);
//! assert!(member.election().leader().is_none());
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```

mod config;
mod machine;
mod message;

#[cfg(test)]
mod tests;

pub use config::{Config, ConfigError, DetectorKind, Profile};
pub use machine::Member;
pub use message::{Event, Message};
