//! Leader election: the bully algorithm, with ballots and leases.
//!
//! (The machine itself comes with the next change; these are the types that it speaks in.)

mod config;
mod event;
mod message;

pub use config::{Config, ConfigError, Guarantee, Preempt, Role, Timing};
pub use event::{Command, CommandError, Event, Gone, Reason, Why};
pub use message::{Message, Record, Verdict};
