//! Models of quorate's own protocols, by name.

mod election;
mod monitor;

pub use election::{Elections, Leaders};
pub use monitor::{Monitors, Suspicions};

use super::{Explorer, Progress, Report};
use crate::Answer;
use quorate::election::Guarantee;

/// The names of all models, and what each is about.
pub const NAMES: &[(&str, &str)] = &[
    ("election", "three nodes that elect a leader of a majority; one crashes and starts again"),
    ("election-per-partition", "the same, with a leader in each partition"),
    ("election-lossy", "three nodes that elect a leader of a majority; one message is lost and one arrives twice"),
    ("monitor", "two nodes that watch each other; one crashes and starts again, heartbeats are lost and doubled"),
];

/// Explores the model of this name; `None` if there is none. `progress` is that of [`Explorer::explore`].
pub fn explore<A: Answer>(name: &str, explorer: &Explorer, progress: impl Fn(Progress) -> A) -> Option<Report> {
    let crash = Elections { crashes: 1, restarts: 1, ..Elections::new(Guarantee::Majority) };
    Some(match name {
        "election" => explorer.explore(&crash, progress),
        "election-per-partition" => {
            explorer.explore(&Elections { guarantee: Guarantee::PerPartition, ..crash }, progress)
        }
        "election-lossy" => {
            let lossy = Elections { losses: 1, duplications: 1, ..Elections::new(Guarantee::Majority) };
            explorer.explore(&lossy, progress)
        }
        "monitor" => explorer.explore(&Monitors::default(), progress),
        _ => return None,
    })
}
