//! Linux.

use core::time::Duration;
use std::fs::File;
use std::io;
use std::path::Path;

/// Time since the machine was started, the time that it was suspended included.
pub(crate) fn boot_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    // The kernel's clock starts at zero and never goes back: neither part is ever negative.
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// Makes what was renamed in a directory durable.
pub(crate) fn sync_directory(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// Whether a process of this number runs; `None`: not known.
pub(crate) fn runs(process: u32) -> Option<bool> {
    Path::new("/proc/self").exists().then(|| Path::new("/proc").join(process.to_string()).exists())
}

/// Whether an error says only that a datagram was longer than the buffer: Linux cuts it off without one.
pub(crate) fn is_cut_off(_: &io::Error) -> bool {
    false
}
