//! Models of quorate's own protocols, by name.

mod election;
mod monitor;

pub use election::{Elections, Leaders};
pub use monitor::Monitors;

use super::{Explorer, Report};
use quorate::election::Guarantee;

/// The names of all models.
pub const NAMES: &[&str] = &["election", "election-per-partition", "election-lossy", "monitor"];

/// Explores the model of this name; `None` if there is none.
pub fn explore(name: &str, explorer: &Explorer, progress: impl Fn(usize)) -> Option<Report> {
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
