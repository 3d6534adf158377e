//! Clocks with nothing around the numbers.

use crate::Workload;
use crate::given::{Aligned, concurrent_counts, counts, later_counts};
use crate::ours::clocks::ROOM;
use core::hint::black_box;

/// A number and one more.
#[must_use]
pub fn lamport_tick() -> Workload {
    let mut time = 0_u64;
    Workload::new(move || {
        let time = black_box(&mut time);
        *time += 1;
        black_box(*time);
    })
}

/// The greater of two numbers, and one more.
#[must_use]
pub fn lamport_observe() -> Workload {
    let (mut time, mut theirs) = (0_u64, 0);
    Workload::new(move || {
        theirs += 4;
        let time = black_box(&mut time);
        *time = (*time).max(black_box(theirs)) + 1;
        black_box(*time);
    })
}

/// A packed number: the greater of its successor and the time.
#[must_use]
pub fn hybrid_tick() -> Workload {
    let (mut latest, now) = (0_u64, 1_800_000_000_u64 << 16);
    Workload::new(move || {
        let latest = black_box(&mut latest);
        *latest = (*latest + 1).max(black_box(now) << 16);
        black_box(*latest);
    })
}

/// A packed number: the greatest of its successor, that of the other, and the time.
#[must_use]
pub fn hybrid_observe() -> Workload {
    let (mut latest, now) = (0_u64, 1_800_000_000_u64 << 16);
    let mut counter = 0_u64;
    Workload::new(move || {
        counter += 3;
        let theirs = ((now + ((counter >> 16) & 0xff)) << 16) | (counter & 0xffff);
        let latest = black_box(&mut latest);
        *latest = ((*latest).max(*black_box(&theirs)) + 1).max(black_box(now) << 16);
        black_box(*latest);
    })
}

/// One more at one place of an array, and a copy of it.
#[must_use]
pub fn vector_tick<const N: usize>() -> Workload {
    let mut counts = Aligned(counts::<N>());
    Workload::new(move || {
        let counts = black_box(&mut counts.0);
        counts[N / 2] += 1;
        let copy = *counts;
        black_box(&copy);
    })
}

/// The loop that compilers turn into vector instructions.
#[must_use]
pub fn vector_merge<const N: usize>() -> Workload {
    let (mut ours, theirs) = (Aligned(counts::<N>()), Aligned(concurrent_counts::<N>()));
    Workload::new(move || merge(black_box(&mut ours.0), black_box(&theirs.0)))
}

fn merge<const N: usize>(ours: &mut [u64; N], theirs: &[u64; N]) {
    for place in 0..N {
        ours[place] = ours[place].max(theirs[place]);
    }
}

/// Whether any is less, and whether any is greater.
#[must_use]
pub fn vector_compare<const N: usize>() -> Workload {
    let (ours, theirs) = (Aligned(counts::<N>()), Aligned(later_counts::<N>()));
    Workload::new(move || {
        black_box(compare(black_box(&ours.0), black_box(&theirs.0)));
    })
}

fn compare<const N: usize>(ours: &[u64; N], theirs: &[u64; N]) -> (bool, bool) {
    let (mut less, mut greater) = (false, false);
    for place in 0..N {
        less |= ours[place] < theirs[place];
        greater |= ours[place] > theirs[place];
    }
    (less, greater)
}

/// A merge, one more at one place, and a copy.
#[must_use]
pub fn vector_observe<const N: usize>() -> Workload {
    let (mut ours, theirs) = (Aligned(counts::<N>()), Aligned(concurrent_counts::<N>()));
    Workload::new(move || {
        let counts = black_box(&mut ours.0);
        merge(counts, black_box(&theirs.0));
        counts[0] += 1;
        let copy = *counts;
        black_box(&copy);
    })
}

/// The bytes of an array of numbers, one after another.
#[must_use]
pub fn vector_encode<const N: usize>() -> Workload {
    let counts = Aligned(counts::<N>());
    let mut room = vec![0_u8; ROOM].into_boxed_slice();
    Workload::new(move || {
        for (bytes, count) in room.chunks_exact_mut(8).zip(black_box(&counts.0)) {
            bytes.copy_from_slice(&count.to_le_bytes());
        }
        black_box(&mut room);
    })
}
