//! What is on its way.

use alloc::vec::Vec;
use quorate::NodeId;

/// Parcels on their way. One that is for many is kept once.
#[derive(Debug)]
pub(super) struct Parcels<P> {
    slots: Vec<Option<Parcel<P>>>,
    free: Vec<u32>,
}

#[derive(Debug)]
struct Parcel<P> {
    from: NodeId,
    copies: u32,
    content: P,
}

impl<P: Clone> Parcels<P> {
    pub(super) const fn new() -> Self {
        Self { slots: Vec::new(), free: Vec::new() }
    }

    /// Takes in a parcel of which no copy is on its way yet.
    pub(super) fn put(&mut self, from: NodeId, content: P) -> u32 {
        let parcel = Some(Parcel { from, copies: 0, content });
        if let Some(free) = self.free.pop() {
            if let Some(slot) = self.slots.get_mut(free as usize) {
                *slot = parcel;
            }
            return free;
        }
        self.slots.push(parcel);
        u32::try_from(self.slots.len() - 1).unwrap_or(u32::MAX)
    }

    /// One more copy is on its way.
    pub(super) fn add_copy(&mut self, number: u32) {
        if let Some(Some(parcel)) = self.slots.get_mut(number as usize) {
            parcel.copies += 1;
        }
    }

    #[cfg(test)]
    pub(super) const fn slots(&self) -> usize {
        self.slots.len()
    }

    /// From whom it is, and what it is.
    pub(super) fn copy(&self, number: u32) -> Option<(NodeId, P)> {
        let parcel = self.slots.get(number as usize)?.as_ref()?;
        Some((parcel.from, parcel.content.clone()))
    }

    /// One copy has arrived.
    pub(super) fn take(&mut self, number: u32) -> Option<(NodeId, P)> {
        let slot = self.slots.get_mut(number as usize)?;
        let parcel = slot.as_mut()?;
        if parcel.copies > 1 {
            parcel.copies -= 1;
            return Some((parcel.from, parcel.content.clone()));
        }
        let parcel = slot.take()?;
        self.free.push(number);
        Some((parcel.from, parcel.content))
    }

    /// Forgets a parcel if no copy is on its way.
    pub(super) fn discard_unsent(&mut self, number: u32) {
        if let Some(slot) = self.slots.get_mut(number as usize)
            && slot.as_ref().is_some_and(|parcel| parcel.copies == 0)
        {
            *slot = None;
            self.free.push(number);
        }
    }
}
