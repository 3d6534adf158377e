//! What a party that has a place says, and what becomes of it.

use super::barrier::{Barrier, Change, Stand};
use super::former::Fate;
use crate::Instant;
use crate::barrier::{Cause, Generation, Ticket};

/// What a party says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Claim {
    Arrived { generation: Option<Generation>, leaves: bool },
    Bound { generation: Generation, leaves: bool },
    Present,
    Leaves { timed_out: bool },
}

impl<R: Copy, const PARTIES: usize> Barrier<R, PARTIES> {
    /// What the party at this place says, in the coordinator's own epoch.
    pub(super) fn hear(&mut self, at: usize, ticket: &Ticket<R>, claim: Claim, now: Instant) -> Option<Change> {
        let place = self.places.get_mut(at)?;
        if ticket.arrival < place.arrival || ticket.visit < place.visit {
            return None; // overtaken by what it has said since
        }
        place.heard = now;
        self.learn(ticket);
        match claim {
            Claim::Arrived { generation, leaves } => self.hear_arrived(at, ticket.arrival, generation, leaves),
            Claim::Bound { generation, .. } => self.hear_bound(at, ticket.arrival, generation),
            Claim::Present => self.hear_present(at, ticket.arrival),
            Claim::Leaves { timed_out } => self.hear_leaves(at, timed_out),
        }
    }

    fn hear_arrived(
        &mut self,
        at: usize,
        arrival: u32,
        generation: Option<Generation>,
        leaves: bool,
    ) -> Option<Change> {
        if let Some(generation) = generation {
            // It is of this epoch and not bound, so nobody was released from a former one that it was counted in.
            self.learn_fate(generation, Fate::Void);
        }
        let place = self.places.get_mut(at)?;
        if arrival == place.arrival {
            // Said again. If it is known to be bound, or to know its outcome, this was overtaken.
            place.tell |= place.stand == Stand::Arrived || place.owed.is_some();
            return None;
        }
        let change = match place.stand {
            // It has given up to learn how its last arrival ends. That must be settled first: its word stands.
            Stand::Ready => return None,
            Stand::Arrived => {
                let node = place.node;
                self.break_up(Cause::TimedOut(node), Some(at))
            }
            Stand::InDoubt { .. } => {
                place.stand = Stand::Present;
                None
            }
            Stand::Present if self.exhausted && place.missed.is_none() => {
                self.remove(at);
                return Some(Change::Exhausted);
            }
            Stand::Present => None,
        };
        self.arrive(at, arrival, leaves);
        change
    }

    fn hear_bound(&mut self, at: usize, arrival: u32, generation: Generation) -> Option<Change> {
        let place = self.places.get_mut(at)?;
        if arrival != place.arrival {
            return None;
        }
        match place.stand {
            Stand::Arrived if self.preparing && generation == self.generation => return self.ready(at),
            // It has not heard yet that it is free of a generation of an earlier coordinator, or is asked whether it is ready.
            Stand::Arrived | Stand::Ready | Stand::InDoubt { .. } => place.tell = true,
            Stand::Present => place.tell |= place.owed.is_some() && !planted!(OutcomeToldOnce),
        }
        None
    }

    fn hear_present(&mut self, at: usize, arrival: u32) -> Option<Change> {
        let place = self.places.get_mut(at)?;
        let node = place.node;
        let change = match place.stand {
            Stand::Ready => return None, // it does not wait for the outcome any more; its word stands
            Stand::Arrived => self.break_up(Cause::TimedOut(node), Some(at)),
            Stand::InDoubt { .. } | Stand::Present => None,
        };
        let place = self.places.get_mut(at)?;
        (place.arrival, place.stand, place.owed, place.tell) = (arrival, Stand::Present, None, true);
        change
    }

    fn hear_leaves(&mut self, at: usize, timed_out: bool) -> Option<Change> {
        let place = self.places.get_mut(at)?;
        let cause = if timed_out { Cause::TimedOut(place.node) } else { Cause::Left(place.node) };
        let change = match place.stand {
            Stand::Ready => {
                (place.leaves, place.tell) = (true, false);
                return None; // the place is given up when the outcome is known; its word stands
            }
            Stand::Present if place.leaves => None,
            Stand::Arrived | Stand::Present => self.break_up(cause, Some(at)),
            Stand::InDoubt { .. } => None,
        };
        self.remove(at);
        change
    }
}
