//! Who judges a world of barriers.

use super::attendance::{Attendance, Sight};
use super::attendee::{Attendee, Event};
use crate::check::{Violation, Who};
use crate::swarm::Judge;
use crate::world::{Happening, Observer, What};
use alloc::vec::Vec;
use quorate::barrier::{Cause, coordinator};

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
/// What parties have seen follows, in this order.
const SEEN: [Sight; 7] = [
    Sight::Unknown,
    Sight::Freed,
    Sight::ReleasedFormerly,
    Sight::BrokenFormerly,
    Sight::Full,
    Sight::Cancelled,
    Sight::TooLate,
];
const FIRST_SEEN: u32 = 5;
const TWO_AT_ONCE: u32 = 12;

/// Judges B1, B3, B4 and B5 of one barrier.
#[derive(Clone, Debug)]
pub struct Rendezvous {
    attendance: Attendance,
    /// By place: whether it coordinates.
    open: Vec<bool>,
    marks: u64,
}

impl Rendezvous {
    pub(super) fn new(size: usize, parties: u16) -> Self {
        Self { attendance: Attendance::new(size, parties), open: alloc::vec![false; size], marks: 0 }
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
}

impl Observer<Attendee> for Rendezvous {
    fn see(&mut self, happening: Happening<'_, Attendee>) -> Result<(), Violation> {
        let Happening { at, place, node, what } = happening;
        let who = Who::new(place, node);
        match what {
            What::Crashed => {
                self.set_open(place, false);
                self.attendance.crashed(place);
                Ok(())
            }
            What::Told(Event::Coordinates(event)) => {
                self.coordinator_tells(place, event);
                Ok(())
            }
            What::Told(Event::Attends(event)) => self.attendance.told(at, who, event),
            What::Started { machine, .. } | What::Became { machine, .. } => {
                machine.party().map_or(Ok(()), |party| self.attendance.became(at, who, party))
            }
            _ => Ok(()),
        }
    }
}

impl Judge<Attendee> for Rendezvous {
    const MARKS: &'static [&'static str] = MARKS;

    fn marks(&self) -> u64 {
        let seen = SEEN.iter().enumerate().filter(|(_, sight)| self.attendance.has_seen(**sight));
        seen.fold(self.marks, |marks, (index, _)| marks | 1 << (FIRST_SEEN + index as u32))
    }
}
