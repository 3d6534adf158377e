//! Where a search has been.

use crate::world::Digest;
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::hash::Hash;

/// Configurations, compared in full: a hash only tells where to look.
#[derive(Debug)]
pub(super) struct Seen<T> {
    slots: Vec<Option<Slot<T>>>,
    len: usize,
}

/// A hash, which calls are placed, and the state after them.
type Slot<T> = (u64, Box<[u64]>, T);

impl<T: Hash + Eq> Seen<T> {
    pub(super) const fn new() -> Self {
        Self { slots: Vec::new(), len: 0 }
    }

    pub(super) const fn len(&self) -> usize {
        self.len
    }

    /// Whether these calls with this state are new, after which they are not.
    pub(super) fn insert(&mut self, calls: &[u64], state: &T) -> bool
    where
        T: Clone,
    {
        if 4 * (self.len + 1) > 3 * self.slots.len() {
            self.grow();
        }
        let mut digest = Digest::new();
        digest.add(calls);
        digest.add(state);
        let hash = digest.value();
        let slot = self.slot(hash, |known, its| &**known == calls && its == state);
        let is_new = self.slots[slot].is_none();
        if is_new {
            self.slots[slot] = Some((hash, calls.into(), state.clone()));
            self.len += 1;
        }
        is_new
    }

    /// Where that is, or would be.
    fn slot(&self, hash: u64, is_it: impl Fn(&Box<[u64]>, &T) -> bool) -> usize {
        let mask = self.slots.len() - 1;
        let mut slot = hash as usize & mask;
        while let Some((other, calls, state)) = &self.slots[slot] {
            if *other == hash && is_it(calls, state) {
                break;
            }
            slot = (slot + 1) & mask;
        }
        slot
    }

    fn grow(&mut self) {
        let doubled = (2 * self.slots.len()).max(64);
        let old = core::mem::take(&mut self.slots);
        self.slots.resize_with(doubled, || None);
        for entry in old.into_iter().flatten() {
            let slot = self.slot(entry.0, |_, _| false);
            self.slots[slot] = Some(entry);
        }
    }
}
