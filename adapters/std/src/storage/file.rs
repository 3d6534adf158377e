//! Files that are replaced as a whole or not at all, and that tell when they are not as they were written.
//!
//! A file is two lines, so that a person can read it: `quorate FORMAT CHECKSUM` and the value in JSON. The checksum is the
//! CRC-32 of the second line, in eight hexadecimal digits.

use super::StorageError;
use crate::sys;
use crc::{CRC_32_ISO_HDLC, Crc};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

const FORMAT: u32 = 1;

static CRC_32: Crc<u32> = Crc::<u32>::new(&CRC_32_ISO_HDLC);

/// The value in a file; `None` if there is no such file.
pub(super) fn read<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, StorageError> {
    let corrupt = |what: String| StorageError::Corrupt { path: path.to_owned(), what };
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(StorageError::io("read", path, error)),
    };
    if bytes.is_empty() {
        return Err(corrupt("it is empty".to_owned()));
    }
    let text = core::str::from_utf8(&bytes).map_err(|_| corrupt("it is not text".to_owned()))?;
    let mut lines = text.split_inclusive('\n');
    let (head, body) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
    let mut words = head.split_whitespace();
    if words.next() != Some("quorate") {
        return Err(corrupt("it does not begin with `quorate`".to_owned()));
    }
    match words.next().and_then(|word| word.parse().ok()) {
        Some(FORMAT) => {}
        Some(format) => return Err(StorageError::UnknownFormat { path: path.to_owned(), format }),
        None => return Err(corrupt("it does not say its format".to_owned())),
    }
    let sum = words.next().and_then(|word| u32::from_str_radix(word, 16).ok());
    let Some(body) = body.strip_suffix('\n').filter(|_| lines.next().is_none()) else {
        return Err(corrupt("it does not have two lines".to_owned()));
    };
    let found = CRC_32.checksum(body.as_bytes());
    if sum != Some(found) {
        return Err(corrupt(format!("its checksum does not match its content, which has {found:08x}")));
    }
    serde_json::from_str(body).map(Some).map_err(|error| corrupt(error.to_string()))
}

/// Replaces a file, durably: the new one is written beside it, made durable, renamed over it, and the renaming made
/// durable. Whatever happens between, one of the two is there.
pub(super) fn replace<T: Serialize>(path: &Path, value: &T) -> Result<(), StorageError> {
    let failed = |doing, at: &Path| {
        let at = at.to_owned();
        move |error| StorageError::io(doing, &at, error)
    };
    let body = serde_json::to_string(value).map_err(io::Error::other).map_err(failed("write", path))?;
    let text = format!("quorate {FORMAT} {:08x}\n{body}\n", CRC_32.checksum(body.as_bytes()));
    let new = path.with_extension("new");
    let written = File::create(&new).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()
    });
    if let Err(error) = written {
        let _ = fs::remove_file(&new); // It holds nothing that anybody relies on.
        return Err(StorageError::io("write", &new, error));
    }
    fs::rename(&new, path).map_err(failed("replace", path))?;
    let directory = path.parent().unwrap_or(Path::new("."));
    sys::sync_directory(directory).map_err(failed("make durable", directory))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("record");
        assert_eq!(read::<u64>(&path).unwrap(), None);
        for value in [7_u64, 8] {
            replace(&path, &value).unwrap();
            assert_eq!(read(&path).unwrap(), Some(value));
        }
        assert_eq!(fs::read_to_string(&path).unwrap(), format!("quorate 1 {:08x}\n8\n", CRC_32.checksum(b"8")));
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1, "nothing else is left there");
    }

    #[test]
    fn every_flipped_bit_and_every_cut_is_noticed() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("record");
        replace(&path, &(1_234_567_u64, "seven")).unwrap();
        let good = fs::read(&path).unwrap();
        for length in 0..good.len() {
            fs::write(&path, &good[..length]).unwrap();
            let error = read::<(u64, String)>(&path).unwrap_err();
            assert!(matches!(error, StorageError::Corrupt { .. }), "cut to {length} bytes: {error}");
            assert_eq!(fs::read(&path).unwrap(), good[..length], "it is left as it is");
        }
        for bit in 0..good.len() * 8 {
            let mut bad = good.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            fs::write(&path, &bad).unwrap();
            // A flip in a letter's case of the checksum or in the space between words changes nothing that is said.
            if let Ok(value) = read::<(u64, String)>(&path) {
                assert_eq!(value, Some((1_234_567, "seven".to_owned())), "bit {bit}");
            }
        }
    }

    #[test]
    fn a_newer_format_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("record");
        fs::write(&path, "quorate 2 whatever\n").unwrap();
        let error = read::<u64>(&path).unwrap_err();
        assert!(matches!(error, StorageError::UnknownFormat { format: 2, .. }), "{error}");
    }
}
