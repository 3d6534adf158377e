//! quorate's locks and barriers on an etcd cluster that runs already.
//!
//! An `Etcd` plays the authority of [leases](quorate::lease) by leases and transactions of etcd's. All else is as on quorate's own
//! cluster: the same machine holds the lease, counts it from when it asked, renews it, doubts it, and knows that it is lost before
//! anybody else can have it.
//!
#![cfg_attr(feature = "client", doc = "```no_run")]
#![cfg_attr(not(feature = "client"), doc = "```ignore")]
//! use quorate::DriftBound;
//! use quorate::lease::holder::Timing;
//! use quorate_etcd::{Etcd, Options};
//! use quorate_tokio::Locks;
//! use quorate_tokio::locks::Rules;
//! use std::time::Duration;
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let etcd = Etcd::connect(&["localhost:2379".into()], None, Options::default()).await?;
//! let rules = Rules::new(Timing::for_lease(Duration::from_secs(5), DriftBound::QUARTZ))?;
//! let locks = Locks::over(etcd.desk(), rules);
//! let guard = locks.acquire("orders/42").await?;
//! println!("held with the token {}", guard.token());
//! guard.release().await?;
//! # Ok(())
//! # }
//! ```
//!
//! # What is guaranteed
//!
//! | | |
//! |---|---|
//! | L1, one holder at a time | yes, linearizable: a majority of the cluster has it before it is answered |
//! | L2, tokens that grow | exact for whoever holds alone: a token is the revision in which the claim's key was created. Those who hold together have each their own, by the order in which they came |
//! | L4, lost and repeated messages | as everywhere: a key is one claim's, and is deleted by its revision, never by its name |
//! | L5, first come, first served | in the order of revisions; a waiter that is gone leaves the line when its lease ends |
//! | L6, crashed holders | what they held is free when etcd has noticed that the lease is over |
//! | lost leases are noticed | yes, before anybody else can have it, by the holder's own clock |
//! | lock-delay | `Options::lock_delay`, in whole seconds |
//! | B1 to B5, barriers | yes, and the outcome of a generation is always learnt |
//!
//! etcd counts leases in **whole seconds**, has a shortest one (about one and a half times its election timeout, so two seconds with its
//! defaults), and looks for those that are over twice a second. So what is asked for is rounded up for the cluster, and never for the
//! holder: a lease of 2.5 s is valid for 2.5 s at most, and another holder waits until etcd has let go of it, which can be a second
//! or two later. After a change of etcd's leader all leases last longer, by up to their whole length.
//!
//! # How it works
//!
//! Each claim has a lease of etcd's for itself, and a key on it whose value says how it wants to hold the resource. All claims of a
//! resource are under one prefix, and the order in which their keys were created is the line. A claim holds the resource if it bears all
//! those before it, and they hold it; otherwise it watches one of them, the last that is in its way, so that a release wakes one waiter
//! and not all. (Who waits for permits of a semaphore watches all before it: any of them can give back what is missing.)
//!
//! For a barrier there is one key, whose value is what a coordinator knows of it, as text. It is replaced, by a transaction on the
//! revision in which it was seen, only by who has seen the latest, and watched by who waits. That a client is there says a key on a
//! lease of its own.
//!
//! To open a lease takes etcd a write. So one that was released in good order serves the next claim of this process, for as long as it is
//! young; then an acquisition is one transaction, and a release another.
//!
//! Whoever deletes a claim's key by hand, with `etcdctl del`, breaks the lease: its holder is told at its next renewal. Mind that
//! the next in line holds the resource at once.
//!
//! # What it needs
//!
//! etcd 3.3 or newer. To build it, the feature `client`, without which this crate is empty, and the compiler of protocol buffers
//! (`protoc`; `apt-get install protobuf-compiler`).
#![forbid(unsafe_code)]

#[cfg(feature = "client")]
mod engine;
#[cfg(feature = "client")]
mod error;
#[cfg(feature = "client")]
mod keys;
#[cfg(feature = "client")]
mod line;
#[cfg(feature = "client")]
mod options;
#[cfg(feature = "client")]
mod registers;
#[cfg(feature = "client")]
mod session;
#[cfg(feature = "client")]
mod watch;

#[cfg(feature = "client")]
pub use engine::Etcd;
#[cfg(feature = "client")]
pub use error::Error;
#[cfg(feature = "client")]
pub use options::Options;
