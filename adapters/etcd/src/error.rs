//! Why a cluster cannot be used.

use core::fmt;
use core::time::Duration;

/// Why an etcd cluster cannot be used.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// It could not be reached, or did not let this client in.
    Connect {
        /// Where it was looked for.
        endpoints: Vec<String>,
        /// What went wrong.
        source: etcd_client::Error,
    },
    /// It did not answer in time.
    Silent {
        /// For how long an answer was waited for.
        waited: Duration,
    },
    /// It answered with an error.
    Command {
        /// What it said.
        source: etcd_client::Error,
    },
    /// It answered something that cannot be an answer to what it was asked.
    Unexpected {
        /// What it was asked.
        asked: &'static str,
    },
    /// The lease that a claim stood on has run out.
    LeaseGone {
        /// etcd's number of it.
        lease: i64,
    },
    /// The operating system has no random numbers.
    Random(getrandom::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connect { endpoints, source } => {
                write!(f, "no connection to etcd at {}: {source}", endpoints.join(", "))
            }
            Self::Silent { waited } => write!(f, "etcd did not answer within {waited:?}"),
            Self::Command { source } => write!(f, "etcd refused a command: {source}"),
            Self::Unexpected { asked } => write!(f, "etcd's answer does not fit the question: {asked}"),
            Self::LeaseGone { lease } => write!(f, "the lease {lease:x} has run out"),
            Self::Random(source) => write!(f, "the operating system has no random numbers: {source}"),
        }
    }
}

impl core::error::Error for Error {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Connect { source, .. } | Self::Command { source } => Some(source),
            Self::Random(source) => Some(source),
            Self::Silent { .. } | Self::Unexpected { .. } | Self::LeaseGone { .. } => None,
        }
    }
}

impl From<etcd_client::Error> for Error {
    fn from(source: etcd_client::Error) -> Self {
        Self::Command { source }
    }
}
