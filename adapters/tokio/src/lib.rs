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
//! # Metrics
//!
//! Everything is brought up to date once a second, for whatever recorder of the crate `metrics` is installed by then. All
//! have the labels `group` and `node`.
//!
//! | name | kind | what |
//! |---|---|---|
//! | `quorate_leads` | gauge | 1 if this member leads, 0 if not |
//! | `quorate_leader` | gauge | the leader's id; -1 if none is known |
//! | `quorate_epoch` | gauge | the highest epoch that this member took part in |
//! | `quorate_lease_seconds` | gauge | what was left of this member's lease; only while it leads |
//! | `quorate_elections_won_total` | counter | how often it was elected |
//! | `quorate_leader_changes_total` | counter | how often it learnt of a new leader |
//! | `quorate_suspicions_total` | counter | how often it began to suspect a peer |
//! | `quorate_pauses_total` | counter | how often it was itself held up |
//! | `quorate_peer_level` | gauge | how strongly it suspects the `peer` |
//! | `quorate_peer_suspected` | gauge | 1 if it suspects the `peer`, 0 if not |
//! | `quorate_locks_granted_total` | counter | how often it granted a lock |
//! | `quorate_locks_reclaimed_total` | counter | how often it took back a lock that a leader before it had granted |
//! | `quorate_locks_expired_total` | counter | how often a lease of a lock ran out |
//! | `quorate_locks_held` | gauge | how many claims hold a lock, as far as this member grants them |
//! | `quorate_locks_waiting` | gauge | how many claims wait for one |
//! | `quorate_clients` | gauge | how many clients it remembers |
//! | `quorate_frames_in_total` | counter | frames taken |
//! | `quorate_frames_out_total` | counter | frames sent |
//! | `quorate_frames_unsent_total` | counter | frames that could not be sent |
//! | `quorate_dropped_total` | counter | what was dropped on arrival, by [`reason`](Rejection::name) |
//! | `quorate_messages_rejected_total` | counter | members' messages that came too late or out of place |
//! | `quorate_records_persisted_total` | counter | records made durable |
//! | `quorate_steps_total` | counter | steps of the machine |
//! | `quorate_step_nanoseconds_total` | counter | how long they took |
//! | `quorate_step_longest_seconds` | gauge | how long the longest took |
//!
//! # Logs
//!
//! Everything that a member does happens in the `tracing` span `member` with the fields `group` and `node`.
//!
//! | level | what |
//! |---|---|
//! | error | the member had to stop; epochs are used up |
//! | warn | a peer is suspected; a renewal is overdue; the member was held up; datagrams were dropped; a name was not found |
//! | info | who leads, and every change of it; a peer is trusted again, restarted or moved; the member stopped |
//! | debug | a message was not acted on; a command was refused; a datagram could not be sent |
#![forbid(unsafe_code)]

pub mod barriers;
mod client;
pub mod clock;
pub mod driver;
pub mod engine;
pub mod locks;
mod member;
mod question;
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
