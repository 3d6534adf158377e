//! Who judges a world of barriers.

use super::attendee::{Attendee, Event};
use crate::check::{Arrival, Ended, Generations, Violation, Who};
use crate::swarm::Judge;
use crate::world::{Happening, Observer, What};
use alloc::vec::Vec;
use quorate::barrier::party::{Event as Told, Misuse};
use quorate::barrier::{Cause, Generation, Refusal, coordinator};
use quorate::{Incarnation, Instant};

const MARKS: &[&str] = &[
    "a generation completed",
    "one broke because somebody did not want to wait any longer",
    "one broke because somebody fell silent",
    "one broke because somebody left",
    "one was reset",
    "an outcome stayed unknown",
    "another coordinator freed a party that was bound",
    "another coordinator knew that all were released",
    "another coordinator knew that it had broken",
    "a party too many was refused",
    "a wait was cancelled",
    "a bound party wanted to cancel",
    "two coordinated at once",
];

const COMPLETED: u32 = 0;
const TIMED_OUT: u32 = 1;
const LAPSED: u32 = 2;
const LEFT: u32 = 3;
const RESET: u32 = 4;
const UNKNOWN: u32 = 5;
const FREED: u32 = 6;
const RELEASED_FORMERLY: u32 = 7;
const BROKEN_FORMERLY: u32 = 8;
const FULL: u32 = 9;
const CANCELLED: u32 = 10;
const TOO_LATE: u32 = 11;
const TWO_AT_ONCE: u32 = 12;

/// Judges B1, B3, B4 and B5 of one barrier.
#[derive(Clone, Debug)]
pub struct Rendezvous {
    generations: Generations,
    /// By place: in which life its party is, how often it has arrived, and what it is bound to.
    parties: Vec<(Incarnation, u32, Option<Generation>)>,
    /// By place: whether it coordinates.
    open: Vec<bool>,
    marks: u64,
}

impl Rendezvous {
    pub(super) fn new(size: usize, parties: u16) -> Self {
        Self {
            generations: Generations::new(usize::from(parties)),
            parties: alloc::vec![(Incarnation::new(0), 0, None); size],
            open: alloc::vec![false; size],
            marks: 0,
        }
    }

    const fn mark(&mut self, bit: u32) {
        self.marks |= 1 << bit;
    }

    fn coordinator_tells(&mut self, place: usize, event: &coordinator::Event<u8>) {
        match event {
            coordinator::Event::Opened { .. } => self.set_open(place, true),
            coordinator::Event::Closed { .. } => self.set_open(place, false),
            coordinator::Event::Completed { .. } => self.mark(COMPLETED),
            coordinator::Event::Broken { cause, .. } => match cause {
                Cause::TimedOut(_) => self.mark(TIMED_OUT),
                Cause::Lapsed(_) => self.mark(LAPSED),
                Cause::Left(_) => self.mark(LEFT),
                Cause::Reset => self.mark(RESET),
                Cause::Formerly => {}
            },
            _ => {}
        }
    }

    fn set_open(&mut self, place: usize, is_open: bool) {
        if let Some(open) = self.open.get_mut(place) {
            *open = is_open;
        }
        if self.open.iter().filter(|open| **open).count() > 1 {
            self.mark(TWO_AT_ONCE);
        }
    }

    fn party_tells(&mut self, at: Instant, arrival: Arrival, event: &Told) -> Result<(), Violation> {
        match *event {
            Told::Released { generation } => self.generations.ends(at, arrival, generation, Ended::Released),
            Told::Broken { generation: Some(generation), cause } => {
                if cause == Cause::Formerly {
                    self.mark(BROKEN_FORMERLY);
                }
                self.generations.ends(at, arrival, generation, Ended::Broken)
            }
            Told::Unknown { generation } => {
                self.mark(UNKNOWN);
                self.generations.ends(at, arrival, generation, Ended::Unknown)
            }
            Told::Cancelled { generation: Some(generation) } => {
                self.mark(CANCELLED);
                self.generations.ends(at, arrival, generation, Ended::Broken)
            }
            Told::Failed { why } => {
                if matches!(why, Refusal::Full(_)) {
                    self.mark(FULL);
                }
                self.generations.ends_without(at, arrival)
            }
            Told::Broken { generation: None, .. } | Told::Cancelled { generation: None } => {
                self.generations.ends_without(at, arrival)
            }
            Told::Refused(Misuse::AllArrived(_)) => {
                self.mark(TOO_LATE);
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

impl Observer<Attendee> for Rendezvous {
    fn see(&mut self, happening: Happening<'_, Attendee>) -> Result<(), Violation> {
        let Happening { at, place, node, what } = happening;
        let Some((life, number, bound)) = self.parties.get(place).copied() else { return Ok(()) };
        let who = Who::new(place, node);
        match what {
            What::Started { incarnation, .. } => {
                if let Some(party) = self.parties.get_mut(place) {
                    *party = (incarnation, 0, None);
                }
                Ok(())
            }
            What::Crashed => {
                self.set_open(place, false);
                Ok(())
            }
            What::Told(Event::Coordinates(event)) => {
                self.coordinator_tells(place, event);
                Ok(())
            }
            // The end of an arrival that was under way before this step: a step tells the end before it begins another one.
            What::Told(Event::Attends(event)) => self.party_tells(at, Arrival { who, life, number }, event),
            What::Became { machine, .. } => {
                let Some(party) = machine.party() else { return Ok(()) };
                let now = machine.bound();
                let arrival = Arrival { who, life, number: party.arrivals() };
                if let Some(party) = self.parties.get_mut(place) {
                    *party = (life, arrival.number, now);
                }
                if let Some((learnt, true)) = party.learnt()
                    && bound == Some(learnt)
                    && now.is_none()
                    && learnt.epoch() < machine_epoch(machine)
                {
                    self.mark(RELEASED_FORMERLY);
                }
                if now == bound {
                    return Ok(());
                }
                if let Some(generation) = bound
                    && number == arrival.number
                    && party.standing() == quorate::barrier::party::Standing::Waiting
                {
                    self.mark(FREED);
                    self.generations.frees(at, arrival, generation)?;
                }
                now.map_or(Ok(()), |generation| self.generations.binds(at, arrival, generation))
            }
            _ => Ok(()),
        }
    }
}

fn machine_epoch(machine: &Attendee) -> quorate::Epoch {
    machine.party().map_or(quorate::Epoch::ZERO, quorate::barrier::Party::epoch)
}

impl Judge<Attendee> for Rendezvous {
    const MARKS: &'static [&'static str] = MARKS;

    fn marks(&self) -> u64 {
        self.marks
    }
}
