//! The trials that bugs are looked for in, by name.

use core::time::Duration;
use quorate::clock::{HybridClock, LamportClock, VectorClock, VersionClock};
use quorate_sim::check::Violation;
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

/// Which broken promises are looked for: any, if none is named.
pub(crate) type Promises = &'static [&'static str];

/// Runs the trial of this name on up to so many seeds, until one of these promises breaks.
///
/// # Panics
///
/// If there is no such trial.
pub(crate) fn look(trial: &str, seeds: u64, promises: Promises) -> Look {
    match trial {
        "election" => swarm(&ElectionTrial, seeds, promises),
        "member" => swarm(&MemberTrial, seeds, promises),
        "member-framed" => swarm(&FramedTrial, seeds, promises),
        "monitor" => swarm(&MonitorTrial, seeds, promises),
        "lamport" => swarm(&ProcessTrial::<LamportClock>::new(), seeds, promises),
        "vector" => swarm(&ProcessTrial::<VectorClock<8>>::new(), seeds, promises),
        "version" => swarm(&ProcessTrial::<VersionClock<8>>::new(), seeds, promises),
        "hybrid" => swarm(&ProcessTrial::<HybridClock>::new(), seeds, promises),
        _ => panic!("there is no trial {trial}"),
    }
}

fn swarm(trial: &impl Trial, seeds: u64, promises: Promises) -> Look {
    let mut look = Look { found: None, seeds: 0, seconds: 0.0 };
    while look.found.is_none() && look.seeds < seeds {
        let rest =
            Swarm { first: look.seeds, seeds: seeds - look.seeds, length: LENGTH, shrinking: 0, ..Swarm::default() };
        let report = rest.run(trial, |_| ());
        look.seconds += report.seconds;
        let Some(failure) = report.failures.into_iter().next() else {
            look.seeds = seeds;
            break;
        };
        look.seeds = failure.seed + 1;
        let Violation { promise, because, .. } = failure.violation;
        if promises.is_empty() || promises.contains(&promise) {
            look.found = Some(Found { promise, because });
        }
    }
    look
}
