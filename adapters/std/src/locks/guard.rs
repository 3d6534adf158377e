//! Holding: what it is worth, and for how long.

use super::arena::Phase;
use super::{Handle, ReleaseError};
use crate::clock::LONGEST_SLEEP;
use crate::sync::{Bug, planted, wait};
use core::fmt;
use core::time::Duration;
use quorate::lease::Mode;
use quorate::lease::holder::Loss;
use quorate::{FencingToken, Instant, Name};
use std::sync::Arc;

/// What was acquired is held, and this is the proof of it. To drop it gives it up.
///
/// Its lease is renewed by itself. Validity is worked out from the clock at each question: a process that was stopped for a
/// minute finds at its first question that it may hold nothing any more.
#[must_use = "to drop it gives up what was acquired"]
pub struct Guard {
    handle: Arc<Handle>,
    index: usize,
    wanted: (Name, Mode),
    token: FencingToken,
    released: bool,
}

impl Guard {
    pub(super) fn new(handle: Arc<Handle>, index: usize, wanted: (Name, Mode), token: FencingToken) -> Self {
        Self { handle, index, wanted, token, released: false }
    }

    /// What is held.
    #[must_use]
    pub fn name(&self) -> Name {
        self.wanted.0
    }

    /// How it is held.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.wanted.1
    }

    /// What to show at the resource: every later holder's is higher.
    #[must_use]
    pub fn token(&self) -> FencingToken {
        self.token
    }

    /// When the lease ends unless it is renewed, which happens all the time; [`Instant::ORIGIN`] when it has ended.
    #[must_use]
    pub fn valid_until(&self) -> Instant {
        let arena = self.handle.shared.arena();
        match arena.phase(self.index) {
            Phase::Held(_) => arena.holder(self.index).valid_until().unwrap_or(Instant::ORIGIN),
            _ => Instant::ORIGIN,
        }
    }

    /// How long the lease is valid yet if it is not renewed; zero when it has ended.
    #[must_use]
    pub fn time_left(&self) -> Duration {
        self.valid_until().since(self.handle.shared.clock.now())
    }

    /// Whether it is held at this very moment.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        !self.time_left().is_zero()
    }

    /// Waits until it is lost, for so long at most; `None` is for as long as it takes. Returns nothing if it is held yet.
    #[must_use]
    pub fn lost(&self, longest: Option<Duration>) -> Option<Loss> {
        let shared = &self.handle.shared;
        let end = longest.map(|longest| shared.clock.now() + longest);
        loop {
            let arena = shared.arena();
            let now = shared.clock.now();
            let until = match arena.phase(self.index) {
                Phase::Lost(_, why) => return Some(why),
                _ => arena.holder(self.index).valid_until().unwrap_or(Instant::ORIGIN),
            };
            if until <= now {
                return Some(Loss::Expired); // The thread that says so is held up.
            }
            if end.is_some_and(|end| end <= now) {
                return None;
            }
            let wake = end.into_iter().chain([until]).min();
            let left = wake.map(|wake| wake.since(now).min(LONGEST_SLEEP));
            drop(wait(&arena.condition(self.index), arena, left));
        }
    }

    /// Gives it up, and says how that went.
    ///
    /// # Errors
    ///
    /// If it was lost before.
    pub fn release(mut self) -> Result<(), ReleaseError> {
        match self.give_up() {
            Phase::Lost(token, why) => Err(ReleaseError::Lost { token, why }),
            Phase::Released => Ok(()),
            Phase::Wanted | Phase::Held(_) | Phase::Failed(_) => Err(ReleaseError::Unconfirmed { token: self.token }),
        }
    }

    fn give_up(&mut self) -> Phase {
        self.released = true;
        self.handle.shared.act(|arena, now| {
            arena.give_up(self.index, now);
            arena.phase(self.index)
        })
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if !self.released || planted(Bug::DoubleRelease) {
            self.give_up();
        }
    }
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guard")
            .field("name", &self.wanted.0)
            .field("mode", &self.wanted.1)
            .field("token", &self.token)
            .field("time_left", &self.time_left())
            .finish_non_exhaustive()
    }
}
