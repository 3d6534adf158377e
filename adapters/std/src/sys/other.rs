//! Systems other than Linux.

use core::time::Duration;
use std::io;
use std::path::Path;
use std::sync::OnceLock;
use std::time::Instant;

/// Time since this process first asked, by the standard library's monotonic clock.
pub(crate) fn boot_time() -> Duration {
    static ORIGIN: OnceLock<Instant> = OnceLock::new();
    ORIGIN.get_or_init(Instant::now).elapsed()
}

/// Makes what was renamed in a directory durable, where directories can be opened for that.
#[cfg(unix)]
pub(crate) fn sync_directory(path: &Path) -> io::Result<()> {
    std::fs::File::open(path)?.sync_all()
}

/// Renames are journalled by the file system, and directories cannot be opened.
#[cfg(not(unix))]
pub(crate) fn sync_directory(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Whether a process of this number runs: not known here.
pub(crate) fn runs(_: u32) -> Option<bool> {
    None
}

/// Whether an error says only that a datagram was longer than the buffer, which Windows does.
pub(crate) fn is_cut_off(error: &io::Error) -> bool {
    cfg!(windows) && error.raw_os_error() == Some(10_040)
}
