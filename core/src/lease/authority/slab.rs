//! Where claims and resources are kept: places that do not move, and lists through them.

use heapless::Vec;

/// The number of a place.
pub(super) type Slot = u16;
/// No place.
pub(super) const NONE: Slot = Slot::MAX;

/// Up to `N` things, each at a place that it keeps.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Slab<T, const N: usize> {
    places: Vec<Place<T>, N>,
    free: Slot,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Place<T> {
    Used(T),
    /// The next one that is free, too.
    Free(Slot),
}

impl<T, const N: usize> Slab<T, N> {
    pub(super) const fn new() -> Self {
        const { assert!(N > 0 && N < NONE as usize, "there can be from 1 to 65,534 claims") };
        Self { places: Vec::new(), free: NONE }
    }

    pub(super) fn insert(&mut self, thing: T) -> Option<Slot> {
        let slot = self.free;
        if let Some(place @ Place::Free(_)) = self.places.get_mut(usize::from(slot)) {
            if let Place::Free(next) = core::mem::replace(place, Place::Used(thing)) {
                self.free = next;
            }
            return Some(slot);
        }
        let slot = Slot::try_from(self.places.len()).ok()?;
        self.places.push(Place::Used(thing)).ok().map(|()| slot)
    }

    pub(super) fn remove(&mut self, slot: Slot) -> Option<T> {
        let place = self.places.get_mut(usize::from(slot)).filter(|place| matches!(place, Place::Used(_)))?;
        match core::mem::replace(place, Place::Free(self.free)) {
            Place::Used(thing) => {
                self.free = slot;
                Some(thing)
            }
            Place::Free(_) => None,
        }
    }

    pub(super) fn get(&self, slot: Slot) -> Option<&T> {
        match self.places.get(usize::from(slot))? {
            Place::Used(thing) => Some(thing),
            Place::Free(_) => None,
        }
    }

    pub(super) fn get_mut(&mut self, slot: Slot) -> Option<&mut T> {
        match self.places.get_mut(usize::from(slot))? {
            Place::Used(thing) => Some(thing),
            Place::Free(_) => None,
        }
    }

    /// How many places have been used so far: no thing is at one beyond.
    pub(super) fn extent(&self) -> Slot {
        Slot::try_from(self.places.len()).unwrap_or(NONE)
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.places.iter_mut().filter_map(|place| match place {
            Place::Used(thing) => Some(thing),
            Place::Free(_) => None,
        })
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.places.iter().filter_map(|place| match place {
            Place::Used(thing) => Some(thing),
            Place::Free(_) => None,
        })
    }
}

/// The ends of a list through a slab.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct List {
    pub(super) first: Slot,
    pub(super) last: Slot,
}

/// What a thing in a list knows of its neighbours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Links {
    pub(super) previous: Slot,
    pub(super) next: Slot,
}

/// A thing that can be in one list at a time.
pub(super) trait Linked {
    fn links(&mut self) -> &mut Links;
}

impl Links {
    pub(super) const NONE: Self = Self { previous: NONE, next: NONE };
}

impl List {
    pub(super) const EMPTY: Self = Self { first: NONE, last: NONE };

    pub(super) const fn is_empty(self) -> bool {
        self.first == NONE
    }
}

impl<T: Linked, const N: usize> Slab<T, N> {
    fn links(&mut self, slot: Slot) -> Option<&mut Links> {
        self.get_mut(slot).map(Linked::links)
    }

    pub(super) fn push_back(&mut self, list: &mut List, slot: Slot) {
        if let Some(links) = self.links(slot) {
            *links = Links { previous: list.last, next: NONE };
        }
        match self.links(list.last) {
            Some(before) => before.next = slot,
            None => list.first = slot,
        }
        list.last = slot;
    }

    pub(super) fn unlink(&mut self, list: &mut List, slot: Slot) {
        let Some(Links { previous, next }) = self.links(slot).map(|links| core::mem::replace(links, Links::NONE))
        else {
            return;
        };
        match self.links(previous) {
            Some(before) => before.next = next,
            None => list.first = next,
        }
        match self.links(next) {
            Some(after) => after.previous = previous,
            None => list.last = previous,
        }
    }
}
