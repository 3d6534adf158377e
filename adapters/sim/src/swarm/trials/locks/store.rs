//! The resources: values that are written under a lock, each behind a fence.

use super::node::{Answer, Deed, RESOURCES};
use quorate::FencingToken;
use quorate::lease::Fence;

/// What a store keeps on its disk: for each resource the fence's mark, the number of the deed that was done last, and the value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Shelves([Shelf; RESOURCES]);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
struct Shelf {
    mark: FencingToken,
    last: u64,
    value: u64,
}

impl Shelves {
    /// The highest token that a resource has seen, and the deed that was done under it last.
    #[must_use]
    pub fn last(&self, resource: u8) -> Option<(FencingToken, u64)> {
        self.0.get(usize::from(resource)).map(|shelf| (shelf.mark, shelf.last))
    }
}

/// The resources, at a node of their own.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Store {
    pub(super) shelves: Shelves,
    fences: [Fence; RESOURCES],
}

impl Store {
    /// With what its former life stored.
    #[must_use]
    pub fn new(kept: Option<Shelves>) -> Self {
        let shelves = kept.unwrap_or_default();
        Self { shelves, fences: shelves.0.map(|shelf| Fence::restored(shelf.mark)) }
    }

    /// Does a deed, or not; whether something is to be stored before that is said.
    pub(super) fn does(&mut self, resource: u8, number: u64, deed: Deed) -> Option<(Answer, bool)> {
        let index = usize::from(resource);
        let (shelf, fence) = (self.shelves.0.get_mut(index)?, self.fences.get_mut(index)?);
        let Deed::Write { token, value } = deed else { return Some((Answer::Value(shelf.value), false)) };
        match fence.admit(token) {
            Err(_) => return Some((Answer::Refused, false)),
            // What comes twice is done once, and what was overtaken by a later deed of the same holder is not done.
            Ok(false) if number == shelf.last => return Some((Answer::Done, false)),
            Ok(false) if number < shelf.last => return Some((Answer::Refused, false)),
            Ok(_) => {}
        }
        *shelf = Shelf { mark: fence.mark(), last: number, value };
        Some((Answer::Done, true))
    }
}
