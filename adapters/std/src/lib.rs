//! Drives quorate's machines on threads, without an async runtime; and holds what all adapters with an operating system share.
//!
//! | module | what |
//! |---|---|
//! | [`driver`] | drives any machine on a thread, over any [transport] and [storage] |
//! | [`local`] | machines of one process, shared by its threads through mailboxes, without a socket |
//! | [`locks`] | locks, shared locks and semaphores among the threads of a process |
//! | [`clock`] | the time, on a clock that counts while the machine is suspended |
//!
//! What threads wait for each other by is written over an alias of `std::sync`, in whose place a model checker can be put.
//! [`Mailbox`], [`local`] and [`locks`] are checked: `.ci/loom.sh` has loom try every interleaving of a few threads, and shuttle many
//! of larger groups. A driver's handles, its events and the in-process network stand on the same alias and have no models of their
//! own; a driver's commands and their answers go through mailboxes.
#![forbid(unsafe_code)]

pub mod clock;
#[cfg(not(any(loom, shuttle)))]
pub mod driver;
#[cfg(not(any(loom, shuttle)))]
mod error;
pub mod local;
pub mod locks;
#[cfg(not(any(loom, shuttle)))]
mod notice;
#[cfg(not(any(loom, shuttle)))]
pub mod storage;
mod sync;
#[cfg_attr(any(loom, shuttle), allow(dead_code, unused_imports, reason = "sockets and storage are not built then"))]
mod sys;
#[cfg(not(any(loom, shuttle)))]
pub mod transport;

#[cfg(not(any(loom, shuttle)))]
pub use driver::{Driver, Events, Frames, Handle, Happened, Observer};
#[cfg(not(any(loom, shuttle)))]
pub use error::{Closed, Error};
#[cfg(not(any(loom, shuttle)))]
pub use notice::{Notice, Rejection};
pub use sync::{Mailbox, Taken, Undelivered};

#[cfg(all(test, any(loom, shuttle)))]
mod threads;
