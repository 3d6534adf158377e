//! What a party without a place says, and whether it is given one.

use super::barrier::{Barrier, Place, Stand};
use super::former::Fate;
use super::hear::Claim;
use crate::barrier::{Cause, Generation, Outcome, Refusal, Ticket};
use crate::{Instant, NodeId};
use core::time::Duration;

/// What becomes of a party without a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Welcome {
    /// It has one now, and is told how it stands.
    Placed,
    /// Not now: it is to ask again.
    Later,
    /// Its arrival was settled.
    Settled(Generation, Outcome),
    Refused(Refusal),
}

/// When, and by which rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Hour {
    pub(super) now: Instant,
    pub(super) lapse: Duration,
    pub(super) grace: Duration,
    /// Whether it is so soon after the coordinator has opened that only those are placed that took part before.
    pub(super) is_early: bool,
}

impl<R: Copy, const PARTIES: usize> Barrier<R, PARTIES> {
    /// A party without a place arrives, or says that it is present or bound.
    pub(super) fn welcome(&mut self, from: NodeId, ticket: &Ticket<R>, claim: Claim, hour: &Hour) -> Welcome {
        let welcome = match claim {
            Claim::Bound { generation, leaves } => self.welcome_bound(from, ticket, generation, leaves, hour),
            Claim::Arrived { generation, leaves } => self.welcome_arrived(from, ticket, generation, leaves, hour),
            Claim::Present if ticket.parties == self.parties && !self.is_full() => {
                self.learn(ticket);
                self.place(from, ticket, hour.now);
                Welcome::Placed
            }
            Claim::Present | Claim::Leaves { .. } => Welcome::Later,
        };
        if welcome == Welcome::Placed {
            self.prepare_if_all_arrived();
        }
        welcome
    }

    fn welcome_arrived(
        &mut self,
        from: NodeId,
        ticket: &Ticket<R>,
        generation: Option<Generation>,
        leaves: bool,
        hour: &Hour,
    ) -> Welcome {
        if let Some(generation) = generation
            && generation.epoch() == self.epoch()
        {
            // It had a place. That is only taken away from one who has arrived and is not bound when the generation breaks.
            let outcome = self.recall(generation).filter(|outcome| *outcome != Outcome::Released);
            return Welcome::Settled(generation, outcome.unwrap_or(Outcome::Broken(Cause::Lapsed(from))));
        }
        if ticket.parties != self.parties {
            return Welcome::Refused(Refusal::OtherParties(self.parties));
        }
        if self.exhausted {
            return Welcome::Refused(Refusal::Exhausted);
        }
        if self.is_full() {
            return if self.is_surely_full(hour) {
                Welcome::Refused(Refusal::Full(self.parties))
            } else {
                Welcome::Later
            };
        }
        self.learn(ticket);
        if let Some(generation) = generation {
            self.learn_fate(generation, Fate::Void);
        }
        let at = self.place(from, ticket, hour.now);
        self.arrive(at, ticket.arrival, leaves);
        Welcome::Placed
    }

    fn welcome_bound(
        &mut self,
        from: NodeId,
        ticket: &Ticket<R>,
        generation: Generation,
        leaves: bool,
        hour: &Hour,
    ) -> Welcome {
        if generation.epoch() == self.epoch() {
            // It has lost its place since. If the generation completed, it did so with this party, which is bound to it.
            return Welcome::Settled(generation, self.recall(generation).unwrap_or(Outcome::Unknown));
        }
        if ticket.parties != self.parties || self.is_full() {
            return match self.recall_former(generation) {
                Some(fate) => Welcome::Settled(generation, fate.outcome()),
                None if hour.is_early => Welcome::Later,
                None => Welcome::Settled(generation, Outcome::Unknown),
            };
        }
        self.learn(ticket);
        let at = self.place(from, ticket, hour.now);
        if let Some(place) = self.places.get_mut(at) {
            place.leaves = leaves;
            place.stand = Stand::InDoubt { generation, until: hour.now.after(hour.grace) };
        }
        self.resolve_doubts(generation);
        Welcome::Placed
    }

    /// Gives a party a place, and says which.
    fn place(&mut self, node: NodeId, ticket: &Ticket<R>, now: Instant) -> usize {
        let at = self.places.len();
        let place = Place {
            node,
            party: ticket.party,
            arrival: ticket.arrival,
            visit: ticket.visit,
            stand: Stand::Present,
            leaves: false,
            owed: None,
            missed: None,
            heard: now,
            tell: true,
        };
        let _ = self.places.push(place); // there is room: the callers have looked
        at
    }

    /// Whether all places are taken by parties that were heard of lately and stay: only then is one more a party too many.
    /// Otherwise it may be a former life of the same node, or one who is about to leave, that has the last place.
    fn is_surely_full(&self, hour: &Hour) -> bool {
        let half = hour.lapse.checked_div(2).unwrap_or_default();
        let stays =
            |place: &Place| place.heard.after(half) > hour.now && !(place.leaves && place.stand == Stand::Present);
        self.places.iter().all(stays)
    }
}
