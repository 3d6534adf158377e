//! Where the time comes from.
//!
//! A lease is only as safe as the clock that it is counted on. A laptop lid or a hypervisor can stop a machine for
//! hours, and a clock that stops with it tells the leader that its lease has just been renewed. So members read
//! `CLOCK_BOOTTIME` on Linux, which counts on while the machine is suspended.
//!
//! tokio's own timers count on `CLOCK_MONOTONIC`, which does not. The [`Driver`](crate::Driver) therefore never decides
//! anything by a timer: it sleeps until the next deadline, but at most [`LONGEST_SLEEP`], and whenever it wakes, it reads
//! this clock. A deadline that passed during a suspend is thus met at most that long after the machine resumes, and earlier if a
//! datagram arrives; a [`Leadership`](crate::Leadership) knows without waiting for any timer.

pub use quorate_std::clock::{Clock, LONGEST_SLEEP, System, from_std, now, to_std};

use core::time::Duration;
use quorate::Instant;

/// Like [`to_std`], for tokio's clock.
#[must_use]
pub fn to_tokio(at: Instant) -> tokio::time::Instant {
    let (now, tokio) = (now(), tokio::time::Instant::now());
    tokio.checked_add(at.since(now)).unwrap_or(tokio + YEAR).checked_sub(now.since(at)).unwrap_or(tokio)
}

/// Like [`from_std`], for tokio's clock.
#[must_use]
pub fn from_tokio(at: tokio::time::Instant) -> Instant {
    let (now, tokio) = (now(), tokio::time::Instant::now());
    now + at.saturating_duration_since(tokio) - tokio.saturating_duration_since(at)
}

const YEAR: Duration = Duration::from_secs(365 * 86_400);

/// tokio's clock, for tests: it can be paused, and then jumps from timer to timer.
///
/// ```
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() {
/// use quorate_tokio::clock::{Clock, Virtual};
/// use std::time::Duration;
///
/// let clock = Virtual::default();
/// let start = clock.now();
/// tokio::time::sleep(Duration::from_secs(3_600)).await; // takes no time
/// assert_eq!(clock.now().since(start), Duration::from_secs(3_600));
/// # }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Virtual {
    origin: tokio::time::Instant,
}

impl Virtual {
    /// A clock that shows [`Instant::ORIGIN`] now.
    #[must_use]
    pub fn new() -> Self {
        Self { origin: tokio::time::Instant::now() }
    }
}

impl Default for Virtual {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for Virtual {
    fn now(&self) -> Instant {
        Instant::ORIGIN + self.origin.elapsed()
    }
}

/// Sleeps until this clock shows `at`, looking at it at least every [`LONGEST_SLEEP`].
pub(crate) async fn sleep_until(clock: &dyn Clock, at: Instant) {
    loop {
        let left = at.since(clock.now());
        if left.is_zero() {
            return;
        }
        tokio::time::sleep(left.min(LONGEST_SLEEP)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conversions_go_there_and_back() {
        let past = from_tokio(to_tokio(now() - Duration::from_millis(5)));
        assert!(past <= now());
        assert!(to_tokio(Instant::FAR_FUTURE) > tokio::time::Instant::now() + Duration::from_secs(86_400));
    }

    #[tokio::test(start_paused = true)]
    async fn a_long_sleep_is_cut_into_pieces_and_ends_on_time() {
        let clock = Virtual::new();
        sleep_until(&clock, Instant::from_millis(1_700)).await;
        assert_eq!(clock.now(), Instant::from_millis(1_700));
        sleep_until(&clock, Instant::ORIGIN).await;
        assert_eq!(clock.now(), Instant::from_millis(1_700));
    }
}
