//! Asking for a lock, and waiting for it.

use super::phase::Phase;
use super::stake::Stake;
use super::{AcquireError, Guard, Handle};
use crate::cancel::{Cancel, Wake};
use crate::sync::Condvar;
use core::fmt;
use core::time::Duration;
use quorate::Name;
use quorate::lease::Mode;
use quorate::lease::holder::{Failure, Patience};
use std::sync::Arc;

/// A lock, a shared lock or some permits of a semaphore, which is asked for by [`wait`](Acquire::wait).
#[must_use = "nothing is asked for before it is waited for"]
pub struct Acquire {
    handle: Arc<Handle>,
    wish: Wish,
    patience: Patience,
    cancel: Option<Cancel>,
}

/// What is asked for, or why that cannot be.
pub type Wish = Result<(Name, Mode), AcquireError>;

/// What is asked for under this name. `wanted` is how many permits of how many.
///
/// # Errors
///
/// If the name is none, or there is no such mode.
pub fn wish(name: &str, mode: Option<Mode>, wanted: (u16, u16)) -> Wish {
    match (Name::new(name), mode) {
        (Ok(name), Some(mode)) => Ok((name, mode)),
        (Err(error), _) => Err(AcquireError::Name(error)),
        (Ok(_), None) => Err(AcquireError::Permits { take: wanted.0, of: wanted.1 }),
    }
}

/// The same wish for so many permits.
///
/// # Errors
///
/// If it could not be before, or is no semaphore's, or that has not so many permits.
pub fn with_permits(wish: Wish, take: u16) -> Wish {
    let (name, mode) = wish?;
    let of = match mode {
        Mode::Permits { of, .. } => of.get(),
        Mode::Exclusive | Mode::Shared => 0,
    };
    Mode::permits(take, of).map(|mode| (name, mode)).ok_or(AcquireError::Permits { take, of })
}

impl Acquire {
    pub(super) fn new(handle: Arc<Handle>, wish: Wish) -> Self {
        Self { handle, wish, patience: Patience::Forever, cancel: None }
    }

    /// Gives up after so long, whatever it waits for: [`AcquireError::TimedOut`].
    pub fn within(mut self, time: Duration) -> Self {
        self.patience = Patience::For(time);
        self
    }

    /// Does not wait in line: what somebody else holds is refused, as [`AcquireError::Busy`]. Of a cluster, it still waits for a leader
    /// to be found and to answer, for the length of a lease at most.
    pub fn at_once(mut self) -> Self {
        self.patience = Patience::Try;
        self
    }

    /// Gives up when that is cancelled: [`AcquireError::Cancelled`].
    pub fn unless(mut self, cancel: &Cancel) -> Self {
        self.cancel = Some(cancel.clone());
        self
    }

    /// Takes so many permits of a semaphore together, instead of one. Of what is no semaphore there are none to take.
    pub fn permits(mut self, take: u16) -> Self {
        self.wish = with_permits(self.wish, take);
        self
    }

    /// Waits until it is held.
    ///
    /// # Errors
    ///
    /// Why it is not: nothing is held then, and no place in line is kept.
    pub fn wait(self) -> Result<Guard, AcquireError> {
        let Self { handle, wish, patience, cancel } = self;
        let wanted = wish?;
        let condition = Arc::new(Condvar::new());
        let begun = handle.shared.act(|arena, now| match arena.is_closing() {
            true => Err(AcquireError::ShuttingDown),
            false => arena.begin(wanted, patience, condition.clone(), now).ok_or(AcquireError::TooMany),
        });
        let stake = Stake::new(handle.clone(), begun?);
        let waiting = Arc::new(Waiting { handle: handle.clone(), condition });
        if let Some(cancel) = &cancel {
            cancel.wakes(&waiting);
        }
        let index = stake.index();
        // Until then whoever looks after deadlines sees to it that it ends in time.
        let token = handle.shared.wait(&waiting.condition, |arena, _| match arena.phase(index) {
            Phase::Held(token) | Phase::Doubtful(token) => Ok(Ok(token)),
            Phase::Wanted { .. } if cancel.as_ref().is_some_and(Cancel::is_cancelled) => {
                Ok(Err(AcquireError::Cancelled))
            }
            Phase::Wanted { .. } => Err(None),
            Phase::Failed(Failure::Cancelled) if arena.is_closing() => Ok(Err(AcquireError::ShuttingDown)),
            Phase::Failed(why) => Ok(Err(why.into())),
            Phase::Lost(why) => Ok(Err(AcquireError::Lost(why))),
            Phase::Released { .. } => Ok(Err(AcquireError::ShuttingDown)),
        });
        Ok(Guard::new(stake, wanted, token?))
    }
}

/// Somebody who waits.
struct Waiting {
    handle: Arc<Handle>,
    condition: Arc<Condvar>,
}

impl Wake for Waiting {
    fn wake(&self) {
        self.handle.shared.wake(&self.condition);
    }
}

impl fmt::Debug for Acquire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Acquire").field("wish", &self.wish).field("patience", &self.patience).finish_non_exhaustive()
    }
}
