//! C1 and C2, against the graph of what happened.

use crate::for_many_seeds;
use crate::world::{Happened, World, happened_before};
use core::time::Duration;
use quorate::clock::{
    Causality, Clock, HybridClock, LamportClock, VectorClock, VectorStamp, VersionClock, VersionVector, WallTime,
};
use quorate::{NodeId, Random};
use std::collections::HashSet;

const EVENTS: usize = 60;

fn logical<C: Clock<Physical = ()>>(
    clock: fn(&quorate::Group<4>) -> C,
    crashes: bool,
    random: &mut Random,
) -> Vec<Happened<C>> {
    let reserve = random.below(5) as u32;
    World { events: EVENTS, crashes, reserve, clock, wall: |_, _| () }.run(random)
}

/// All pairs of events, and whether the first happened before the second.
fn for_all_pairs<C: Clock>(history: &[Happened<C>], check: impl Fn(&Happened<C>, &Happened<C>, bool, bool)) {
    let before = happened_before(history);
    for (a, first) in history.iter().enumerate() {
        for (b, second) in history.iter().enumerate() {
            check(first, second, before[b][a], a == b);
        }
    }
}

fn c1<C: Clock>(history: &[Happened<C>]) {
    for_all_pairs(history, |a, b, a_before_b, _| {
        assert!(!a_before_b || a.stamp < b.stamp, "{a:?} happened before {b:?}");
    });
}

fn c2<C: Clock>(history: &[Happened<C>], compare: fn(&C::Stamp, &C::Stamp) -> Causality) {
    for_all_pairs(history, |a, b, a_before_b, same| {
        let causality = compare(&a.stamp, &b.stamp);
        assert_eq!(causality == Causality::Before, a_before_b, "{a:?} is {causality} {b:?}");
        assert_eq!(causality == Causality::Equal, same, "{a:?} is {causality} {b:?}");
        assert_eq!(causality.reverse(), compare(&b.stamp, &a.stamp));
        assert_eq!(causality.ordering(), a.stamp.partial_cmp(&b.stamp));
        assert_eq!(causality == Causality::Equal, a.stamp == b.stamp);
    });
}

#[test]
fn c1_lamport_stamps_never_contradict_causality_and_are_all_different() {
    for_many_seeds(|random| {
        for crashes in [false, true] {
            let history = logical(|group| LamportClock::new(group.me()), crashes, random);
            c1(&history);
            let stamps: HashSet<_> = history.iter().map(|event| event.stamp).collect();
            assert_eq!(stamps.len(), history.len());
        }
    });
}

#[test]
fn c1_hybrid_stamps_never_contradict_causality_whatever_the_physical_clocks_show() {
    for_many_seeds(|random| {
        let mut noise = *random;
        for crashes in [false, true] {
            let history = World {
                events: EVENTS,
                crashes,
                reserve: random.below(5_000) as u32,
                clock: |_| HybridClock::new(Duration::from_secs(3600)),
                wall: |_, _| WallTime::new(1 + noise.below(5_000)).expect("not zero"),
            }
            .run(random);
            c1(&history);
        }
    });
}

#[test]
fn c2_vector_stamps_tell_causality_exactly() {
    for_many_seeds(|random| {
        for crashes in [false, true] {
            let clock = |group: &_| VectorClock::<4>::of(group).expect("it fits");
            c2(&logical(clock, crashes, random), VectorStamp::compare);
        }
    });
}

#[test]
fn c2_version_vectors_tell_causality_exactly() {
    for_many_seeds(|random| {
        for crashes in [false, true] {
            c2(&logical(|group| VersionClock::<4>::new(group.me()), crashes, random), VersionVector::compare);
        }
    });
}

/// What the definition says: every count at most the other's, and some less.
fn by_definition(a: &[u64; 5], b: &[u64; 5]) -> Causality {
    let at_most = |a: &[u64; 5], b: &[u64; 5]| a.iter().zip(b).all(|(a, b)| a <= b);
    match (at_most(a, b), at_most(b, a)) {
        (true, true) => Causality::Equal,
        (true, false) => Causality::Before,
        (false, true) => Causality::After,
        (false, false) => Causality::Concurrent,
    }
}

fn counts(random: &mut Random) -> [u64; 5] {
    [(); 5].map(|()| match random.below(8) {
        0 => u64::MAX - random.below(2),
        1 => (1 << 63) - random.below(2),
        _ => random.below(3),
    })
}

fn sparse(counts: &[u64; 5]) -> VersionVector<5> {
    let entries: Vec<_> = (0..5).map(NodeId::new).zip(*counts).rev().collect();
    VersionVector::from_entries(&entries).expect("it fits")
}

#[test]
fn dense_and_sparse_vectors_compare_and_merge_as_defined() {
    for_many_seeds(|random| {
        for _ in 0..50 {
            let (a, b) = (counts(random), counts(random));
            let expected = by_definition(&a, &b);
            let (dense_a, dense_b) = (VectorStamp::new(a), VectorStamp::new(b));
            let (sparse_a, sparse_b) = (sparse(&a), sparse(&b));
            assert_eq!(dense_a.compare(&dense_b), expected, "{a:?} {b:?}");
            assert_eq!(sparse_a.compare(&sparse_b), expected, "{a:?} {b:?}");
            assert_eq!(dense_a.partial_cmp(&dense_b), expected.ordering());
            assert_eq!(sparse_a.partial_cmp(&sparse_b), expected.ordering());

            let both: [u64; 5] = core::array::from_fn(|position| a[position].max(b[position]));
            let (mut dense, mut merged) = (dense_a, sparse_a);
            dense.merge(&dense_b);
            merged.merge(&sparse_b).expect("it fits");
            assert_eq!(dense.counts(), &both);
            assert_eq!(merged, sparse(&both));
            assert!(merged.iter().all(|(_, count)| count > 0), "a zero is never stored: {merged}");
            assert!(merged.iter().is_sorted_by_key(|(node, _)| node));
        }
    });
}
