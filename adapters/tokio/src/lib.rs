//! Drives machines on tokio.
#![forbid(unsafe_code)]

pub mod clock;
pub mod driver;
mod error;
mod member;
mod notice;
pub mod status;
pub mod storage;
mod sys;
pub mod transport;

pub use driver::{Driver, Events, Frames, Handle, Happened, Observer};
pub use error::{Closed, Error};
pub use member::{
    Builder, CommandError, Event, JoinError, Leader, Leadership, Life, Member, PeerHealth, Stamped, Status, Stop,
    StopReason, Why,
};
pub use notice::{Notice, Rejection};
pub use transport::Transport;
