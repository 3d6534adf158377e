//! Finding a place by what is there, whatever there is beside it.

use super::slab::{NONE, Slot};
use core::hash::{Hash, Hasher};

/// A hash table of places, chained. What is at a place is known to whoever asks.
///
/// It follows from what is kept at the places, so it is no part of the state: any two are equal.
#[derive(Clone, Debug)]
pub(super) struct Index<const N: usize> {
    heads: [Slot; N],
    /// For each place, the next one whose hash has the same head.
    next: [Slot; N],
}

impl<const N: usize> Index<N> {
    pub(super) const fn new() -> Self {
        Self { heads: [NONE; N], next: [NONE; N] }
    }

    fn head(&mut self, key: &impl Hash) -> Option<&mut Slot> {
        self.heads.get_mut(bucket::<N>(key))
    }

    pub(super) fn find(&self, key: &impl Hash, is_it: impl Fn(Slot) -> bool) -> Option<Slot> {
        let mut slot = *self.heads.get(bucket::<N>(key))?;
        // A chain has no more places than there are.
        for _ in 0..N {
            if slot == NONE || is_it(slot) {
                break;
            }
            slot = *self.next.get(usize::from(slot))?;
        }
        (slot != NONE).then_some(slot)
    }

    pub(super) fn insert(&mut self, key: &impl Hash, slot: Slot) {
        if let Some(head) = self.head(key) {
            let after = core::mem::replace(head, slot);
            if let Some(next) = self.next.get_mut(usize::from(slot)) {
                *next = after;
            }
        }
    }

    pub(super) fn remove(&mut self, key: &impl Hash, slot: Slot) {
        let after = self.next.get(usize::from(slot)).copied().unwrap_or(NONE);
        let Some(head) = self.head(key) else { return };
        if *head == slot {
            *head = after;
            return;
        }
        let mut at = *head;
        for _ in 0..N {
            let Some(next) = self.next.get_mut(usize::from(at)) else { return };
            if *next == slot {
                *next = after;
                return;
            }
            at = *next;
        }
    }
}

impl<const N: usize> PartialEq for Index<N> {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl<const N: usize> Eq for Index<N> {}

impl<const N: usize> Hash for Index<N> {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}

fn bucket<const N: usize>(key: &impl Hash) -> usize {
    let mut mixer = Mixer(0);
    key.hash(&mut mixer);
    // The high half of the product is even over all heads.
    usize::try_from((u128::from(mixer.finish()).wrapping_mul(N as u128)) >> 64).unwrap_or(0)
}

/// Multiplies and rotates, a word at a time. Whoever may send messages may also choose names that meet.
struct Mixer(u64);

impl Hasher for Mixer {
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.write_u64(u64::from_le_bytes(*word));
        }
        let mut last = [0; 8];
        for (to, from) in last.iter_mut().zip(rest) {
            *to = *from;
        }
        if !rest.is_empty() {
            self.write_u64(u64::from_le_bytes(last));
        }
    }

    fn write_u8(&mut self, number: u8) {
        self.write_u64(u64::from(number));
    }

    fn write_u16(&mut self, number: u16) {
        self.write_u64(u64::from(number));
    }

    fn write_u32(&mut self, number: u32) {
        self.write_u64(u64::from(number));
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = (self.0.rotate_left(23) ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn write_usize(&mut self, number: usize) {
        self.write_u64(number as u64);
    }

    fn finish(&self) -> u64 {
        (self.0 ^ (self.0 >> 32)).wrapping_mul(0xbf58_476d_1ce4_e5b9)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_is_found_until_it_is_removed() {
        const N: usize = 64;
        let mut index = Index::<N>::new();
        for slot in 0..N as Slot {
            index.insert(&slot, slot);
        }
        for gone in 0..N as Slot {
            assert_eq!(index.find(&gone, |slot| slot == gone), Some(gone));
            index.remove(&gone, gone);
            assert_eq!(index.find(&gone, |slot| slot == gone), None);
            assert!((gone + 1..N as Slot).all(|left| index.find(&left, |slot| slot == left) == Some(left)));
        }
    }

    #[test]
    fn heads_are_used_evenly() {
        let mut used = std::collections::BTreeMap::<usize, usize>::new();
        for number in 0..1_024_u32 {
            *used.entry(bucket::<1_024>(&(crate::NodeId::new(1 << 31), u64::from(number)))).or_default() += 1;
        }
        assert!(*used.values().max().unwrap() <= 8, "{used:?}");
        let names = (0..1_024).map(|n| crate::Name::new(&std::format!("orders/{n}")).unwrap());
        let mut used = std::collections::BTreeMap::<usize, usize>::new();
        names.for_each(|name| *used.entry(bucket::<1_024>(&name)).or_default() += 1);
        assert!(*used.values().max().unwrap() <= 8, "{used:?}");
    }
}
