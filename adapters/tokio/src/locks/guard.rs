//! Holding: what it is worth, for how long, and when to stop.

use super::stake::Stake;
use super::{Doubt, DoubtReason, ReleaseError};
use crate::clock::sleep_until;
use core::fmt;
use core::pin::pin;
use core::time::Duration;
use quorate::lease::Mode;
use quorate::lease::holder::{Loss, Misuse};
use quorate::{FencingToken, Instant, Name};
use quorate_std::locks::Phase;

/// What was acquired is held, and this is the proof of it. To drop it gives it up, as [`release`](Guard::release) does without
/// waiting for the answer.
///
/// Its lease is renewed by itself. Validity is worked out from the clock at each question: a process that was stopped for a
/// minute finds at its first question that it holds nothing any more.
///
/// ```no_run
/// # async fn example(locks: quorate_tokio::Locks) -> Result<(), Box<dyn std::error::Error>> {
/// let guard = locks.acquire("orders/42").await?;
/// let work = async { /* … shows guard.token() wherever it writes … */ };
/// tokio::select! {
///     () = work => guard.release().await?,
///     doubt = guard.doubtful() => println!("{doubt}"), // and the work's future is dropped here
/// }
/// # Ok(())
/// # }
/// ```
pub struct Guard {
    stake: Stake,
    token: FencingToken,
}

impl Guard {
    pub(super) fn new(stake: Stake, token: FencingToken) -> Self {
        Self { stake, token }
    }

    /// What is held.
    #[must_use]
    pub fn name(&self) -> Name {
        self.wanted().0
    }

    /// How it is held.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.wanted().1
    }

    fn wanted(&self) -> (Name, Mode) {
        const NAMELESS: Name = match Name::new("?") {
            Ok(name) => name,
            Err(_) => unreachable!(),
        };
        // It was asked for before there was a guard, and stays until the last guard is gone.
        self.stake.slot().state().wanted.unwrap_or((NAMELESS, Mode::Exclusive))
    }

    /// What to show at the resource, so that it can refuse what comes late from an earlier holder. Every later grant of the same
    /// name has a higher one. See [`Fence`](quorate::lease::Fence).
    #[must_use]
    pub fn token(&self) -> FencingToken {
        self.token
    }

    /// When the lease ends unless it is renewed, which happens all the time; [`Instant::ORIGIN`] when it is lost.
    #[must_use]
    pub fn valid_until(&self) -> Instant {
        self.stake.slot().until()
    }

    /// How long the lease is valid yet if it is not renewed; zero when it is lost.
    #[must_use]
    pub fn time_left(&self) -> Duration {
        self.valid_until().since(self.stake.table().clock.now())
    }

    /// Whether it is held at this very moment.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        !self.time_left().is_zero()
    }

    /// Enters once more: another guard of the same lease, with the same token. It is given up when all of them are.
    ///
    /// # Errors
    ///
    /// If it is not held any more, or is to be given up, or has been entered too often to be counted.
    pub fn enter(&self) -> Result<Self, Misuse> {
        Ok(Self { stake: self.stake.enter()?, token: self.token })
    }

    /// Waits until the work should stop: a renewal is overdue, the lease cannot be extended, or it is lost already.
    ///
    /// Doubt can pass: who goes on regardless may call this again, and is told of the next one. Cancel-safe.
    pub async fn doubtful(&self) -> Doubt {
        let (slot, clock) = (self.stake.slot(), &*self.stake.table().clock);
        loop {
            let mut changed = pin!(slot.changed.notified());
            changed.as_mut().enable();
            let (phase, until, now) = (slot.state().phase, slot.until(), clock.now());
            let reason = match phase.lost(until, now) {
                Some(why) => Some(DoubtReason::Lost(why)),
                None if matches!(phase, Phase::Doubtful(_)) => Some(DoubtReason::RenewalOverdue),
                // The holder would have said so, if it were not held up itself.
                None => (slot.doubt() <= now).then_some(DoubtReason::RenewalOverdue),
            };
            if let Some(reason) = reason {
                return Doubt { reason, until, left: until.since(now) };
            }
            tokio::select! {
                () = changed => {}
                () = sleep_until(clock, slot.doubt()) => {}
            }
        }
    }

    /// Waits until it is held no longer, and says why. Cancel-safe.
    pub async fn lost(&self) -> Loss {
        let (slot, clock) = (self.stake.slot(), &*self.stake.table().clock);
        loop {
            let mut changed = pin!(slot.changed.notified());
            changed.as_mut().enable();
            let (phase, until) = (slot.state().phase, slot.until());
            if let Some(why) = phase.lost(until, clock.now()) {
                return why;
            }
            tokio::select! {
                () = changed => {}
                () = sleep_until(clock, until) => {}
            }
        }
    }

    /// Gives it up, and waits until the authority has confirmed that, for the length of a lease at most. If others have
    /// [entered](Guard::enter), it is still held by them, and this returns at once.
    ///
    /// If this is cancelled, it is given up all the same.
    ///
    /// # Errors
    ///
    /// If it was lost before, or nobody has confirmed it.
    pub async fn release(mut self) -> Result<(), ReleaseError> {
        let token = self.token;
        self.stake.give_up();
        let slot = self.stake.slot();
        loop {
            let mut changed = pin!(slot.changed.notified());
            changed.as_mut().enable();
            match self.stake.outcome() {
                Some(Phase::Lost(why)) => return Err(ReleaseError::Lost { token, why }),
                Some(Phase::Released { confirmed: false }) => return Err(ReleaseError::Unconfirmed { token }),
                Some(_) => return Ok(()),
                None => changed.await,
            }
        }
    }
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, mode) = self.wanted();
        f.debug_struct("Guard")
            .field("name", &name)
            .field("mode", &mode)
            .field("token", &self.token)
            .field("time_left", &self.time_left())
            .finish_non_exhaustive()
    }
}
