//! Drives machines on tokio.
#![forbid(unsafe_code)]

pub mod clock;
pub mod driver;
mod error;
mod notice;
pub mod storage;
mod sys;
pub mod transport;

pub use driver::{Driver, Events, Frames, Handle, Happened, Observer};
pub use error::{Closed, Error};
pub use notice::{Notice, Rejection};
pub use transport::Transport;
