//! The file that holders of the demonstration's lock write to, with a fence in front of it.

use core::time::Duration;
use quorate::FencingToken;
use quorate::lease::Fence;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::thread::sleep;
use std::time::Instant;

/// How long a mark is: as many digits as the longest has, and the line's end.
const MARK: usize = 21;
/// How long others may have the file, which takes them microseconds unless they are stopped in between.
const PATIENCE: Duration = Duration::from_millis(100);

/// Writes a line under this token, unless a later one has been seen. Whether it was written.
///
/// The mark is the first line. Power failures are no part of the demonstration, so nothing is synced.
pub(super) fn write(path: &Path, token: FencingToken) -> io::Result<bool> {
    let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
    lock(&file)?;
    let mut text = [0; MARK];
    let mark = match file.read_exact(&mut text) {
        Ok(()) => core::str::from_utf8(&text).ok().and_then(|text| text.trim().parse().ok()).unwrap_or(u64::MAX),
        Err(_) => 0,
    };
    let mut fence = Fence::restored(FencingToken::from_number(mark));
    if fence.admit(token).is_err() {
        return Ok(false);
    }
    file.seek(SeekFrom::Start(0))?;
    file.write_all(format!("{:020}\n", fence.mark().get()).as_bytes())?;
    file.seek(SeekFrom::End(0))?;
    file.write_all(format!("{token}\n").as_bytes())?;
    Ok(true)
}

fn lock(file: &File) -> io::Result<()> {
    let until = Instant::now() + PATIENCE;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::Error(error)) => return Err(error),
            Err(TryLockError::WouldBlock) if Instant::now() >= until => return Err(io::ErrorKind::TimedOut.into()),
            Err(TryLockError::WouldBlock) => sleep(Duration::from_micros(100)),
        }
    }
}

/// Whether the tokens in the file never go back, and how many there are.
pub(crate) fn is_in_order(path: &Path) -> io::Result<(bool, usize)> {
    let text = match std::fs::read_to_string(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok((true, 0)),
        text => text?,
    };
    let tokens: Vec<u64> = text.lines().skip(1).filter_map(|line| line.parse().ok()).collect();
    Ok((tokens.is_sorted(), tokens.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_comes_late_is_refused_and_the_file_stays_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        assert_eq!(is_in_order(&path).unwrap(), (true, 0));
        let written = [3, 3, 7, 5, 7, 8].map(|token| write(&path, FencingToken::from_number(token)).unwrap());
        assert_eq!(written, [true, true, true, false, true, true]);
        assert_eq!(is_in_order(&path).unwrap(), (true, 5));
        std::fs::write(&path, "00000000000000000009\n7\n5\n").unwrap();
        assert_eq!(is_in_order(&path).unwrap(), (false, 2));
    }
}
