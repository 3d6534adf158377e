//! The trials that bugs are looked for in, by name.

use core::time::Duration;
use quorate_sim::check::Violation;
use quorate_sim::swarm::Swarm;
use quorate_sim::swarm::trials::run;

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
    let mut look = Look { found: None, seeds: 0, seconds: 0.0 };
    while look.found.is_none() && look.seeds < seeds {
        let (first, rest) = (look.seeds, seeds - look.seeds);
        let swarm = Swarm { first, seeds: rest, length: LENGTH, shrinking: 0, ..Swarm::default() };
        let Some(report) = run(trial, &swarm, |_| ()) else { panic!("there is no trial {trial}") };
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
