//! Clocks, of 3 to 1,024 processes.

use crate::limits::clocks as limits;
use crate::ours::clocks as ours;
use crate::peers::clocks as peers;
use crate::race::{Contest, Family, Goal, Unit};
use quorate::clock::VectorClock;

/// Lamport's and hybrid clocks.
pub(super) fn scalar() -> Family {
    let mut family = Family::new("clocks of one number");
    family.add(
        Contest::of("lamport/tick", "Lamport, an event", ours::lamport_tick())
            .limit(limits::lamport_tick())
            .goal(Goal::TimesLimit(1.5)),
    );
    family.add(
        Contest::of("lamport/observe", "Lamport, a receipt", ours::lamport_observe())
            .limit(limits::lamport_observe())
            .goal(Goal::TimesLimit(1.5)),
    );
    family.add(
        Contest::of("hybrid/tick", "hybrid, an event at a given time", ours::hybrid_tick())
            .limit(limits::hybrid_tick())
            .peer("uhlc", peers::uhlc_tick())
            .peer("hybrid-clocks", peers::hybrid_clocks_tick())
            .goal(Goal::TimesLimit(3.0))
            .goal(Goal::TimesFaster(2.5, "uhlc")),
    );
    family.add(
        Contest::of("hybrid/observe", "hybrid, a receipt at a given time", ours::hybrid_observe())
            .limit(limits::hybrid_observe())
            .peer("uhlc", peers::uhlc_observe()),
    );
    family
}

/// Adds what `$contest` makes of each size, which is a constant there.
macro_rules! for_all_sizes {
    ($size:ident => $add:block) => {
        for_all_sizes!($size => $add, 3, 4, 8, 16, 32, 64, 128, 256, 512, 1024)
    };
    ($size:ident => $add:block, $($n:literal),*) => {
        $({
            const $size: usize = $n;
            $add
        })*
    };
}

/// What is wanted of this size alone.
fn at_64<const N: usize>(goals: [Goal; 2]) -> impl Iterator<Item = Goal> {
    goals.into_iter().filter(|_| N == 64)
}

pub(super) fn vector_tick() -> Family {
    let mut family = Family::new("vector clock, an event");
    for_all_sizes!(N => {
        family.add(
            Contest::of(format!("vector/tick/{N}"), format!("{N} processes"), ours::vector_tick::<N>())
                .sized("tick", N as u64)
                .limit(limits::vector_tick::<N>())
                .peer("crdts", peers::crdts_tick::<N>())
                .peer("vclock", peers::vclock_tick::<N>()),
        );
    });
    family
}

pub(super) fn vector_merge() -> Family {
    let mut family = Family::new("vector clock, a merge");
    for_all_sizes!(N => {
        let growth = (N == 1_024).then_some(Goal::TimesOther(15.0, "vector/merge/64"));
        family.add(
            Contest::of(format!("vector/merge/{N}"), format!("{N} processes"), ours::vector_merge::<N>())
                .sized("merge", N as u64)
                .limit(limits::vector_merge::<N>())
                .peer("crdts", peers::crdts_merge::<N>())
                .peer("vclock", peers::vclock_merge::<N>())
                .goals(at_64::<N>([Goal::TimesLimit(1.3), Goal::TimesFaster(15.0, "crdts")]))
                .goals(growth),
        );
    });
    family
}

pub(super) fn vector_compare() -> Family {
    let mut family = Family::new("vector clock, a comparison");
    for_all_sizes!(N => {
        family.add(
            Contest::of(format!("vector/compare/{N}"), format!("{N} processes"), ours::vector_compare::<N>())
                .sized("compare", N as u64)
                .limit(limits::vector_compare::<N>())
                .peer("crdts", peers::crdts_compare::<N>())
                .peer("vclock", peers::vclock_compare::<N>())
                .goals(at_64::<N>([Goal::TimesLimit(1.3), Goal::TimesFaster(15.0, "crdts")])),
        );
    });
    family
}

pub(super) fn vector_observe() -> Family {
    let mut family = Family::new("vector clock, a receipt");
    for_all_sizes!(N => {
        family.add(
            Contest::of(format!("vector/observe/{N}"), format!("{N} processes"), ours::vector_observe::<N>())
                .sized("observe", N as u64)
                .limit(limits::vector_observe::<N>()),
        );
    });
    family
}

pub(super) fn vector_encode() -> Family {
    let mut family = Family::new("vector clock, as bytes");
    for_all_sizes!(N => {
        family.add(
            Contest::of(format!("vector/encode/{N}"), format!("{N} processes"), ours::vector_encode::<N>())
                .sized("encode", N as u64)
                .limit(limits::vector_encode::<N>())
                .peer("crdts + postcard", peers::crdts_encode::<N>()),
        );
    });
    family
}

pub(super) fn version() -> Family {
    let mut family = Family::new("version vector");
    for_all_sizes!(N => {
        family.add(
            Contest::of(format!("version/merge/{N}"), format!("a merge, {N} nodes"), ours::version_merge::<N>())
                .sized("merge", N as u64)
                .limit(limits::vector_merge::<N>())
                .peer("crdts", peers::crdts_merge::<N>()),
        );
    }, 3, 64, 1024);
    for_all_sizes!(N => {
        let what = format!("a comparison, {N} nodes");
        family.add(
            Contest::of(format!("version/compare/{N}"), what, ours::version_compare::<N>())
                .sized("compare", N as u64)
                .limit(limits::vector_compare::<N>())
                .peer("crdts", peers::crdts_compare::<N>()),
        );
    }, 3, 64, 1024);
    family
}

pub(super) fn sizes() -> Family {
    let mut family = Family::new("vector clock, memory");
    for_all_sizes!(N => {
        let bytes = size_of::<VectorClock<N>>() as f64;
        family.add(
            Contest::known(format!("vector/bytes/{N}"), format!("{N} processes"), Unit::Bytes, bytes)
                .sized("bytes", N as u64)
                .known_limit(8.0 * N as f64)
                .known_peer("crdts", peers::crdts_bytes::<N>() as f64)
                .goal(Goal::AtMost(8.0 * N as f64 + 16.0)),
        );
    }, 3, 64, 1024);
    family
}
