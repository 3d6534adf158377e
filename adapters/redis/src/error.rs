//! Why a server cannot be used.

use core::fmt;
use core::time::Duration;

/// Why a Redis server cannot be used.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The address is none that Redis could have.
    Address {
        /// What was given, without its password.
        url: String,
        /// What is wrong with it.
        source: redis::RedisError,
    },
    /// The server could not be reached, or did not let this client in.
    Connect {
        /// Where it was looked for.
        address: String,
        /// What went wrong.
        source: redis::RedisError,
    },
    /// The server did not answer in time.
    Silent {
        /// For how long an answer was waited for.
        waited: Duration,
    },
    /// The server answered with an error.
    Command {
        /// What it said.
        source: redis::RedisError,
    },
    /// The operating system has no random numbers.
    Random(getrandom::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address { url, source } => {
                write!(f, "`{url}` is no address of a Redis server, such as redis://localhost:6379/0: {source}")
            }
            Self::Connect { address, source } => write!(f, "no connection to Redis at {address}: {source}"),
            Self::Silent { waited } => write!(f, "Redis did not answer within {waited:?}"),
            Self::Command { source } => write!(f, "Redis refused a command: {source}"),
            Self::Random(source) => write!(f, "the operating system has no random numbers: {source}"),
        }
    }
}

impl core::error::Error for Error {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Address { source, .. } | Self::Connect { source, .. } | Self::Command { source } => Some(source),
            Self::Random(source) => Some(source),
            Self::Silent { .. } => None,
        }
    }
}
