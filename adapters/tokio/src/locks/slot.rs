//! One holder, and what is shared about it with those who wait for it or have acquired by it.

use super::carrier::MAX_AUTHORITIES;
use core::sync::atomic::{AtomicU64, Ordering};
use core::task::Waker;
use quorate::lease::Mode;
use quorate::lease::holder::{Event, Holder, Standing};
use quorate::{Instant, Machine, Name};
use quorate_std::locks::Phase;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// The machine that acquires, renews and releases.
pub(super) type Clockwork = Holder<Name, MAX_AUTHORITIES>;

/// A holder that serves one acquisition after another.
#[derive(Debug)]
pub(super) struct Slot {
    /// Its place in the table, which is in every claim of its holder.
    pub(super) index: usize,
    state: Mutex<State>,
    /// When the lease ends unless it is renewed, in nanoseconds; 0 when nothing is held.
    until: AtomicU64,
    /// When to doubt it without being told, since then whoever should say so is held up.
    doubt: AtomicU64,
    /// The phase has changed.
    pub(super) changed: Notify,
}

/// What only one task at a time touches, and never across an await.
#[derive(Debug)]
pub(super) struct State {
    pub(super) holder: Clockwork,
    pub(super) phase: Phase,
    /// What the acquisition is of.
    pub(super) wanted: Option<(Name, Mode)>,
    /// How many guards and futures there are of it. It serves the next acquisition when there are none, and the holder is idle.
    pub(super) users: u32,
    /// Whether the table knows that it can serve the next acquisition.
    pub(super) listed: bool,
    /// Whom to wake when it is known how the acquisition ends.
    pub(super) waker: Option<Waker>,
    /// For when the clockwork has been told to look after it; it may look in vain, since deadlines mostly move away.
    pub(super) scheduled: Option<Instant>,
}

impl Slot {
    pub(super) fn new(index: usize, holder: Clockwork) -> Self {
        let phase = Phase::Wanted { ahead: None };
        let state = State { holder, phase, wanted: None, users: 0, listed: false, waker: None, scheduled: None };
        let (until, doubt) = (AtomicU64::new(0), AtomicU64::new(0));
        Self { index, state: Mutex::new(state), until, doubt, changed: Notify::new() }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        // A step does not panic, and nothing else that is done under the lock does.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// When the lease ends unless it is renewed; [`Instant::ORIGIN`] if nothing is held.
    pub(super) fn until(&self) -> Instant {
        Instant::from_nanos(self.until.load(Ordering::Acquire))
    }

    /// When to doubt it without being told.
    pub(super) fn doubt(&self) -> Instant {
        Instant::from_nanos(self.doubt.load(Ordering::Acquire))
    }

    /// Shows until when the lease is valid, after a step that ended at `now`.
    pub(super) fn show(&self, until: Option<Instant>, now: Instant) {
        let until = until.unwrap_or(Instant::ORIGIN);
        if until != self.until() {
            // The holder doubts it earlier than that, if it is not held up itself.
            self.doubt.store((until - until.since(now) / 4).as_nanos(), Ordering::Release);
            self.until.store(until.as_nanos(), Ordering::Release);
        }
    }
}

impl State {
    /// What an event means for the user; whether it changes anything.
    pub(super) fn learn(&mut self, event: Event) -> bool {
        let phase = self.phase.after(event, self.holder.token());
        self.phase = phase.unwrap_or(self.phase);
        phase.is_some()
    }

    /// Whether it can serve the next acquisition now, and could not before.
    pub(super) fn becomes_free(&mut self) -> bool {
        let is_free = self.users == 0 && self.holder.standing() == Standing::Idle;
        is_free && !core::mem::replace(&mut self.listed, true)
    }

    /// The deadline, if the clockwork has to be told of it: it is earlier than what it knows of.
    pub(super) fn reschedule(&mut self) -> Option<Instant> {
        let deadline = self.holder.deadline()?;
        let is_new = self.scheduled.is_none_or(|scheduled| deadline < scheduled);
        if is_new {
            self.scheduled = Some(deadline);
        }
        is_new.then_some(deadline)
    }
}
