//! Grants.
//!
//! [`Authority`] is the machine, closed until its host says that it is the only one; [`Fixed`] one that is always the same
//! node. See the [module above](super) for what they promise.

mod claims;
mod config;
mod deadlines;
mod event;
mod fixed;
mod index;
mod machine;
mod reclaim;
mod slab;
#[cfg(test)]
mod tests;

pub use config::{Config, ConfigError};
pub use event::{Command, Event, Freed, Misuse, Reason, Record};
pub use fixed::Fixed;
pub use machine::{Authority, ClaimState, ClaimView};
