//! Why a member cannot be.

use crate::storage::StorageError;
use crate::transport::BindError;
use core::fmt;
use core::net::SocketAddr;
use quorate::member::ConfigError;
use quorate::{GroupError, NodeId, host};
use std::io;

/// Why a member cannot join.
#[derive(Debug)]
#[non_exhaustive]
pub enum JoinError {
    /// The timings do not go together.
    Config(ConfigError),
    /// What it is to host does not go with the rest.
    Host(host::ConfigError),
    /// The members do not make a group.
    Group(GroupError),
    /// The group's name is empty or too long.
    GroupName {
        /// The name.
        name: String,
    },
    /// No member can have this id.
    ReservedId {
        /// The id.
        id: NodeId,
    },
    /// It was not said where to listen.
    NoAddress,
    /// It was not said what is to survive a restart.
    NoState,
    /// The address to listen on cannot be found.
    Address {
        /// What was given.
        name: String,
        /// Why not.
        error: io::Error,
    },
    /// The address cannot be listened on.
    Bind(BindError),
    /// Others than this machine could take part, without a key.
    Insecure {
        /// The address to listen on.
        address: SocketAddr,
    },
    /// The state directory cannot be used.
    Storage(StorageError),
    /// There is nothing that could run it: no further thread, or a runtime that is shutting down.
    Runtime(io::Error),
}

macro_rules! from {
    ($($error:ty => $variant:ident),*) => {$(
        impl From<$error> for JoinError {
            fn from(error: $error) -> Self {
                Self::$variant(error)
            }
        }
    )*};
}
from!(ConfigError => Config, host::ConfigError => Host, GroupError => Group, BindError => Bind, StorageError => Storage);

impl fmt::Display for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config(error) => error.fmt(f),
            Self::Host(error) => error.fmt(f),
            Self::Group(error) => error.fmt(f),
            Self::GroupName { name } if name.is_empty() => f.write_str("the group needs a name"),
            Self::GroupName { name } => write!(
                f,
                "the group's name has {} bytes, more than the {} that a name can have",
                name.len(),
                super::wire::LONGEST_NAME
            ),
            Self::ReservedId { id } => write!(
                f,
                "no member can have the id {id}: those from {} on are clients', who draw them at random",
                NodeId::FIRST_CLIENT
            ),
            Self::NoAddress => f.write_str("it was not said where to listen"),
            Self::NoState => f.write_str(
                "it was not said what is to survive a restart: give a state directory, or say that there is none \
                 (diskless)",
            ),
            Self::Address { name, error } => write!(f, "cannot find the address `{name}` to listen on: {error}"),
            Self::Bind(error) => error.fmt(f),
            Self::Insecure { address } => write!(
                f,
                "listening on {address} without a key would let anybody who can reach it take part: give all members \
                 a key, or allow it explicitly (insecure)"
            ),
            Self::Storage(error) => error.fmt(f),
            Self::Runtime(error) => write!(f, "there is nothing that could run it: {error}"),
        }
    }
}

impl core::error::Error for JoinError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Config(error) => Some(error),
            Self::Host(error) => Some(error),
            Self::Group(error) => Some(error),
            Self::Address { error, .. } | Self::Runtime(error) => Some(error),
            Self::Bind(error) => Some(error),
            Self::Storage(error) => Some(error),
            Self::GroupName { .. }
            | Self::ReservedId { .. }
            | Self::NoAddress
            | Self::NoState
            | Self::Insecure { .. } => None,
        }
    }
}
