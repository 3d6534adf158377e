//! What a coordinator makes of the generations of its predecessors.
//!
//! It knows nothing of them by itself; parties tell it, and what a party of its epoch tells cannot change any more behind its
//! back, for such a party obeys no predecessor.

use super::barrier::{Barrier, Place, Settled, Stand};
use crate::Instant;
use crate::barrier::{Cause, Generation, Outcome, Ticket};
use crate::total;

/// How a generation of an earlier epoch ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Fate {
    /// Nobody was released from it, and nobody will be: a party of it was never bound. Whether somebody was told that it broke is
    /// not known.
    Void,
    /// Somebody was told that it broke.
    Broken,
    /// Somebody was released from it, or all parties are bound to it and were told nothing else.
    Released,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Former {
    pub(super) generation: Generation,
    pub(super) fate: Fate,
}

impl Fate {
    /// What a party hears that has no place.
    pub(super) const fn outcome(self) -> Outcome {
        match self {
            Self::Released => Outcome::Released,
            Self::Void | Self::Broken => Outcome::Broken(Cause::Formerly),
        }
    }
}

impl<R: Copy, const PARTIES: usize> Barrier<R, PARTIES> {
    /// A party has learnt how a generation ended.
    pub(super) fn learn(&mut self, ticket: &Ticket<R>) {
        if let Some(generation) = ticket.learnt {
            self.learn_fate(generation, if ticket.released { Fate::Released } else { Fate::Broken });
        }
    }

    /// Somebody has shown how a generation of an earlier epoch ended.
    pub(super) fn learn_fate(&mut self, generation: Generation, fate: Fate) {
        if generation.epoch() >= self.epoch() {
            return; // of its own ones it knows more
        }
        let is_news = self.former.is_none_or(|former| {
            generation > former.generation || (generation == former.generation && former.fate == Fate::Void)
        });
        if is_news {
            self.former = Some(Former { generation, fate });
        }
        for place in &mut self.places {
            if place.is_in_doubt_of(generation) {
                place.resolve(generation, fate);
            }
        }
        self.prepare_if_all_arrived();
    }

    /// A party without memory of the outcome has come that is bound to a generation: perhaps that is known by now.
    pub(super) fn resolve_doubts(&mut self, generation: Generation) {
        if let Some(fate) = self.recall_former(generation) {
            self.learn_fate(generation, fate);
        }
        // No more than all can be bound to it. If none of them was told anything, nobody was, and nobody will be: they have
        // all turned to this coordinator.
        let doubts = total::count(self.places.iter().filter(|place| place.is_in_doubt_of(generation)));
        if doubts == usize::from(self.parties) {
            self.learn_fate(generation, Fate::Released);
        }
    }

    /// What nobody has told in time is unknown.
    pub(super) fn give_up_doubts(&mut self, now: Instant) {
        for place in &mut self.places {
            if let Stand::InDoubt { generation, until } = place.stand
                && until <= now
            {
                let outcome = Outcome::Unknown;
                let outcome = if planted!(DoubtGuessedReleased) { Outcome::Released } else { outcome };
                let outcome = if planted!(DoubtGuessedBroken) { Outcome::Broken(Cause::Formerly) } else { outcome };
                place.settle(generation, outcome);
            }
        }
    }
}

impl Place {
    fn is_in_doubt_of(&self, of: Generation) -> bool {
        matches!(self.stand, Stand::InDoubt { generation, .. } if generation == of)
    }

    fn resolve(&mut self, generation: Generation, fate: Fate) {
        match fate {
            // It is free again, and its arrival counts in the present generation.
            Fate::Void => (self.stand, self.tell) = (Stand::Arrived, true),
            Fate::Broken | Fate::Released => self.settle(generation, fate.outcome()),
        }
    }

    fn settle(&mut self, generation: Generation, outcome: Outcome) {
        (self.stand, self.tell) = (Stand::Present, true);
        self.owed = Some(Settled { generation, outcome });
    }
}
