//! Quorate's clocks.

use crate::Workload;
use crate::given::{Aligned, concurrent_counts, counts, later_counts};
use core::hint::black_box;
use core::time::Duration;
use quorate::NodeId;
use quorate::clock::{
    HybridClock, HybridStamp, LamportClock, LamportStamp, Message, VectorClock, VectorStamp, VersionVector, WallTime,
};
use quorate_wire::{Body, Writer};

/// Stamps a local event.
#[must_use]
pub fn lamport_tick() -> Workload {
    let mut clock = LamportClock::new(NodeId::new(1));
    Workload::new(move || {
        if let Ok(stamp) = black_box(&mut clock).tick() {
            black_box(stamp.time);
        }
    })
}

/// Stamps the receipt of a message that is three ahead.
#[must_use]
pub fn lamport_observe() -> Workload {
    let mut clock = LamportClock::new(NodeId::new(1));
    let mut time = 0;
    Workload::new(move || {
        time += 4;
        let theirs = LamportStamp { time: black_box(time), node: NodeId::new(2) };
        if let Ok(stamp) = black_box(&mut clock).observe(&theirs) {
            black_box(stamp.time);
        }
    })
}

fn wall() -> WallTime {
    WallTime::since_1970(Duration::from_secs(1_800_000_000)).expect("2027")
}

/// Stamps a local event at a given time.
#[must_use]
pub fn hybrid_tick() -> Workload {
    let mut clock = HybridClock::new(Duration::from_millis(500));
    let now = wall();
    Workload::new(move || {
        if let Ok(stamp) = black_box(&mut clock).tick(black_box(now)) {
            black_box(stamp.to_bits());
        }
    })
}

/// Stamps the receipt of a message at a given time.
#[must_use]
pub fn hybrid_observe() -> Workload {
    let mut clock = HybridClock::new(Duration::from_millis(500));
    let now = wall();
    let mut counter = 0_u64;
    Workload::new(move || {
        counter += 3;
        let theirs = HybridStamp::new(now.get() + ((counter >> 16) & 0xff), counter as u16);
        if let Ok(stamp) = black_box(&mut clock).observe(black_box(&theirs), black_box(now)) {
            black_box(stamp.to_bits());
        }
    })
}

/// Stamps a local event: the stamp is a copy of all counts.
#[must_use]
pub fn vector_tick<const N: usize>() -> Workload {
    let clock = VectorClock::<N>::new(N as u32 / 2).expect("a position").after(VectorStamp::new(counts()));
    let mut clock = Aligned(clock);
    Workload::new(move || {
        let stamp = black_box(&mut *clock).tick();
        black_box(&stamp);
    })
}

/// Merges two stamps.
#[must_use]
pub fn vector_merge<const N: usize>() -> Workload {
    let mut ours = Aligned(VectorStamp::<N>::new(counts()));
    let theirs = Aligned(VectorStamp::new(concurrent_counts()));
    Workload::new(move || black_box(&mut *ours).merge(black_box(&theirs)))
}

/// Compares a stamp with one of a later event of the last process.
#[must_use]
pub fn vector_compare<const N: usize>() -> Workload {
    let (ours, theirs) = (Aligned(VectorStamp::<N>::new(counts())), Aligned(VectorStamp::new(later_counts())));
    Workload::new(move || {
        black_box(black_box(&*ours).compare(black_box(&theirs)));
    })
}

/// Stamps the receipt of a message, with all that is checked then.
#[must_use]
pub fn vector_observe<const N: usize>() -> Workload {
    let clock = VectorClock::<N>::new(0).expect("a position").after(VectorStamp::new(counts()));
    let mut clock = Aligned(clock);
    let mut theirs = concurrent_counts();
    if let Some(mine) = theirs.first_mut() {
        *mine = 1;
    }
    let theirs = Aligned(VectorStamp::<N>::new(theirs));
    Workload::new(move || {
        let stamp = black_box(&mut *clock).observe(black_box(&theirs));
        black_box(&stamp);
    })
}

/// As much as a stamp of 1,024 counts takes on the wire, and more.
pub const ROOM: usize = 16_384;

/// Writes a stamped message, without the frame around it.
#[must_use]
pub fn vector_encode<const N: usize>() -> Workload {
    let message = Aligned(Message { stamp: VectorStamp::<N>::new(counts()), payload: 7_u32 });
    let mut room = vec![0; ROOM].into_boxed_slice();
    Workload::new(move || {
        let mut writer = Writer::new(&mut room);
        black_box(&*message).encode(&mut writer);
        black_box(writer.written());
    })
}

fn version<const N: usize>(counts: [u64; N]) -> VersionVector<N> {
    let entries: Vec<(NodeId, u64)> = (1..).map(NodeId::new).zip(counts).collect();
    VersionVector::from_entries(&entries).expect("as many as there is room for")
}

/// Merges two version vectors of the same nodes.
#[must_use]
pub fn version_merge<const N: usize>() -> Workload {
    let (mut ours, theirs) = (Aligned(version::<N>(counts())), Aligned(version(concurrent_counts())));
    Workload::new(move || {
        let merged = black_box(&mut *ours).merge(black_box(&theirs));
        black_box(merged.is_ok());
    })
}

/// Compares two version vectors of the same nodes.
#[must_use]
pub fn version_compare<const N: usize>() -> Workload {
    let (ours, theirs) = (Aligned(version::<N>(counts())), Aligned(version(later_counts())));
    Workload::new(move || {
        black_box(black_box(&*ours).compare(black_box(&theirs)));
    })
}
