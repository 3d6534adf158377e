//! Counts who has arrived, and settles.
//!
//! [`Coordinator`] is the machine, closed until its host says that it is to coordinate; [`Fixed`] one that is always the same
//! node. See the [module above](super) for what they promise.

mod barrier;
mod config;
mod event;
mod fixed;
mod former;
mod hear;
mod machine;
mod newcomer;

pub use config::{Config, ConfigError};
pub use event::{Command, Event, Misuse, Reason, Record};
pub use fixed::Fixed;
pub use machine::{BarrierView, Coordinator, PlaceState, PlaceView};
