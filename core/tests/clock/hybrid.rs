//! C3: hybrid stamps stay close to physical time.

use crate::for_many_seeds;
use crate::world::{PROCESSES, World};
use core::time::Duration;
use quorate::Random;
use quorate::clock::{HybridClock, HybridStamp, WallTime};

/// ε, in units: 250 ms.
const EPSILON: u64 = 1 << 14;
/// In September 2001.
const START: u64 = 1_000_000_000 << 16;

fn at(units: u64) -> WallTime {
    WallTime::new(units).expect("a time that fits")
}

/// Clocks that are each from 0 to ε ahead of true time, wander between that at up to half a second per second, and are
/// now and then set anew.
fn drifting(mut random: Random) -> impl FnMut(usize, u64) -> WallTime {
    let mut ahead = [(0, 0_u64); PROCESSES];
    move |process, elapsed| {
        let (read, offset) = &mut ahead[process];
        let most = elapsed.saturating_sub(*read) / 2;
        let step = random.below(2 * most + 1);
        *offset = match random.below(20) {
            0 => random.below(EPSILON + 1),
            1 => EPSILON,
            2 => 0,
            _ => (*offset + step).saturating_sub(most).min(EPSILON),
        };
        *read = elapsed;
        at(START + elapsed + *offset)
    }
}

#[test]
fn c3_a_stamp_is_at_physical_time_or_at_most_epsilon_ahead() {
    for_many_seeds(|random| {
        let history = World {
            events: 200,
            crashes: false,
            reserve: 0,
            clock: |_| HybridClock::new(Duration::from_millis(250)),
            wall: drifting(*random),
        }
        .run(random);
        for event in history {
            let (l, physical) = (event.stamp.physical(), event.physical.get());
            assert!(physical <= l && l - physical <= EPSILON, "{event:?}");
        }
    });
}

#[test]
fn c3_over_restarts_a_stamp_is_at_most_epsilon_and_the_reserve_ahead() {
    for_many_seeds(|random| {
        let reserve = random.below(EPSILON) as u32;
        let history = World {
            events: 200,
            crashes: true,
            reserve,
            clock: |_| HybridClock::new(Duration::from_millis(500)),
            wall: drifting(*random),
        }
        .run(random);
        for (number, event) in history.iter().enumerate() {
            let (l, physical) = (event.stamp.physical(), event.physical.get());
            // At most every event was followed by a restart, and each of those adds one unit.
            let most = EPSILON + u64::from(reserve) + number as u64;
            assert!(physical <= l && l - physical <= most, "{most} {event:?}");
        }
    });
}

#[test]
fn c3_a_burst_carries_into_the_physical_part_one_unit_for_65_536_events() {
    let mut clock = HybridClock::new(Duration::from_millis(250));
    for _ in 0..=u16::MAX {
        clock.tick(at(START)).unwrap();
    }
    assert_eq!(clock.latest(), HybridStamp::new(START, u16::MAX));
    assert_eq!(clock.tick(at(START)), Ok(HybridStamp::new(START + 1, 0)));
    assert_eq!(clock.tick(at(START + 1)), Ok(HybridStamp::new(START + 1, 1)));
    assert_eq!(clock.tick(at(START + 2)), Ok(HybridStamp::new(START + 2, 0)));
}

#[test]
fn a_physical_clock_that_is_set_back_never_takes_stamps_back() {
    let mut clock = HybridClock::new(Duration::from_millis(250));
    let before = clock.tick(at(START + 3_600 * 65_536)).unwrap();
    let after = clock.tick(at(START)).unwrap();
    assert_eq!((after.physical(), after.counter()), (before.physical(), before.counter() + 1));
    // A stamp from the past is never rejected.
    assert!(clock.observe(&HybridStamp::new(5, 5), at(START)).unwrap() > after);
}

/// The rules of the paper, one by one, against the packed arithmetic.
#[test]
fn packed_stamps_follow_the_rules_of_the_paper() {
    for_many_seeds(|random| {
        let mut clock = HybridClock::new(Duration::from_secs(1));
        let (mut l, mut c) = (0, 0);
        for _ in 0..200 {
            let physical = 1 + random.below(50);
            let stamp = if random.below(2) == 0 {
                let l_before = l;
                l = l.max(physical);
                c = if l == l_before { c + 1 } else { 0 };
                clock.tick(at(physical))
            } else {
                let (m_l, m_c) = (random.below(60), random.below(5) as u16);
                let l_before = l;
                l = l.max(m_l).max(physical);
                c = match (l == l_before, l == m_l) {
                    (true, true) => c.max(m_c) + 1,
                    (true, false) => c + 1,
                    (false, true) => m_c + 1,
                    (false, false) => 0,
                };
                clock.observe(&HybridStamp::new(m_l, m_c), at(physical))
            };
            assert_eq!(stamp, Ok(HybridStamp::new(l, c)));
        }
    });
}

#[test]
fn times_convert_there_and_back() {
    for_many_seeds(|random| {
        let exact = Duration::new(random.below(1 << 32), random.below(1_000_000_000) as u32);
        let wall = WallTime::since_1970(exact + Duration::from_millis(1)).map(WallTime::get);
        let back = HybridStamp::new(wall.unwrap_or(WallTime::MAX.get()), 9).since_1970();
        assert!(back <= exact + Duration::from_millis(1) && exact < back + Duration::from_millis(1), "{exact:?}");
    });
    let now = std::time::SystemTime::now();
    let wall = WallTime::try_from(now).unwrap();
    assert_eq!(wall.get() >> 16, now.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs());
    assert_eq!(at(START).after(Duration::from_millis(1_500)).get(), START + 65_536 + 32_768);
    assert_eq!(at(START).after(Duration::MAX), WallTime::MAX);
    assert_eq!(WallTime::MAX.get(), (1 << 48) - 1);
}
