//! Where one party waits.

use super::End;
use crate::cancel::Wake;
use crate::signal::{Bell, Signal};
use crate::sync::{Mutex, lock};
use core::time::Duration;
use std::sync::Arc;

/// Where one party waits. Who is told of an end touches nothing that others wait for, and not what the machines are behind.
pub(super) struct Seat {
    /// How the last arrival ended, and how many had arrived as far as was told; `None` if that is not known yet.
    ended: Mutex<Option<(End, u16)>>,
    /// Rings when arrivals at this barrier end.
    bell: Arc<Bell>,
}

impl Seat {
    pub(super) fn new(bell: Arc<Bell>) -> Self {
        Self { ended: Mutex::new(None), bell }
    }

    pub(super) const fn bell(&self) -> &Arc<Bell> {
        &self.bell
    }

    /// There is another arrival.
    pub(super) fn begin(&self) {
        *lock(&self.ended) = None;
    }

    /// The arrival has ended. The bell is to ring after this.
    pub(super) fn settle(&self, end: End, arrived: u16) {
        *lock(&self.ended) = Some((end, arrived));
    }

    pub(super) fn ended(&self) -> Option<(End, u16)> {
        *lock(&self.ended)
    }

    /// Waits until it has ended, or has to be looked at for another reason, for so long at most.
    pub(super) fn wait(&self, longest: Option<Duration>, is_reason: impl Fn() -> bool) {
        let heard = self.bell.listen();
        if self.ended().is_none() && !is_reason() {
            self.bell.wait(heard, longest);
        }
    }
}

impl Wake for Seat {
    fn wake(&self) {
        self.bell.notify();
    }
}
