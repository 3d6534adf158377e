//! `quorate barrier`: waits until so many have come this far.

use crate::administer;
use crate::args::BarrierArgs;
use crate::engine::Grantor;
use crate::failure::{Failure, Outcome};
use crate::member::StopSignals;
use crate::paint::print;
use core::time::Duration;
use quorate::barrier::Generation;
use quorate_tokio::barriers::BarrierError;
use std::process::ExitCode;

/// The exit code when not all have arrived: a temporary failure, as in `sysexits.h`.
const BROKEN: u8 = 75;
/// The exit code when it cannot be learnt how it ended.
const UNKNOWN: u8 = 70;

/// How long it may take until it is heard that somebody leaves; then the others find out by themselves.
const HEARD: Duration = Duration::from_millis(500);

/// Waits; or has it reset.
pub(crate) async fn run(args: &BarrierArgs) -> Outcome<ExitCode> {
    let Some(parties) = args.parties else {
        return administer::reset(args).await.map(|()| ExitCode::SUCCESS);
    };
    let mut signals = StopSignals::catch()?;
    let grantor = Grantor::connect(&args.engine, "barrier").await?;
    let mut barrier = grantor.barriers().barrier(&args.name, parties);
    if let Some(timeout) = args.timeout {
        barrier = barrier.within(timeout);
    }
    let ended = tokio::select! {
        ended = barrier.wait() => Some(ended),
        () = signals.recv() => None,
    };
    // The others should hear of it at once, if the arrival is taken back.
    tokio::select! {
        () = grantor.barriers().drained() => {}
        () = tokio::time::sleep(HEARD) => {}
    }
    let Some(ended) = ended else {
        return Err(Failure::new("it was asked to stop before all had arrived").with_code(BROKEN));
    };
    if args.json {
        print(&json(args, &ended))?;
    }
    match ended {
        Ok(_) => Ok(ExitCode::SUCCESS),
        Err(error @ BarrierError::Broken { .. }) => Err(Failure::new(error).with_code(BROKEN)),
        Err(error @ BarrierError::Unknown { .. }) => Err(Failure::new(error).with_code(UNKNOWN)),
        Err(error @ (BarrierError::Name(_) | BarrierError::Config(_))) => Err(Failure::usage(error)),
        Err(error) => Err(Failure::new(error).of(format_args!("`{}`", args.name))),
    }
}

fn json(args: &BarrierArgs, ended: &Result<Generation, BarrierError>) -> String {
    let (outcome, generation, why) = match ended {
        Ok(generation) => ("released", Some(*generation), None),
        Err(error @ BarrierError::Broken { generation, .. }) => ("broken", *generation, Some(error.to_string())),
        Err(error @ BarrierError::Unknown { generation, .. }) => {
            ("unknown", Some(*generation), Some(error.to_string()))
        }
        Err(error) => ("refused", None, Some(error.to_string())),
    };
    let generation = generation
        .map(|generation| serde_json::json!({ "epoch": generation.epoch().get(), "number": generation.number() }));
    serde_json::json!({
        "barrier": args.name, "parties": args.parties, "outcome": outcome, "generation": generation, "why": why
    })
    .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;
    use quorate::Epoch;

    #[test]
    fn how_it_ended_is_an_object() {
        #[derive(Parser)]
        struct Line {
            #[command(flatten)]
            args: BarrierArgs,
        }
        let args = Line::parse_from(["quorate", "b", "--parties", "3"]).args;
        let generation = Generation::new(Epoch::new(2), 5).unwrap();
        let shown: serde_json::Value = serde_json::from_str(&json(&args, &Ok(generation))).unwrap();
        assert_eq!(shown["outcome"], "released");
        assert_eq!(shown["generation"], serde_json::json!({ "epoch": 2, "number": 5 }));
        let unknown = Err(BarrierError::Unknown { name: quorate::Name::new("b").unwrap(), generation });
        let shown: serde_json::Value = serde_json::from_str(&json(&args, &unknown)).unwrap();
        assert!(shown["outcome"] == "unknown" && shown["why"].as_str().unwrap().contains("cannot be learnt"));
    }
}
