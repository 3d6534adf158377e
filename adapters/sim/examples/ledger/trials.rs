//! The trials that bugs are looked for in, by name.

use core::time::Duration;
use quorate::clock::{HybridClock, LamportClock, VectorClock, VersionClock};
use quorate_sim::swarm::trials::{ElectionTrial, FramedTrial, MemberTrial, MonitorTrial, ProcessTrial};
use quorate_sim::swarm::{Swarm, Trial};

/// How long each seed has faults.
const LENGTH: Duration = Duration::from_secs(600);

/// What was found in a trial, and how much was looked for it.
pub(crate) struct Look {
    /// The first broken promise.
    pub(crate) found: Option<Found>,
    /// How many seeds were run up to it, it included.
    pub(crate) seeds: u64,
    pub(crate) seconds: f64,
}

/// A broken promise.
pub(crate) struct Found {
    pub(crate) promise: &'static str,
    pub(crate) because: String,
}

/// Runs the trial of this name on up to so many seeds, until something breaks.
///
/// # Panics
///
/// If there is no such trial.
pub(crate) fn look(trial: &str, seeds: u64) -> Look {
    match trial {
        "election" => swarm(&ElectionTrial, seeds),
        "member" => swarm(&MemberTrial, seeds),
        "member-framed" => swarm(&FramedTrial, seeds),
        "monitor" => swarm(&MonitorTrial, seeds),
        "lamport" => swarm(&ProcessTrial::<LamportClock>::new(), seeds),
        "vector" => swarm(&ProcessTrial::<VectorClock<8>>::new(), seeds),
        "version" => swarm(&ProcessTrial::<VersionClock<8>>::new(), seeds),
        "hybrid" => swarm(&ProcessTrial::<HybridClock>::new(), seeds),
        _ => panic!("there is no trial {trial}"),
    }
}

fn swarm(trial: &impl Trial, seeds: u64) -> Look {
    let report = Swarm { seeds, length: LENGTH, shrinking: 0, ..Swarm::default() }.run(trial, |_| ());
    let first = report.failures.into_iter().next();
    let seeds = first.as_ref().map_or(report.seeds, |failure| failure.seed + 1);
    let found = first.map(|failure| Found { promise: failure.violation.promise, because: failure.violation.because });
    Look { found, seeds, seconds: report.seconds }
}
