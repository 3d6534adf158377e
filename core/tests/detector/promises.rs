//! D1 to D7, for every detector.

use crate::dialogue::{ANN, BOB, Dialogue, at, beat, ms, paused, restarted, suspected, trusted};
use core::time::Duration;
use quorate::detector::{
    AnyConfig, AnyDetector, BertierConfig, ChenConfig, Detector, Event, MonitorConfig, PhiExponentialConfig,
    PhiNormalConfig, Threshold, Timeout, TimeoutConfig,
};
use quorate::{Instant, Machine, NodeId, Seed};

const W: usize = 16;
type Talk = Dialogue<AnyDetector<W>>;

/// Each detector, at a heartbeat each second, patient enough for one that is lost.
fn configs() -> [AnyConfig; 5] {
    let level = Threshold::new(1_000).expect("in range");
    [
        AnyConfig::Timeout(TimeoutConfig::new(ms(2_500)).expect("good settings")),
        AnyConfig::PhiNormal(PhiNormalConfig::new(ms(1_000), Threshold::EIGHT).expect("good settings")),
        AnyConfig::PhiExponential(PhiExponentialConfig::new(ms(1_000), level).expect("good settings")),
        AnyConfig::Chen(ChenConfig::new(ms(1_000), ms(1_500)).expect("good settings")),
        AnyConfig::Bertier(BertierConfig::new(ms(1_000), ms(1_500)).expect("good settings")),
    ]
}

fn seed() -> u64 {
    match std::env::var("QUORATE_SEED") {
        Ok(seed) => seed.parse().expect("QUORATE_SEED is a number"),
        Err(_) => core::hash::BuildHasher::hash_one(&std::hash::RandomState::new(), "a new seed for every run"),
    }
}

#[test]
fn d1_a_crashed_peer_is_suspected_for_ever_and_one_that_never_spoke_too() {
    for config in configs() {
        let mut talk = Talk::new(config, &[ANN, BOB]);
        talk.hears_all(ANN, 1, 1, (0..50).map(|n| n * 1_000));
        let [(first, Event::Suspected { peer: BOB, silence })] = talk.take_events()[..] else {
            panic!("{config:?}: Bob never spoke")
        };
        assert!(first <= 2_600 && silence <= ms(2_600), "{config:?}: {silence:?}");
        // Ann crashes right after 49 s, and nothing more is said about anyone for a day.
        talk.until(24 * 3_600 * 1_000);
        let [(_, Event::Suspected { peer: ANN, silence })] = talk.take_events()[..] else {
            panic!("{config:?}: Ann crashed")
        };
        assert!(silence <= ms(2_600), "{config:?}: {silence:?}");
        talk.suspects(&[ANN, BOB]);
    }
}

#[test]
fn d1_the_bound_holds_after_the_worst_past_too() {
    // Silences of an hour teach no more than the longest interval that counts: 8 s here.
    for config in configs() {
        let mut talk = Talk::new(config, &[ANN]);
        let wild = (0..40).map(|n| n * 3_600_000 + n % 7 * 900);
        talk.hears_all(ANN, 1, 1, wild).take_events();
        let health = talk.monitor.health(ANN).expect("Ann is watched");
        let wait = health.deadline.since(health.heard.expect("Ann was heard"));
        assert!(wait < ms(60_000), "{config:?}: {wait:?}");
    }
}

/// A detector with a past that a seed makes up, and how it ended.
fn with_some_past(config: &AnyConfig, seed: u64) -> AnyDetector<W> {
    let mut random = Seed::new(seed).random();
    let mut now = Instant::from_nanos(random.below(1 << 40));
    let mut detector = AnyDetector::new(config, now);
    for _ in 0..random.below(40) {
        let most = [200, 1_000, 2_000, 12_000][random.below(4) as usize];
        now = now + random.up_to(ms(most));
        match random.below(12) {
            0 => detector.pause(now.since(detector.since()), now),
            steps => detector.heartbeat(config, 1 + steps as u32 / 9, now),
        }
    }
    detector
}

#[test]
fn d2_the_level_never_falls_while_silence_lasts() {
    let seed = seed();
    for round in 0..200 {
        for config in configs() {
            let detector = with_some_past(&config, seed ^ round);
            let mut random = Seed::new(seed ^ round).random();
            let (mut now, mut last) = (detector.since(), 0.0);
            for _ in 0..200 {
                let level = detector.level(&config, now);
                assert!(level >= last, "{level} after {last}: {config:?}; replay with QUORATE_SEED={seed}");
                last = level;
                let most = [1, 1_000, 1_000_000, 1_000_000_000, 1_000_000_000_000][random.below(5) as usize];
                now = now + random.up_to(Duration::from_nanos(most));
            }
        }
    }
}

#[test]
fn d3_the_deadline_is_when_the_level_reaches_the_threshold() {
    let seed = seed();
    for round in 0..500 {
        for config in configs() {
            let detector = with_some_past(&config, seed ^ round);
            let threshold = AnyDetector::<W>::threshold(&config).level();
            let why = || format!("{config:?}; replay with QUORATE_SEED={seed}");
            let nanosecond = Duration::from_nanos(1);
            assert!(detector.deadline() > detector.since(), "{}", why());
            assert!(detector.level(&config, detector.deadline()) >= threshold, "{}", why());
            assert!(detector.level(&config, detector.deadline() - nanosecond) < threshold, "{}", why());
            assert!(detector.is_suspected(detector.deadline()), "{}", why());
            assert!(!detector.is_suspected(detector.deadline() - nanosecond), "{}", why());
        }
    }
}

#[test]
fn d3_a_monitor_ticked_at_its_deadlines_reports_at_the_crossing_itself() {
    for config in configs() {
        let mut talk = Talk::new(config, &[ANN]);
        talk.hears_all(ANN, 1, 1, [0, 1_010, 1_990, 3_050]);
        let deadline = talk.monitor.health(ANN).expect("Ann is watched").deadline;
        while !talk.monitor.is_suspected(ANN) {
            let next = talk.monitor.deadline().expect("something is due");
            assert!(next <= deadline, "{config:?}: {next} is later than {deadline}");
            let level = talk.monitor.level(ANN, next).expect("Ann is watched");
            assert_eq!(next == deadline, level >= AnyDetector::<W>::threshold(&config).level(), "{config:?}");
            assert!(talk.monitor.step(quorate::Input::Tick, next).len() <= 2);
        }
    }
}

#[test]
fn d4_a_slowdown_from_1_s_to_5_s_is_learned() {
    for config in &configs()[1..] {
        let mut talk = Talk::new(*config, &[ANN]);
        talk.hears_all(ANN, 1, 1, (0..100).map(|n| n * 1_000)).reports(&[]);
        // It takes mistakes, and at most a window's worth of heartbeats.
        talk.hears_all(ANN, 1, 101, (1..=W as u64).map(|n| 99_000 + n * 5_000));
        assert!(!talk.take_events().is_empty());
        let learned = 99_000 + W as u64 * 5_000;
        talk.hears_all(ANN, 1, 101 + W as u64, (1..100).map(|n| learned + n * 5_000)).reports(&[]);
        // And back: the peer that has become quick again is found out as quickly as at first.
        let learned = learned + 99 * 5_000;
        talk.hears_all(ANN, 1, 1_000, (1..=60).map(|n| learned + n * 1_000)).reports(&[]);
        talk.until(learned + 60_000 + 2_600);
        assert!(matches!(talk.take_events()[..], [(_, Event::Suspected { .. })]), "{config:?}");
    }
    let mut talk = Talk::new(configs()[0], &[ANN]);
    talk.hears_all(ANN, 1, 1, (0..100).map(|n| n * 5_000));
    assert_eq!(talk.take_events().len(), 2 * 99, "a fixed timeout never learns");
}

#[test]
fn d5_a_new_life_is_judged_anew() {
    for config in configs() {
        let mut talk = Talk::new(config, &[ANN]);
        talk.hears_all(ANN, 3, 1, (0..60).map(|n| n * 5_000)).take_events();
        talk.hears(296_000, ANN, beat(4, 1)).reports(&[(296_000, restarted(ANN, 4))]);
        let mut anew = AnyDetector::<W>::new(&config, at(296_000));
        anew.heartbeat(&config, 1, at(296_000));
        assert_eq!(talk.monitor.health(ANN).expect("Ann is watched").deadline, anew.deadline(), "{config:?}");
        // What the former life still says is neither fresh nor a sample.
        let before = talk.monitor.clone();
        talk.hears(296_000, ANN, beat(3, 61));
        assert_eq!(talk.monitor, before);
    }
}

#[test]
fn d6_a_local_pause_suspects_nobody_and_teaches_nothing() {
    for config in configs() {
        for buffered in [false, true] {
            let mut talk = Talk::new(config, &[ANN, BOB]);
            for n in 0..40 {
                talk.hears(n * 1_000 + 50, ANN, beat(1, n + 1)).hears(n * 1_000 + 60, BOB, beat(1, n + 1));
            }
            talk.until(39_500).reports(&[]);
            let waits =
                |talk: &Talk| talk.monitor.healths().map(|h| h.deadline.since(h.heard.unwrap())).collect::<Vec<_>>();
            let before = waits(&talk);
            // The process is stopped for 20 s. What has arrived meanwhile is read before or after the timer fires.
            if buffered {
                for n in 40..60 {
                    talk.finds(59_500, ANN, beat(1, n + 1)).finds(59_501, BOB, beat(1, n + 1));
                }
                talk.wakes(59_502);
            } else {
                talk.wakes(59_500);
                for n in 40..60 {
                    talk.finds(59_501, ANN, beat(1, n + 1)).finds(59_502, BOB, beat(1, n + 1));
                }
            }
            talk.reports(&[(59_500, paused(19_500))]);
            for n in 60..80 {
                talk.hears(n * 1_000 + 50, ANN, beat(1, n + 1)).hears(n * 1_000 + 60, BOB, beat(1, n + 1));
            }
            talk.reports(&[]);
            let within = |(before, after): (&Duration, &Duration)| before.abs_diff(*after) < ms(20);
            assert!(before.iter().zip(&waits(&talk)).all(within), "{config:?}: {before:?}, then {:?}", waits(&talk));
            // And a peer that crashed during the pause is suspected soon after it.
            let mut talk = talk.clone();
            talk.wakes(100_000).until(100_000 + 2_600);
            let events = talk.take_events();
            assert_eq!(events.len(), 3, "{config:?}: paused, and two suspicions, not {events:?}");
        }
    }
}

#[test]
fn d6_one_pause_after_another() {
    let mut talk = Talk::new(configs()[1], &[ANN]);
    talk.hears_all(ANN, 1, 1, (0..20).map(|n| n * 1_000)).reports(&[]);
    // Stopped again before its next deadline after the first stop has come.
    talk.wakes(30_000).wakes(40_000).finds(40_001, ANN, beat(1, 41));
    talk.reports(&[(30_000, paused(10_000)), (40_000, paused(9_000))]).suspects(&[]);
}

#[test]
fn d2_and_d6_a_pause_does_not_make_a_suspected_peer_look_better() {
    for config in configs() {
        let mut talk = Talk::new(config, &[ANN]);
        talk.hears_all(ANN, 1, 1, (0..20).map(|n| n * 1_000)).until(25_000).suspects(&[ANN]);
        let before = talk.monitor.level(ANN, at(25_000)).expect("Ann is watched");
        talk.take_events();
        talk.wakes(60_000).reports(&[(60_000, paused(34_000))]).suspects(&[ANN]);
        assert!(talk.monitor.level(ANN, at(60_000)).expect("Ann is watched") >= before, "{config:?}");
    }
}

#[test]
fn d6_heartbeats_that_were_not_sent_in_a_pause_are_counted() {
    let mut talk = Talk::new(configs()[0], &[ANN]);
    talk.until(2_000).has_sent(&[(0, 1), (1_000, 2), (2_000, 3)]);
    // Those of 3 to 7 s fell out; the rhythm is kept.
    talk.wakes(7_300).has_sent(&[(7_300, 8)]).until(9_000).has_sent(&[(8_000, 9), (9_000, 10)]);
}

#[test]
fn d1_and_d6_a_monitor_that_is_late_at_every_step_is_slow_but_not_blind() {
    let settings =
        MonitorConfig::new(ms(1_000)).and_then(|config| config.with_tolerance(ms(100))).expect("good settings");
    for config in configs() {
        let mut talk = Talk::with(settings, config, &[ANN]);
        talk.hears(0, ANN, beat(1, 1));
        let mut now = 0;
        while !talk.monitor.is_suspected(ANN) {
            let deadline = talk.monitor.deadline().expect("something is due");
            now = now.max(deadline.since(Instant::ORIGIN).as_millis() as u64 + 400);
            talk.wakes(now);
            assert!(now < 10_000, "{config:?}: blind");
        }
    }
}

#[test]
fn d7_the_measures_of_chen_toueg_and_aguilera() {
    let mut talk = Dialogue::<Timeout>::new(TimeoutConfig::new(ms(2_500)).expect("a good timeout"), &[ANN]);
    let quality = |talk: &Dialogue<Timeout>, now| talk.monitor.quality(ANN, at(now)).expect("Ann is watched");
    // Before the first heartbeat nobody knows whether there is anyone.
    talk.until(5_000).reports(&[(2_500, suspected(ANN, 2_500))]);
    assert_eq!(quality(&talk, 5_000).mistakes(), 0);
    talk.hears_all(ANN, 1, 1, [10_000, 11_000]).reports(&[(10_000, trusted(ANN, 7_500))]);
    let so_far = quality(&talk, 11_000);
    assert_eq!((so_far.query_accuracy(), so_far.mistakes(), so_far.mistake_duration()), (Some(1_000_000), 0, None));
    // Two mistakes, of 0.5 s and 1 s, the second 4 s after the first.
    talk.hears_all(ANN, 1, 3, [14_000, 15_000, 18_500, 19_000]);
    talk.reports(&[
        (13_500, suspected(ANN, 2_500)),
        (14_000, trusted(ANN, 500)),
        (17_500, suspected(ANN, 2_500)),
        (18_500, trusted(ANN, 1_000)),
    ]);
    let so_far = quality(&talk, 19_000);
    assert_eq!((so_far.mistakes(), so_far.mistake_duration()), (2, Some(ms(750))));
    assert_eq!((so_far.mistake_recurrence(), so_far.detection_time()), (Some(ms(4_000)), None));
    assert_eq!(so_far.query_accuracy(), Some(833_333)); // 7.5 s of 9 s
    // A crash after 19 s; the next life at 30 s shows that this suspicion was right.
    talk.hears(30_000, ANN, beat(2, 1)).take_events();
    let so_far = quality(&talk, 31_000);
    assert_eq!((so_far.detections(), so_far.detection_time()), (1, Some(ms(2_500))));
    assert_eq!(so_far.mistakes(), 2);
    assert_eq!(so_far.query_accuracy(), Some(850_000)); // 8.5 s of 10 s: the dead do not count
}

#[test]
fn every_change_is_reported_once_and_four_at_most_in_a_step() {
    let peers: Vec<NodeId> = (2..12).map(NodeId::new).collect();
    let timeout = TimeoutConfig::new(ms(2_500)).expect("a good timeout");
    let mut talk = Dialogue::<Timeout, 10>::new(timeout, &peers);
    talk.until(2_499).reports(&[]);
    // All ten are due at once; one is heard before its turn comes.
    talk.wakes(2_500);
    assert_eq!(talk.take_events().len(), 4);
    assert_eq!(talk.monitor.deadline(), Some(at(2_500)));
    talk.finds(2_500, peers[9], beat(1, 1)).until(2_500);
    let late: Vec<_> = peers[4..9].iter().map(|&peer| (2_500, suspected(peer, 2_500))).collect();
    talk.reports(&late).suspects(&peers[..9]);
}

#[test]
fn suspicion_and_trust_alternate_in_any_history() {
    let seed = seed();
    for round in 0..200 {
        let config = configs()[round as usize % 5];
        let mut random = Seed::new(seed ^ round).random();
        let mut talk = Talk::new(config, &[ANN, BOB]);
        let mut suspected = [false; 2];
        let (mut now, mut sequence) = (0, [1, 1]);
        for _ in 0..200 {
            let most = [1_100, 1_100, 1_100, 8_000][random.below(4) as usize];
            now += random.below(most);
            let who = random.below(2) as usize;
            if random.below(20) == 0 {
                talk.wakes(now); // late, maybe by far
            } else {
                talk.hears(now, [ANN, BOB][who], beat(1 + now / 60_000, sequence[who]));
                sequence[who] += 1 + random.below(2);
            }
            for (_, event) in talk.take_events() {
                let (peer, now_suspected) = match event {
                    Event::Suspected { peer, .. } => (peer, true),
                    Event::Trusted { peer, .. } => (peer, false),
                    _ => continue,
                };
                let who = usize::from(peer == BOB);
                assert_ne!(suspected[who], now_suspected, "{config:?}; replay with QUORATE_SEED={seed}");
                suspected[who] = now_suspected;
            }
            let states = [ANN, BOB].map(|peer| talk.monitor.is_suspected(peer));
            assert_eq!(states, suspected, "{config:?}; replay with QUORATE_SEED={seed}");
        }
    }
}
