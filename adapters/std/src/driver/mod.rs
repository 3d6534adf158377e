//! Driving any machine, on a thread.
//!
//! A [`Driver`] is one loop: it waits for whichever comes first of a datagram, a command, the machine's deadline and a request to
//! stop, steps the machine, and carries the outputs out. There is one socket, one thread, and no thread per peer.
//!
//! # What is full
//!
//! | queue | bound | when it is full |
//! |---|---:|---|
//! | commands | 64 | who has one more waits |
//! | events ([`Events`]) | as asked for | the slowest receivers miss the oldest, and are told how many |
//! | datagrams out | the transport's (UDP: the socket's buffer) | dropped and counted; protocols repeat what matters |
//! | datagrams in | the transport's (UDP: the socket's buffer) | dropped by the system, as if the network had |
//!
//! # What is durable
//!
//! When a step asks for a record to be persisted, the driver waits for the storage, and steps no further meanwhile. What
//! the step put before the record has left by then; what comes after it leaves when the record is durable. If it cannot be
//! made durable, nothing of the rest ever leaves: the driver stops with [`Error::Storage`](crate::Error::Storage).

mod clients;
mod dispatch;
mod events;
mod frames;
mod handle;
mod observer;
mod reports;
mod run;
mod traffic;

pub use dispatch::{ASKER, Admitted, Dispatch};
pub use events::{Events, NextError, Receiver};
pub use frames::{Frames, MAX_PEERS};
pub use handle::Handle;
pub use observer::{Happened, Observer, Survey};
pub use reports::{Allowance, Reports};
pub use run::Driver;
pub use traffic::{Counters, Traffic};
