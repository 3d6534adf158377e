//! Watching over what is held.

use super::arena::Arena;
use super::phase::Phase;
use super::stake::Stake;
use super::{Doubt, DoubtReason};
use crate::shared::{self, Shared};
use crate::sync::Condvar;
use core::fmt;
use core::time::Duration;
use quorate::lease::holder::Loss;
use quorate::{FencingToken, Instant};
use std::sync::Arc;

/// Says how something stands that is held, on any thread, and waits for it to be lost. Clones watch over the same.
#[derive(Clone)]
pub struct Watch {
    shared: Arc<Shared<Arena>>,
    index: usize,
    token: FencingToken,
    condition: Arc<Condvar>,
}

impl Watch {
    pub(super) fn new(stake: &Stake, token: FencingToken) -> Self {
        Self { shared: stake.shared().clone(), index: stake.index(), token, condition: stake.condition() }
    }

    /// What to show at the resource, so that it can refuse what comes late from an earlier holder. Every later grant of the same
    /// name has a higher one. See [`Fence`](quorate::lease::Fence).
    #[must_use]
    pub const fn token(&self) -> FencingToken {
        self.token
    }

    /// When the lease ends unless it is renewed, which happens all the time; [`Instant::ORIGIN`] when it has ended.
    #[must_use]
    pub fn valid_until(&self) -> Instant {
        self.shared.look(|arena, _| self.until(arena))
    }

    /// How long the lease is valid yet if it is not renewed; zero when it has ended.
    #[must_use]
    pub fn time_left(&self) -> Duration {
        self.shared.look(|arena, now| self.until(arena).since(now))
    }

    /// Whether it is held at this very moment.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        !self.time_left().is_zero()
    }

    /// Waits until it is held no longer, and says why, for so long at most; `None` is for as long as it takes. Returns nothing if it is
    /// held yet, or was given up.
    #[must_use]
    pub fn lost(&self, longest: Option<Duration>) -> Option<Loss> {
        let end = shared::end(&*self.shared.clock, longest);
        self.shared.wait(&self.condition, |arena, now| {
            let (until, phase) = (self.until(arena), self.phase(arena));
            match phase.and_then(|phase| phase.lost(until, now)) {
                Some(why) => Ok(Some(why)),
                None if phase.is_none() || end.is_some_and(|end| end <= now) => Ok(None),
                None => Err(end.into_iter().chain([until]).min()),
            }
        })
    }

    /// Waits until the work should stop: a renewal is overdue, the lease cannot be extended, or it is lost already; for so long at
    /// most, and `None` is for as long as it takes. Returns nothing if there is nothing to fear yet, or it was given up.
    ///
    /// Doubt can pass: who goes on regardless may call this again.
    #[must_use]
    pub fn doubtful(&self, longest: Option<Duration>) -> Option<Doubt> {
        let end = shared::end(&*self.shared.clock, longest);
        self.shared.wait(&self.condition, |arena, now| {
            let until = self.until(arena);
            let Some(phase) = self.phase(arena) else { return Ok(None) };
            let reason = match phase.lost(until, now) {
                Some(why) => Some(DoubtReason::Lost(why)),
                None if matches!(phase, Phase::Doubtful(_)) => Some(DoubtReason::RenewalOverdue),
                None => None,
            };
            match reason {
                Some(reason) => Ok(Some(Doubt { reason, until, left: until.since(now) })),
                None if end.is_some_and(|end| end <= now) => Ok(None),
                None => Err(end.into_iter().chain([until]).min()),
            }
        })
    }

    fn until(&self, arena: &Arena) -> Instant {
        match self.phase(arena) {
            Some(Phase::Held(_) | Phase::Doubtful(_)) => {
                arena.holder_of(self.index).valid_until().unwrap_or(Instant::ORIGIN)
            }
            _ => Instant::ORIGIN,
        }
    }

    /// The phase, unless it was given up: the holder may serve another acquisition by now.
    fn phase(&self, arena: &Arena) -> Option<Phase> {
        let is_same = Arc::ptr_eq(&arena.condition(self.index), &self.condition);
        Some(arena.phase(self.index)).filter(|phase| is_same && !matches!(phase, Phase::Released { .. }))
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch")
            .field("token", &self.token)
            .field("time_left", &self.time_left())
            .finish_non_exhaustive()
    }
}
