//! `quorate sim`: the protocols in a simulated world, and lessons from it.

mod clocks;
mod detectors;
mod explore;
mod interrupt;
mod meter;
mod picture;
mod scenario;
mod swarm;

use crate::args::{SimArgs, SimCommand};
use crate::failure::Outcome;
use std::process::ExitCode;

/// The exit code of what was interrupted, as shells have it.
const INTERRUPTED: u8 = 130;

/// Runs one of its commands.
pub(crate) fn run(args: &SimArgs) -> Outcome<ExitCode> {
    match &args.command {
        None => scenario::run(&args.scenario),
        Some(SimCommand::Swarm(args)) => swarm::run(args),
        Some(SimCommand::Explore(args)) => explore::run(args),
        Some(SimCommand::Clocks(args)) => clocks::run(*args).map(|()| ExitCode::SUCCESS),
        Some(SimCommand::Detectors(args)) => detectors::run(args).map(|()| ExitCode::SUCCESS),
    }
}
