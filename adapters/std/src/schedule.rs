//! When to look after which of many machines.

use core::cmp::Reverse;
use quorate::Instant;
use std::collections::BinaryHeap;

/// A heap of deadlines. Deadlines mostly move away, and are then looked at in vain, which costs less than to keep the heap exact.
#[derive(Debug, Default)]
pub(crate) struct Schedule {
    due: BinaryHeap<Reverse<(Instant, usize)>>,
    /// For when each is in the heap, at the earliest.
    noted: Vec<Option<Instant>>,
}

impl Schedule {
    /// The machine of this number has this deadline.
    pub(crate) fn note(&mut self, index: usize, deadline: Option<Instant>) {
        if index >= self.noted.len() {
            self.noted.resize(index + 1, None);
        }
        let Some(deadline) = deadline else { return };
        let noted = &mut self.noted[index];
        if noted.is_none_or(|noted| deadline < noted) {
            *noted = Some(deadline);
            self.due.push(Reverse((deadline, index)));
        }
    }

    /// One whose deadline may have come. It is to be ticked, and [noted](Schedule::note) again.
    pub(crate) fn take(&mut self, now: Instant) -> Option<usize> {
        while let Some(&Reverse((at, index))) = self.due.peek()
            && at <= now
        {
            self.due.pop();
            // Otherwise it was noted for an earlier time since, and taken then.
            if self.noted[index].take_if(|noted| *noted == at).is_some() {
                return Some(index);
            }
        }
        None
    }

    /// When to look next.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.due.peek().map(|Reverse((at, _))| *at)
    }
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use super::*;

    #[test]
    fn each_is_taken_once_at_its_earliest_deadline_and_not_before() {
        let at = Instant::from_millis;
        let mut schedule = Schedule::default();
        schedule.note(0, Some(at(20)));
        schedule.note(1, Some(at(10)));
        schedule.note(0, Some(at(5)));
        schedule.note(0, Some(at(30))); // It has moved away again, and is looked at in vain.
        assert_eq!((schedule.next(), schedule.take(at(4))), (Some(at(5)), None));
        assert_eq!([schedule.take(at(15)), schedule.take(at(15)), schedule.take(at(15))], [Some(0), Some(1), None]);
        schedule.note(0, Some(at(30)));
        assert_eq!([schedule.take(at(25)), schedule.take(at(30)), schedule.take(at(99))], [None, Some(0), None]);
    }
}
