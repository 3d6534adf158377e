//! C4: what cannot be stamped is an error with all values, and leaves the clock as it was.

use crate::node;
use core::fmt::Debug;
use core::time::Duration;
use quorate::clock::{
    ClockError, Config, ConfigError, HybridClock, HybridStamp, LamportClock, LamportStamp, MAX_LEAP, VectorClock,
    VectorStamp, VersionClock, VersionVector, WallTime,
};
use quorate::{Group, NodeId};

/// Asserts that an action fails so, and changes nothing.
fn fails<C: Clone + PartialEq + Debug, T: Debug + PartialEq>(
    clock: &C,
    action: impl FnOnce(&mut C) -> Result<T, ClockError>,
    error: ClockError,
) {
    let mut tried = clock.clone();
    assert_eq!(action(&mut tried), Err(error));
    assert_eq!(tried, *clock, "an error changes nothing");
}

fn lamport(time: u64, node: u32) -> LamportStamp {
    LamportStamp { time, node: NodeId::new(node) }
}

fn sparse(entries: &[(u32, u64)]) -> VersionVector<3> {
    let entries: Vec<_> = entries.iter().map(|&(node, count)| (NodeId::new(node), count)).collect();
    VersionVector::from_entries(&entries).unwrap()
}

#[test]
fn c4_lamport() {
    let end = LamportClock::after(lamport(u64::MAX, 1));
    fails(&end, LamportClock::tick, ClockError::Overflow { at: u64::MAX });
    fails(&end, |clock| clock.observe(&lamport(3, 2)), ClockError::Overflow { at: u64::MAX });
    let near = LamportClock::after(lamport(u64::MAX - 9, 1));
    fails(&near, |clock| clock.observe(&lamport(u64::MAX, 2)), ClockError::Overflow { at: u64::MAX });

    let mut clock = LamportClock::after(lamport(100, 1));
    let theirs = 100 + MAX_LEAP + 1;
    let leap = ClockError::Leap { entry: 2, ours: 100, theirs };
    fails(&clock, |clock| clock.observe(&lamport(theirs, 2)), leap);
    let forgotten = ClockError::Forgotten { entry: 1, ours: 100, theirs: 101 };
    fails(&clock, |clock| clock.observe(&lamport(101, 1)), forgotten);
    assert_eq!(clock.observe(&lamport(theirs - 1, 2)), Ok(lamport(theirs, 1)));
}

#[test]
fn c4_hybrid() {
    let now = WallTime::new(1_000_000).unwrap();
    let offset = 32_768;
    let mut clock = HybridClock::new(Duration::from_millis(500));
    clock.tick(now).unwrap();

    let stamp = HybridStamp::new(1_000_000 + offset + 1, 0);
    let future = ClockError::FromTheFuture { stamp, physical: now, most: offset };
    fails(&clock, |clock| clock.observe(&stamp, now), future);
    let stamp = HybridStamp::MAX;
    let future = ClockError::FromTheFuture { stamp, physical: now, most: offset };
    fails(&clock, |clock| clock.observe(&stamp, now), future);

    let last = HybridStamp::new(1_000_000 + offset, u16::MAX);
    assert_eq!(clock.observe(&last, now), Ok(HybridStamp::new(1_000_000 + offset + 1, 0)));

    let end = clock.after(HybridStamp::MAX);
    fails(&end, |clock| clock.tick(WallTime::MAX), ClockError::Overflow { at: u64::MAX });
    fails(&clock, |clock| clock.observe(&HybridStamp::MAX, WallTime::MAX), ClockError::Overflow { at: u64::MAX });
}

#[test]
fn c4_vector() {
    let clock = VectorClock::<3>::new(1).unwrap().after(VectorStamp::new([5, 7, 0]));
    let theirs = MAX_LEAP + 1;
    let leap = ClockError::Leap { entry: 2, ours: 0, theirs };
    fails(&clock, |clock| clock.observe(&VectorStamp::new([9, 7, theirs])), leap);
    let leap = ClockError::Leap { entry: 0, ours: 5, theirs: u64::MAX };
    fails(&clock, |clock| clock.observe(&VectorStamp::new([u64::MAX; 3])), leap);
    let forgotten = ClockError::Forgotten { entry: 1, ours: 7, theirs: 8 };
    fails(&clock, |clock| clock.observe(&VectorStamp::new([9, 8, 0])), forgotten);
    let observed = clock.clone().observe(&VectorStamp::new([9, 7, theirs - 1]));
    assert_eq!(observed, Ok(VectorStamp::new([9, 8, MAX_LEAP])));

    let end = clock.after(VectorStamp::new([0, u64::MAX, 0]));
    fails(&end, VectorClock::tick, ClockError::Overflow { at: u64::MAX });
    fails(&end, |clock| clock.observe(&VectorStamp::new([1, 0, 0])), ClockError::Overflow { at: u64::MAX });
    assert_eq!(VectorClock::<3>::new(3), Err(ClockError::Outside { position: 3, size: 3 }));
}

#[test]
fn c4_version() {
    let clock = VersionClock::after(node(2), sparse(&[(1, 5), (2, 7)]));
    let leap = ClockError::Leap { entry: 9, ours: 0, theirs: u64::MAX };
    fails(&clock, |clock| clock.observe(&sparse(&[(1, 9), (9, u64::MAX)])), leap);
    let forgotten = ClockError::Forgotten { entry: 2, ours: 7, theirs: 8 };
    fails(&clock, |clock| clock.observe(&sparse(&[(2, 8)])), forgotten);
    let full = ClockError::Full { node: node(9), capacity: 3 };
    fails(&clock, |clock| clock.observe(&sparse(&[(8, 1), (9, 1)])), full);
    let full = ClockError::Full { node: node(4), capacity: 3 };
    fails(&VersionClock::new(node(4)), |clock| clock.observe(&sparse(&[(1, 1), (2, 1), (3, 1)])), full);

    let end = VersionClock::after(node(2), sparse(&[(2, u64::MAX)]));
    fails(&end, VersionClock::tick, ClockError::Overflow { at: u64::MAX });
    fails(&end, |clock| clock.observe(&sparse(&[(1, 1)])), ClockError::Overflow { at: u64::MAX });

    let vector = sparse(&[(1, 1), (2, 2), (3, u64::MAX)]);
    fails(&vector, |vector| vector.tick(node(3)), ClockError::Overflow { at: u64::MAX });
    fails(&vector, |vector| vector.tick(node(0)), ClockError::Full { node: node(0), capacity: 3 });
    fails(&vector, |vector| vector.merge(&sparse(&[(0, 1)])), ClockError::Full { node: node(3), capacity: 3 });
}

#[test]
fn a_configuration_says_what_is_wrong_with_it() {
    let [a, b, c] = [1, 2, 3].map(NodeId::new);
    let group = || Group::<4>::new(b, &[a, c]).unwrap();
    let of = VectorClock::<3>::of(&group()).unwrap();
    assert_eq!(of.position(), 1);
    assert!(Config::new(group(), of, 0).is_ok());

    let position = Config::new(group(), VectorClock::<3>::new(2).unwrap(), 0);
    assert_eq!(position, Err(ConfigError::OtherPosition { position: 2, rank: 1, me: b }));
    let small = Config::new(group(), VectorClock::<2>::new(1).unwrap(), 0);
    assert_eq!(small, Err(ConfigError::TooMany { members: 3, capacity: 2 }));
    assert_eq!(VectorClock::<2>::of(&group()), Err(ClockError::Outside { position: 2, size: 2 }));
    let small = Config::new(group(), VersionClock::<2>::new(b), 0);
    assert_eq!(small, Err(ConfigError::TooMany { members: 3, capacity: 2 }));
    let other = Config::new(group(), VersionClock::<3>::new(c), 0);
    assert_eq!(other, Err(ConfigError::OtherNode { node: c, me: b }));
    let long = Config::new(group(), HybridClock::new(Duration::from_secs(1)), 65_537);
    assert_eq!(long, Err(ConfigError::ReserveBeyondOffset { reserve: 65_537, max_offset: 65_536 }));
}
