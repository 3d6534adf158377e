//! What must survive a restart.
//!
//! A machine that has promised something asks for a record of it to be made durable before the promise leaves the node.
//! [`StateDirectory`] keeps records on disk; [`Nowhere`] keeps nothing, for members that start without memory each
//! time and make up for it.

mod directory;
mod file;

pub use directory::{Owner, RecordFile, StateDirectory};

use core::fmt;
use core::sync::atomic::{AtomicU64, Ordering};
use quorate::Incarnation;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// Keeps the last record of a machine.
///
/// ```
/// use quorate_std::storage::{Storage, StorageError};
/// use std::sync::{Arc, Mutex};
///
/// /// Survives a member that is started anew in the same process: for tests.
/// #[derive(Clone, Debug, Default)]
/// struct Memory<R>(Arc<Mutex<Option<R>>>);
///
/// impl<R: Clone + Send + 'static> Storage<R> for Memory<R> {
///     fn persist(&mut self, record: R) -> Result<(), StorageError> {
///         *self.0.lock().unwrap() = Some(record);
///         Ok(())
///     }
/// }
/// ```
pub trait Storage<R>: Send + 'static {
    /// Makes `record` durable, instead of the one before, and returns only then. The driver waits for it, and does
    /// nothing else meanwhile.
    ///
    /// # Errors
    ///
    /// If it cannot. The record before is then still there, or this one is, but nothing between; what the machine
    /// wanted to do next never happens, and the driver stops with this error.
    fn persist(&mut self, record: R) -> Result<(), StorageError>;
}

/// Keeps nothing: for machines without a record, and for members that start
/// [without memory](quorate::election::Start::Forgetful) each time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Nowhere;

impl<R: Send + 'static> Storage<R> for Nowhere {
    fn persist(&mut self, _: R) -> Result<(), StorageError> {
        Ok(())
    }
}

/// An incarnation from the wall clock: microseconds since 1970, and higher than any other that this process was given.
///
/// For members that store nothing. Should the wall clock be set back between two starts, then the second one's peers
/// take it for an older life and drop what it sends, until the clock has caught up or they are restarted themselves.
#[must_use]
pub fn incarnation_from_clock() -> Incarnation {
    static LAST: AtomicU64 = AtomicU64::new(0);
    let micros = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_micros());
    let now = u64::try_from(micros).unwrap_or(u64::MAX - 1);
    let mut given = now;
    // The closure always returns a value, so the update always succeeds.
    let _ = LAST.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| {
        given = now.max(last.saturating_add(1));
        Some(given)
    });
    Incarnation::new(given)
}

/// Why a state directory cannot be used. Nothing in it was destroyed.
#[derive(Debug)]
#[non_exhaustive]
pub enum StorageError {
    /// The operating system refused something.
    Io {
        /// What was to be done, such as `read` or `create`.
        doing: &'static str,
        /// To what.
        path: PathBuf,
        /// Why it was refused.
        error: io::Error,
    },
    /// Another process uses the directory.
    InUse {
        /// The directory.
        directory: PathBuf,
        /// The other process, if it is known.
        process: Option<u32>,
    },
    /// A file is not as it was written.
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// A file has a format that this version does not know: a newer one wrote it.
    UnknownFormat {
        /// The file.
        path: PathBuf,
        /// The format's number.
        format: u32,
    },
    /// The directory belongs to another member.
    WrongOwner {
        /// The directory.
        directory: PathBuf,
        /// Whose it is.
        found: Owner,
        /// Who wanted to use it.
        expected: Owner,
    },
    /// There is no further incarnation.
    Exhausted {
        /// The directory.
        directory: PathBuf,
    },
}

impl StorageError {
    pub(crate) fn io(doing: &'static str, path: &Path, error: io::Error) -> Self {
        Self::Io { doing, path: path.to_owned(), error }
    }

    /// The file or directory that it is about.
    #[must_use]
    pub fn path(&self) -> &Path {
        match self {
            Self::Io { path, .. } | Self::Corrupt { path, .. } | Self::UnknownFormat { path, .. } => path,
            Self::InUse { directory, .. } | Self::WrongOwner { directory, .. } | Self::Exhausted { directory } => {
                directory
            }
        }
    }
}

impl fmt::Display for StorageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path().display();
        match self {
            Self::Io { doing, error, .. } => write!(f, "cannot {doing} {path}: {error}"),
            Self::InUse { process: Some(process), .. } => {
                write!(f, "the state directory {path} is in use by process {process}; two members must not share one")
            }
            Self::InUse { process: None, .. } => {
                write!(f, "the state directory {path} is in use by another process; two members must not share one")
            }
            Self::Corrupt { what, .. } => write!(
                f,
                "{path} is damaged: {what}. It was left as it is. If it cannot be restored, move the directory away and \
                 start this member without memory (diskless) once, so that it does not break promises that it forgot"
            ),
            Self::UnknownFormat { format, .. } => {
                write!(f, "{path} has format {format}, which this version does not know; a newer version wrote it")
            }
            Self::WrongOwner { found, expected, .. } => {
                write!(f, "the state directory {path} belongs to {found}, not to {expected}")
            }
            Self::Exhausted { .. } => write!(f, "there is no further incarnation after the one in {path}"),
        }
    }
}

impl core::error::Error for StorageError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Io { error, .. } => Some(error),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn incarnations_from_the_clock_grow() {
        let mut last = incarnation_from_clock();
        for _ in 0..1_000 {
            let next = incarnation_from_clock();
            assert!(next > last);
            last = next;
        }
    }
}
