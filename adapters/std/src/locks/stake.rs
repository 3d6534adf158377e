//! What somebody has in a holder: a wish, or a share of what it holds.

use super::Handle;
use super::arena::Arena;
use super::phase::Phase;
use crate::shared::Shared;
use crate::sync::{Bug, Condvar, planted};
use quorate::lease::holder::Misuse;
use std::sync::Arc;

/// A wish that is waited for, or one entry into what is held. Dropped, it is given up, whichever it is by then.
pub(super) struct Stake {
    handle: Arc<Handle>,
    index: usize,
    given_up: bool,
}

impl Stake {
    /// Of one of the users of this holder.
    pub(super) fn new(handle: Arc<Handle>, index: usize) -> Self {
        Self { handle, index, given_up: false }
    }

    pub(super) const fn index(&self) -> usize {
        self.index
    }

    pub(super) fn shared(&self) -> &Arc<Shared<Arena>> {
        &self.handle.shared
    }

    /// Tells when the phase changes.
    pub(super) fn condition(&self) -> Arc<Condvar> {
        self.shared().look(|arena, _| arena.condition(self.index))
    }

    /// Enters once more.
    pub(super) fn enter(&self) -> Result<Self, Misuse> {
        self.shared().act(|arena, now| arena.enter(self.index, now))?;
        Ok(Self::new(self.handle.clone(), self.index))
    }

    /// Cancels the wish, or leaves once, and waits until it is known how that went.
    pub(super) fn release(mut self) -> Phase {
        self.give_up();
        let condition = self.condition();
        let index = self.index;
        self.shared().wait(&condition, |arena, _| arena.outcome(index).ok_or(None))
    }

    fn give_up(&mut self) {
        if !core::mem::replace(&mut self.given_up, true) {
            self.shared().act(|arena, now| arena.give_up(self.index, now));
        }
    }
}

impl Drop for Stake {
    fn drop(&mut self) {
        self.give_up();
        self.shared().act(|arena, _| {
            arena.forget(self.index);
            if planted(Bug::DoubleRelease) {
                arena.forget(self.index);
            }
        });
    }
}
