//! Conversations in the manner of the papers that the detectors come from.

use crate::dialogue::{ANN, BOB, Dialogue, ME, at, beat, ms, rejected, restarted, suspected, trusted};
use quorate::detector::{
    Bertier, BertierConfig, Chen, ChenConfig, Command, CommandError, Detector, Event, PhiExponential,
    PhiExponentialConfig, PhiNormal, PhiNormalConfig, Rejection, Threshold, Timeout, TimeoutConfig,
};
use quorate::{GroupError, Incarnation, NodeId};

fn timeout(millis: u64) -> TimeoutConfig {
    TimeoutConfig::new(ms(millis)).expect("a good timeout")
}

#[test]
fn a_timeout_from_first_heartbeat_to_second_life() {
    let mut talk = Dialogue::<Timeout>::new(timeout(2_500), &[ANN, BOB]);
    // Both speak; the monitor does, too, as from the first instant.
    talk.hears(100, ANN, beat(1, 1)).hears(400, BOB, beat(7, 1)).until(999).has_sent(&[(0, 1)]).reports(&[]);
    talk.hears(1_100, ANN, beat(1, 2)).until(2_000).has_sent(&[(1_000, 2), (2_000, 3)]);
    // Bob has crashed; Ann is only slow.
    talk.until(4_000).reports(&[(2_900, suspected(BOB, 2_500)), (3_600, suspected(ANN, 2_500))]).suspects(&[ANN, BOB]);
    talk.hears(4_200, ANN, beat(1, 3)).reports(&[(4_200, trusted(ANN, 600))]).suspects(&[BOB]);
    // Bob comes back in another life, which is known before that he is trusted.
    talk.hears(6_000, BOB, beat(8, 1));
    talk.reports(&[(6_000, restarted(BOB, 8)), (6_000, trusted(BOB, 3_100))]).suspects(&[]);
    let health = talk.monitor.health(BOB).expect("Bob is watched");
    assert_eq!((health.heard, health.incarnation, health.sequence), (Some(at(6_000)), Some(Incarnation::new(8)), 1));
    assert_eq!(health.deadline, at(8_500));
}

#[test]
fn what_cannot_be_true_is_rejected_and_leaves_no_trace() {
    let mut talk = Dialogue::<Timeout>::new(timeout(2_500), &[ANN]);
    talk.hears(100, ANN, beat(5, 10)).reports(&[]);
    let before = talk.monitor.clone();
    let (stranger, old, current) = (NodeId::new(77), Incarnation::new(4), Incarnation::new(5));
    talk.hears(100, stranger, beat(1, 1)).hears(100, ME, beat(1, 1));
    talk.hears(100, ANN, beat(4, 99)).hears(100, ANN, beat(5, 10)).hears(100, ANN, beat(5, 9)).hears(
        100,
        ANN,
        beat(6, 0),
    );
    talk.reports(&[
        (100, rejected(stranger, Rejection::Stranger)),
        (100, rejected(ME, Rejection::Myself)),
        (100, rejected(ANN, Rejection::OldIncarnation { received: old, current })),
        (100, rejected(ANN, Rejection::OldSequence { received: 10, latest: 10 })),
        (100, rejected(ANN, Rejection::OldSequence { received: 9, latest: 10 })),
        (100, rejected(ANN, Rejection::OldSequence { received: 0, latest: 0 })),
    ]);
    assert_eq!(talk.monitor, before);
    // A replay does not keep a dead peer alive.
    for millis in 101..2_600 {
        talk.hears(millis, ANN, beat(5, 10));
    }
    talk.take_events();
    talk.until(2_600).reports(&[(2_600, suspected(ANN, 2_500))]);
}

#[test]
fn peers_come_and_go_as_the_user_says() {
    let mut talk = Dialogue::<Timeout, 2>::new(timeout(2_500), &[]);
    // Nobody to send to, nothing to wait for.
    talk.until(500).has_sent(&[]);
    assert_eq!(quorate::Machine::deadline(&talk.monitor), None);
    talk.is_told(1_000, Command::Watch(BOB)).is_told(2_200, Command::Watch(ANN)).until(3_000);
    talk.has_sent(&[(1_000, 1), (2_000, 2), (3_000, 3)]).hears(3_200, BOB, beat(1, 1));
    talk.until(5_000).reports(&[(4_700, suspected(ANN, 2_500))]);
    let refused = |error| Event::Refused(error);
    talk.is_told(5_000, Command::Watch(NodeId::new(9))).is_told(5_000, Command::Watch(ME));
    talk.is_told(5_000, Command::Watch(ANN)).is_told(5_000, Command::Unwatch(NodeId::new(9)));
    talk.reports(&[
        (5_000, refused(CommandError::Watch(GroupError::Full { peer: NodeId::new(9), capacity: 2 }))),
        (5_000, refused(CommandError::Watch(GroupError::Myself { me: ME }))),
        (5_000, refused(CommandError::Watch(GroupError::Twice { peer: ANN }))),
        (5_000, refused(CommandError::Unwatch(GroupError::Unknown { peer: NodeId::new(9) }))),
    ]);
    // Who is not watched is not suspected, and is trusted when watched again.
    talk.is_told(5_100, Command::Unwatch(ANN)).suspects(&[]).is_told(5_200, Command::Watch(ANN)).suspects(&[]);
    assert!(!talk.monitor.is_suspected(ANN));
    talk.until(8_000).reports(&[(5_700, suspected(BOB, 2_500)), (7_700, suspected(ANN, 2_500))]);
    // When the last one is gone, all is silent.
    talk.is_told(8_000, Command::Unwatch(ANN)).is_told(8_000, Command::Unwatch(BOB)).until(20_000).reports(&[]);
    assert_eq!(quorate::Machine::deadline(&talk.monitor), None);
}

#[test]
fn hayashibara_suspicion_accrues_with_silence() {
    // Figure 2 of the paper in numbers: an application that acts cautiously at a low level and drastically at a high one.
    let config = PhiNormalConfig::new(ms(1_000), Threshold::EIGHT).expect("good settings");
    let mut talk = Dialogue::<PhiNormal<100>>::new(config, &[ANN]);
    talk.hears_all(ANN, 1, 1, (0..60).map(|n| n * 1_000 + [0, 100, 30, 150][n as usize % 4]));
    let level = |talk: &Dialogue<_>, millis| talk.monitor.level(ANN, at(millis)).expect("Ann is watched");
    let last = 59_150;
    assert!(level(&talk, last) < 0.001);
    assert!((0.28..0.31).contains(&level(&talk, last + 1_000))); // as long as the mean: every second interval is longer
    assert!((1.5..2.0).contains(&level(&talk, last + 1_500))); // two deviations of the floor
    let deadline = talk.monitor.health(ANN).expect("Ann is watched").deadline;
    talk.until(70_000);
    let [(_, Event::Suspected { peer: ANN, silence })] = talk.take_events()[..] else { panic!("one suspicion") };
    assert_eq!(silence, deadline.since(at(last)));
    assert!((ms(2_390)..ms(2_410)).contains(&silence), "{silence:?}"); // 1 s + 5.612 · 250 ms
    assert!(level(&talk, 70_000) > 100.0);
}

#[test]
fn gossip_at_random_times_is_for_the_exponential_law() {
    let config = PhiExponentialConfig::new(ms(1_000), Threshold::new(2_000).expect("in range")).expect("good settings");
    let mut talk = Dialogue::<PhiExponential<100>>::new(config, &[ANN]);
    // Mean 1 s, far from regular.
    talk.hears_all(ANN, 1, 1, [0, 600, 1_200, 3_700, 4_200, 5_000]).reports(&[]);
    talk.until(20_000);
    let [(_, Event::Suspected { silence, .. })] = talk.take_events()[..] else { panic!("one suspicion") };
    // One in a hundred exponential intervals is longer than 4.6 means.
    assert!((ms(4_300)..ms(5_300)).contains(&silence), "{silence:?}");
}

#[test]
fn chen_freshness_points_follow_the_schedule_not_the_last_arrival() {
    // η = 1 s, α = 500 ms. With a delay of 200 ms on average, heartbeat i arrives at i + 0.2 s, and τ is i + 1 + 0.2 + 0.5 s.
    let config = ChenConfig::new(ms(1_000), ms(500)).expect("good settings");
    let mut talk = Dialogue::<Chen<16>>::new(config, &[ANN]);
    talk.hears_all(ANN, 1, 1, (1..=20).map(|n| n * 1_000 + 200));
    let deadline = |talk: &Dialogue<Chen<16>>| talk.monitor.health(ANN).expect("Ann is watched").deadline;
    assert_eq!(deadline(&talk), at(21_700));
    // One comes 400 ms late: the next is not expected as late.
    talk.hears(21_600, ANN, beat(1, 21));
    assert!((at(22_700)..at(22_800)).contains(&deadline(&talk)), "{}", deadline(&talk));
    // Two are lost, and the schedule is what it was.
    talk.hears_all(ANN, 1, 22, [22_200]).hears(25_200, ANN, beat(1, 25));
    assert!((at(26_700)..at(26_800)).contains(&deadline(&talk)), "{}", deadline(&talk));
    let events = talk.take_events();
    assert_eq!(events.len(), 2, "suspected while two were missing, then trusted: {events:?}");
}

#[test]
fn bertier_the_margin_narrows_in_quiet_and_widens_in_storms() {
    let config = BertierConfig::new(ms(1_000), ms(20)).expect("good settings");
    let mut now = at(0);
    let mut detector = Bertier::<16>::new(&config, now);
    let mut width = |delays: &[u64], times| {
        for delay in delays.iter().cycle().take(times) {
            now = now + ms(1_000);
            detector.heartbeat(&config, 1, now + ms(*delay));
        }
        detector.deadline().since(now).saturating_sub(ms(1_000))
    };
    let at_first = width(&[0], 1);
    let quiet = width(&[0], 60);
    let storm = width(&[0, 300, 50, 250], 40);
    let quiet_again = width(&[0], 60);
    assert_eq!((at_first, quiet, quiet_again), (ms(1_000), ms(20), ms(20)));
    assert!((ms(300)..ms(1_200)).contains(&storm), "{storm:?}");
}
