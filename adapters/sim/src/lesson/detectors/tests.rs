//! What is measured against what can be worked out.

use super::trace::exponential;
use super::*;
use alloc::string::ToString;
use quorate::{Instant, Random};

const SECOND: Duration = Duration::from_secs(1);
const HOURS: Duration = Duration::from_secs(6 * 3_600);

fn timeout(millis: u64) -> AnyConfig {
    AnyConfig::Timeout(TimeoutConfig::new(Duration::from_millis(millis)).expect("a good timeout"))
}

fn assert_close(what: &str, measured: f64, expected: f64, part: f64) {
    assert!((measured - expected).abs() <= part * expected, "{what} is {measured}, and should be {expected}");
}

/// Heartbeats that arrive at once, with these gaps between them.
fn arriving(random: &mut Random, count: usize, gap: impl Fn(&mut Random) -> Duration) -> Trace {
    let mut now = Instant::ORIGIN;
    let mut times = Vec::new();
    for _ in 0..count {
        now = now + gap(random);
        times.push((now, Some(now)));
    }
    Trace::from_times("arriving", SECOND, times, random)
}

#[test]
fn a_fixed_timeout_on_exponential_gaps() {
    // With gaps of mean μ and a timeout τ, a gap is a mistake with probability e^(−τ/μ), and what is left of it is as long as a gap.
    let trace = arriving(&mut Seed::new(1).random(), 400_000, |random| exponential(random, SECOND));
    for (millis, survives) in [(500, 0.606_530_7), (1_000, 0.367_879_4), (2_000, 0.135_335_3), (4_000, 0.018_315_6)] {
        let measured = measure(&trace, &timeout(millis));
        assert_close("λ_M", measured.mistakes_per_hour(), 3_600.0 * survives, 0.03);
        let recurrence = measured.mistake_recurrence.expect("there are many").as_secs_f64();
        assert_close("T_MR", recurrence, 1.0 / survives, 0.03);
        assert_close("T_M", measured.mistake_duration.expect("there are many").as_secs_f64(), 1.0, 0.03);
        assert_close("P_A", f64::from(measured.query_accuracy) / 1e6, 1.0 - survives, 0.01);
    }
}

#[test]
fn the_exponential_law_is_right_about_exponential_gaps() {
    // Were the mean known, a gap would reach level φ with probability 10^(−φ). Gaps of less than half a second are no samples of their
    // own here, so the mean of what is sampled is that of the first gap or sum of gaps beyond half: 0.5 s + 1 s.
    let trace = arriving(&mut Seed::new(2).random(), 400_000, |random| exponential(random, SECOND));
    for (thousandths, expected) in [(500, 0.177_83), (1_000, 0.031_62), (2_000, 0.001)] {
        let threshold = Threshold::new(thousandths).expect("a good threshold");
        let config = PhiExponentialConfig::new(SECOND, threshold).and_then(|config| config.with_longest(60 * SECOND));
        let measured = measure(&trace, &AnyConfig::PhiExponential(config.expect("good settings")));
        // The mean of a hundred samples scatters, which makes rare mistakes less rare.
        assert_close("λ_M", measured.mistakes_per_hour() / 3_600.0, expected, 0.25);
    }
}

#[test]
fn the_normal_law_is_right_about_normal_gaps() {
    // The sum of twelve uniform variates is close to normal; its deviation is that of one.
    let normal = |random: &mut Random| {
        Duration::from_millis(400) + (0..12).map(|_| random.up_to(Duration::from_millis(100))).sum::<Duration>()
    };
    let trace = arriving(&mut Seed::new(3).random(), 400_000, normal);
    for (thousandths, expected) in [(500, 0.316_23), (1_000, 0.1), (2_000, 0.01)] {
        let threshold = Threshold::new(thousandths).expect("a good threshold");
        let config = PhiNormalConfig::new(SECOND, threshold).and_then(|config| config.with_floor(Duration::ZERO));
        let measured = measure(&trace, &AnyConfig::PhiNormal(config.expect("good settings")));
        assert_close("λ_M", measured.mistakes_per_hour() / 3_600.0, expected, 0.15);
    }
}

#[test]
fn chens_margin_on_exponential_delays() {
    // Expected is the send and the mean delay μ, so a heartbeat is late with probability e^(−(μ + α)/μ). The delays are short beside the
    // interval, so that heartbeats do not overtake each other.
    let mut random = Seed::new(4).random();
    let delay = Duration::from_millis(50);
    let times: Vec<_> = (0..400_000_u64)
        .map(|second| (Instant::from_secs(second), Some(Instant::from_secs(second) + exponential(&mut random, delay))))
        .collect();
    let trace = Trace::from_times("delayed", SECOND, times, &mut random);
    for (millis, expected) in [(50, 0.135_34), (100, 0.049_79), (200, 0.006_74)] {
        let config = ChenConfig::new(SECOND, Duration::from_millis(millis)).expect("good settings");
        let measured = measure(&trace, &AnyConfig::Chen(config));
        assert_close("λ_M", measured.mistakes_per_hour() / 3_600.0, expected, 0.1);
        // A crash comes half an interval after the last heartbeat, and the deadline an interval, the mean delay and α after it.
        let detection = 0.5 + 0.05 + millis as f64 / 1_000.0;
        assert_close("T_D", measured.detection.as_secs_f64(), detection, 0.02);
    }
}

#[test]
fn losses_in_a_row_deceive_a_timeout() {
    // Between two and three intervals long, it is wrong exactly when two or more heartbeats in a row are lost: the first of them
    // follows one that arrived. 0.9 · 0.1² of all seconds begin so.
    let trace = Trace::new(Behaviour::Lossy, Seed::new(1), 20 * HOURS);
    for (millis, expected) in
        [(1_500, 3_600.0 * 0.9 * 0.1), (2_500, 3_600.0 * 0.9 * 0.01), (3_500, 3_600.0 * 0.9 * 0.001)]
    {
        assert_close("λ_M", measure(&trace, &timeout(millis)).mistakes_per_hour(), expected, 0.1);
    }
}

#[test]
fn what_a_timeout_takes_to_notice_a_crash() {
    // The heartbeat that arrived last took 6 ms on average, and the crash came half an interval after it was sent.
    let trace = Trace::new(Behaviour::Steady, Seed::new(1), HOURS);
    let measured = measure(&trace, &timeout(2_000));
    assert_close("T_D", measured.detection.as_secs_f64(), 2.0 + 0.006 - 0.5, 0.01);
    assert!(measured.longest_detection < Duration::from_millis(2_008));
    assert_eq!((measured.mistakes, measured.query_accuracy), (0, 1_000_000));
    assert_close("the time measured", measured.measured.as_secs_f64(), HOURS.as_secs_f64(), 0.001);
}

#[test]
fn patience_is_wrong_less_often_and_notices_later() {
    let study = study(1, HOURS / 6);
    for traced in &study.traces {
        for curve in &traced.curves {
            for pair in curve.points.windows(2) {
                let why = alloc::format!("{:?} on {:?}: {pair:#?}", curve.detector, traced.behaviour);
                assert!(pair[0].detection <= pair[1].detection, "{why}");
                // A mistake of an impatient detector can be two of a more patient one, but not often.
                assert!(pair[1].mistakes <= pair[0].mistakes + pair[0].mistakes / 10 + 1, "{why}");
            }
        }
    }
}

#[test]
fn detectors_that_learn_understand_a_slowdown_and_a_timeout_does_not() {
    let study = study(1, HOURS);
    let slowing = study.traces.iter().find(|traced| traced.behaviour == Behaviour::Slowing).expect("it is one of them");
    let soonest = |kind| {
        let curve = slowing.curves.iter().find(|curve| curve.detector == kind).expect("it is one of them");
        curve.soonest(10.0).expect("patience helps").detection
    };
    // A timeout that bears five seconds between heartbeats bears as much when there is one between them.
    let timeout = soonest(Kind::Timeout);
    assert!(timeout > 4 * SECOND, "{timeout:?}");
    for kind in [Kind::PhiNormal, Kind::PhiExponential, Kind::Bertier] {
        assert!(soonest(kind) < timeout * 2 / 3, "{kind:?}: {:?}, and a timeout {timeout:?}", soonest(kind));
    }
    // The line through Chen's window lags behind a slowdown that goes on, and only the margin makes up for that.
    let chen = soonest(Kind::Chen);
    assert!(chen < timeout && chen > soonest(Kind::Bertier), "{chen:?}, and a timeout {timeout:?}");
}

#[test]
fn the_same_seed_gives_the_same_study_and_people_can_read_it() {
    let short = |seed| study(seed, HOURS / 36);
    assert_eq!(short(7), short(7));
    assert_ne!(short(7), short(8));
    let text = short(7).to_string();
    assert!(text.contains("seed 7"), "{text}");
    assert!(Behaviour::ALL.iter().all(|behaviour| text.contains(behaviour.description())));
    assert!(text.lines().all(|line| line.chars().count() <= 120), "{text}");
    assert!(short(7).traces.iter().flat_map(Traced::series).all(|series| series.points.len() >= 10));
}

#[test]
#[cfg(feature = "serde")]
fn programs_can_read_it() {
    let json = serde_json::to_value(study(7, HOURS / 36)).expect("plain data");
    assert_eq!((&json["seed"], &json["length_seconds"]), (&7.into(), &600.0.into()));
    let curve = &json["traces"][0]["curves"][0];
    assert_eq!((&json["traces"][0]["behaviour"], &curve["detector"]), (&"steady".into(), &"timeout".into()));
    assert_eq!(curve["points"][3]["setting"], "2 s");
    assert!(curve["points"][3]["detection_seconds"].as_f64().is_some_and(|seconds| (1.4..1.6).contains(&seconds)));
    assert_eq!(curve["points"][3]["mistakes_per_hour"], 0.0);
}
