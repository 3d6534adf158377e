//! What the parties of one barrier do, for who judges it.

use crate::check::{Arrival, Ended, Generations, Violation, Who};
use alloc::vec::Vec;
use core::fmt::Debug;
use core::hash::Hash;
use quorate::barrier::party::{Event, Misuse, Party, Standing};
use quorate::barrier::{Cause, Generation, Refusal};
use quorate::{Incarnation, Instant};

/// Follows the parties of one barrier, wherever they are, and judges B1, B3, B4 and B5.
#[derive(Clone, Debug)]
pub(crate) struct Attendance {
    generations: Generations,
    /// By place: which party is there, how often it has arrived, and what it is bound to.
    parties: Vec<(Incarnation, u32, Option<Generation>)>,
    /// What has been seen: bits of [`Sight`].
    pub(crate) seen: u64,
}

/// What is interesting to have seen.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Sight {
    Unknown,
    Freed,
    ReleasedFormerly,
    BrokenFormerly,
    Full,
    Cancelled,
    TooLate,
    Released,
    Broken,
}

impl Attendance {
    /// Of nodes at so many places, at a barrier with so many parties.
    pub(crate) fn new(size: usize, parties: u16) -> Self {
        Self {
            generations: Generations::new(usize::from(parties)),
            parties: alloc::vec![(Incarnation::new(0), 0, None); size],
            seen: 0,
        }
    }

    const fn sees(&mut self, sight: Sight) {
        self.seen |= 1 << sight as u32;
    }

    pub(crate) const fn has_seen(&self, sight: Sight) -> bool {
        self.seen >> sight as u32 & 1 == 1
    }

    /// A party tells its user something, in a step: it tells the end of an arrival before it begins another one.
    pub(crate) fn told(&mut self, at: Instant, who: Who, event: &Event) -> Result<(), Violation> {
        let Some((life, number, _)) = self.parties.get(who.place).copied() else { return Ok(()) };
        let arrival = Arrival { who, life, number };
        match *event {
            Event::Released { generation } => {
                self.sees(Sight::Released);
                self.generations.ends(at, arrival, generation, Ended::Released)
            }
            Event::Broken { generation: Some(generation), cause } => {
                self.sees(Sight::Broken);
                if cause == Cause::Formerly {
                    self.sees(Sight::BrokenFormerly);
                }
                self.generations.ends(at, arrival, generation, Ended::Broken)
            }
            Event::Unknown { generation } => {
                self.sees(Sight::Unknown);
                self.generations.ends(at, arrival, generation, Ended::Unknown)
            }
            Event::Cancelled { generation: Some(generation) } => {
                self.sees(Sight::Cancelled);
                self.generations.ends(at, arrival, generation, Ended::Broken)
            }
            Event::Failed { why } => {
                if matches!(why, Refusal::Full(_)) {
                    self.sees(Sight::Full);
                }
                self.generations.ends_without(at, arrival)
            }
            Event::Broken { generation: None, .. } | Event::Cancelled { generation: None } => {
                self.generations.ends_without(at, arrival)
            }
            Event::Refused(Misuse::AllArrived(_)) => {
                self.sees(Sight::TooLate);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// The node at a place has stepped, and this is its party.
    pub(crate) fn became<R: Copy + Eq + Hash + Debug, const N: usize>(
        &mut self,
        at: Instant,
        who: Who,
        party: &Party<R, N>,
    ) -> Result<(), Violation> {
        // Each party has a number that none had before it: that is its life.
        let life = Incarnation::new(party.id().get());
        let Some(known) = self.parties.get_mut(who.place) else { return Ok(()) };
        let now = party.generation().filter(|_| party.standing() == Standing::Bound);
        let arrival = Arrival { who, life, number: party.arrivals() };
        let (before, number, bound) = core::mem::replace(known, (life, arrival.number, now));
        let bound = bound.filter(|_| before == life);
        if let Some((learnt, true)) = party.learnt()
            && bound == Some(learnt)
            && now.is_none()
            && learnt.epoch() < party.epoch()
        {
            self.sees(Sight::ReleasedFormerly);
        }
        if now == bound {
            return Ok(());
        }
        if let Some(generation) = bound
            && number == arrival.number
            && matches!(party.standing(), Standing::Waiting | Standing::Bound)
        {
            self.sees(Sight::Freed);
            self.generations.frees(at, arrival, generation)?;
        }
        now.map_or(Ok(()), |generation| self.generations.binds(at, arrival, generation))
    }

    /// The node at a place has crashed, and its party is gone.
    pub(crate) fn crashed(&mut self, place: usize) {
        if let Some(known) = self.parties.get_mut(place) {
            known.2 = None;
        }
    }
}
