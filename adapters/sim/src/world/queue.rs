//! What is to happen, in the order of time.

use alloc::vec::Vec;
use quorate::Instant;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Work {
    /// A parcel arrives.
    Deliver { parcel: u32, to: u32 },
    /// A machine's deadline has come; it counts only in this life.
    Tick { place: u32, life: u32 },
    /// A record has become durable.
    Durable { place: u32, life: u32 },
    /// A node can take what waits for it.
    Wake { place: u32, life: u32 },
}

/// What is to happen when. Of two at one time the first that was put in comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) at: Instant,
    pub(super) number: u64,
    pub(super) work: Work,
}

/// A queue of what lies ahead: a radix heap (Ahuja and others, *Faster Algorithms for the Shortest Path Problem*, 1990)
/// over hexadecimal digits of the time.
///
/// Time in a world never goes back, so nothing is put in that is earlier than what was taken out last. An entry stands by
/// the highest digit in which its time differs from that, and by its value there. So everything in the first slot that is
/// not empty comes before everything else; when it is that slot's turn, its entries move on to the slots of lower digits. An
/// entry moves but a few times, whatever the number of others, and always to the end of a row; a binary heap jumps about
/// instead, at every entry as often as the logarithm of their number, and 1,000 nodes have a million messages on their way.
///
/// Two entries of one time always stand in the same slot, in the order in which they came; so they leave in that order.
#[derive(Debug)]
pub(super) struct Queue {
    slots: Vec<Slot>,
    /// Which levels have entries: a bit for each.
    levels: u32,
    /// Which slots of a level have entries: a bit for each.
    filled: [u16; LEVELS],
    /// What was taken out last was due then; nothing is due earlier.
    last: Instant,
    /// What is due at `last`, the first at the end.
    due: Vec<Entry>,
    /// The slot that is being emptied, or room for the next.
    moving: Vec<Entry>,
    length: usize,
    next: u64,
}

/// How many bits a digit has.
const DIGIT: u32 = 4;
const LEVELS: usize = (u64::BITS / DIGIT) as usize;
const SLOTS: usize = 1 << DIGIT;

/// An empty slot keeps room for so many, and gives back what it had beyond that: each slot is the fullest at some time,
/// and together they would keep many times what is ever in the queue.
const KEPT: usize = 16;

#[derive(Clone, Debug)]
struct Slot {
    entries: Vec<Entry>,
    earliest: Instant,
}

impl Queue {
    pub(super) fn new() -> Self {
        let slot = Slot { entries: Vec::new(), earliest: Instant::FAR_FUTURE };
        Self {
            slots: alloc::vec![slot; LEVELS * SLOTS],
            levels: 0,
            filled: [0; LEVELS],
            last: Instant::ORIGIN,
            due: Vec::new(),
            moving: Vec::new(),
            length: 0,
            next: 0,
        }
    }

    /// Puts it in, and returns its number.
    #[inline]
    pub(super) fn push(&mut self, at: Instant, work: Work) -> u64 {
        let number = self.number();
        self.length += 1;
        self.place(Entry { at: at.max(self.last), number, work });
        number
    }

    /// A number for something that never gets into the queue.
    #[inline]
    pub(super) const fn number(&mut self) -> u64 {
        let number = self.next;
        self.next += 1;
        number
    }

    /// The next that is due by `until`.
    #[inline]
    pub(super) fn pop(&mut self, until: Instant) -> Option<Entry> {
        if self.due.is_empty() {
            self.move_on(until)?;
        }
        let entry = self.due.pop_if(|entry| entry.at <= until)?;
        self.length -= 1;
        Some(entry)
    }

    pub(super) const fn len(&self) -> usize {
        self.length
    }

    /// How many entries there is room for.
    #[cfg(test)]
    pub(super) fn capacity(&self) -> usize {
        let slots: usize = self.slots.iter().map(|slot| slot.entries.capacity()).sum();
        slots + self.due.capacity() + self.moving.capacity()
    }

    #[inline]
    fn place(&mut self, entry: Entry) {
        let differs = entry.at.as_nanos() ^ self.last.as_nanos();
        let level = (63 - (differs | 1).leading_zeros()) / DIGIT;
        let digit = (entry.at.as_nanos() >> (level * DIGIT)) as usize % SLOTS;
        let level = level as usize;
        let Some(slot) = self.slots.get_mut(level * SLOTS + digit) else { return };
        slot.earliest = slot.earliest.min(entry.at);
        slot.entries.push(entry);
        self.levels |= 1 << level;
        if let Some(filled) = self.filled.get_mut(level) {
            *filled |= 1 << digit;
        }
    }

    /// Makes what is the earliest due, if it is by `until`.
    fn move_on(&mut self, until: Instant) -> Option<()> {
        let level = self.levels.trailing_zeros() as usize;
        let filled = self.filled.get_mut(level)?;
        let digit = filled.trailing_zeros() as usize;
        let slot = self.slots.get_mut(level * SLOTS + digit)?;
        if slot.earliest > until {
            return None;
        }
        *filled &= !(1 << digit);
        self.levels &= !(u32::from(*filled == 0) << level);
        self.last = core::mem::replace(&mut slot.earliest, Instant::FAR_FUTURE);
        if let [only] = slot.entries.as_slice() {
            self.due.push(*only);
            slot.entries.clear();
            return Some(());
        }
        let mut moving = core::mem::replace(&mut slot.entries, core::mem::take(&mut self.moving));
        for entry in moving.drain(..) {
            if entry.at == self.last {
                self.due.push(entry);
            } else {
                self.place(entry);
            }
        }
        self.due.reverse();
        moving.shrink_to(KEPT);
        self.moving = moving;
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::collections::BTreeMap;
    use quorate::Seed;

    const WORK: Work = Work::Deliver { parcel: 0, to: 0 };

    /// Against a map in the order of time and number.
    #[test]
    fn it_is_in_order_of_time_and_then_of_coming() {
        for seed in 0..300 {
            let mut random = Seed::new(seed).random();
            let (mut queue, mut model, mut now) = (Queue::new(), BTreeMap::new(), 0);
            // From all at one time to all over the ages.
            let spread = 1 << random.below(50);
            for _ in 0..2_000 {
                if random.below(2) == 0 {
                    let at = now + random.below(spread);
                    let number = queue.push(Instant::from_nanos(at), WORK);
                    model.insert((at, number), ());
                } else {
                    let until = now + random.below(spread);
                    let expected = model.first_key_value().map(|(key, ())| *key).filter(|(at, _)| *at <= until);
                    let got = queue.pop(Instant::from_nanos(until)).map(|entry| (entry.at.as_nanos(), entry.number));
                    assert_eq!(got, expected, "seed {seed}");
                    now = expected.map_or(now, |(at, _)| at);
                    model.retain(|key, ()| Some(*key) != expected);
                }
                assert_eq!(queue.len(), model.len());
            }
        }
    }

    #[test]
    fn the_end_of_time_has_its_place() {
        let mut queue = Queue::new();
        let at = [u64::MAX, 0, u64::MAX - 1, u64::MAX].map(Instant::from_nanos);
        for at in at {
            queue.push(at, WORK);
        }
        let order: Vec<u64> =
            core::iter::from_fn(|| queue.pop(Instant::FAR_FUTURE)).map(|entry| entry.number).collect();
        assert_eq!(order, [1, 2, 0, 3]);
    }

    #[test]
    fn room_follows_what_is_in_it_and_not_what_was() {
        let (mut queue, mut random) = (Queue::new(), Seed::new(1).random());
        let mut most = 0;
        for round in 1..1_000 {
            let now = Instant::from_millis(100 * round);
            for _ in 0..1_000 {
                queue.push(Instant::from_nanos(now.as_nanos() + random.below(2_000_000)), WORK);
            }
            most = most.max(queue.capacity());
            while queue.pop(Instant::from_millis(100 * (round + 1) - 1)).is_some() {}
        }
        assert!(most <= 3_000 + LEVELS * SLOTS * KEPT, "room for {most} where there were never more than 1,000");
    }
}
