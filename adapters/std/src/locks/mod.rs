//! Locks, shared locks and semaphores among the threads of one process, with leases and fencing tokens.
//!
//! All machines of one [`Locks`] (an [`Authority`](quorate::lease::authority::Fixed), and a
//! [`Holder`](quorate::lease::holder::Holder) for each acquisition) are behind one mutex: a thread that acquires or releases steps
//! whichever of them have something to do, and one further thread renews leases at their deadlines. So a lock that is free is
//! acquired without waiting for any other thread, and tokens and their order are those of a cluster's locks.
//!
//! Tokens begin anew with each `Locks`: they order what is done in one life of a process.

mod acquire;
mod arena;
mod error;
mod guard;

pub use acquire::Acquire;
pub use arena::MAX_CLAIMS;
pub use error::{AcquireError, ReleaseError};
pub use guard::Guard;

use crate::clock::{Clock, LONGEST_SLEEP};
use crate::sync::{Condvar, Mutex, MutexGuard, lock, wait};
use arena::Arena;
use core::fmt;
use quorate::lease::holder::{ConfigError, Timing};
use quorate::lease::{Mode, holder};
use quorate::{Instant, Seed};
use std::io;
use std::sync::Arc;

/// Acquires locks among the threads of one process. Clones are handles to the same ones.
///
/// ```
/// use quorate::DriftBound;
/// use quorate::lease::holder::Timing;
/// use quorate_std::clock;
/// use quorate_std::locks::{AcquireError, Locks};
/// use std::sync::Arc;
/// use std::time::Duration;
///
/// let timing = Timing::for_lease(Duration::from_secs(3), DriftBound::QUARTZ);
/// let locks = Locks::start(timing, Arc::new(clock::System))?;
/// let guard = locks.acquire("orders/42").wait()?;
/// assert!(guard.is_valid());
/// let busy = locks.acquire("orders/42").at_once().wait();
/// assert_eq!(busy.unwrap_err(), AcquireError::Busy);
/// std::thread::scope(|scope| {
///     let next = scope.spawn(|| locks.acquire("orders/42").wait().map(|guard| guard.token()));
///     let token = guard.token();
///     guard.release()?;
///     assert!(next.join().unwrap()? > token);
///     Ok::<(), Box<dyn std::error::Error>>(())
/// })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Locks {
    handle: Arc<Handle>,
}

/// Ends everything when the last of the locks and guards is dropped.
struct Handle {
    shared: Arc<Shared>,
}

/// What threads share.
struct Shared {
    arena: Mutex<Arena>,
    /// Something is due earlier than it was, or everything ends.
    rescheduled: Condvar,
    clock: Arc<dyn Clock>,
}

impl Locks {
    /// Locks with these timings, by this clock. Nobody is granted more than [`MAX_CLAIMS`] at a time, and nobody waits beside that.
    ///
    /// # Errors
    ///
    /// Which of the timings cannot be, or that there can be no further thread.
    pub fn start(timing: Timing, clock: Arc<dyn Clock>) -> Result<Self, StartError> {
        let locks = Self::idle(timing, clock)?;
        let shared = locks.handle.shared.clone();
        let look_after = move || shared.look_after();
        std::thread::Builder::new().name("quorate-locks".to_owned()).spawn(look_after).map_err(StartError::Thread)?;
        Ok(locks)
    }

    /// The same, but nobody looks after deadlines except who waits.
    fn idle(timing: Timing, clock: Arc<dyn Clock>) -> Result<Self, StartError> {
        let config = holder::Config::new(timing, Seed::new(1)).map_err(StartError::Timing)?;
        let arena = Arena::new(config, clock.now());
        let shared = Shared { arena: Mutex::new(arena), rescheduled: Condvar::new(), clock };
        Ok(Self { handle: Arc::new(Handle { shared: Arc::new(shared) }) })
    }

    /// A lock, held by one at a time.
    pub fn acquire(&self, name: &str) -> Acquire {
        Acquire::new(self.handle.clone(), name, Some(Mode::Exclusive), (0, 0))
    }

    /// A lock that is held by any number together, as long as all of them want it shared: a lock to read, whose counterpart to
    /// write is [`acquire`](Locks::acquire).
    pub fn shared(&self, name: &str) -> Acquire {
        Acquire::new(self.handle.clone(), name, Some(Mode::Shared), (0, 0))
    }

    /// A permit of the `of` permits of a semaphore, or [several](Acquire::permits) together. All who use it must say the same
    /// `of`.
    pub fn semaphore(&self, name: &str, of: u16) -> Acquire {
        Acquire::new(self.handle.clone(), name, Mode::permits(1, of), (1, of))
    }
}

impl fmt::Debug for Locks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Locks").finish_non_exhaustive()
    }
}

impl Shared {
    fn arena(&self) -> MutexGuard<'_, Arena> {
        lock(&self.arena)
    }

    /// Does something with the machines, lets them come to rest, and has those looked after whom it concerns.
    fn act<T>(&self, act: impl FnOnce(&mut Arena, Instant) -> T) -> T {
        let mut arena = self.arena();
        let (due, now) = (arena.due(), self.clock.now());
        let done = act(&mut arena, now);
        arena.settle(now);
        let changed = arena.changed();
        let earlier = arena.due().is_some_and(|at| due.is_none_or(|due| at < due));
        drop(arena);
        for condition in changed {
            condition.notify_all();
        }
        if earlier {
            self.rescheduled.notify_one();
        }
        done
    }

    /// Has every machine ticked at its deadline, until there are no locks and no guards any more.
    fn look_after(&self) {
        loop {
            self.act(|_, _| ());
            let arena = self.arena();
            if arena.is_closing() {
                return;
            }
            let left = arena.due().map(|due| due.since(self.clock.now()).min(LONGEST_SLEEP));
            drop(wait(&self.rescheduled, arena, left));
        }
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.shared.arena().close();
        self.shared.rescheduled.notify_one();
    }
}

/// Why locks could not be started.
#[derive(Debug)]
#[non_exhaustive]
pub enum StartError {
    /// The timings do not go together.
    Timing(ConfigError),
    /// There can be no further thread.
    Thread(io::Error),
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Timing(error) => error.fmt(f),
            Self::Thread(error) => write!(f, "the thread that renews leases cannot be started: {error}"),
        }
    }
}

impl core::error::Error for StartError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Timing(error) => Some(error),
            Self::Thread(error) => Some(error),
        }
    }
}

#[cfg(all(test, any(loom, shuttle)))]
pub(crate) fn without_clock_thread(timing: Timing, clock: Arc<dyn Clock>) -> Locks {
    Locks::idle(timing, clock).expect("valid timings")
}
