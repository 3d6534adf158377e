//! Acquires, renews and gives up.

mod config;
mod event;

pub use config::{Config, ConfigError, Timing};
pub use event::{Command, Event, Failure, Loss, Misuse, Patience, Reason};
