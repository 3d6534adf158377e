//! Defects of clocks in the field, each of which must stay impossible.

use crate::node;
use core::time::Duration;
use quorate::clock::{
    Causality, ClockError, HybridClock, HybridStamp, LamportClock, LamportStamp, VersionVector, WallTime, WallTimeError,
};
use std::collections::HashSet;
use std::time::SystemTime;

/// `{A: 0}` and `{}` compared as greater in both directions, where a zero was an entry.
#[test]
fn trap_a_zero_is_an_entry() {
    let zero = VersionVector::<4>::from_entries(&[(node(1), 0)]).unwrap();
    let empty = VersionVector::<4>::new();
    assert_eq!((zero.compare(&empty), empty.compare(&zero)), (Causality::Equal, Causality::Equal));
    assert_eq!(zero, empty);
    assert_eq!((zero.len(), zero.get(node(1))), (0, 0));
    assert_eq!(HashSet::from([zero, empty]).len(), 1);

    let some = VersionVector::<4>::from_entries(&[(node(2), 3), (node(1), 0)]).unwrap();
    let same = VersionVector::<4>::from_entries(&[(node(2), 3)]).unwrap();
    assert_eq!((some.compare(&same), some == same), (Causality::Equal, true));
}

/// A physical clock that showed zero by default made every peer look as if it lived in the future.
#[test]
fn trap_a_physical_clock_of_zero() {
    assert_eq!(WallTime::new(0), Err(WallTimeError::Unset));
    assert_eq!(WallTime::since_1970(Duration::from_micros(15)), Err(WallTimeError::Unset));
    assert_eq!(WallTime::try_from(SystemTime::UNIX_EPOCH), Err(WallTimeError::Unset));
    assert_eq!(WallTime::try_from(SystemTime::UNIX_EPOCH - Duration::from_secs(9)), Err(WallTimeError::Unset));

    // A board's clock that counts from zero at power-up, five seconds later: the error says what is wrong.
    let unset = WallTime::since_1970(Duration::from_secs(5)).unwrap();
    let today = HybridStamp::new(1_700_000_000 << 16, 0);
    let error = HybridClock::new(Duration::from_secs(1)).observe(&today, unset).unwrap_err();
    assert_eq!(error, ClockError::FromTheFuture { stamp: today, physical: unset, most: 65_536 });
    let told = error.to_string();
    assert!(told.contains("1699999995.000s ahead") && told.contains("never been set"), "{told}");
}

/// A stamp near the end of the numbers, from one peer, halted every clock that it reached.
#[test]
fn trap_one_stamp_uses_up_the_numbers() {
    let fresh = LamportClock::new(node(1));
    for time in [u64::MAX, u64::MAX - 1, 1 << 63] {
        let mut clock = fresh;
        let poisoned = LamportStamp { time, node: node(2) };
        assert_eq!(clock.observe(&poisoned), Err(ClockError::Leap { entry: 2, ours: 0, theirs: time }));
        assert_eq!(clock, fresh);
    }
    // A hybrid stamp that is believed, with the counter at its end, does not halt the clock for the time it is ahead.
    let mut clock = HybridClock::new(Duration::from_secs(1));
    let now = WallTime::new(1_000_000).unwrap();
    let observed = clock.observe(&HybridStamp::new(1_010_000, u16::MAX), now).unwrap();
    assert_eq!(clock.tick(now), Ok(HybridStamp::new(1_010_001, 1)));
    assert_eq!(observed, HybridStamp::new(1_010_001, 0));
}

/// A clock that fell behind rejected its peers for being ahead of it, and its peers' old stamps for being behind.
#[test]
fn trap_stamps_from_the_past_are_rejected() {
    let mut clock = HybridClock::new(Duration::from_millis(1));
    let now = WallTime::new(1 << 40).unwrap();
    clock.tick(now).unwrap();
    assert_eq!(clock.observe(&HybridStamp::ZERO, now), Ok(HybridStamp::new(1 << 40, 1)));
    assert_eq!(clock.observe(&HybridStamp::new(1, 65_535), now), Ok(HybridStamp::new(1 << 40, 2)));
}
