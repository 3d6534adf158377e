//! `quorate demo`: a group on this machine whose leaders fail, and whether what was promised holds.

mod cluster;
mod contest;
mod history;
mod lock;
mod round;
mod script;
mod stage;
mod summary;

pub(crate) use round::Fault;
pub(crate) use stage::{Actor, Condition, Stage};
pub(crate) use summary::RoundSummary;

use crate::args::DemoArgs;
use crate::failure::{Failure, Outcome};
use crate::paint::{Paint, print};
use crate::view::View;
use script::{Script, Stop};
use std::io::stdout;
use std::process::ExitCode;

/// The exit code of what was interrupted, as shells have it.
const INTERRUPTED: u8 = 130;

/// Runs the demonstration, and prints what it found.
pub(crate) async fn run(args: &DemoArgs) -> Outcome<ExitCode> {
    let seed = match args.seed {
        Some(seed) => seed,
        None => {
            // Short enough to be typed again.
            let random = getrandom::u32();
            u64::from(random.map_err(|error| Failure::new(format_args!("there is no randomness to be had ({error})")))?)
        }
    };
    let mut script = Script::new(args, seed, View::open(args))?;
    let played = script.play().await;
    let summary = script.end().await;
    match played {
        Ok(()) | Err(Stop::Late) => {}
        Err(Stop::Interrupted) => {
            let failure = Failure::new("the demonstration was interrupted; all its members have ended");
            return Err(failure.with_code(INTERRUPTED));
        }
        Err(Stop::Failed(failure)) => return Err(failure),
    }
    let text = if args.json {
        serde_json::to_string(&summary).map_err(Failure::new)?
    } else {
        summary.table(Paint::for_stream(&stdout())).to_string()
    };
    print(&text)?;

    Ok(if summary.broken.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(Failure::FAILED) })
}
