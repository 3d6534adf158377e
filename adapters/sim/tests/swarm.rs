//! Every protocol over many seeds. `QUORATE_SEEDS` tries more of them, `QUORATE_SEED` one, `QUORATE_MINUTES` longer ones.
#![allow(missing_docs, clippy::std_instead_of_core)]

use core::time::Duration;
use quorate::clock::{HybridClock, LamportClock, VectorClock, VersionClock};
use quorate_sim::swarm::trials::{
    BarrierTrial, Canary, DisseminationTrial, ElectionTrial, FramedTrial, HostedTrial, LeaseTrial, MemberTrial,
    MonitorTrial, ProcessTrial,
};
use quorate_sim::swarm::{Report, Swarm, Trial};

fn swarm(trial: &impl Trial, seeds: u64) -> Report {
    let number = |name| std::env::var(name).ok().map(|value| value.parse::<u64>().expect("a number"));
    let seeds = number("QUORATE_SEEDS").unwrap_or(seeds);
    let (first, seeds) = number("QUORATE_SEED").map_or((0, seeds), |seed| (seed, 1));
    let length = Duration::from_secs(60 * number("QUORATE_MINUTES").unwrap_or(10));
    let report = Swarm { first, seeds, length, ..Swarm::default() }.run(trial, |_| ());
    for failure in &report.failures {
        println!("{failure}\n");
    }
    println!("{:#?}", Report { failures: Vec::new(), ..report.clone() });
    report
}

fn holds(trial: &impl Trial, seeds: u64) {
    let report = swarm(trial, seeds);
    assert_eq!(report.violations, 0, "a promise was broken; see above");
    assert!(seeds > report.seeds || report.sometimes_missing.is_empty(), "never seen: {:?}", report.sometimes_missing);
}

#[test]
fn members() {
    holds(&MemberTrial, 120);
}

#[test]
fn members_whose_frames_are_bytes() {
    holds(&FramedTrial, 120);
}

#[test]
fn elections() {
    holds(&ElectionTrial, 200);
}

#[test]
fn monitors() {
    holds(&MonitorTrial, 120);
}

#[test]
fn barriers() {
    holds(&BarrierTrial, 200);
}

#[test]
fn barriers_without_a_coordinator() {
    holds(&DisseminationTrial, 120);
}

#[test]
fn leases() {
    holds(&LeaseTrial, 200);
}

#[test]
fn leases_that_the_leader_hosts() {
    holds(&HostedTrial, 120);
}

#[test]
fn clocks() {
    holds(&ProcessTrial::<LamportClock>::new(), 30);
    holds(&ProcessTrial::<VectorClock<8>>::new(), 30);
    holds(&ProcessTrial::<VersionClock<8>>::new(), 30);
    holds(&ProcessTrial::<HybridClock>::new(), 30);
}

/// If this one lives, the swarm is dead.
#[test]
fn the_canary_dies() {
    let report = swarm(&Canary, 50);
    assert_eq!(report.failures.first().map(|failure| failure.violation.promise), Some("mutual exclusion"));
}
