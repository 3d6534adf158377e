//! Counting time from a later origin.

use crate::Instant;
use core::time::Duration;

/// Something that holds instants, and can count them from an origin that lies so much later.
///
/// It is told the present, by the origin that it had: what has run out by then, and makes no difference any more, is
/// forgotten, and a machine has seen that time.
///
/// For drivers whose clock would come to its end, and for explorers, to which a state that has been before, only
/// earlier, is the same state. An instant from before the new origin becomes the origin itself, so leave as much time before
/// the present as anything looks back: a lease and a few timeouts.
///
/// Rebasing and then stepping is the same as stepping, with a time so much later, and then rebasing.
///
/// ```
/// use core::time::Duration;
/// use quorate::{Instant, Rebase};
/// let mut due = Instant::from_secs(100);
/// due.rebase(Instant::from_secs(70), Duration::from_secs(40));
/// assert_eq!(due, Instant::from_secs(60));
///
/// let mut never = Instant::FAR_FUTURE;
/// never.rebase(Instant::from_secs(70), Duration::from_secs(40));
/// assert_eq!(never, Instant::FAR_FUTURE); // the end of time stays where it is
/// ```
pub trait Rebase {
    /// Counts all instants from an origin that lies `by` later. `now` is the present by the old one.
    fn rebase(&mut self, now: Instant, by: Duration);
}

impl Rebase for Instant {
    fn rebase(&mut self, _: Instant, by: Duration) {
        if *self != Self::FAR_FUTURE {
            *self = self.before(by);
        }
    }
}

impl<T: Rebase> Rebase for Option<T> {
    fn rebase(&mut self, now: Instant, by: Duration) {
        if let Some(inner) = self {
            inner.rebase(now, by);
        }
    }
}

impl<const N: usize> Rebase for crate::Timers<N> {
    fn rebase(&mut self, now: Instant, by: Duration) {
        for timer in 0..N {
            if let Some(mut at) = self.get(timer) {
                at.rebase(now, by);
                self.set(timer, at);
            }
        }
    }
}
