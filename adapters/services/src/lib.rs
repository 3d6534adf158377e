//! Locks, elections and barriers behind one family of traits: on quorate's own cluster, on Redis, or on etcd.
//!
//! Which engine it is says a URL, so that a program grows from one to another by its configuration:
//!
//! ```no_run
//! use quorate_services::{LockService, Requirement, Service, Settings, connect};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let services = connect(&std::env::var("LOCKS")?, Settings::default()).await?;
//! services.guarantees().require(&[Requirement::ExactFencing])?; // or say what is missing, and stop
//! let guard = services.acquire("orders/42").await?;
//! println!("held with the token {}", guard.token());
//! guard.release().await?;
//! # Ok(())
//! # }
//! ```
//!
//! | URL | engine | |
//! |---|---|---|
//! | `quorate://one:7401,two:7401/group?key-file=FILE` | [`Cluster`] | nothing else to run; not durable by itself |
//! | `redis://[user:password@]host:6379` | [`Redis`] | fast, and as safe as one server is |
//! | `etcd://[user:password@]one:2379,two:2379` | `Etcd`, with the feature `etcd` | durable, and slow |
//!
//! # The same promises
//!
//! All engines are held by one clockwork, [`Holder`](quorate::lease::holder::Holder): a lease counts from when it was asked for, is
//! renewed by itself, is doubted when a renewal is overdue, and is known to be lost before anybody else can be granted it. What an engine
//! adds to that or takes from it is said by its [`Guarantees`]: as a value, for programs that are told their engine when they start, and
//! as traits, for functions that must not be given another. Growing from one engine to another never weakens a guarantee silently.
//!
//! That this is so is tried by a suite of scenarios that runs on all engines, and can run on yours: see [`conformance`](mod@conformance).
#![forbid(unsafe_code)]

#[cfg(not(any(feature = "cluster", feature = "redis", feature = "etcd")))]
compile_error!("quorate-services needs an engine: turn on `cluster`, `redis` or `etcd`");

mod address;
#[cfg(feature = "cluster")]
mod cluster;
pub mod conformance;
mod connect;
#[cfg(feature = "etcd")]
mod etcd;
mod guarantees;
#[cfg(feature = "cluster")]
mod key_file;
#[cfg(feature = "redis")]
mod redis;
mod service;

pub use address::{Address, AddressError};
#[cfg(feature = "cluster")]
pub use cluster::Cluster;
pub use connect::{ConnectError, Services, Settings, connect};
#[cfg(feature = "etcd")]
pub use etcd::Etcd;
pub use guarantees::{ExactFencing, Fairness, Fencing, Guarantees, Linearizable, Outcome, Requirement, Unmet};
#[cfg(feature = "redis")]
pub use redis::Redis;
pub use service::{BarrierService, ElectionService, Leader, LockService, Service, ServiceError};
