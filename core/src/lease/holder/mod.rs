//! Acquires, renews and gives up.
//!
//! [`Holder`] is the machine. See the [module above](super) for what it promises.

mod answers;
mod config;
mod event;
mod machine;
#[cfg(test)]
mod tests;

pub use config::{Config, ConfigError, Timing};
pub use event::{Command, Event, Failure, Loss, Misuse, Patience, Reason};
pub use machine::{Holder, Standing};
