//! What somebody has in a holder: a wish, or a share of what it holds.

use super::slot::Slot;
use super::table::{Handle, Table};
use quorate::Input;
use quorate::lease::holder::{Command, Event, Misuse, Standing};
use quorate_std::locks::Phase;
use std::sync::Arc;

/// A wish that is waited for, or one entry into what is held. Dropped, it is given up, whichever it is by then.
#[derive(Debug)]
pub(super) struct Stake {
    table: Handle,
    slot: Arc<Slot>,
    given_up: bool,
}

impl Stake {
    /// Of the first user of this slot.
    pub(super) fn new(table: Handle, slot: Arc<Slot>) -> Self {
        Self { table, slot, given_up: false }
    }

    pub(super) fn slot(&self) -> &Slot {
        &self.slot
    }

    pub(super) fn table(&self) -> &Table {
        &self.table
    }

    /// Enters once more.
    pub(super) fn enter(&self) -> Result<Self, Misuse> {
        let told = self.table.act(&self.slot, |state, now| {
            let (resource, mode) = state.wanted?;
            let patience = quorate::lease::holder::Patience::Try;
            // It must not be asked for anew, should it be lost by now.
            state.holder.is_valid(now).then_some(Input::Command(Command::Acquire { resource, mode, patience }))
        });
        match told {
            Some(Event::Entered { .. }) => {
                self.slot.state().users += 1;
                Ok(Self { table: self.table.clone(), slot: self.slot.clone(), given_up: false })
            }
            Some(Event::Refused(misuse)) => Err(misuse),
            _ => Err(Misuse::NotHeld),
        }
    }

    /// Cancels the wish, or leaves once.
    pub(super) fn give_up(&mut self) {
        if core::mem::replace(&mut self.given_up, true) {
            return;
        }
        self.table.act(&self.slot, |state, _| match state.holder.standing() {
            Standing::Acquiring | Standing::Waiting => Some(Input::Command(Command::Cancel)),
            Standing::Held | Standing::Doubtful => Some(Input::Command(Command::Release)),
            Standing::Idle | Standing::Releasing => None,
        });
    }

    /// How it went, once it has been given up; `None` if that is not known yet. What others have entered is still held.
    pub(super) fn outcome(&self) -> Option<Phase> {
        let state = self.slot.state();
        match state.holder.standing() {
            Standing::Releasing => None,
            _ => Some(state.phase),
        }
    }
}

impl Drop for Stake {
    fn drop(&mut self) {
        self.give_up();
        self.table.act(&self.slot, |state, _| {
            state.users -= 1;
            state.waker = None;
            None
        });
    }
}
