//! The trials of quorate's own protocols, and a canary.

mod canary;
mod election;
mod leadership;
mod member;
mod monitor;
mod process;
mod rules;

pub use canary::{Canary, Ring, Watch};
pub use election::{ElectionTrial, Electorate};
pub use leadership::{HasElection, Leadership};
pub use member::{FramedTrial, MemberTrial, Members};
pub use monitor::{MonitorTrial, Monitors, Watched, Watchers};
pub use process::{Clocks, ProcessTrial, Stamped, Tried};
pub use rules::Rules;
