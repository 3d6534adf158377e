//! What is to happen, in the order of time.

use alloc::collections::BinaryHeap;
use alloc::vec::Vec;
use core::cmp::Ordering;
use quorate::{Instant, NodeId};

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

impl Ord for Entry {
    #[inline]
    fn cmp(&self, other: &Self) -> Ordering {
        // The heap's greatest is the earliest.
        (other.at, other.number).cmp(&(self.at, self.number))
    }
}

impl PartialOrd for Entry {
    #[inline]
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[derive(Debug, Default)]
pub(super) struct Queue {
    heap: BinaryHeap<Entry>,
    next: u64,
}

impl Queue {
    /// Puts it in, and returns its number.
    #[inline]
    pub(super) fn push(&mut self, at: Instant, work: Work) -> u64 {
        let number = self.next;
        self.next += 1;
        self.heap.push(Entry { at, number, work });
        number
    }

    /// A number for something that never gets into the queue.
    pub(super) fn number(&mut self) -> u64 {
        let number = self.next;
        self.next += 1;
        number
    }

    /// The next that is due by `until`.
    #[inline]
    pub(super) fn pop(&mut self, until: Instant) -> Option<Entry> {
        if self.heap.peek()?.at > until {
            return None;
        }
        self.heap.pop()
    }

    pub(super) fn len(&self) -> usize {
        self.heap.len()
    }
}

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
