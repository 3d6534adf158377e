//! Models of quorate's own protocols, by name.

mod barrier;
mod election;
mod lease;
mod monitor;

pub use barrier::{Barriers, Outcomes};
pub use election::{Elections, Leaders};
pub use lease::{Asked, Granted, Leases, Node, Told};
pub use monitor::{Monitors, Suspicions};

use super::{Explorer, Progress, Report};
use crate::Answer;
use core::ops::ControlFlow::{self, Break, Continue};
use quorate::election::Guarantee;

/// The names of all models, and what each is about.
pub const NAMES: &[(&str, &str)] = &[
    ("election", "three nodes that elect a leader of a majority; one crashes and starts again"),
    ("election-again", "the same without a crash, but with every way in which a second epoch comes"),
    ("election-after-crash", "a crash, a restart and a second epoch together, while chance always goes one way"),
    ("election-per-partition", "three nodes that elect a leader of each partition; one crashes and starts again"),
    ("election-lossy", "three nodes that elect a leader of a majority; a message is lost and one arrives twice"),
    ("barrier", "three parties at a barrier; one of them, or their coordinator, crashes, and a message is lost"),
    ("barrier-failover", "three parties at a barrier; another coordinator takes over, and one node crashes"),
    (
        "lease",
        "two holders that want one lock of a fixed authority; one node crashes and starts again, a message is lost",
    ),
    ("lease-lossy", "the same without a crash, but two messages are lost and one arrives twice"),
    ("lease-failover", "the same lock, when its authority closes at one node and opens at another; a message is lost"),
    ("monitor", "two nodes that watch each other; one crashes and starts again, heartbeats are lost and doubled"),
];

/// Explores the model of this name; `None` if there is none. `progress` is that of [`Explorer::explore`].
pub fn explore<A: Answer>(name: &str, explorer: &Explorer, progress: impl Fn(Progress) -> A) -> Option<Report> {
    explore_named(name, explorer, &|so_far| if progress(so_far).goes_on() { Continue(()) } else { Break(()) })
}

/// Compiled once, here, and not in every program that explores.
fn explore_named(name: &str, explorer: &Explorer, progress: &dyn Fn(Progress) -> ControlFlow<()>) -> Option<Report> {
    let majority = Elections::new(Guarantee::Majority);
    let crash = Elections { crashes: 1, restarts: 1, ..majority };
    Some(match name {
        "election" => explorer.explore(&Elections { epochs: 1, ..crash }, progress),
        "election-again" => explorer.explore(&majority, progress),
        "election-after-crash" => explorer.explore(&Elections { chances: 1, ..crash }, progress),
        "election-per-partition" => {
            explorer.explore(&Elections { guarantee: Guarantee::PerPartition, ..crash }, progress)
        }
        "election-lossy" => {
            let lossy = Elections { losses: 1, duplications: 1, epochs: 1, chances: 1, ..majority };
            explorer.explore(&lossy, progress)
        }
        "barrier" => explorer.explore(&Barriers { crashes: 1, losses: 1, ..Barriers::new(3) }, progress),
        "barrier-failover" => explorer.explore(&Barriers { coordinators: 2, crashes: 1, ..Barriers::new(3) }, progress),
        "lease" => explorer.explore(&Leases { losses: 1, crashes: 1, restarts: 1, ..Leases::FIXED }, progress),
        "lease-lossy" => explorer.explore(&Leases { losses: 2, duplications: 1, ..Leases::FIXED }, progress),
        "lease-failover" => explorer.explore(&Leases { losses: 1, ..Leases::HOSTED }, progress),
        "monitor" => explorer.explore(&Monitors::default(), progress),
        _ => return None,
    })
}
