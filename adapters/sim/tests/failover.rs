//! How long it takes to replace a leader that is dead, in scenarios that differ in their seed, phase and detector.
#![allow(missing_docs, clippy::std_instead_of_core)]

use core::time::Duration;
use quorate::Instant;
use quorate::member::Profile;
use quorate_sim::scenario::{self, Options};

/// In how many phases of the leader's rounds it dies.
const RUNS: u64 = 200;

/// Whatever the phase in which a leader dies, and whichever detector watches it: another leads, and all follow it, within the
/// detection time, a lease or so, and a few round trips.
#[test]
fn a_dead_leader_is_replaced_in_bounded_time() {
    for detector in ["timeout", "phi-normal", "phi-exponential", "chen", "bertier"] {
        let mut times: Vec<Duration> = (0..RUNS).map(|seed| failover(detector, seed)).collect();
        times.sort_unstable();
        let (median, worst) = (times[times.len() / 2], times[times.len() - 1]);
        println!("{detector}: failover {median:?} median, {worst:?} worst, of {RUNS} runs");
        let Profile { detection, timing, .. } = Profile::LAN;
        let bound = detection.max(timing.lease) + timing.timeout * 4 + timing.jitter;
        assert!(worst <= bound, "{detector}: {worst:?} is more than {bound:?}");
    }
}

/// From the crash of the leader until another leads.
fn failover(detector: &str, seed: u64) -> Duration {
    let crash = 2_000 + seed * 7 % 100;
    let text = format!(
        r#"
        title = "Failover"
        shows = "A leader that crashes is replaced."
        nodes = 5
        detector = "{detector}"
        seed = {seed}
        length = "4s"
        steps = [
            {{ at = "{crash}ms", expect = {{ agree = "all" }}, crash = "leader" }},
            {{ at = "4s", expect = {{ leader = "somebody", agree = "all", leaderships-at-most = 2 }} }},
        ]
        "#
    );
    let scenario = scenario::parse("failover.toml", &text).unwrap_or_else(|error| panic!("{error}"));
    let summary = scenario::run(&scenario, Options::default(), &mut ());
    assert!(summary.is_good() && summary.leaderships.len() == 2, "{detector}, seed {seed}:\n{summary}");
    summary.leaderships[1].from.since(Instant::from_millis(crash))
}
