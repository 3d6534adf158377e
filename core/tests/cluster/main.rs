//! Whole groups of members over a steady network, as transcripts that a reviewer reads like a dialogue, and as figures.
//!
//! `QUORATE_REWRITE=1 cargo test -p quorate --test cluster` writes the transcripts anew; read the difference.
#![allow(missing_docs, clippy::indexing_slicing)]

mod world;

use core::time::Duration;
use quorate::election::{Command, Standing};
use quorate::member::{DetectorKind, Profile};
use world::World;

/// Compares what happened with what stands in `tests/transcripts`.
fn golden(name: &str, world: &World) {
    let path = format!("{}/tests/transcripts/{name}.txt", env!("CARGO_MANIFEST_DIR"));
    let actual = world.transcript();
    if std::env::var_os("QUORATE_REWRITE").is_some() {
        std::fs::write(&path, &actual).expect("the transcript can be written");
        return;
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        actual == expected,
        "{name} went another way than {path} tells; if that is right, rewrite it with QUORATE_REWRITE=1.\n{actual}"
    );
}

#[test]
fn the_bully_of_the_textbook() {
    let mut world = World::new(5, DetectorKind::Timeout, 1);
    world.note("five members start; rank is the id");
    world.run_for(1_000);
    assert_eq!(world.leader(), Some(5));
    world.note("node 5, the leader, crashes");
    world.crash(5);
    world.run_for(1_000);
    world.note("node 5 is back");
    world.restart(5);
    world.run_for(1_000);
    world.note("and, ten seconds later, takes over");
    world.run_for(11_000);
    assert_eq!(world.leader(), Some(5));
    golden("bully", &world);
}

#[test]
fn a_paused_leader() {
    let mut world = World::new(3, DetectorKind::Timeout, 2);
    world.run_for(1_000);
    world.note("node 3, the leader, is paused for two seconds");
    world.pause(3, 2_000);
    world.run_for(3_000);
    assert_eq!(world.leader(), Some(2));
    golden("paused_leader", &world);
}

#[test]
fn a_leadership_handed_over() {
    let mut world = World::new(3, DetectorKind::Timeout, 3);
    world.run_for(1_000);
    world.note("node 3 is asked to hand over to node 1; its work takes 50 ms to stop");
    world.command(3, Command::Transfer(world::node(1)));
    world.run_for(50);
    world.command(3, Command::Release);
    world.run_for(500);
    assert_eq!(world.leader(), Some(1));
    golden("transfer", &world);
}

#[test]
fn a_majority_and_the_rest() {
    let mut world = World::new(5, DetectorKind::Timeout, 4);
    world.run_for(1_000);
    world.note("nodes 4 and 5, the leader, are cut off from the others");
    world.cut(&[4, 5]);
    world.run_for(1_500);
    assert_eq!(world.standings(Standing::Leading), [3]);
    world.note("and joined again");
    world.heal();
    world.run_for(1_000);
    assert_eq!(world.leader(), Some(3));
    golden("split", &world);
}

/// Whatever the phase in which a leader dies, and whichever detector watches it: another leads, and a majority follows it,
/// within the detection time, a lease or so, and a few round trips.
#[test]
fn a_dead_leader_is_replaced_in_bounded_time() {
    use DetectorKind::*;
    for kind in [Timeout, PhiNormal, PhiExponential, Chen, Bertier] {
        let mut times = Vec::new();
        for seed in 0..200 {
            let mut world = World::new(5, kind, seed);
            world.run_for(2_000 + seed * 7 % 100);
            let dead = world.leader().expect("five members agree within two seconds");
            world.crash(dead);
            let start = world.now();
            while world.leader().is_none_or(|leader| leader == dead) {
                world.run_for(1);
                assert!(world.now().since(start) < Duration::from_secs(5), "{kind:?}: no new leader; seed {seed}");
            }
            times.push(world.now().since(start));
        }
        times.sort_unstable();
        let (median, worst) = (times[times.len() / 2], times[times.len() - 1]);
        println!("{kind:?}: failover {median:?} median, {worst:?} worst, of {} runs", times.len());
        let Profile { detection, timing, .. } = Profile::LAN;
        let bound = detection.max(timing.lease) + timing.timeout * 4 + timing.jitter;
        assert!(worst <= bound, "{kind:?}: {worst:?} is more than {bound:?}");
    }
}
