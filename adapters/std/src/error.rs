//! Why a driver stopped, and that it did.

use crate::storage::StorageError;
use core::fmt;
use std::io;
use std::sync::Arc;

/// Why a driver had to stop. Whatever its machine wanted to do after the point at which it failed has not been done.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Error {
    /// A record could not be made durable: the disk is full, perhaps. What was to be promised by it was not promised.
    Storage(Arc<StorageError>),
    /// Nothing can be received any more.
    Transport(Arc<io::Error>),
    /// The numbers of this incarnation's frames are used up.
    Exhausted,
    /// The driver was dropped or panicked before it had stopped.
    Aborted,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Storage(error) => write!(f, "stopped, since a promise could not be made durable: {error}"),
            Self::Transport(error) => write!(f, "stopped, since nothing can be received any more: {error}"),
            Self::Exhausted => write!(f, "stopped, since the numbers of frames are used up; start anew"),
            Self::Aborted => write!(f, "the driver was dropped, or panicked"),
        }
    }
}

impl core::error::Error for Error {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Storage(error) => Some(&**error),
            Self::Transport(error) => Some(&**error),
            Self::Exhausted | Self::Aborted => None,
        }
    }
}

impl From<StorageError> for Error {
    fn from(error: StorageError) -> Self {
        Self::Storage(Arc::new(error))
    }
}

/// The driver has stopped, so nothing can be asked of it. Its handle's `closed` tells why.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Closed;

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("it has stopped")
    }
}

impl core::error::Error for Closed {}
