//! Grants.
//!
//! [`Authority`] is the machine, closed until its host says that it is the only one; [`Fixed`] one that is always the same
//! node. See the [module above](super) for what they promise.

mod claims;
mod config;
mod deadlines;
mod end;
mod event;
mod fixed;
mod grant;
mod index;
mod machine;
mod renew;
mod slab;
#[cfg(test)]
mod tests;
mod view;

pub use config::{Config, ConfigError};
pub use event::{Command, Event, Freed, Misuse, Reason, Record};
pub use fixed::Fixed;
pub use machine::Authority;
pub use view::{ClaimState, ClaimView};
