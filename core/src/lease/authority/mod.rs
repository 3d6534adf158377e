//! Grants.

mod config;
mod event;

pub use config::{Config, ConfigError};
pub use event::{Command, Event, Freed, Misuse, Reason, Record};
