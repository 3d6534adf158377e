//! What threads share, and nothing else in this crate touches: mutexes, condition variables, atomics and threads of the
//! standard library, or of a model checker. Under `--cfg loom` every interleaving of a few threads is tried, under `--cfg shuttle`
//! many of a larger group; `.ci/loom.sh` does both.
//!
//! A model checker knows no time: there a wait never elapses, and a further thread that wakes takes the part of the clock.

#[cfg(loom)]
pub(crate) use loom::sync::{Condvar, Mutex, MutexGuard};
#[cfg(shuttle)]
pub(crate) use shuttle::sync::{Condvar, Mutex, MutexGuard};
#[cfg(not(any(loom, shuttle)))]
pub(crate) use std::sync::{Condvar, Mutex, MutexGuard};

pub(crate) mod atomic {
    //! Atomics.
    #[cfg(not(any(loom, shuttle)))]
    pub(crate) use core::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, AtomicUsize, Ordering};
    #[cfg(loom)]
    pub(crate) use loom::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
    #[cfg(shuttle)]
    pub(crate) use shuttle::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
}

mod mailbox;
#[cfg(not(any(loom, shuttle)))]
mod watch;

pub use mailbox::{Mailbox, Taken, Undelivered};
#[cfg(not(any(loom, shuttle)))]
pub(crate) use watch::Watched;

use core::time::Duration;
use std::sync::PoisonError;

/// Locks. Whoever panicked under a lock of this crate had changed nothing by halves: a step does not panic.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Waits to be notified, for so long at most; `None` is for ever. It may return earlier for no reason.
pub(crate) fn wait<'a, T>(
    condition: &Condvar,
    guard: MutexGuard<'a, T>,
    longest: Option<Duration>,
) -> MutexGuard<'a, T> {
    match longest {
        None => condition.wait(guard).unwrap_or_else(PoisonError::into_inner),
        Some(longest) => condition.wait_timeout(guard, longest).unwrap_or_else(PoisonError::into_inner).0,
    }
}

/// Whether a bug is planted: never, outside of the model checkers' tests.
#[cfg(not(any(loom, shuttle)))]
pub(crate) const fn planted(_: Bug) -> bool {
    false
}

/// Whether this bug is planted in the whole process, by the variable `QUORATE_PLANT`.
#[cfg(any(loom, shuttle))]
pub(crate) fn planted(bug: Bug) -> bool {
    static PLANTED: std::sync::OnceLock<Option<String>> = std::sync::OnceLock::new();
    let planted = PLANTED.get_or_init(|| std::env::var("QUORATE_PLANT").ok());
    planted.as_deref() == Some(bug.name())
}

/// Bugs that can be planted, so that it can be seen that the model checkers find them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bug {
    /// Who waits is notified before what it waits for is there, and not after that; or looks, and waits a moment later.
    LostWakeup,
    /// A holder or a place that was given up is listed as free twice, and so serves two acquisitions or parties at once.
    DoubleRelease,
}

impl Bug {
    #[cfg(any(loom, shuttle))]
    const fn name(self) -> &'static str {
        match self {
            Self::LostWakeup => "lost-wakeup",
            Self::DoubleRelease => "double-release",
        }
    }
}
