//! Arrives, waits, and learns how it ended.
//!
//! [`Party`] is the machine. See the [module above](super) for what it promises.

mod answers;
mod config;
mod event;
mod machine;

pub use config::{Config, ConfigError, Timing};
pub use event::{Command, Event, Misuse, Reason};
pub use machine::{Party, Standing};
