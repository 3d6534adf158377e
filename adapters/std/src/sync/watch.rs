//! A value that becomes what it stays, and threads wait for that.

use super::{Condvar, Mutex, lock, wait};
use core::fmt;
use core::time::Duration;
use std::time::Instant;

/// A value that threads wait for.
pub(crate) struct Watched<T> {
    inside: Mutex<Inside<T>>,
    changed: Condvar,
}

struct Inside<T> {
    value: T,
    settled: bool,
}

impl<T: Clone> Watched<T> {
    pub(crate) fn new(value: T) -> Self {
        Self { inside: Mutex::new(Inside { value, settled: false }), changed: Condvar::new() }
    }

    pub(crate) fn get(&self) -> T {
        lock(&self.inside).value.clone()
    }

    /// Puts another value there, the last one.
    pub(crate) fn settle(&self, value: T) {
        let mut inside = lock(&self.inside);
        (inside.value, inside.settled) = (value, true);
        drop(inside);
        self.changed.notify_all();
    }

    /// Waits until `look` finds what it looks for, for so long at most, and no longer than until the value is settled.
    pub(crate) fn wait<R>(&self, longest: Option<Duration>, mut look: impl FnMut(&T) -> Option<R>) -> Option<R> {
        let end = longest.and_then(|longest| Instant::now().checked_add(longest));
        let mut inside = lock(&self.inside);
        loop {
            if let Some(found) = look(&inside.value) {
                return Some(found);
            }
            let left = end.map(|end| end.saturating_duration_since(Instant::now()));
            if inside.settled || left == Some(Duration::ZERO) {
                return None;
            }
            inside = wait(&self.changed, inside, left);
        }
    }
}

impl<T> fmt::Debug for Watched<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watched").finish_non_exhaustive()
    }
}
