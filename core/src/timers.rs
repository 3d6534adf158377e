//! A small fixed table of timers, and the earliest of them.

use crate::Instant;

/// Up to `N` timers, numbered from 0, each set or not; the earliest is cached.
///
/// A machine names its timers with an enum and casts (`Timer::Renew as usize`). A number beyond the table is ignored
/// when it is set and never expires.
///
/// ```
/// use quorate::{Instant, Timers};
/// let mut timers = Timers::<2>::new();
/// timers.set(0, Instant::from_secs(5));
/// timers.set(1, Instant::from_secs(3));
/// assert_eq!(timers.earliest(), Some(Instant::from_secs(3)));
/// assert!(timers.take(1, Instant::from_secs(3)));
/// assert_eq!(timers.earliest(), Some(Instant::from_secs(5)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Timers<const N: usize> {
    at: [Option<Instant>; N],
    earliest: Option<Instant>,
}

impl<const N: usize> Timers<N> {
    /// A table in which no timer is set.
    #[must_use]
    pub const fn new() -> Self {
        Self { at: [None; N], earliest: None }
    }

    /// Sets a timer, or sets it anew. [`Instant::FAR_FUTURE`], where arithmetic saturates, never comes: it clears the timer.
    pub fn set(&mut self, timer: usize, at: Instant) {
        self.put(timer, (at < Instant::FAR_FUTURE).then_some(at));
    }

    /// Clears a timer.
    pub fn clear(&mut self, timer: usize) {
        self.put(timer, None);
    }

    fn put(&mut self, timer: usize, at: Option<Instant>) {
        if let Some(slot) = self.at.get_mut(timer).filter(|slot| **slot != at) {
            *slot = at;
            self.earliest = self.at.iter().flatten().min().copied();
        }
    }

    /// When a timer is due, if it is set.
    #[must_use]
    pub fn get(&self, timer: usize) -> Option<Instant> {
        self.at.get(timer).copied().flatten()
    }

    /// Whether a timer is due at `now`; if so it is cleared.
    #[must_use]
    pub fn take(&mut self, timer: usize, now: Instant) -> bool {
        let due = self.get(timer).is_some_and(|at| at <= now);
        if due {
            self.clear(timer);
        }
        due
    }

    /// When the first timer is due; `None` when none is set.
    #[must_use]
    pub const fn earliest(&self) -> Option<Instant> {
        self.earliest
    }
}

impl<const N: usize> Default for Timers<N> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timer_beyond_the_table_does_nothing() {
        let mut timers = Timers::<1>::new();
        timers.set(1, Instant::ORIGIN);
        assert_eq!((timers.earliest(), timers.take(1, Instant::FAR_FUTURE)), (None, false));
    }

    #[test]
    fn taking_is_once_and_not_early() {
        let mut timers = Timers::<1>::new();
        timers.set(0, Instant::from_secs(2));
        assert!(!timers.take(0, Instant::from_secs(1)));
        assert!(timers.take(0, Instant::from_secs(2)));
        assert!(!timers.take(0, Instant::from_secs(2)));
    }
}
