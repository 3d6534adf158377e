//! Giving up waiting, from another thread.

use crate::sync::atomic::{AtomicBool, Ordering};
use crate::sync::{Mutex, lock};
use core::fmt;
use std::sync::{Arc, Weak};

/// Has threads give up waiting for locks and at barriers, from any other thread. Clones are the same, and it serves any number of
/// waits; whoever waits with it after it was cancelled gives up at once.
///
/// ```
/// use quorate::DriftBound;
/// use quorate::lease::holder::Timing;
/// use quorate_std::locks::{AcquireError, Locks};
/// use quorate_std::{Cancel, clock};
/// use std::sync::Arc;
/// use std::time::Duration;
///
/// let timing = Timing::for_lease(Duration::from_secs(3), DriftBound::QUARTZ);
/// let locks = Locks::start(timing, Arc::new(clock::System))?;
/// let held = locks.acquire("orders/42").wait()?;
/// let cancel = Cancel::new();
/// std::thread::scope(|scope| {
///     let waiting = scope.spawn(|| locks.acquire("orders/42").unless(&cancel).wait());
///     cancel.cancel();
///     assert_eq!(waiting.join().unwrap().unwrap_err(), AcquireError::Cancelled);
/// });
/// held.release()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Cancel {
    shared: Arc<Shared>,
}

struct Shared {
    cancelled: AtomicBool,
    /// Whom to wake.
    waiting: Mutex<Vec<Weak<dyn Wake>>>,
}

/// Has somebody who waits look again.
pub(crate) trait Wake: Send + Sync {
    fn wake(&self);
}

impl Cancel {
    /// One that is not cancelled.
    #[must_use]
    pub fn new() -> Self {
        Self { shared: Arc::new(Shared { cancelled: AtomicBool::new(false), waiting: Mutex::new(Vec::new()) }) }
    }

    /// Has everybody give up who waits with it, now or later.
    pub fn cancel(&self) {
        self.shared.cancelled.store(true, Ordering::Release);
        let waiting = core::mem::take(&mut *lock(&self.shared.waiting));
        for waiting in waiting.iter().filter_map(Weak::upgrade) {
            waiting.wake();
        }
    }

    /// Whether it was cancelled.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.shared.cancelled.load(Ordering::Acquire)
    }

    /// Has this one woken when it is cancelled. Whoever waits looks at it after that, and each time it is woken.
    pub(crate) fn wakes<W: Wake + 'static>(&self, waiting: &Arc<W>) {
        let weak = Arc::downgrade(waiting);
        let weak: Weak<dyn Wake> = weak;
        let mut all = lock(&self.shared.waiting);
        all.retain(|waiting| waiting.strong_count() > 0);
        all.push(weak);
    }
}

impl Default for Cancel {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Cancel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cancel").field("cancelled", &self.is_cancelled()).finish_non_exhaustive()
    }
}
