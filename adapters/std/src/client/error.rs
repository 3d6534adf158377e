//! Why a client cannot be.

use crate::question::AskError;
use core::fmt;
use quorate::barrier::party;
use quorate::lease::holder::ConfigError;
use quorate::{GroupError, NodeId};
use std::io;

/// Why a client cannot be.
#[derive(Debug)]
#[non_exhaustive]
pub enum ConnectError {
    /// Nobody was named who could be asked.
    NoAddress,
    /// Nobody answers. This is what the last one said.
    Ask(AskError),
    /// The group grants no locks: its guarantee is not `Majority`.
    NoServices {
        /// The group.
        group: String,
        /// Who was asked.
        id: NodeId,
    },
    /// The members do not make a group.
    Members(GroupError),
    /// The timings do not go together.
    Timing(ConfigError),
    /// The timings at barriers do not go together.
    Meeting(party::ConfigError),
    /// There is no socket to be had.
    Socket(io::Error),
    /// There is nothing that could run it: no further thread.
    Thread(io::Error),
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoAddress => f.write_str("it was not said where any member is"),
            Self::Ask(error) => error.fmt(f),
            Self::NoServices { group, id } => write!(
                f,
                "node {id} says that the group `{group}` grants no locks: that takes the guarantee `majority`"
            ),
            Self::Members(error) => error.fmt(f),
            Self::Timing(error) => error.fmt(f),
            Self::Meeting(error) => error.fmt(f),
            Self::Socket(error) => write!(f, "cannot open a socket: {error}"),
            Self::Thread(error) => write!(f, "there is nothing that could run it: {error}"),
        }
    }
}

impl core::error::Error for ConnectError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Ask(error) => Some(error),
            Self::Members(error) => Some(error),
            Self::Timing(error) => Some(error),
            Self::Meeting(error) => Some(error),
            Self::Socket(error) | Self::Thread(error) => Some(error),
            Self::NoAddress | Self::NoServices { .. } => None,
        }
    }
}
