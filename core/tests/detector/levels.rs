//! The phi detectors against reference values computed to 50 digits (`tests/data/phi_reference.py`), from outside.

use core::time::Duration;
use quorate::Instant;
use quorate::detector::{Detector, PhiExponential, PhiExponentialConfig, PhiNormal, PhiNormalConfig, Threshold};

const MICROSECOND: Duration = Duration::from_micros(1);

struct Reference {
    law: &'static str,
    mean: u64,
    deviation: u64,
    threshold: Threshold,
    /// In nanoseconds.
    crossing: f64,
    silence: u64,
    level_at_silence: f64,
}

fn reference() -> impl Iterator<Item = Reference> {
    let lines = include_str!("../data/phi_reference.csv").lines().skip(1).filter(|line| !line.starts_with("tail"));
    lines.map(|line| {
        let columns: Vec<_> = line.split(',').collect();
        let [law, mean, deviation, level, crossing, silence, level_at_silence] = columns[..] else {
            panic!("seven columns, not {line}")
        };
        Reference {
            law,
            mean: mean.parse().expect("a mean"),
            deviation: deviation.parse().expect("a deviation"),
            threshold: Threshold::new((level.parse::<f64>().expect("a level") * 1e3).round() as u32).expect("in range"),
            crossing: crossing.parse::<f64>().expect("a crossing") * 1e3,
            silence: silence.parse().expect("a silence"),
            level_at_silence: level_at_silence.parse().expect("a level"),
        }
    })
}

/// A detector whose window has exactly this mean and deviation, since it holds two samples: both as far from the mean.
fn taught<D: Detector>(config: &D::Config, mean: u64, deviation: u64) -> D {
    let mut now = Instant::from_secs(5);
    let mut detector = D::new(config, now);
    for micros in [mean, mean - deviation, mean + deviation] {
        now = now + Duration::from_micros(micros);
        detector.heartbeat(config, 1, now);
    }
    assert_eq!(detector.since(), now);
    detector
}

fn check<D: Detector>(detector: &D, config: &D::Config, blind: &D::Config, at: &Reference) {
    let Reference { law, mean, deviation, threshold, crossing, silence, level_at_silence } = at;
    let what = format!("{law} law, mean {mean}, deviation {deviation}, threshold {threshold}");
    // D3: the deadline is the first microsecond at or after the exact crossing.
    let wait = detector.deadline().since(detector.since());
    let late = wait.as_nanos() as f64 - crossing;
    assert!((-1.0..1_001.0).contains(&late), "{what}: waits {wait:?}, {late} ns after the crossing");
    // The level and the deadline say the same.
    assert!(detector.level(config, detector.deadline()) >= threshold.level(), "{what}: no crossing at the deadline");
    let before = detector.deadline() - Duration::from_nanos(1);
    assert!(detector.level(config, before) < threshold.level(), "{what}: a crossing before the deadline");
    // And the level is right by itself, when no threshold is near that it could be held to.
    let level = |micros: u64| detector.level(blind, detector.since() + Duration::from_micros(micros));
    let ours = level(*silence);
    assert!((ours - level_at_silence).abs() <= 1e-12 * level_at_silence, "{what}: {ours} is not {level_at_silence}");
    let after = u64::try_from((wait + MICROSECOND).as_micros()).expect("a short wait");
    assert!(level(after) >= threshold.level(), "{what}: the level alone crosses elsewhere");
}

#[test]
fn levels_and_crossings_are_those_of_the_reference_from_0_1_to_16_and_from_no_deviation_to_the_mean() {
    let shortest = Duration::from_micros(100);
    let longest = Duration::from_secs(10);
    let mut checked = 0;
    for at in reference() {
        checked += 1;
        if at.law == "exponential" {
            let config = |threshold| {
                PhiExponentialConfig::new(shortest, threshold)
                    .and_then(|c| c.with_longest(longest))
                    .expect("good settings")
            };
            let detector: PhiExponential<2> = taught(&config(at.threshold), at.mean, 0);
            check(&detector, &config(at.threshold), &config(Threshold::MAX), &at);
            continue;
        }
        let config = |threshold, floor| {
            PhiNormalConfig::new(shortest, threshold)
                .and_then(|c| c.with_longest(longest)?.with_floor(floor))
                .expect("good settings")
        };
        let floor = Duration::from_micros(at.deviation);
        if at.deviation < at.mean {
            // The deviation of the samples themselves.
            let good = config(at.threshold, Duration::ZERO);
            let detector: PhiNormal<2> = taught(&good, at.mean, at.deviation);
            check(&detector, &good, &config(Threshold::MAX, Duration::ZERO), &at);
        }
        // The same deviation as the floor of regular samples.
        let good = config(at.threshold, floor);
        let detector: PhiNormal<2> = taught(&good, at.mean, 0);
        check(&detector, &good, &config(Threshold::MAX, floor), &at);
    }
    assert!(checked > 800, "{checked}");
}

#[test]
fn trap_a_threshold_without_its_ln_10_does_not_carry_over() {
    // At the same threshold and on the same data, both laws give the same odds against an innocent silence.
    let interval = Duration::from_secs(1);
    let config = PhiExponentialConfig::new(interval, Threshold::EIGHT).expect("good settings");
    let wait = PhiExponential::<2>::new(&config, Instant::ORIGIN).deadline().since(Instant::ORIGIN).as_secs_f64();
    assert!(((-wait).exp() / 1e-8 - 1.0).abs() < 1e-4, "P(interval > {wait} s) is not 10^-8");
    assert!((wait - 18.42).abs() < 0.01);
}

#[test]
fn no_level_is_infinite_however_long_the_silence() {
    for floor in [Duration::ZERO, Duration::from_micros(1)] {
        let config = PhiNormalConfig::new(Duration::from_secs(1), Threshold::MAX)
            .and_then(|config| config.with_floor(floor))
            .expect("good settings");
        let detector: PhiNormal<2> = taught(&config, 1_000_000, 0);
        let mut last = 0.0;
        for exponent in 0..64 {
            let level = detector.level(&config, detector.since() + Duration::from_nanos(1 << exponent));
            assert!(level.is_finite() && level >= last, "{level} after 2^{exponent} ns");
            last = level;
        }
        assert_eq!(last, quorate::detector::MAX_LEVEL);
    }
}
