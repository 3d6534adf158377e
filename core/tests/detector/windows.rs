//! Every estimator against one that keeps a list of all heartbeats and computes everything from scratch, in wide integers.
//!
//! `PROPTEST_RNG_SEED=n` replays a run, `PROPTEST_CASES=n` lengthens it.

use core::hash::BuildHasher;
use core::time::Duration;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestRunner};
use quorate::Instant;
use quorate::detector::{
    AnyConfig, AnyDetector, Bertier, BertierConfig, Chen, ChenConfig, Detector, PhiExponential, PhiExponentialConfig,
    PhiNormal, PhiNormalConfig, Threshold,
};
use std::hash::RandomState;

const INTERVAL: u64 = 1_000_000;
const LONGEST: u64 = 20_000_000;
const FLOOR: u64 = 7_000;
const MARGIN: u64 = 300_000;
/// The z at a level of 8, from the reference values.
const Z: f64 = 5.612001244174788;

#[derive(Clone, Debug)]
enum Happening {
    Heartbeat { after: u64, steps: u32 },
    Pause { after: u64 },
}

fn histories() -> impl Strategy<Value = Vec<Happening>> {
    let after = prop_oneof![
        8 => 900_000_u64..1_100_000,
        3 => 0_u64..2_000_000,
        1 => 2_000_000_u64..60_000_000,
        1 => 0_u64..10,
    ];
    let steps = prop_oneof![8 => Just(1_u32), 2 => 2_u32..5, 1 => 1_u32..300];
    let happening = prop_oneof![
        15 => (after, steps).prop_map(|(after, steps)| Happening::Heartbeat { after, steps }),
        1 => (0_u64..60_000_000).prop_map(|after| Happening::Pause { after }),
    ];
    prop::collection::vec(happening, 0..150)
}

/// All that ever arrived, in microseconds, with the rules on what is a sample.
#[derive(Default)]
struct List {
    now: u64,
    base: u64,
    anchored: bool,
    /// For Chen's and Bertier's: whether the newest span ends with the last arrival.
    open: bool,
}

/// What a heartbeat is.
enum Is {
    Fresh,
    /// One of a burst, but not the first.
    InBurst,
    /// A sample, so long after the last one.
    Sample(u64),
}

impl List {
    fn hear(&mut self, after: u64) -> Is {
        self.now += after;
        let interval = self.now - self.base;
        if interval < INTERVAL / 2 {
            return if self.anchored { Is::InBurst } else { Is::Fresh };
        }
        self.base = self.now;
        if core::mem::replace(&mut self.anchored, true) { Is::Sample(interval) } else { Is::Fresh }
    }

    fn pause(&mut self, after: u64) {
        self.now += after;
        self.base = self.now;
        self.anchored = false;
    }
}

fn last<T>(all: &[T], most: usize) -> &[T] {
    &all[all.len().saturating_sub(most)..]
}

/// μ, and the exact n²σ² with n.
fn moments(samples: &[u64]) -> (f64, u128, f64) {
    let n = samples.len() as u128;
    let sum = samples.iter().map(|&sample| u128::from(sample)).sum::<u128>();
    let scatter = samples.iter().map(|&sample| (n * u128::from(sample)).abs_diff(sum).pow(2)).sum::<u128>() / n;
    (sum as f64 / n as f64, scatter, n as f64)
}

/// Where the line through (number, arrival) that fits best is one number after the last: from the last arrival, exactly
/// as a fraction; and its slope as a fraction.
fn line(samples: &[(u64, u64)]) -> (f64, f64) {
    let (mut times, mut numbers) = (vec![0_i128], vec![0_i128]);
    for &(interval, gap) in samples {
        times.push(times[times.len() - 1] + i128::from(interval));
        numbers.push(numbers[numbers.len() - 1] + i128::from(gap));
    }
    let n = times.len() as i128;
    let (time_sum, number_sum) = (times.iter().sum::<i128>(), numbers.iter().sum::<i128>());
    let deviations = times.iter().zip(&numbers).map(|(t, s)| (n * t - time_sum, n * s - number_sum));
    let (rise, run) = deviations.fold((0, 0), |(rise, run), (t, s)| (rise + t * s, run + s * s));
    let next = numbers[numbers.len() - 1] + 1;
    // t̄ + rise/run · (next − s̄) − t_last, over the common denominator n · run.
    let top = time_sum * run + rise * (n * next - number_sum) - times[times.len() - 1] * n * run;
    (top as f64 / (n * run) as f64, rise as f64 / run as f64)
}

struct Bertiers {
    delay: f64,
    deviation: f64,
}

/// How long each estimator should wait after the last arrival, in microseconds.
struct Waits {
    normal: f64,
    exponential: f64,
    chen: f64,
    bertier: f64,
}

/// Runs a history through the list and the estimators, and compares them after each heartbeat.
fn compare<const W: usize>(history: &[Happening]) -> Result<(), TestCaseError> {
    let interval = Duration::from_micros(INTERVAL);
    let longest = Duration::from_micros(LONGEST);
    let micros = Duration::from_micros;
    let normal = PhiNormalConfig::new(interval, Threshold::EIGHT)
        .and_then(|c| c.with_floor(micros(FLOOR))?.with_longest(longest))
        .expect("good settings");
    let exponential = PhiExponentialConfig::new(interval, Threshold::EIGHT).and_then(|c| c.with_longest(longest));
    let exponential = exponential.expect("good settings");
    let chen = ChenConfig::new(interval, micros(MARGIN)).and_then(|c| c.with_longest(longest)).expect("good settings");
    let bertier =
        BertierConfig::new(interval, micros(MARGIN)).and_then(|c| c.with_longest(longest)).expect("good settings");

    let start = Instant::from_secs(3);
    let mut a = PhiNormal::<W>::new(&normal, start);
    let mut b = PhiExponential::<W>::new(&exponential, start);
    let mut c = Chen::<W>::new(&chen, start);
    let mut d = Bertier::<W>::new(&bertier, start);
    let mut any = AnyDetector::<W>::new(&AnyConfig::Chen(chen), start);

    let mut list = List::default();
    let mut normals = vec![INTERVAL - INTERVAL / 4, INTERVAL + INTERVAL / 4];
    let mut exponentials = vec![INTERVAL; 2];
    let mut spans = vec![(INTERVAL, 1); W.min(8)];
    let mut jacobson = Bertiers { delay: 0.0, deviation: INTERVAL as f64 / 4.0 };

    for happening in history {
        let Happening::Heartbeat { after, steps } = *happening else {
            let Happening::Pause { after } = *happening else { unreachable!() };
            list.pause(after);
            let now = start + micros(list.now);
            let shift = now.since(a.since());
            a.pause(shift, now);
            b.pause(shift, now);
            c.pause(shift, now);
            d.pause(shift, now);
            any.pause(shift, now);
            continue;
        };
        let gap = u64::from(steps);
        match list.hear(after) {
            Is::Fresh => list.open = false,
            Is::InBurst => {
                let newest = spans.last_mut().expect("never empty");
                list.open &= newest.1 + gap <= 255;
                if list.open {
                    *newest = (newest.0 + after, newest.1 + gap);
                }
            }
            Is::Sample(interval) => {
                normals.push(interval.min(LONGEST));
                exponentials.push(interval.min(LONGEST));
                list.open = gap <= 255 && after <= LONGEST * gap;
                if list.open {
                    let (ahead, slope) = line(last(&spans, W));
                    let error = after as f64 - (ahead.max(0.0) + slope * (gap - 1) as f64) - jacobson.delay;
                    jacobson.delay += error / 8.0;
                    jacobson.deviation += (error.abs() - jacobson.deviation) / 8.0;
                    spans.push((after, gap));
                }
            }
        }
        let now = start + micros(list.now);
        a.heartbeat(&normal, steps, now);
        b.heartbeat(&exponential, steps, now);
        c.heartbeat(&chen, steps, now);
        d.heartbeat(&bertier, steps, now);
        any.heartbeat(&AnyConfig::Chen(chen), steps, now);
        prop_assert_eq!(any, AnyDetector::Chen(c));

        let (mean, scatter, n) = moments(last(&normals, W));
        let deviation = ((scatter as f64).sqrt() / n).max(FLOOR as f64);
        let (ahead, slope) = line(last(&spans, W));
        let expected = if list.anchored { ahead.max(0.0) } else { slope };
        let margin = (jacobson.delay + 4.0 * jacobson.deviation).max(MARGIN as f64);
        let waits = Waits {
            normal: mean + Z * deviation,
            exponential: 8.0 * core::f64::consts::LN_10 * moments(last(&exponentials, W)).0,
            chen: expected + MARGIN as f64,
            bertier: expected + margin,
        };
        for (what, since, deadline, wait, most) in [
            ("phi normal", a.since(), a.deadline(), waits.normal, 1.01),
            ("phi exponential", b.since(), b.deadline(), waits.exponential, 1.01),
            ("Chen", c.since(), c.deadline(), waits.chen, 1.5),
            ("Bertier", d.since(), d.deadline(), waits.bertier, 2.5),
        ] {
            prop_assert_eq!(since, now, "{} heard it", what);
            let ours = deadline.since(since).as_nanos() as f64 / 1e3;
            let late = ours - wait;
            prop_assert!(
                (-0.5..most).contains(&late) || late.abs() < 1e-9 * wait,
                "{what}, window {W}: waits {ours} µs, not {wait}"
            );
        }
    }
    Ok(())
}

#[test]
fn estimators_wait_as_if_computed_from_scratch() {
    let seed = match std::env::var("PROPTEST_RNG_SEED") {
        Ok(seed) => seed.parse().expect("PROPTEST_RNG_SEED is a number"),
        Err(_) => RandomState::new().hash_one("a new seed for every run"),
    };
    let config = Config { rng_seed: RngSeed::Fixed(seed), failure_persistence: None, ..Config::default() };
    let outcome = TestRunner::new(config).run(&histories(), |history| {
        compare::<2>(&history)?;
        compare::<5>(&history)?;
        compare::<16>(&history)?;
        compare::<100>(&history)
    });
    if let Err(why) = outcome {
        panic!("{why}\nreplay with PROPTEST_RNG_SEED={seed}");
    }
}
