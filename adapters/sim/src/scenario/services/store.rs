//! What is written to under a lock.

use alloc::collections::BTreeMap;
use quorate::lease::{Fence, Stale};
use quorate::{FencingToken, Name};

/// A store with a fence for each thing in it, whose marks it keeps on its disk.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Store {
    fences: BTreeMap<Name, Fence>,
}

/// What a store keeps on its disk: the marks of its fences.
pub(in crate::scenario) type Marks = BTreeMap<Name, FencingToken>;

impl Store {
    pub(super) fn new(marks: Option<&Marks>) -> Self {
        let marks = marks.into_iter().flatten();
        Self { fences: marks.map(|(resource, mark)| (*resource, Fence::restored(*mark))).collect() }
    }

    /// Whether a write under this token is let in, and whether it raised the mark.
    pub(super) fn admit(&mut self, resource: Name, token: FencingToken) -> Result<bool, Stale> {
        self.fences.entry(resource).or_default().admit(token)
    }

    pub(super) fn marks(&self) -> Marks {
        self.fences.iter().map(|(resource, fence)| (*resource, fence.mark())).collect()
    }
}
