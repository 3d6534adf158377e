//! All that is particular to one operating system.
//!
//! | what | Linux | elsewhere |
//! |---|---|---|
//! | the clock | `CLOCK_BOOTTIME`, which counts while the machine is suspended | the standard library's monotonic clock, which on most systems does too |
//! | making a rename durable | `fsync` of the directory | the same on Unix; on Windows the file system's own journal has to do |
//! | a datagram longer than the buffer | is cut off | on Windows is an error |
//! | whether a process lives | `/proc/PID` | not known |

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
pub(crate) use linux::{boot_time, is_cut_off, runs, sync_directory};

#[cfg(not(target_os = "linux"))]
mod other;
#[cfg(not(target_os = "linux"))]
pub(crate) use other::{boot_time, is_cut_off, runs, sync_directory};
