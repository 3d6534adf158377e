//! A directory with a member's state.

use super::{Storage, StorageError, file, incarnation_from_clock};
use crate::sys;
use core::fmt;
use core::marker::PhantomData;
use quorate::{Incarnation, NodeId};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

/// Whose state it is. One member's promises are worth nothing in another's hands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// The group's name.
    pub group: String,
    /// The member's id.
    pub node: NodeId,
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "node {} of group `{}`", self.node, self.group)
    }
}

/// Keeps a member's records in a directory of its own.
///
/// | file | what |
/// |---|---|
/// | `lock` | held by the process that uses the directory, whose number it contains |
/// | `life` | whose state it is, and the incarnation that it is in |
/// | `record` | the last record |
///
/// Files are replaced as a whole, made durable before they count, carry a checksum and the number of their format, and
/// can be read by people. A file that cannot be used is left as it is, and nothing is guessed in its place.
///
/// ```
/// use quorate::NodeId;
/// use quorate::election::Record;
/// use quorate_std::storage::{Owner, StateDirectory};
/// # let path = std::env::temp_dir().join(format!("quorate-doc-{}", std::process::id()));
/// let owner = Owner { group: "orders".to_owned(), node: NodeId::new(1) };
/// let first = StateDirectory::<Record>::open(&path, owner.clone())?;
/// assert_eq!(first.record(), None);
/// let incarnation = first.incarnation();
/// drop(first);
///
/// let second = StateDirectory::<Record>::open(&path, owner)?;
/// assert!(second.incarnation() > incarnation);
/// # drop(second);
/// # std::fs::remove_dir_all(&path).unwrap();
/// # Ok::<(), quorate_std::storage::StorageError>(())
/// ```
#[derive(Debug)]
pub struct StateDirectory<R> {
    path: PathBuf,
    incarnation: Incarnation,
    record: Option<R>,
    /// Held for as long as this lives; the operating system frees it when the process ends, however it ends.
    _lock: File,
    _records: PhantomData<fn(R)>,
}

#[derive(Serialize, Deserialize)]
struct Life {
    owner: Owner,
    incarnation: Incarnation,
}

impl<R: DeserializeOwned> StateDirectory<R> {
    /// Opens the directory, and creates it if need be. Begins a new incarnation, which is durable when this returns.
    ///
    /// The incarnation is one more than the last, and at least what the wall clock says (microseconds since 1970), so that
    /// a member whose disk was replaced is not taken for an older life of itself.
    ///
    /// # Errors
    ///
    /// If the directory cannot be created, read or written, belongs to another member, is in use, or has a damaged file.
    /// Nothing is destroyed.
    pub fn open(path: &Path, owner: Owner) -> Result<Self, StorageError> {
        fs::create_dir_all(path).map_err(|error| StorageError::io("create", path, error))?;
        let lock = lock(path)?;
        let life: Option<Life> = file::read(&path.join("life"))?;
        let record = file::read(&path.join("record"))?;
        let clock = incarnation_from_clock();
        let incarnation = match life {
            Some(life) if life.owner != owner => {
                return Err(StorageError::WrongOwner {
                    directory: path.to_owned(),
                    found: life.owner,
                    expected: owner,
                });
            }
            Some(life) => {
                let next = life.incarnation.next();
                next.ok_or_else(|| StorageError::Exhausted { directory: path.to_owned() })?.max(clock)
            }
            None if record.is_some() => {
                let what = "it is missing, although there is a `record`".to_owned();
                return Err(StorageError::Corrupt { path: path.join("life"), what });
            }
            None => clock,
        };
        file::replace(&path.join("life"), &Life { owner, incarnation })?;
        Ok(Self { path: path.to_owned(), incarnation, record, _lock: lock, _records: PhantomData })
    }
}

impl<R> StateDirectory<R> {
    /// The record that was stored last, as it was found; `None` if there was none.
    #[must_use]
    pub fn record(&self) -> Option<&R> {
        self.record.as_ref()
    }

    /// The incarnation that has begun.
    #[must_use]
    pub fn incarnation(&self) -> Incarnation {
        self.incarnation
    }

    /// The directory.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The file that the last record is in, for who replaces it elsewhere than here.
    #[must_use]
    pub fn record_file(&self) -> RecordFile<R> {
        RecordFile { path: self.path.join("record"), _records: PhantomData }
    }
}

impl<R: Serialize + Send + 'static> Storage<R> for StateDirectory<R> {
    fn persist(&mut self, record: R) -> Result<(), StorageError> {
        self.record_file().replace(&record)
    }
}

/// The file with the last record in a [`StateDirectory`], which has to be held for as long as this is used.
#[derive(Debug)]
pub struct RecordFile<R> {
    path: PathBuf,
    _records: PhantomData<fn(R)>,
}

impl<R: Serialize> RecordFile<R> {
    /// Replaces the record as a whole. It is durable when this returns.
    ///
    /// # Errors
    ///
    /// If it cannot be written; the record before is then still there, or this one is.
    pub fn replace(&self, record: &R) -> Result<(), StorageError> {
        file::replace(&self.path, record)
    }
}

fn lock(directory: &Path) -> Result<File, StorageError> {
    let path = directory.join("lock");
    let open = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
    let mut file = open.map_err(|error| StorageError::io("open", &path, error))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut text = String::new();
            let process = file.read_to_string(&mut text).ok().and_then(|_| text.trim().parse().ok());
            // The number may be that of a process that is gone, when the present one has not written its own yet.
            let process = process.filter(|&process| sys::runs(process) != Some(false));
            return Err(StorageError::InUse { directory: directory.to_owned(), process });
        }
        Err(TryLockError::Error(error)) => return Err(StorageError::io("lock", &path, error)),
    }
    let written = file.set_len(0).and_then(|()| file.rewind()).and_then(|()| writeln!(file, "{}", std::process::id()));
    written.map_err(|error| StorageError::io("write", &path, error))?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use quorate::Epoch;
    use quorate::election::Record;

    fn owner(node: u32) -> Owner {
        Owner { group: "test".to_owned(), node: NodeId::new(node) }
    }

    fn open(path: &Path) -> Result<StateDirectory<Record>, StorageError> {
        StateDirectory::open(path, owner(1))
    }

    #[test]
    fn a_record_survives_and_incarnations_grow() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("new/and/nested");
        let record = Record { epoch: Epoch::new(7), vote: Some(NodeId::new(2)) };
        let mut first = open(&path).unwrap();
        assert_eq!(first.record(), None);
        first.persist(record).unwrap();
        let before = first.incarnation();
        drop(first);
        let second = open(&path).unwrap();
        assert_eq!(second.record(), Some(&record));
        assert!(second.incarnation() > before);
    }

    #[test]
    fn two_do_not_share_a_directory() {
        let directory = tempfile::tempdir().unwrap();
        let first = open(directory.path()).unwrap();
        let error = open(directory.path()).unwrap_err().to_string();
        assert!(error.contains(&directory.path().display().to_string()), "{error}");
        assert!(error.contains(&std::process::id().to_string()), "{error}");
        drop(first);
        assert!(open(directory.path()).is_ok());
    }

    #[test]
    fn another_members_directory_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        drop(open(directory.path()).unwrap());
        let error = StateDirectory::<Record>::open(directory.path(), owner(2)).unwrap_err();
        assert!(matches!(&error, StorageError::WrongOwner { found, .. } if *found == owner(1)), "{error}");
    }

    #[test]
    fn damage_is_an_error_that_destroys_nothing() {
        for name in ["life", "record"] {
            let directory = tempfile::tempdir().unwrap();
            drop(open(directory.path()).unwrap());
            file::replace(&directory.path().join("record"), &Record::default()).unwrap();
            let path = directory.path().join(name);
            let good = fs::read(&path).unwrap();
            let bad = &good[..good.len() - 3];
            fs::write(&path, bad).unwrap();
            let error = open(directory.path()).unwrap_err();
            assert!(matches!(error, StorageError::Corrupt { .. }), "{error}");
            assert_eq!(error.path(), path);
            assert_eq!(fs::read(&path).unwrap(), bad, "{name} is as it was");
            fs::write(&path, &good).unwrap();
            assert!(open(directory.path()).is_ok(), "and can be restored");
        }
    }

    #[test]
    fn a_record_without_a_life_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        drop(open(directory.path()).unwrap());
        file::replace(&directory.path().join("record"), &Record::default()).unwrap();
        fs::remove_file(directory.path().join("life")).unwrap();
        assert!(matches!(open(directory.path()), Err(StorageError::Corrupt { .. })));
    }

    #[test]
    fn a_path_that_is_no_directory_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        fs::write(&path, "hello").unwrap();
        let error = open(&path).unwrap_err();
        assert!(matches!(error, StorageError::Io { .. }), "{error}");
        assert!(error.to_string().contains(&path.display().to_string()), "{error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), "hello");
    }
}
