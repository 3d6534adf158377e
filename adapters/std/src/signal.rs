//! How those who wait are told to look again, whatever they wait by.

use crate::sync::{Bug, Condvar, Mutex, lock, planted, wait};
use core::fmt::Debug;
use core::time::Duration;
use std::time::Instant;

/// Tells everybody who waits that something has changed, and that they should look again.
///
/// What never waits is the same for threads and for tasks; only what it tells of changes by is not. [`Bell`] is the signal for threads.
pub trait Signal: Default + Debug + Send + Sync + 'static {
    /// Has everybody look again who began to listen before this.
    fn notify(&self);
}

/// A [`Signal`] for threads: whoever waits first [listens](Bell::listen), then looks, and then waits to be told of a change since
/// then. So no change is missed.
///
/// ```
/// use quorate_std::{Bell, Signal};
/// use std::sync::atomic::{AtomicBool, Ordering};
///
/// let (bell, done) = (Bell::default(), AtomicBool::new(false));
/// std::thread::scope(|scope| {
///     scope.spawn(|| {
///         done.store(true, Ordering::Release);
///         bell.notify();
///     });
///     loop {
///         let heard = bell.listen();
///         if done.load(Ordering::Acquire) {
///             break;
///         }
///         bell.wait(heard, None);
///     }
/// });
/// ```
#[derive(Debug, Default)]
pub struct Bell {
    inside: Mutex<Inside>,
    rings: Condvar,
}

#[derive(Debug, Default)]
struct Inside {
    /// How often it has rung.
    rung: u64,
    /// How many wait. To notify nobody costs a call to the system, too.
    waiting: u32,
}

/// What was heard of a [`Bell`] so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heard(u64);

impl Bell {
    /// What comes after this can be [waited](Bell::wait) for.
    #[must_use]
    pub fn listen(&self) -> Heard {
        Heard(lock(&self.inside).rung)
    }

    /// Waits until it has rung since, for so long at most; `None` is for as long as it takes. Whether it has.
    pub fn wait(&self, heard: Heard, longest: Option<Duration>) -> bool {
        let end = longest.and_then(|longest| Instant::now().checked_add(longest));
        let mut inside = lock(&self.inside);
        while inside.rung == heard.0 {
            let left = end.map(|end| end.saturating_duration_since(Instant::now()));
            if left == Some(Duration::ZERO) {
                return false;
            }
            inside.waiting += 1;
            inside = wait(&self.rings, inside, left);
            inside.waiting -= 1;
        }
        true
    }
}

impl Signal for Bell {
    fn notify(&self) {
        if planted(Bug::LostWakeup) {
            self.rings.notify_all();
        }
        let mut inside = lock(&self.inside);
        inside.rung = inside.rung.wrapping_add(1);
        let is_waited_for = inside.waiting > 0;
        drop(inside);
        if is_waited_for && !planted(Bug::LostWakeup) {
            self.rings.notify_all();
        }
    }
}
