//! Holding: what it is worth, for how long, and when to stop.

use super::ReleaseError;
use super::phase::Phase;
use super::stake::Stake;
use super::watch::Watch;
use core::fmt;
use core::ops::Deref;
use quorate::lease::Mode;
use quorate::lease::holder::Misuse;
use quorate::{FencingToken, Name};

/// What was acquired is held, and this is the proof of it. To drop it gives it up, as [`release`](Guard::release) does without
/// waiting for the answer.
///
/// Its lease is renewed by itself. Validity is worked out from the clock at each question: a process that was stopped for a
/// minute finds at its first question that it may hold nothing any more. It can be asked, and waited for, through the guard itself
/// or through a [`Watch`] on another thread.
#[must_use = "to drop it gives up what was acquired"]
pub struct Guard {
    stake: Stake,
    wanted: (Name, Mode),
    watch: Watch,
}

impl Guard {
    pub(super) fn new(stake: Stake, wanted: (Name, Mode), token: FencingToken) -> Self {
        let watch = Watch::new(&stake, token);
        Self { stake, wanted, watch }
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

    /// For another thread, which is to know how it stands, and when the work should stop. It does not keep what is held.
    #[must_use]
    pub fn watch(&self) -> Watch {
        self.watch.clone()
    }

    /// Enters once more: another guard of the same lease, with the same token. It is given up when all of them are.
    ///
    /// # Errors
    ///
    /// If it is not held any more, or is to be given up, or has been entered too often to be counted.
    pub fn enter(&self) -> Result<Self, Misuse> {
        Ok(Self { stake: self.stake.enter()?, wanted: self.wanted, watch: self.watch.clone() })
    }

    /// Gives it up, and waits until the authority has confirmed that, for the length of a lease at most. If others have
    /// [entered](Guard::enter), it is still held by them, and this returns at once.
    ///
    /// # Errors
    ///
    /// If it was lost before, or nobody has confirmed it.
    pub fn release(self) -> Result<(), ReleaseError> {
        let Self { stake, watch, .. } = self;
        let token = watch.token();
        match stake.release() {
            Phase::Lost(why) => Err(ReleaseError::Lost { token, why }),
            Phase::Released { confirmed: false } => Err(ReleaseError::Unconfirmed { token }),
            _ => Ok(()),
        }
    }
}

impl Deref for Guard {
    type Target = Watch;

    fn deref(&self) -> &Watch {
        &self.watch
    }
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guard")
            .field("name", &self.wanted.0)
            .field("mode", &self.wanted.1)
            .field("token", &self.token())
            .field("time_left", &self.time_left())
            .finish_non_exhaustive()
    }
}
