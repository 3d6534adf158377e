//! Taking part in a barrier, and waiting at it.

use super::{BarrierError, Hall};
use crate::cancel::{Cancel, Wake};
use crate::sync::Condvar;
use core::fmt;
use quorate::barrier::Generation;
use quorate::barrier::party::{Command, Config};
use quorate::{Name, Seed};
use std::sync::Arc;

/// Where to meet.
#[derive(Clone)]
pub(super) struct Place {
    pub(super) hall: Arc<Hall>,
    pub(super) name: Result<Name, BarrierError>,
    pub(super) parties: u16,
}

impl Place {
    /// Becomes a party.
    pub(super) fn attend(&self) -> Result<Attended, BarrierError> {
        let (name, parties) = (self.name?, self.parties);
        let shared = &self.hall.shared;
        let (index, condition) = shared.act(|arena, now| {
            let config = Config::new(parties, arena.timing(), Seed::new(0)).map_err(BarrierError::Config)?;
            Ok(arena.attend(config, name, now))
        })?;
        Ok(Attended { seat: Arc::new(Seat { hall: self.hall.clone(), condition }), index, name, parties })
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Place").field("name", &self.name).field("parties", &self.parties).finish_non_exhaustive()
    }
}

/// A party's place. Dropped, it is given up.
pub(super) struct Attended {
    seat: Arc<Seat>,
    index: usize,
    name: Name,
    parties: u16,
}

struct Seat {
    hall: Arc<Hall>,
    condition: Arc<Condvar>,
}

impl Wake for Seat {
    fn wake(&self) {
        self.hall.shared.wake(&self.condition);
    }
}

impl Attended {
    /// Arrives, and waits for the others.
    pub(super) fn wait(&self, command: Command, cancel: Option<&Cancel>) -> Result<Generation, BarrierError> {
        let (shared, index) = (&self.seat.hall.shared, self.index);
        shared.act(|arena, now| arena.arrive(index, command, now));
        if let Some(cancel) = cancel {
            cancel.wakes(&self.seat);
        }
        let mut is_taken_back = false;
        loop {
            let ended = shared.wait(&self.seat.condition, |arena, _| match arena.end(index) {
                Some(end) => Ok(Some(end)),
                None if !is_taken_back && cancel.is_some_and(Cancel::is_cancelled) => Ok(None),
                None => Err(None),
            });
            if let Some((end, arrived)) = ended {
                return end.result(self.name, self.parties, arrived);
            }
            // Unless all have arrived: then the outcome comes in any case.
            is_taken_back = true;
            shared.act(|arena, now| arena.cancel(index, now));
        }
    }
}

impl Drop for Attended {
    fn drop(&mut self) {
        self.seat.hall.shared.act(|arena, now| arena.leave(self.index, now));
    }
}

impl fmt::Debug for Attended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attended").field("name", &self.name).field("parties", &self.parties).finish_non_exhaustive()
    }
}
