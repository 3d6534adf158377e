//! The member as a whole; its parts have tests of their own.

use super::*;
use crate::detector::{self, AnyDetector};
use crate::election::{self, Command, CommandError, Gone, Guarantee, Start};
use crate::{Epoch, Group, Incarnation, Input, Instant, Machine, NodeId, Output, Seed, StepOf, To};
use std::vec::Vec;

type Subject = Member<AnyDetector<16>, 8>;

const ONE: NodeId = NodeId::new(1);
const TWO: NodeId = NodeId::new(2);
const THREE: NodeId = NodeId::new(3);

fn subject(me: NodeId) -> Subject {
    let config = Profile::LAN.config(DetectorKind::Timeout, Guarantee::Majority, Seed::new(1)).unwrap();
    let others: Vec<NodeId> = [ONE, TWO, THREE].into_iter().filter(|node| *node != me).collect();
    Member::new(config, Group::new(me, &others).unwrap(), &[], Incarnation::new(1), Start::First, Instant::ORIGIN)
        .unwrap()
}

fn heartbeat(from: NodeId, sequence: u64) -> Input<Command, Message> {
    let message = Message::Heartbeat(detector::Heartbeat { incarnation: Incarnation::new(1), sequence });
    Input::Receive { from, message }
}

fn coordinator(from: NodeId, epoch: u64, at: u64) -> Input<Command, Message> {
    let (epoch, sent) = (Epoch::new(epoch), Instant::from_millis(at));
    Input::Receive { from, message: Message::Election(election::Message::Coordinator { epoch, priority: 0, sent }) }
}

/// Ticks up to a time, and returns the events.
fn run_until(member: &mut Subject, millis: u64) -> Vec<(u64, Event)> {
    let mut events = Vec::new();
    while let Some(at) = member.deadline().filter(|at| *at <= Instant::from_millis(millis)) {
        let step = member.step(Input::Tick, at);
        events.extend(step.events().map(|event| (at.as_nanos() / 1_000_000, *event)));
    }
    events
}

#[test]
fn a_silent_leader_is_suspected_and_the_election_learns_it_at_once() {
    let mut member = subject(THREE);
    let mut sequence = 0;
    for millis in (0..1_000).step_by(80) {
        run_until(&mut member, millis);
        sequence += 1;
        for peer in [ONE, TWO] {
            let _ = member.step(heartbeat(peer, sequence), Instant::from_millis(millis));
        }
        let _ = member.step(coordinator(ONE, 1, millis), Instant::from_millis(millis));
    }
    // The last of both came at 960 ms. Node 2 goes on with its heartbeats, node 1 with nothing.
    let mut events = Vec::new();
    for millis in (1_040..1_400).step_by(80) {
        events.extend(run_until(&mut member, millis));
        sequence += 1;
        let _ = member.step(heartbeat(TWO, sequence), Instant::from_millis(millis));
    }
    events.extend(run_until(&mut member, 1_360));
    let gone = |event: &&(u64, Event)| {
        matches!(event.1, Event::Election(election::Event::Leaderless { why: Gone::Silent | Gone::Suspected, .. }))
    };
    let suspected =
        |event: &&(u64, Event)| matches!(event.1, Event::Monitor(detector::Event::Suspected { peer: ONE, .. }));
    assert_eq!(events.iter().find(gone).map(|event| event.0), Some(1_360), "{events:?}");
    assert_eq!(events.iter().find(suspected).map(|event| event.0), Some(1_360), "{events:?}");
    assert!(member.monitor().is_suspected(ONE) && !member.monitor().is_suspected(TWO));
}

#[test]
fn membership_changes_in_both_parts_or_in_none() {
    let mut member = subject(ONE);
    let four = NodeId::new(4);
    let refused = |step: StepOf<Subject>| {
        step.into_iter().find_map(|output| match output {
            Output::Event(Event::Election(election::Event::Refused(error))) => Some(error),
            _ => None,
        })
    };
    assert_eq!(refused(member.step(Input::Command(Command::AddVoter(four)), Instant::ORIGIN)), None);
    assert_eq!(member.peers(), [TWO, THREE, four]);
    assert_eq!(member.monitor().peers(), member.election().peers());
    let again = member.step(Input::Command(Command::AddObserver(four)), Instant::ORIGIN);
    assert_eq!(refused(again), Some(CommandError::Member(four)));
    assert_eq!(refused(member.step(Input::Command(Command::Remove(TWO)), Instant::ORIGIN)), None);
    assert_eq!(member.monitor().peers(), [THREE, four]);
    assert_eq!(member.election().peers(), [THREE, four]);
}

#[test]
fn a_heartbeat_is_one_output_whatever_the_group() {
    let mut member = subject(ONE);
    let step = member.step(Input::Tick, Instant::ORIGIN);
    assert!(matches!(step.iter().next(), Some(Output::Send { to: To::Peers, message: Message::Heartbeat(_) })));
    assert_eq!(step.len(), 1);
}

#[test]
fn every_profile_is_valid_with_every_detector_and_suspects_a_steady_peer_in_time() {
    use DetectorKind::*;
    for (name, profile) in [("lan", Profile::LAN), ("wan", Profile::WAN), ("bus", Profile::BUS)] {
        assert_eq!(Profile::named(name), Some(profile));
        for kind in [Timeout, PhiNormal, PhiExponential, Chen, Bertier] {
            let config = profile.config::<16>(kind, Guarantee::Majority, Seed::new(1)).unwrap();
            let mut peer = <AnyDetector<16> as detector::Detector>::new(&config.detector, Instant::ORIGIN);
            let mut now = Instant::ORIGIN;
            for _ in 0..64 {
                now = now + profile.interval;
                detector::Detector::heartbeat(&mut peer, &config.detector, 1, now);
            }
            let wait = detector::Detector::deadline(&peer).since(now);
            assert!(wait > profile.interval * 3 / 2, "{name} {kind:?}: {wait:?} would suspect a little jitter");
            assert!(wait <= profile.detection + profile.interval / 10, "{name} {kind:?} waits for {wait:?}");
        }
    }
    assert_eq!(Profile::named("moon"), None);
}
