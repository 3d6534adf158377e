//! Other clocks: `crdts` and `vclock` with vectors, `uhlc` and `hybrid-clocks` with hybrid ones.

use crate::Workload;
use crate::given::{Aligned, concurrent_counts, counts, later_counts};
use crate::ours::clocks::ROOM;
use crate::workload::BATCH;
use core::hint::black_box;
use core::sync::atomic::{AtomicU64, Ordering};
use crdts::{CmRDT, CvRDT, Dot};
use std::collections::HashMap;

type Crdts = crdts::VClock<u32>;

fn crdts_of<const N: usize>(counts: [u64; N]) -> Crdts {
    (0..).zip(counts).map(|(actor, counter)| Dot::new(actor, counter)).collect()
}

/// `crdts`: an event, and a copy of the clock for the message.
#[must_use]
pub fn crdts_tick<const N: usize>() -> Workload {
    let mut clock = crdts_of::<N>(counts());
    Workload::new(move || {
        let dot = clock.inc(black_box(N as u32 / 2));
        clock.apply(dot);
        black_box(clock.clone());
    })
}

/// `crdts`: a merge. It takes the other clock by value, and the copies are made beforehand.
#[must_use]
pub fn crdts_merge<const N: usize>() -> Workload {
    let (ours, theirs) = (crdts_of::<N>(counts()), crdts_of::<N>(concurrent_counts()));
    let copies: Vec<Crdts> = Vec::with_capacity(BATCH as usize);
    Workload::prepared(
        (ours, theirs, copies),
        |(_, theirs, copies), times| copies.extend((0..times).map(|_| theirs.clone())),
        |(ours, _, copies), _| {
            for theirs in copies.drain(..) {
                ours.merge(theirs);
            }
        },
    )
}

/// `crdts`: whether one clock is before the other.
#[must_use]
pub fn crdts_compare<const N: usize>() -> Workload {
    let (ours, theirs) = (crdts_of::<N>(counts()), crdts_of::<N>(later_counts()));
    Workload::new(move || {
        black_box(black_box(&ours).partial_cmp(black_box(&theirs)));
    })
}

/// `crdts` by `serde`, with `postcard` behind it.
#[must_use]
pub fn crdts_encode<const N: usize>() -> Workload {
    let clock = crdts_of::<N>(counts());
    let mut room = vec![0; ROOM].into_boxed_slice();
    Workload::new(move || {
        let written = postcard::to_slice(black_box(&clock), &mut room).expect("room");
        black_box(written.len());
    })
}

/// How many bytes a clock of `crdts` takes.
#[must_use]
pub fn crdts_bytes<const N: usize>() -> i64 {
    let mut kept = None;
    let counted = allocation_counter::measure(|| kept = Some(crdts_of::<N>(counts())));
    black_box(&kept);
    counted.bytes_current + size_of::<Crdts>() as i64
}

type VClock = vclock::VClock<u32, u64>;

fn vclock_of<const N: usize>(counts: [u64; N]) -> VClock {
    VClock::from((0..).zip(counts).collect::<HashMap<u32, u64>>())
}

/// `vclock`: an event, and a copy of the clock for the message.
#[must_use]
pub fn vclock_tick<const N: usize>() -> Workload {
    let mut clock = vclock_of::<N>(counts());
    Workload::new(move || {
        clock.incr(&black_box(N as u32 / 2));
        black_box(clock.clone());
    })
}

/// `vclock`: a merge.
#[must_use]
pub fn vclock_merge<const N: usize>() -> Workload {
    let (mut ours, theirs) = (vclock_of::<N>(counts()), vclock_of::<N>(concurrent_counts()));
    Workload::new(move || black_box(&mut ours).merge(black_box(&theirs)))
}

/// `vclock`: whether one clock is before the other.
#[must_use]
pub fn vclock_compare<const N: usize>() -> Workload {
    let (ours, theirs) = (vclock_of::<N>(counts()), vclock_of::<N>(later_counts()));
    Workload::new(move || {
        black_box(black_box(&ours).partial_cmp(black_box(&theirs)));
    })
}

/// What `uhlc`'s clock reads: the given time.
static GIVEN: AtomicU64 = AtomicU64::new(1_800_000_000 << 32);

fn given() -> uhlc::NTP64 {
    uhlc::NTP64(GIVEN.load(Ordering::Relaxed))
}

fn uhlc_clock(id: u8) -> uhlc::HLC {
    let id = uhlc::ID::try_from([id]).expect("not zero");
    uhlc::HLCBuilder::new().with_id(id).with_clock(given).build()
}

/// `uhlc`: stamps a local event at a given time.
#[must_use]
pub fn uhlc_tick() -> Workload {
    let clock = uhlc_clock(1);
    Workload::new(move || {
        black_box(clock.new_timestamp());
    })
}

/// `uhlc`: learns of a stamp at a given time, and stamps its receipt.
#[must_use]
pub fn uhlc_observe() -> Workload {
    let (clock, other) = (uhlc_clock(1), uhlc_clock(2));
    let id = *other.get_id();
    let mut counter = 0;
    Workload::new(move || {
        counter += 3;
        let theirs = uhlc::Timestamp::new(uhlc::NTP64((1_800_000_000 << 32) + (counter & 0xff_ffff)), id);
        let learnt = clock.update_with_timestamp(black_box(&theirs));
        black_box((learnt.is_ok(), clock.new_timestamp()));
    })
}

/// `hybrid-clocks`: stamps a local event at a given time.
#[must_use]
pub fn hybrid_clocks_tick() -> Workload {
    let mut clock = Aligned(hybrid_clocks::Clock::manual(1_800_000_000).expect("a clock"));
    Workload::new(move || {
        clock.set_time(black_box(1_800_000_000));
        if let Ok(stamp) = clock.now() {
            black_box(stamp.count);
        }
    })
}
