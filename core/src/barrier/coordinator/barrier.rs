//! One barrier: who has a place at it, and how far its present generation is.

use super::former::{Fate, Former};
use crate::barrier::{Cause, Generation, Message, Outcome, PartyId};
use crate::total;
use crate::{Epoch, Instant, NodeId};
use core::time::Duration;
use heapless::Vec;

/// A party's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Place {
    pub(super) node: NodeId,
    pub(super) party: PartyId,
    /// The last of its arrivals that is known.
    pub(super) arrival: u32,
    /// The visit that gave it the place: what it said before counts no more.
    pub(super) visit: u32,
    pub(super) stand: Stand,
    /// Whether it gives the place up after this arrival.
    pub(super) leaves: bool,
    /// How that arrival ended, until the party shows that it knows.
    pub(super) owed: Option<Settled>,
    /// The last generation that broke while the party had not arrived in it: its next arrival is for that one.
    pub(super) missed: Option<Settled>,
    /// When it was heard last.
    pub(super) heard: Instant,
    /// Whether it is to be told how it stands.
    pub(super) tell: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Stand {
    /// Not arrived in the present generation.
    Present,
    /// Arrived, and free to take that back.
    Arrived,
    /// Arrived, and bound.
    Ready,
    /// Bound to a generation of an earlier coordinator.
    InDoubt { generation: Generation, until: Instant },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Settled {
    pub(super) generation: Generation,
    pub(super) outcome: Outcome,
}

/// What has become of the present generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Change {
    Completed {
        generation: Generation,
    },
    Broken {
        generation: Generation,
        cause: Cause,
    },
    /// There is no generation for one who has arrived.
    Exhausted,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Barrier<R, const PARTIES: usize> {
    pub(super) resource: R,
    pub(super) parties: u16,
    /// How many places have been given up, and more: the visit that gives one.
    pub(super) visit: u32,
    /// The present generation.
    pub(super) generation: Generation,
    /// There is no generation after this one, and it is over.
    pub(super) exhausted: bool,
    /// All have arrived, and are asked whether they are ready.
    pub(super) preparing: bool,
    /// How the last generation of this epoch ended.
    pub(super) last: Option<Settled>,
    /// What is known of the latest generation of earlier epochs that something is known of.
    pub(super) former: Option<Former>,
    pub(super) places: Vec<Place, PARTIES>,
    /// When something is to be done.
    pub(super) due: Instant,
}

impl<R: Copy, const PARTIES: usize> Barrier<R, PARTIES> {
    pub(super) const fn new(resource: R, parties: u16, visit: u32, generation: Generation) -> Self {
        Self {
            resource,
            parties,
            visit,
            generation,
            exhausted: false,
            preparing: false,
            last: None,
            former: None,
            places: Vec::new(),
            due: Instant::FAR_FUTURE,
        }
    }

    pub(super) fn epoch(&self) -> Epoch {
        self.generation.epoch()
    }

    pub(super) fn position(&self, node: NodeId, party: PartyId) -> Option<usize> {
        self.places.iter().position(|place| (place.node, place.party) == (node, party))
    }

    pub(super) fn is_full(&self) -> bool {
        self.places.len() >= usize::from(self.parties) || self.places.is_full()
    }

    /// How many have arrived in the present generation.
    pub(super) fn arrived(&self) -> u16 {
        let arrived = |place: &&Place| matches!(place.stand, Stand::Arrived | Stand::Ready);
        u16::try_from(total::count(self.places.iter().filter(arrived))).unwrap_or(u16::MAX)
    }

    /// An arrival that has not been counted yet.
    pub(super) fn arrive(&mut self, at: usize, arrival: u32, leaves: bool) {
        let Some(place) = self.places.get_mut(at) else { return };
        (place.arrival, place.leaves, place.tell) = (arrival, leaves, true);
        // B3: it is for its own generation, if that broke without it.
        (place.stand, place.owed) = match place.missed.take() {
            Some(missed) => (Stand::Present, Some(missed)),
            None => (Stand::Arrived, None),
        };
        self.prepare_if_all_arrived();
    }

    pub(super) fn prepare_if_all_arrived(&mut self) {
        if !self.preparing && self.arrived() == self.parties {
            if planted!(ReleasedUnasked) {
                let _ = self.complete();
                return;
            }
            self.preparing = true;
            self.places.iter_mut().for_each(|place| place.tell = true);
        }
    }

    /// A party is ready.
    pub(super) fn ready(&mut self, at: usize) -> Option<Change> {
        let place = self.places.get_mut(at)?;
        (place.stand, place.tell) = (Stand::Ready, true);
        let ready = total::count(self.places.iter().filter(|place| place.stand == Stand::Ready));
        let needed = usize::from(self.parties);
        let needed = if planted!(OneNotReady) { needed.saturating_sub(1).max(1) } else { needed };
        (ready == needed).then(|| self.complete())
    }

    /// All are bound: whatever becomes of anybody, they have all arrived.
    fn complete(&mut self) -> Change {
        let generation = self.generation;
        let settled = Settled { generation, outcome: Outcome::Released };
        for place in &mut self.places {
            (place.stand, place.owed, place.tell) = (Stand::Present, Some(settled), true);
        }
        self.begin_next(settled);
        Change::Completed { generation }
    }

    /// The present generation will never complete. Nobody is released from it, for not all are bound.
    ///
    /// Those who have arrived are told; those who have not are told when they do. `but` knows already.
    pub(super) fn break_up(&mut self, cause: Cause, but: Option<usize>) -> Option<Change> {
        if self.arrived() == 0 {
            return None;
        }
        let generation = self.generation;
        let settled = Settled { generation, outcome: Outcome::Broken(cause) };
        for (at, place) in total::places(self.places.iter_mut()) {
            match place.stand {
                Stand::InDoubt { .. } => {}
                Stand::Arrived | Stand::Ready if Some(at) == but => {
                    (place.stand, place.owed, place.missed) = (Stand::Present, None, None);
                }
                Stand::Arrived | Stand::Ready => {
                    (place.stand, place.owed, place.tell) = (Stand::Present, Some(settled), true);
                }
                Stand::Present if place.leaves => {}
                Stand::Present => place.missed = Some(settled),
            }
        }
        self.begin_next(settled);
        Some(Change::Broken { generation, cause })
    }

    fn begin_next(&mut self, settled: Settled) {
        (self.last, self.preparing) = (Some(settled), false);
        match self.generation.next() {
            Some(next) => self.generation = next,
            None => self.exhausted = true,
        }
    }

    /// Takes away the places of those who were not heard for a lapse, and settles what cannot be learnt any more.
    pub(super) fn expire(&mut self, lapse: Duration, now: Instant) -> Option<Change> {
        let mut change = None;
        // One who is bound has had its say: the others need nothing more of it.
        let stays = |place: &Place| place.stand == Stand::Ready && !planted!(BoundPlaceGivenAway);
        let is_gone = |place: &Place| !stays(place) && place.heard.after(lapse) <= now;
        while let Some(at) = self.places.iter().position(is_gone)
            && let Some(place) = self.places.get(at).copied()
        {
            if place.stand == Stand::Arrived || (place.stand == Stand::Present && !place.leaves) {
                change = change.or(self.break_up(Cause::Lapsed(place.node), None));
            }
            self.remove(at);
        }
        self.give_up_doubts(now);
        change
    }

    pub(super) fn remove(&mut self, at: usize) {
        total::remove(&mut self.places, at);
        self.visit = self.visit.saturating_add(1);
    }

    /// When something is to be done next, if nobody is heard.
    pub(super) fn plan(&mut self, lapse: Duration, now: Instant) {
        let due = |place: &Place| match place.stand {
            _ if place.tell => now,
            Stand::Ready if !planted!(BoundPlaceGivenAway) => Instant::FAR_FUTURE,
            Stand::InDoubt { until, .. } => until.min(place.heard.after(lapse)),
            Stand::Present | Stand::Arrived | Stand::Ready => place.heard.after(lapse),
        };
        self.due = self.places.iter().map(due).min().unwrap_or(Instant::FAR_FUTURE);
    }

    /// How a party stands, in the words for it.
    pub(super) fn answer(&self, place: &Place) -> Message<R> {
        let (party, arrival, epoch, generation) = (place.party, place.arrival, self.epoch(), self.generation);
        match (place.owed, place.stand) {
            (Some(Settled { generation, outcome }), _) => {
                Message::Settled { party, arrival, epoch, generation, outcome }
            }
            (None, Stand::InDoubt { generation, .. }) => {
                Message::Noted { party, arrival, epoch, generation, arrived: self.arrived() }
            }
            (None, Stand::Arrived) if self.preparing => Message::Prepare { party, arrival, epoch, generation },
            (None, Stand::Arrived | Stand::Ready | Stand::Present) => {
                Message::Noted { party, arrival, epoch, generation, arrived: self.arrived() }
            }
        }
    }

    /// How a generation of this epoch ended that a party without a place was counted in.
    pub(super) fn recall(&self, generation: Generation) -> Option<Outcome> {
        self.last.filter(|last| last.generation == generation).map(|last| last.outcome)
    }

    /// How a generation of an earlier epoch ended, if somebody has told.
    pub(super) fn recall_former(&self, generation: Generation) -> Option<Fate> {
        self.former.filter(|former| former.generation == generation).map(|former| former.fate)
    }
}
