//! Locks, shared locks and semaphores, with leases and fencing tokens: those that a cluster grants, and those among the threads of one
//! process.
//!
//! All machines of one [`Locks`] are behind one mutex: a [`Holder`](quorate::lease::holder::Holder) for each acquisition, and among
//! threads the [`Authority`](quorate::lease::authority::Fixed), too. A thread that acquires or releases steps whichever of them have
//! something to do, and one further thread renews leases at their deadlines; of a cluster's, that is the one that receives. So a lock
//! among threads that is free is acquired without waiting for any other thread, and one that a cluster grants costs a round trip.
//!
//! Tokens among threads begin anew with each `Locks`: they order what is done in one life of a process.

mod acquire;
mod arena;
mod doubt;
mod error;
mod guard;
mod phase;
mod rules;
mod stake;
mod watch;

pub use acquire::{Acquire, Wish, wish, with_permits};
pub use arena::MAX_CLAIMS;
pub use doubt::{Doubt, DoubtReason};
pub use error::{AcquireError, ReleaseError};
pub use guard::Guard;
pub use phase::Phase;
pub use rules::Rules;
pub use watch::Watch;

use crate::carrier::Carrier;
use crate::clock::Clock;
use crate::shared::{self, LookedAfter, Shared};
use crate::signal::Bell;
use arena::Arena;
use core::fmt;
use core::time::Duration;
use quorate::Seed;
use quorate::lease::Mode;
use quorate::lease::holder::{Config, ConfigError, Timing};
use std::io;
use std::sync::Arc;

/// Acquires locks: [among the threads](Locks::start) of one process, or those of a cluster ([`Client::locks`](crate::Client::locks)).
/// Clones are handles to the same ones.
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
    shared: Arc<Shared<Arena>>,
}

impl Locks {
    /// Locks among threads with these timings, by this clock. Nobody is granted more than [`MAX_CLAIMS`] at a time, and nobody waits
    /// beside that.
    ///
    /// # Errors
    ///
    /// Which of the timings cannot be, or that there can be no further thread.
    pub fn start(timing: Timing, clock: Arc<dyn Clock>) -> Result<Self, StartError> {
        let bell = Arc::new(Bell::default());
        let locks = Self::alone(timing, clock, LookedAfter::Rung(bell.clone()))?;
        locks.have_looked_after(bell).map_err(StartError::Thread)?;
        Ok(locks)
    }

    fn alone(timing: Timing, clock: Arc<dyn Clock>, looked_after: LookedAfter) -> Result<Self, StartError> {
        let config = Config::new(timing, Seed::new(1)).map_err(StartError::Timing)?;
        let arena = Arena::alone(config, clock.now());
        Ok(Self { handle: Arc::new(Handle { shared: Arc::new(Shared::new(arena, clock, None, looked_after)) }) })
    }

    /// Locks that are granted by whoever is behind `carrier`. A thread is started that looks after them.
    ///
    /// # Errors
    ///
    /// If there can be no further thread.
    pub fn over(carrier: impl Carrier, rules: &Rules) -> io::Result<Self> {
        let bell = Arc::new(Bell::default());
        let locks = Self::looked_after(Box::new(carrier), rules, LookedAfter::Rung(bell.clone()));
        locks.have_looked_after(bell)?;
        Ok(locks)
    }

    /// The same, looked after by whoever does.
    pub(crate) fn looked_after(carrier: Box<dyn Carrier>, rules: &Rules, looked_after: LookedAfter) -> Self {
        let arena = Arena::among(*rules.config(), carrier.group());
        let shared = Shared::attached(arena, rules.clock().clone(), carrier, looked_after);
        Self { handle: Arc::new(Handle { shared }) }
    }

    fn have_looked_after(&self, bell: Arc<Bell>) -> io::Result<()> {
        let shared = self.handle.shared.clone();
        let look_after = move || shared::look_after(&shared, &bell);
        std::thread::Builder::new().name("quorate-locks".to_owned()).spawn(look_after).map(|_| ())
    }

    pub(crate) fn machines(&self) -> Arc<Shared<impl shared::Machines>> {
        self.handle.shared.clone()
    }

    /// A lock, held by one at a time.
    pub fn acquire(&self, name: &str) -> Acquire {
        Acquire::new(self.handle.clone(), wish(name, Some(Mode::Exclusive), (0, 0)))
    }

    /// A lock that is held by any number together, as long as all of them want it shared: a lock to read, whose counterpart to
    /// write is [`acquire`](Locks::acquire).
    pub fn shared(&self, name: &str) -> Acquire {
        Acquire::new(self.handle.clone(), wish(name, Some(Mode::Shared), (0, 0)))
    }

    /// A permit of the `of` permits of a semaphore, or [several](Acquire::permits) together. All who use it must say the same
    /// `of`.
    pub fn semaphore(&self, name: &str, of: u16) -> Acquire {
        Acquire::new(self.handle.clone(), wish(name, Mode::permits(1, of), (1, of)))
    }

    /// The timings.
    #[must_use]
    pub fn timing(&self) -> Timing {
        self.handle.shared.look(|arena, _| *arena.config().timing())
    }

    /// Stops in good order: nothing is acquired any more, who waits is told so, and what is held is kept until its guards are dropped.
    /// Waits until all of it has been given up, for so long at most; `None` is for as long as it takes. Whether it has.
    pub fn shutdown(&self, longest: Option<Duration>) -> bool {
        let shared = &self.handle.shared;
        let end = shared::end(&*shared.clock, longest);
        shared.act(|arena, now| arena.drain(now));
        while let Some(condition) = shared.look(|arena, _| arena.busy()) {
            let is_over = shared.wait(&condition, |arena, now| {
                let is_over = end.is_some_and(|end| end <= now);
                let is_still_busy = arena.busy().is_some_and(|busy| Arc::ptr_eq(&busy, &condition));
                if is_over || !is_still_busy { Ok(is_over) } else { Err(end) }
            });
            if is_over {
                return false;
            }
        }
        true
    }
}

impl fmt::Debug for Locks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Locks").finish_non_exhaustive()
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.shared.close();
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
    Locks::alone(timing, clock, LookedAfter::ByWaiters).expect("valid timings")
}
