//! The trials of quorate's own protocols, and a canary.

pub mod barrier;
mod canary;
mod dissemination;
mod election;
mod leadership;
pub mod locks;
mod member;
mod monitor;
mod process;
mod rules;
mod watchers;

pub use barrier::BarrierTrial;
pub use canary::{Canary, Ring, Watch};
pub use dissemination::{DisseminationTrial, Meetings};
pub use election::{ElectionTrial, Electorate};
pub use leadership::{HasElection, Leadership};
pub use locks::{HostedTrial, LeaseTrial};
pub use member::{FramedTrial, MemberTrial, Members};
pub use monitor::{MonitorTrial, Monitors, Watched};
pub use process::{Clocks, ProcessTrial, Stamped, Tried};
pub use rules::Rules;
pub use watchers::Watchers;

#[cfg(feature = "std")]
use super::{Progress, Report, Swarm};
#[cfg(feature = "std")]
use crate::Answer;
#[cfg(feature = "std")]
use core::ops::ControlFlow::{self, Break, Continue};
#[cfg(feature = "std")]
use quorate::clock::{HybridClock, LamportClock, VectorClock, VersionClock};

/// The names of all trials that must hold, and what each is about.
pub const NAMES: &[(&str, &str)] = &[
    ("member", "whole members: heartbeats, detector and election"),
    ("member-framed", "the same, with every message as the bytes of a frame"),
    ("election", "elections alone, under a detector that is as wrong as it likes"),
    ("monitor", "heartbeats and detectors"),
    ("barrier", "barriers, under coordinators that take over from each other"),
    ("dissemination", "the barrier without a coordinator"),
    ("lease", "leases: a fixed authority, holders, and fences at the resources"),
    ("hosted", "leases and a barrier of the leader of a group, through failovers"),
    ("lamport", "Lamport clocks against true causality"),
    ("vector", "vector clocks"),
    ("version", "version clocks"),
    ("hybrid", "hybrid clocks"),
];

/// The name of the trial that must fail.
pub const CANARY: &str = "canary";

/// Runs the trial of this name; `None` if there is none. `progress` is that of [`Swarm::run`].
///
/// ```
/// use core::time::Duration;
/// use quorate_sim::swarm::{Swarm, trials};
///
/// let swarm = Swarm { seeds: 5, length: Duration::from_secs(60), ..Swarm::default() };
/// for (name, _) in trials::NAMES {
///     let report = trials::run(name, &swarm, |_| ()).expect("it has a name");
///     assert_eq!((report.trial, report.violations), (*name, 0));
/// }
/// assert_eq!(trials::run("no such", &swarm, |_| ()), None);
/// ```
#[cfg(feature = "std")]
pub fn run<A: Answer>(name: &str, swarm: &Swarm, progress: impl Fn(Progress) -> A + Sync) -> Option<Report> {
    run_named(name, swarm, &|so_far| if progress(so_far).goes_on() { Continue(()) } else { Break(()) })
}

/// Compiled once, here, and not in every program that runs trials.
#[cfg(feature = "std")]
fn run_named(name: &str, swarm: &Swarm, progress: &(dyn Fn(Progress) -> ControlFlow<()> + Sync)) -> Option<Report> {
    Some(match name {
        "member" => swarm.run(&MemberTrial, progress),
        "member-framed" => swarm.run(&FramedTrial, progress),
        "election" => swarm.run(&ElectionTrial, progress),
        "monitor" => swarm.run(&MonitorTrial, progress),
        "barrier" => swarm.run(&BarrierTrial, progress),
        "dissemination" => swarm.run(&DisseminationTrial, progress),
        "lease" => swarm.run(&LeaseTrial, progress),
        "hosted" => swarm.run(&HostedTrial, progress),
        "lamport" => swarm.run(&ProcessTrial::<LamportClock>::new(), progress),
        "vector" => swarm.run(&ProcessTrial::<VectorClock<8>>::new(), progress),
        "version" => swarm.run(&ProcessTrial::<VersionClock<8>>::new(), progress),
        "hybrid" => swarm.run(&ProcessTrial::<HybridClock>::new(), progress),
        CANARY => swarm.run(&Canary, progress),
        _ => return None,
    })
}
