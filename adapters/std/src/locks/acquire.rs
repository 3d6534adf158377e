//! Asking for a lock, and waiting for it.

use super::arena::Phase;
use super::{AcquireError, Guard, Handle};
use crate::clock::LONGEST_SLEEP;
use crate::sync::wait;
use core::fmt;
use core::time::Duration;
use quorate::Name;
use quorate::lease::Mode;
use quorate::lease::holder::Patience;
use std::sync::Arc;

/// A lock, a shared lock or some permits of a semaphore, which is asked for by [`wait`](Acquire::wait).
#[must_use = "nothing is asked for before it is waited for"]
pub struct Acquire {
    handle: Arc<Handle>,
    wish: Result<(Name, Mode), AcquireError>,
    patience: Patience,
}

impl Acquire {
    pub(super) fn new(handle: Arc<Handle>, name: &str, mode: Option<Mode>, wanted: (u16, u16)) -> Self {
        let wish = match (Name::new(name), mode) {
            (Ok(name), Some(mode)) => Ok((name, mode)),
            (Err(error), _) => Err(AcquireError::Name(error)),
            (Ok(_), None) => Err(AcquireError::Permits { take: wanted.0, of: wanted.1 }),
        };
        Self { handle, wish, patience: Patience::Forever }
    }

    /// Gives up after so long: [`AcquireError::TimedOut`].
    pub fn within(mut self, time: Duration) -> Self {
        self.patience = Patience::For(time);
        self
    }

    /// Does not wait in line: what somebody else holds is refused, as [`AcquireError::Busy`].
    pub fn at_once(mut self) -> Self {
        self.patience = Patience::Try;
        self
    }

    /// Takes so many permits of a semaphore together, instead of one. Of what is no semaphore there are none to take.
    pub fn permits(mut self, take: u16) -> Self {
        if let Ok((_, mode)) = &mut self.wish {
            let of = match *mode {
                Mode::Permits { of, .. } => of.get(),
                Mode::Exclusive | Mode::Shared => 0,
            };
            match Mode::permits(take, of) {
                Some(permits) => *mode = permits,
                None => self.wish = Err(AcquireError::Permits { take, of }),
            }
        }
        self
    }

    /// Waits until it is held.
    ///
    /// # Errors
    ///
    /// Why it is not: nothing is held then, and no place in line is kept.
    pub fn wait(self) -> Result<Guard, AcquireError> {
        let Self { handle, wish, patience } = self;
        let (name, mode) = wish?;
        let begin = handle.shared.act(|arena, now| arena.begin(name, mode, patience, now));
        let index = begin.ok_or(AcquireError::TooMany)?;
        let mut arena = handle.shared.arena();
        loop {
            let failed = match arena.phase(index) {
                Phase::Held(token) => {
                    drop(arena);
                    return Ok(Guard::new(handle, index, (name, mode), token));
                }
                Phase::Wanted => None,
                Phase::Failed(why) => Some(why.into()),
                Phase::Lost(_, why) => Some(AcquireError::Lost(why)),
                Phase::Released => Some(AcquireError::ShuttingDown),
            };
            if let Some(error) = failed {
                drop(arena);
                handle.shared.act(|arena, now| arena.give_up(index, now));
                return Err(error);
            }
            let now = handle.shared.clock.now();
            if arena.due().is_some_and(|due| due <= now) {
                drop(arena);
                handle.shared.act(|_, _| ());
                arena = handle.shared.arena();
                continue;
            }
            let left = arena.due().map(|due| due.since(now).min(LONGEST_SLEEP));
            let condition = arena.condition(index);
            arena = wait(&condition, arena, left);
        }
    }
}

impl fmt::Debug for Acquire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Acquire").field("wish", &self.wish).field("patience", &self.patience).finish_non_exhaustive()
    }
}
