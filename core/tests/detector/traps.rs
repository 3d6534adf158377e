//! Defects found in other detectors, each as a test. (Those of the arithmetic are beside it: a window's length after it wraps and
//! a variance below zero in `src/detector/tests.rs`, the missing ln 10 in `levels.rs`.)

use crate::dialogue::{ANN, BOB, Dialogue, at, beat, ms};
use quorate::detector::{
    Bertier, BertierConfig, Chen, ChenConfig, Detector, Event, PhiExponential, PhiExponentialConfig, PhiNormal,
    PhiNormalConfig, Threshold,
};
use quorate::{Instant, Machine, NodeId};

fn phi() -> PhiNormalConfig {
    PhiNormalConfig::new(ms(1_000), Threshold::EIGHT).expect("good settings")
}

#[test]
fn trap_the_first_heartbeat_makes_a_dead_node_look_alive() {
    // With no interval in the window, a level of zero for ever is what a mean of nothing gives.
    let mut talk = Dialogue::<PhiNormal<100>>::new(phi(), &[ANN, BOB]);
    talk.hears(100, ANN, beat(1, 1)).until(3_000);
    let suspects: Vec<_> = talk.take_events().into_iter().map(|(_, event)| event).collect();
    let [Event::Suspected { peer: BOB, .. }, Event::Suspected { peer: ANN, .. }] = suspects[..] else {
        panic!("both are dead: {suspects:?}")
    };
    assert!(talk.monitor.level(ANN, at(10_000)).expect("Ann is watched") > 100.0);
}

#[test]
fn trap_heartbeats_queue_and_burst_after_silence() {
    // Thirty heartbeats wait in a switch for 30 s and arrive within 3 ms: a mean of 1 s with a window of 16 would become
    // 0.1 ms, and the next heartbeat, a second later and on time, would be thousands of deviations late.
    fn burst<D: Detector>(config: D::Config) {
        let mut talk = Dialogue::<D>::new(config, &[ANN]);
        talk.hears_all(ANN, 1, 1, (0..50).map(|n| n * 1_000)).reports(&[]);
        talk.until(79_000).hears_all(ANN, 1, 51, (0..30).map(|n| 79_000 + n / 10)).take_events();
        talk.hears_all(ANN, 1, 81, (80..200).map(|n| n * 1_000)).reports(&[]);
        talk.until(205_000);
        assert!(matches!(talk.take_events()[..], [(_, Event::Suspected { peer: ANN, .. })]));
    }
    burst::<PhiNormal<16>>(phi());
    burst::<PhiExponential<16>>(PhiExponentialConfig::new(ms(1_000), Threshold::ONE).expect("good settings"));
    burst::<Chen<16>>(ChenConfig::new(ms(1_000), ms(500)).expect("good settings"));
    burst::<Bertier<16>>(BertierConfig::new(ms(1_000), ms(500)).expect("good settings"));
}

#[test]
fn trap_a_cached_minimum_that_only_ever_moves_back() {
    // A heartbeat moves its peer's deadline back, except when an outlier leaves the window: then it can come forward by far.
    let config = phi().with_floor(ms(10)).expect("good settings");
    let mut talk = Dialogue::<PhiNormal<4>>::new(config, &[ANN]);
    talk.hears_all(ANN, 1, 1, [0, 1_000, 2_000, 3_000, 11_000, 12_000, 13_000, 14_000]).take_events();
    let deadline = |talk: &Dialogue<PhiNormal<4>>| talk.monitor.health(ANN).expect("Ann is watched").deadline;
    let before = deadline(&talk);
    assert!(before > at(20_000), "{before}");
    talk.hears(15_000, ANN, beat(1, 9));
    assert!(deadline(&talk) < at(16_100), "{}", deadline(&talk));
    talk.until(30_000);
    assert!(matches!(talk.take_events()[..], [(16_056, Event::Suspected { peer: ANN, .. })]));
}

#[test]
fn trap_an_outage_of_an_hour_makes_the_detector_deaf() {
    let mut talk = Dialogue::<PhiNormal<100>>::new(phi(), &[ANN]);
    talk.hears_all(ANN, 1, 1, (0..100).map(|n| n * 1_000)).reports(&[]);
    talk.hears_all(ANN, 1, 3_600, (0..10).map(|n| 3_700_000 + n * 1_000)).take_events();
    let health = talk.monitor.health(ANN).expect("Ann is watched");
    let wait = health.deadline.since(at(3_709_000));
    assert!(wait < ms(6_000), "one silence counts for eight intervals at most: {wait:?}");
}

#[test]
fn trap_a_peer_heard_late_is_suspected_in_the_same_breath() {
    // The freshness point after a heartbeat that comes very late can lie before the heartbeat itself.
    let config = ChenConfig::new(ms(1_000), ms(500)).expect("good settings");
    let mut talk = Dialogue::<Chen<16>>::new(config, &[ANN]);
    talk.hears_all(ANN, 1, 1, (0..30).map(|n| n * 1_000));
    talk.hears(37_000, ANN, beat(1, 31)).take_events();
    talk.until(37_499).reports(&[]).until(38_400);
    assert_eq!(talk.take_events().len(), 1);
}

#[test]
fn trap_a_dead_peer_kept_alive_by_replays() {
    let mut talk = Dialogue::<PhiNormal<16>>::new(phi(), &[ANN]);
    talk.hears_all(ANN, 1, 1, (0..30).map(|n| n * 1_000));
    for n in 0..50 {
        talk.hears(29_100 + n * 100, ANN, beat(1, 1 + n % 30));
    }
    let suspicions: Vec<_> =
        talk.take_events().into_iter().filter(|(_, e)| matches!(e, Event::Suspected { .. })).collect();
    assert_eq!(suspicions.len(), 1);
    assert!(talk.monitor.is_suspected(ANN));
}

#[test]
fn trap_a_clock_that_steps_back_or_to_its_end() {
    let mut talk = Dialogue::<PhiNormal<16>>::new(phi(), &[ANN]);
    talk.hears_all(ANN, 1, 1, [5_000, 6_000]);
    talk.take_events();
    talk.finds(4_000, ANN, beat(1, 3)).until(8_000);
    assert_eq!(talk.monitor.health(ANN).expect("Ann is watched").heard, Some(at(6_000)));
    let mut monitor = talk.monitor.clone();
    // At the end of time nothing is due any more, once what was due is out.
    for _ in 0..3 {
        let _ = monitor.step(quorate::Input::Tick, Instant::FAR_FUTURE);
    }
    assert_eq!(monitor.deadline(), None);
}

#[test]
fn a_thousand_peers() {
    let peers: Vec<NodeId> = (2..1_026).map(NodeId::new).collect();
    let mut talk = Dialogue::<PhiNormal<4>, 1_024>::new(phi(), &peers);
    for second in 0..5 {
        for &peer in peers.iter().filter(|peer| **peer != BOB) {
            talk.hears(second * 1_000 + u64::from(peer.get()) % 1_000, peer, beat(1, second + 1));
        }
    }
    assert!(matches!(talk.take_events()[..], [(2_403 | 2_404, Event::Suspected { peer: BOB, .. })]));
    // All the others crash, and each is reported, once.
    talk.until(60_000);
    let mut suspects: Vec<_> = talk
        .take_events()
        .into_iter()
        .map(|(_, event)| match event {
            Event::Suspected { peer, .. } => peer,
            other => panic!("{other:?}"),
        })
        .collect();
    suspects.sort_unstable();
    assert!(suspects.iter().eq(peers.iter().filter(|peer| **peer != BOB)));
}
