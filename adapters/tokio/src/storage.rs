//! What must survive a restart.
//!
//! A machine that has promised something asks for a record of it to be made durable before the promise leaves the node.
//! [`StateDirectory`] keeps records on disk; [`Nowhere`] keeps nothing, for members that start without memory each
//! time and make up for it.

pub use quorate_std::storage::{Nowhere, Owner, RecordFile, StateDirectory, StorageError, incarnation_from_clock};

use serde::Serialize;
use std::io;

/// Keeps the last record of a machine.
///
/// ```
/// use quorate_tokio::storage::{Storage, StorageError};
/// use std::sync::{Arc, Mutex};
///
/// /// Survives a member that is started anew in the same process: for tests.
/// #[derive(Clone, Debug, Default)]
/// struct Memory<R>(Arc<Mutex<Option<R>>>);
///
/// impl<R: Clone + Send + 'static> Storage<R> for Memory<R> {
///     async fn persist(&mut self, record: R) -> Result<(), StorageError> {
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
    fn persist(&mut self, record: R) -> impl Future<Output = Result<(), StorageError>> + Send;
}

impl<R: Send + 'static> Storage<R> for Nowhere {
    async fn persist(&mut self, _: R) -> Result<(), StorageError> {
        Ok(())
    }
}

impl<R: Serialize + Send + 'static> Storage<R> for StateDirectory<R> {
    async fn persist(&mut self, record: R) -> Result<(), StorageError> {
        let file = self.record_file();
        // `fsync` may take long, and others share this thread.
        match tokio::task::spawn_blocking(move || file.replace(&record)).await {
            Ok(result) => result,
            Err(error) => {
                let error = io::Error::from(error);
                Err(StorageError::Io { doing: "write", path: self.path().to_owned(), error })
            }
        }
    }
}
