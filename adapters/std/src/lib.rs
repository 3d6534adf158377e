//! Drives quorate's machines on threads, without an async runtime; and holds what all adapters with an operating system share.
//!
//! A [`Member`] joins a cluster, says who leads it, and hands out a [`Leadership`] while it leads itself. A [`Client`] holds locks and
//! waits at barriers that the cluster's leader hosts. Every wait is a plain call that blocks, for as long as it is told to at most.
//!
//! ```no_run
//! use quorate::NodeId;
//! use quorate_std::Member;
//!
//! let [one, two, three] = [1, 2, 3].map(NodeId::new);
//! let member = Member::builder(one)
//!     .listen("127.0.0.1:7401")
//!     .peer(two, "127.0.0.1:7402")
//!     .peer(three, "127.0.0.1:7403")
//!     .state_dir("/var/lib/orders/1")
//!     .join()?;
//! loop {
//!     let leadership = member.leadership()?; // this member leads
//!     let watch = leadership.watch();
//!     std::thread::scope(|scope| {
//!         scope.spawn(|| work(leadership.epoch(), &|| watch.doubtful(Some(std::time::Duration::ZERO)).is_none()));
//!     });
//!     leadership.release(); // the work has stopped: another one may lead at once
//! }
//!
//! /// Does what only the leader does, piece by piece, as long as it goes on.
//! fn work(_epoch: quorate::Epoch, goes_on: &dyn Fn() -> bool) {
//!     while goes_on() { /* … a piece … */ }
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | module or type | what | threads |
//! |---|---|---|
//! | [`Member`] | a member of a cluster, over UDP or any [transport] | one |
//! | [`Client`] | the locks and barriers of a cluster, without being a member of it | one, however many locks and barriers |
//! | [`locks`] | locks, shared locks and semaphores, of a cluster or among the threads of a process | none of a client's; one among threads |
//! | [`barriers`] | barriers, single, cyclic and double, of a cluster or among the threads of a process | none |
//! | [`driver`] | drives any machine, over any [transport] and [storage] | one |
//! | [`local`] | machines of one process, shared by its threads through mailboxes, without a socket | those that wait there |
//! | [`status`] | what a member sees, asked from outside | |
//! | [`clock`] | the time, on a clock that counts while the machine is suspended | |
//!
//! What never waits is shared with `quorate-tokio`: [`membership`], [`client::Post`], [`question`], [`driver::Dispatch`].
//!
//! # What is checked
//!
//! What threads wait for each other by is written over an alias of `std::sync`, in whose place a model checker can be put.
//! [`Mailbox`], [`Bell`], [`Cancel`], [`local`], [`locks`], [`barriers`] and the leadership that a guard looks at are checked:
//! `.ci/loom.sh` has loom try every interleaving of a few threads, and shuttle many of larger groups. Locks and barriers of a cluster
//! are the same machines behind the same mutex as those among threads. A driver's handles, its events and the in-process network
//! stand on the same alias and have no models of their own; a driver's commands and their answers go through mailboxes.
#![forbid(unsafe_code)]

#[cfg_attr(any(loom, shuttle), allow(dead_code, reason = "a cluster's part of it is not built then"))]
pub mod barriers;
mod cancel;
pub mod carrier;
#[cfg(not(any(loom, shuttle)))]
pub mod client;
pub mod clock;
#[cfg(not(any(loom, shuttle)))]
pub mod driver;
#[cfg(not(any(loom, shuttle)))]
mod error;
pub mod local;
#[cfg_attr(any(loom, shuttle), allow(dead_code, reason = "a cluster's part of it is not built then"))]
pub mod locks;
#[cfg(not(any(loom, shuttle)))]
mod member;
#[cfg(not(any(loom, shuttle)))]
pub mod membership;
#[cfg(not(any(loom, shuttle)))]
mod notice;
#[cfg(not(any(loom, shuttle)))]
pub mod question;
mod schedule;
#[cfg_attr(any(loom, shuttle), allow(dead_code, reason = "clients are not built then"))]
mod shared;
mod signal;
#[cfg(not(any(loom, shuttle)))]
pub mod status;
#[cfg(not(any(loom, shuttle)))]
pub mod storage;
mod sync;
#[cfg_attr(any(loom, shuttle), allow(dead_code, unused_imports, reason = "sockets and storage are not built then"))]
mod sys;
#[cfg_attr(any(loom, shuttle), allow(dead_code, reason = "members are not built then"))]
mod tenure;
#[cfg(not(any(loom, shuttle)))]
pub mod transport;

pub use barriers::Barriers;
pub use cancel::Cancel;
#[cfg(not(any(loom, shuttle)))]
pub use client::{Client, ClientBuilder, ConnectError};
#[cfg(not(any(loom, shuttle)))]
pub use driver::{Driver, Events, Frames, Handle, Happened, Observer};
#[cfg(not(any(loom, shuttle)))]
pub use error::{Closed, Error};
#[cfg(not(any(loom, shuttle)))]
pub use locks::Locks;
#[cfg(not(any(loom, shuttle)))]
pub use member::{Builder, Leadership, LeadershipWatch, Member, MemberEvents};
#[cfg(not(any(loom, shuttle)))]
pub use membership::{
    CommandError, Event, JoinError, Leader, Life, MAX_BARRIERS, MAX_CLAIMS, MAX_CLIENTS, MAX_PARTIES, PeerHealth,
    Stamped, Status, Stop, StopReason, Why,
};
#[cfg(not(any(loom, shuttle)))]
pub use notice::{Notice, Rejection};
pub use signal::{Bell, Heard, Signal};
pub use sync::{Mailbox, Taken, Undelivered};

#[cfg(all(test, any(loom, shuttle)))]
mod threads;
