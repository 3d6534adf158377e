//! What is due first, among many places.

use super::slab::{NONE, Slot};
use crate::{Instant, Rebase};
use core::time::Duration;
use heapless::Vec;

/// A binary heap of places by time, in which each knows where it stands: the earliest at hand, every change in O(log n).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Deadlines<const N: usize> {
    heap: Vec<(Instant, Slot), N>,
    /// Where each place stands in the heap.
    stands: [Slot; N],
}

impl<const N: usize> Deadlines<N> {
    pub(super) const fn new() -> Self {
        Self { heap: Vec::new(), stands: [NONE; N] }
    }

    pub(super) fn earliest(&self) -> Option<(Instant, Slot)> {
        self.heap.first().copied()
    }

    pub(super) fn get(&self, slot: Slot) -> Option<Instant> {
        let stand = *self.stands.get(usize::from(slot))?;
        self.heap.get(usize::from(stand)).map(|(at, _)| *at)
    }

    /// Sets the time of a place, or sets it anew.
    pub(super) fn set(&mut self, slot: Slot, at: Instant) {
        let Some(stand) = self.stands.get(usize::from(slot)).copied() else { return };
        let stand = match self.heap.get_mut(usize::from(stand)) {
            Some(entry) => {
                entry.0 = at;
                usize::from(stand)
            }
            None => {
                let end = self.heap.len();
                if self.heap.push((at, slot)).is_err() {
                    return;
                }
                self.note(end);
                end
            }
        };
        self.settle(stand);
    }

    pub(super) fn clear(&mut self, slot: Slot) {
        let Some(stand) = self.stands.get_mut(usize::from(slot)) else { return };
        let stand = usize::from(core::mem::replace(stand, NONE));
        if stand < self.heap.len() {
            self.heap.swap_remove(stand);
            self.note(stand);
            self.settle(stand);
        }
    }

    /// Writes down who stands here.
    fn note(&mut self, stand: usize) {
        if let Some((_, slot)) = self.heap.get(stand)
            && let Some(place) = self.stands.get_mut(usize::from(*slot))
        {
            *place = Slot::try_from(stand).unwrap_or(NONE);
        }
    }

    fn is_earlier(&self, one: usize, other: usize) -> bool {
        matches!((self.heap.get(one), self.heap.get(other)), (Some(one), Some(other)) if one < other)
    }

    fn swap(&mut self, one: usize, other: usize) {
        self.heap.swap(one, other);
        self.note(one);
        self.note(other);
    }

    /// Moves who stands here to where it belongs.
    fn settle(&mut self, mut stand: usize) {
        while let Some(parent) = stand.checked_sub(1).map(|below| below / 2)
            && self.is_earlier(stand, parent)
        {
            self.swap(stand, parent);
            stand = parent;
        }
        loop {
            let left = stand.saturating_mul(2).saturating_add(1);
            let right = left.saturating_add(1);
            let child = if self.is_earlier(right, left) { right } else { left };
            if !self.is_earlier(child, stand) {
                return;
            }
            self.swap(child, stand);
            stand = child;
        }
    }
}

impl<const N: usize> Rebase for Deadlines<N> {
    fn rebase(&mut self, now: Instant, by: Duration) {
        // All by the same, so their order stays; those before the origin become equal, in an order that does no harm.
        self.heap.iter_mut().for_each(|(at, _)| at.rebase(now, by));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Seed;

    #[test]
    fn the_earliest_is_that_of_a_plain_search() {
        let mut random = Seed::new(7).random();
        let mut deadlines = Deadlines::<50>::new();
        let mut plain = [None::<Instant>; 50];
        for _ in 0..20_000 {
            let slot = random.below(50) as usize;
            let at = (random.below(3) > 0).then(|| Instant::from_nanos(random.below(1_000)));
            plain[slot] = at;
            match at {
                Some(at) => deadlines.set(slot as Slot, at),
                None => deadlines.clear(slot as Slot),
            }
            let first = (0..50).filter_map(|slot| plain[slot].map(|at| (at, slot as Slot))).min();
            assert_eq!(deadlines.earliest(), first);
            assert_eq!(deadlines.get(slot as Slot), at);
        }
    }
}
