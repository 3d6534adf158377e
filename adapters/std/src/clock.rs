//! Where the time comes from.
//!
//! A lease is only as safe as the clock that it is counted on. A laptop lid or a hypervisor can stop a machine for
//! hours, and a clock that stops with it tells the leader that its lease has just been renewed. So members read
//! `CLOCK_BOOTTIME` on Linux, which counts on while the machine is suspended.
//!
//! What a thread waits by counts on `CLOCK_MONOTONIC`, which does not. So nothing is ever decided by how a wait ended: a
//! thread waits until the next deadline, but at most [`LONGEST_SLEEP`], and whenever it wakes, it reads this clock. A deadline
//! that passed during a suspend is thus met at most that long after the machine resumes, and earlier if a datagram arrives.

use core::fmt::Debug;
use core::time::Duration;
use quorate::Instant;

/// The longest that a timer of this crate sleeps before it looks at the clock again: what a suspended machine may be
/// late by after it has resumed.
pub const LONGEST_SLEEP: Duration = Duration::from_millis(500);

/// The time, on the clock that also counts while the machine is suspended.
///
/// All processes of one machine see the same time here (on Linux); on two machines it has nothing in common.
///
/// ```
/// let earlier = quorate_std::clock::now();
/// assert!(quorate_std::clock::now() >= earlier);
/// ```
#[must_use]
pub fn now() -> Instant {
    Instant::ORIGIN + crate::sys::boot_time()
}

/// The standard library's name for this time, as far as its clock stood still with the machine at no time between.
///
/// ```
/// use quorate_std::clock;
/// use std::time::Duration;
/// let soon = clock::to_std(clock::now() + Duration::from_secs(60));
/// assert!(soon > std::time::Instant::now() + Duration::from_secs(50));
/// ```
#[must_use]
pub fn to_std(at: Instant) -> std::time::Instant {
    let (now, std) = (now(), std::time::Instant::now());
    // What lies beyond the standard clock's range is as good as a year away, or as the past that there is.
    std.checked_add(at.since(now)).unwrap_or(std + YEAR).checked_sub(now.since(at)).unwrap_or(std)
}

/// This clock's name for a time of the standard library's.
#[must_use]
pub fn from_std(at: std::time::Instant) -> Instant {
    let (now, std) = (now(), std::time::Instant::now());
    now + at.saturating_duration_since(std) - std.saturating_duration_since(at)
}

const YEAR: Duration = Duration::from_secs(365 * 86_400);

/// A clock that a member goes by. It must not go back, and should count while the machine is suspended.
pub trait Clock: Debug + Send + Sync + 'static {
    /// The time.
    fn now(&self) -> Instant;
}

/// The machine's clock: [`now`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct System;

impl Clock for System {
    fn now(&self) -> Instant {
        now()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conversions_go_there_and_back() {
        let at = now() + Duration::from_secs(10);
        let back = from_std(to_std(at));
        assert!(back.since(at) + at.since(back) < Duration::from_secs(1), "{at} became {back}");
        let past = from_std(to_std(now() - Duration::from_millis(5)));
        assert!(past <= now());
        assert!(to_std(Instant::FAR_FUTURE) > std::time::Instant::now() + Duration::from_secs(86_400));
    }
}
