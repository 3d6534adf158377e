//! `quorate sim explore`.

use super::INTERRUPTED;
use super::interrupt::Interrupt;
use super::meter::Meter;
use crate::args::ExploreArgs;
use crate::failure::{Failure, Outcome};
use crate::paint::{Paint, print};
use crate::units::{brief, grouped, rough};
use core::fmt;
use core::time::Duration;
use quorate_sim::explore::{Bounds, Progress, Report, models};
use quorate_sim::picture::{Options, space_time};
use serde::Serialize;
use std::io::stdout;
use std::process::ExitCode;

/// Explores the models that were asked for, and prints what was found.
pub(super) fn run(args: &ExploreArgs) -> Outcome<ExitCode> {
    if args.list {
        let lines: Vec<_> = models::NAMES.iter().map(|(name, about)| format!("{name:<24}{about}")).collect();
        print(&lines.join("\n"))?;
        return Ok(ExitCode::SUCCESS);
    }
    let (names, explorer) = (args.models(), args.explorer());
    let interrupt = Interrupt::listen()?;
    let paint = Paint::for_stream(&stdout());
    let mut explored = Vec::new();
    for name in names {
        let meter = Meter::new();
        let tell = |so_far: Progress| {
            meter.show(|passed| line(name, so_far, passed));
            interrupt.answer()
        };
        let report = models::explore(name, &explorer, tell);
        drop(meter);
        let report = report.ok_or_else(|| Failure::usage(format_args!("there is no model `{name}`")))?;
        let model = Explored { name: name.to_owned(), report };
        if !args.json {
            print(&View { explored: &model, interrupted: interrupt.came(), paint }.to_string())?;
        }
        if let (Some(path), Some(counterexample)) = (&args.svg, &model.report.counterexample) {
            super::picture::write(&space_time(&counterexample.recording(), &Options::default()), path)?;
        }
        explored.push(model);
        if interrupt.came() {
            break;
        }
    }
    let summary = Summary::of(explored, interrupt.came());
    if args.json {
        print(&serde_json::to_string(&summary).map_err(Failure::new)?)?;
    }
    Ok(summary.exit_code())
}

/// How far an exploration is.
fn line(name: &str, so_far: Progress, passed: Duration) -> String {
    let Progress { states, depth } = so_far;
    let rate = states as f64 / passed.as_secs_f64().max(1e-9);
    format!("{name}: {} states, {depth} quanta deep, {} states a second", grouped(states as u64), rough(rate))
}

/// A model and what was found.
#[derive(Debug, Serialize)]
struct Explored {
    name: String,
    #[serde(flatten)]
    report: Report,
}

/// What was found of all models together.
#[derive(Debug, Serialize)]
struct Summary {
    states: u64,
    transitions: u64,
    /// Whether every model was explored to its end.
    complete: bool,
    violations: u64,
    traps: u64,
    states_per_second: f64,
    bytes_per_state: f64,
    interrupted: bool,
    seconds: f64,
    models: Vec<Explored>,
}

impl Summary {
    fn of(models: Vec<Explored>, interrupted: bool) -> Self {
        let sum = |figure: fn(&Report) -> u64| models.iter().map(|model| figure(&model.report)).sum();
        let total = |figure: fn(&Report) -> f64| models.iter().map(|model| figure(&model.report)).sum::<f64>();
        let states: u64 = sum(|report| report.states);
        let seconds = total(|report| report.seconds);
        Self {
            states,
            transitions: sum(|report| report.transitions),
            complete: models.iter().all(|model| model.report.complete) && !interrupted,
            violations: sum(|report| report.violations),
            traps: sum(|report| report.traps),
            states_per_second: states as f64 / seconds.max(1e-9),
            bytes_per_state: total(|report| report.bytes_per_state * report.states as f64) / states.max(1) as f64,
            interrupted,
            seconds,
            models,
        }
    }

    fn exit_code(&self) -> ExitCode {
        if self.violations > 0 || self.traps > 0 {
            ExitCode::from(Failure::FAILED)
        } else if self.interrupted {
            ExitCode::from(INTERRUPTED)
        } else if !self.complete {
            ExitCode::from(Failure::FAILED)
        } else {
            ExitCode::SUCCESS
        }
    }
}

/// One exploration for people.
struct View<'a> {
    explored: &'a Explored,
    interrupted: bool,
    paint: Paint,
}

impl fmt::Display for View<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { explored: Explored { name, report }, interrupted, paint } = *self;
        let row = |f: &mut fmt::Formatter<'_>, name: &str, value: String| writeln!(f, "  {name:<13}{value}");
        writeln!(f, "{}: {}", paint.bold(name), report.model)?;
        row(f, "within", within(&report.bounds))?;
        let [states, local, transitions] = [report.states, report.local_states, report.transitions].map(grouped);
        row(f, "states", format!("{states}, of {local} states of single nodes; up to {} quanta deep", report.depth))?;
        row(f, "transitions", transitions)?;
        if report.at_the_edge > 0 {
            let edge = grouped(report.at_the_edge);
            row(f, "at the edge", format!("{edge} states, of which nothing is claimed that comes after them"))?;
        }
        let rate = rough(report.states_per_second);
        row(
            f,
            "it took",
            format!("{:.1} s, {rate} states a second, {:.0} bytes each", report.seconds, report.bytes_per_state),
        )?;
        if let Some(counterexample) = &report.counterexample {
            writeln!(f, "\n{counterexample}\n")?;
        }
        match report {
            Report { violations: 1.., .. } => {
                write!(
                    f,
                    "{}",
                    paint.bad(format_args!("A promise is broken in {} states.", grouped(report.violations)))
                )
            }
            Report { traps: 1.., .. } => write!(
                f,
                "{}",
                paint.bad(format_args!("From {} states no good one can be reached any more.", grouped(report.traps)))
            ),
            Report { complete: true, .. } => write!(
                f,
                "{}",
                paint.good("Complete: no promise is broken in any state, and from each a good one can be reached.")
            ),
            _ => {
                let why = if interrupted { "Interrupted" } else { "Cut short" };
                let advice = if interrupted { "" } else { " Raise --most-states." };
                write!(
                    f,
                    "{}{advice}",
                    paint.bad(format_args!(
                        "{why}: no promise is broken in the part that was explored, and nothing is known of the rest."
                    ))
                )
            }
        }
    }
}

/// What can happen, as far as anything can.
fn within(bounds: &Bounds) -> String {
    let Bounds { quantum, delay, past: _, losses, duplications, crashes, restarts, cuts, commands } = *bounds;
    let counted = [
        (losses, "loss", "losses"),
        (duplications, "duplication", "duplications"),
        (crashes, "crash", "crashes"),
        (restarts, "restart", "restarts"),
        (cuts, "cut", "cuts"),
        (commands, "command", "commands"),
    ];
    let mut parts = vec![format!("messages take up to {}", brief(quantum * u32::from(delay)))];
    parts.extend(
        counted
            .iter()
            .filter(|(count, ..)| *count > 0)
            .map(|(count, one, many)| format!("{count} {}", if *count == 1 { one } else { many })),
    );
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use quorate_sim::explore::{Counterexample, Deed, Move};

    fn explored(report: Report) -> Explored {
        Explored { name: "a".into(), report }
    }

    fn report() -> Report {
        Report {
            model: "two nodes".into(),
            bounds: Bounds { crashes: 1, losses: 2, ..Bounds::quiet(Duration::from_millis(10)) },
            states: 1_000,
            transitions: 2_000,
            at_the_edge: 0,
            local_states: 30,
            depth: 9,
            complete: true,
            violations: 0,
            traps: 0,
            good: 10,
            counterexample: None,
            seconds: 2.0,
            states_per_second: 500.0,
            bytes_per_state: 80.0,
        }
    }

    #[test]
    fn the_end_says_what_it_means() {
        let view = |report: Report, interrupted| {
            View { explored: &explored(report), interrupted, paint: Paint::PLAIN }.to_string()
        };
        let whole = view(report(), false);
        assert!(whole.contains("within       messages take up to 10 ms, 2 losses, 1 crash\n"), "{whole}");
        assert!(whole.ends_with("from each a good one can be reached."), "{whole}");
        let short = view(Report { complete: false, ..report() }, false);
        assert!(short.contains("Cut short") && short.ends_with("Raise --most-states."), "{short}");
        assert!(view(Report { complete: false, ..report() }, true).contains("Interrupted: "));
        let counterexample = Some(Counterexample {
            because: "E1 is broken".into(),
            nodes: 1,
            moves: vec![Move { at: Duration::ZERO, place: 0, deed: Deed::Crashed, told: Vec::new() }],
        });
        let broken = view(Report { violations: 3, counterexample, ..report() }, false);
        assert!(broken.contains("    0.000 s  node 1 crashes\nand then: E1 is broken\n"), "{broken}");
        assert!(broken.ends_with("A promise is broken in 3 states."), "{broken}");
    }

    #[test]
    fn all_models_have_to_be_explored_to_the_end() {
        let short = Report { complete: false, states: 3_000, bytes_per_state: 40.0, ..report() };
        let summary = Summary::of(vec![explored(report()), explored(short)], false);
        assert!(!summary.complete);
        assert_eq!((summary.states, summary.states_per_second, summary.bytes_per_state), (4_000, 1_000.0, 50.0));
    }
}
