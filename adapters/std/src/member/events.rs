//! What happens to a member, for those who want to know.

use crate::driver::{Happened, NextError, Receiver};
use crate::membership::{Event, Stamped};
use core::time::Duration;

/// Receives what happens to a member: see [`Member::events`](crate::Member::events).
#[derive(Debug)]
pub struct MemberEvents {
    receiver: Receiver<Event>,
}

impl MemberEvents {
    pub(super) fn new(receiver: Receiver<Event>) -> Self {
        Self { receiver }
    }

    /// The next event. Waits for it, for so long at most; `None` is for as long as it takes.
    ///
    /// # Errors
    ///
    /// If there is none in time, or never will be any; and, once, if some were missed since the one before.
    pub fn next(&mut self, longest: Option<Duration>) -> Result<Stamped, NextError> {
        let (at, happened) = self.receiver.next(longest)?;
        let event = match happened {
            Happened::Event(event) => event,
            Happened::Notice(notice) => Event::Notice(notice),
        };
        Ok(Stamped { at, event })
    }
}
