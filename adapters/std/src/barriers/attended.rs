//! Taking part in a barrier, and waiting at it.

use super::seat::Seat;
use super::{BarrierError, Hall};
use crate::cancel::Cancel;
use crate::clock::LONGEST_SLEEP;
use core::fmt;
use core::time::Duration;
use quorate::barrier::Generation;
use quorate::barrier::party::{Command, Config};
use quorate::{Name, Seed};
use std::sync::Arc;

/// For how long, and unless what, to wait.
#[derive(Clone, Debug, Default)]
pub(super) struct Terms {
    pub(super) patience: Option<Duration>,
    pub(super) cancel: Option<Cancel>,
}

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
        let (index, seat) = shared.act(|arena, now| {
            let config = Config::new(parties, arena.timing(), Seed::new(0)).map_err(BarrierError::Config)?;
            Ok(arena.attend(config, name, now))
        })?;
        Ok(Attended { hall: self.hall.clone(), seat, index, name, parties })
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Place").field("name", &self.name).field("parties", &self.parties).finish_non_exhaustive()
    }
}

/// A party's place. Dropped, it is given up.
pub(super) struct Attended {
    hall: Arc<Hall>,
    seat: Arc<Seat>,
    index: usize,
    name: Name,
    parties: u16,
}

impl Attended {
    /// Arrives, and waits for the others. The place is kept.
    pub(super) fn arrive(&self, terms: &Terms) -> Result<Generation, BarrierError> {
        self.wait(Command::Arrive { patience: terms.patience }, terms)
    }

    /// Arrives for the last time, and waits for the others.
    pub(super) fn leave(&self, terms: &Terms) -> Result<Generation, BarrierError> {
        self.wait(Command::Leave { patience: terms.patience }, terms)
    }

    fn wait(&self, command: Command, Terms { patience, cancel }: &Terms) -> Result<Generation, BarrierError> {
        let (Self { seat, index, .. }, shared) = (self, &self.hall.shared);
        let end = shared.act(|arena, now| {
            arena.arrive(*index, command, now);
            patience.map(|patience| now + patience)
        });
        if let Some(cancel) = cancel {
            cancel.wakes(seat);
        }
        let mut is_taken_back = false;
        loop {
            if let Some((end, arrived)) = seat.ended() {
                return end.result(self.name, self.parties, arrived);
            }
            let is_cancelled = || !is_taken_back && cancel.as_ref().is_some_and(Cancel::is_cancelled);
            if is_cancelled() {
                // Unless all have arrived: then the outcome comes in any case.
                is_taken_back = true;
                shared.act(|arena, now| arena.cancel(*index, now));
                continue;
            }
            let now = shared.now();
            if end.is_some_and(|end| end <= now) {
                shared.act(|_, _| ()); // Whoever should tick it may be this thread.
                if seat.ended().is_some() {
                    continue;
                }
            }
            // Once all have arrived, the outcome is on its way, and patience is no more.
            let left = end.filter(|end| *end > now).map(|end| end.since(now).min(LONGEST_SLEEP));
            seat.wait(left, is_cancelled);
        }
    }
}

impl Drop for Attended {
    fn drop(&mut self) {
        self.hall.shared.act(|arena, now| arena.leave(self.index, now));
    }
}

impl fmt::Debug for Attended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attended").field("name", &self.name).field("parties", &self.parties).finish_non_exhaustive()
    }
}
