//! Drives quorate's machines on tokio.
//!
//! A [`Member`] joins a cluster, says who leads it, and hands out a [`Leadership`] while it leads itself. Below it is a
//! [`Driver`] that runs any machine over any [`Transport`](transport::Transport) and [`Storage`](storage::Storage).
//!
//! ```no_run
//! use quorate::NodeId;
//! use quorate_tokio::Member;
//!
//! #[tokio::main(flavor = "current_thread")]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let [one, two, three] = [1, 2, 3].map(NodeId::new);
//!     let member = Member::builder(one)
//!         .listen("127.0.0.1:7401")
//!         .peer(two, "127.0.0.1:7402")
//!         .peer(three, "127.0.0.1:7403")
//!         .state_dir("/var/lib/orders/1")
//!         .join()
//!         .await?;
//!     loop {
//!         let leadership = member.leadership().await?; // this member leads
//!         tokio::select! {
//!             () = work(leadership.epoch()) => {}
//!             stop = leadership.doubtful() => eprintln!("{stop}"), // and the work is dropped
//!         }
//!         leadership.release().await; // another may lead at once
//!     }
//! }
//!
//! async fn work(_epoch: quorate::Epoch) { /* what only the leader does */ }
//! ```
//!
//! # What to rely on
//!
//! * **Leading.** [`Leadership::is_valid`] and [`time_left`](Leadership::time_left) are worked out at each question from a
//!   [clock] that counts while the machine is suspended. They are right even if no task has run for an hour. What takes
//!   effect later than it was asked, such as a write that is under way, has to carry the [epoch](Leadership::epoch) to a
//!   resource that refuses older ones.
//! * **Promises.** A vote is durable before it leaves. If it cannot be made durable, it never leaves, the member stops, and
//!   [`Member::closed`] says why; see [`driver`] and [`storage`].
//! * **Strangers.** A datagram that is malformed, altered, repeated, of another group, of an older life, from an address that
//!   is not its sender's, or from a member that has another list of members, is dropped, counted by reason, and reported
//!   once a second at most: as [`Notice::Dropped`] among the [events](Member::events), and as a warning. The member goes on.
//! * **Cost.** One socket, one timer and one task, whatever the number of peers, of which there are at most
//!   [32](driver::MAX_PEERS). The example `idle` measures it.
//!
//! # Metrics and logs
//!
//! The [documentation of what all members share](quorate_std::membership) lists them.
#![forbid(unsafe_code)]

pub mod administration;
pub mod barriers;
mod client;
pub mod clock;
pub mod driver;
pub mod engine;
pub mod locks;
mod member;
mod question;
mod signal;
pub mod status;
pub mod storage;
pub mod transport;

pub use barriers::Barriers;
pub use client::{Client, ClientBuilder, ConnectError};
pub use driver::{Driver, Events, Frames, Handle, Happened, Observer};
pub use locks::Locks;
pub use member::{
    Builder, CommandError, Event, JoinError, Leader, Leadership, Life, MAX_BARRIERS, MAX_CLAIMS, MAX_CLIENTS,
    MAX_PARTIES, Member, PeerHealth, Stamped, Status, Stop, StopReason, Why,
};
pub use quorate_std::{Closed, Error, Notice, Rejection};

/// The examples of the project's README, as tests.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
