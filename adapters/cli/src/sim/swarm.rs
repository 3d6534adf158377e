//! `quorate sim swarm`.

use super::INTERRUPTED;
use super::interrupt::Interrupt;
use super::meter::Meter;
use crate::args::SwarmArgs;
use crate::failure::{Failure, Outcome};
use crate::paint::{Paint, print};
use crate::units::{grouped, rough};
use core::fmt;
use core::time::Duration;
use quorate_sim::swarm::{Progress, Report, trials};
use serde::Serialize;
use std::io::stdout;
use std::process::ExitCode;

/// Runs the trials that were asked for, and prints what they found.
pub(super) fn run(args: &SwarmArgs) -> Outcome<ExitCode> {
    let (names, swarm) = (args.trials(), args.swarm());
    let interrupt = Interrupt::listen()?;
    let paint = Paint::for_stream(&stdout());
    if !args.json {
        print(&paint.bold(Head).to_string())?;
    }
    let mut reports = Vec::new();
    for name in names {
        let meter = Meter::new();
        let tell = |so_far: Progress| {
            meter.show(|passed| line(name, swarm.seeds, so_far, passed));
            interrupt.answer()
        };
        let report = trials::run(name, &swarm, tell);
        drop(meter);
        let report = report.ok_or_else(|| Failure::usage(format_args!("there is no trial `{name}`")))?;
        if !args.json && report.seeds > 0 {
            print(&Row { report: &report, paint }.to_string())?;
        }
        reports.push(report);
        if interrupt.came() {
            break;
        }
    }
    let summary = Summary::of(reports, interrupt.came());
    let text = if args.json {
        serde_json::to_string(&summary).map_err(Failure::new)?
    } else {
        View { summary: &summary, paint }.to_string()
    };
    print(&text)?;
    Ok(summary.exit_code())
}

/// How far a trial is.
fn line(name: &str, seeds: u64, so_far: Progress, passed: Duration) -> String {
    let rate = so_far.events as f64 / passed.as_secs_f64().max(1e-9);
    format!("{name}: {} of {} seeds, {} events a second", grouped(so_far.seeds), grouped(seeds), rough(rate))
}

/// What all trials together found.
#[derive(Debug, Serialize)]
struct Summary {
    seeds: u64,
    events: u64,
    /// In a second of one core's time.
    events_per_second: f64,
    simulated_hours: f64,
    faults: u64,
    /// How many seeds broke a promise.
    violations: u64,
    /// The interesting states that no seed reached, each behind the name of its trial.
    sometimes_missing: Vec<String>,
    /// Whether it was ended before all seeds were run.
    interrupted: bool,
    seconds: f64,
    trials: Vec<Report>,
}

impl Summary {
    fn of(trials: Vec<Report>, interrupted: bool) -> Self {
        let sum = |figure: fn(&Report) -> u64| trials.iter().map(figure).sum();
        let total = |figure: fn(&Report) -> f64| trials.iter().map(figure).sum::<f64>();
        let busy = total(|report| report.events as f64 / report.events_per_second.max(1e-9));
        let missing = trials
            .iter()
            .flat_map(|report| report.sometimes_missing.iter().map(move |state| format!("{}: {state}", report.trial)));
        let events = sum(|report| report.events);
        Self {
            seeds: sum(|report| report.seeds),
            events,
            events_per_second: events as f64 / busy.max(1e-9),
            simulated_hours: total(|report| report.simulated_hours),
            faults: sum(|report| report.faults),
            violations: sum(|report| report.violations),
            sometimes_missing: missing.collect(),
            interrupted,
            seconds: total(|report| report.seconds),
            trials,
        }
    }

    /// The trials that never reached a state that they should have.
    fn blind(&self) -> impl Iterator<Item = &Report> {
        self.trials.iter().filter(|report| report.is_broad() && !report.sometimes_missing.is_empty())
    }

    fn exit_code(&self) -> ExitCode {
        if self.violations > 0 || self.blind().next().is_some() {
            ExitCode::from(Failure::FAILED)
        } else if self.interrupted {
            ExitCode::from(INTERRUPTED)
        } else {
            ExitCode::SUCCESS
        }
    }
}

/// One trial as a line of the table.
struct Row<'a> {
    report: &'a Report,
    paint: Paint,
}

/// The heading of the table.
struct Head;

impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = ["seeds", "events", "events/s", "hours", "faults", "broken"];
        let [seeds, events, rate, hours, faults, broken] = names;
        write!(f, "{:<14}{seeds:>8}{events:>15}{rate:>14}{hours:>9}{faults:>12}{broken:>8}", "trial")
    }
}

impl fmt::Display for Row<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Report { trial, seeds, events, events_per_second, simulated_hours, faults, violations, .. } = self.report;
        let [seeds, events, faults] = [seeds, events, faults].map(|count| grouped(*count));
        let rate = rough(*events_per_second);
        write!(f, "{trial:<14}{seeds:>8}{events:>15}{rate:>14}{simulated_hours:>9.1}{faults:>12}")?;
        let broken = format!("{violations:>8}");
        match violations {
            0 => self.paint.good(broken).fmt(f),
            _ => self.paint.bad(broken).fmt(f),
        }
    }
}

/// What stands under the table.
struct View<'a> {
    summary: &'a Summary,
    paint: Paint,
}

impl fmt::Display for View<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { summary, paint } = *self;
        let Summary { seeds, events, events_per_second, simulated_hours, seconds, .. } = summary;
        writeln!(
            f,
            "{} events in {simulated_hours:.1} simulated hours, in {seconds:.1} s; {} a second and core",
            grouped(*events),
            rough(*events_per_second)
        )?;
        if let [report] = summary.trials.as_slice()
            && report.seeds > 1
        {
            states(f, report)?;
        } else if *seeds > 1 {
            summary.sometimes_missing.iter().try_for_each(|state| writeln!(f, "never seen: {state}"))?;
        }
        for failure in summary.trials.iter().flat_map(|report| &report.failures) {
            writeln!(f, "\n{failure}")?;
        }
        if summary.trials.iter().any(|report| !report.failures.is_empty()) {
            writeln!(f)?;
        }
        if summary.violations > 0 {
            return write!(f, "{}", paint.bad("A promise was broken."));
        }
        if summary.interrupted {
            return write!(f, "{}", paint.warn("Interrupted; no promise was broken until then."));
        }
        if summary.blind().next().is_some() {
            return write!(
                f,
                "{}",
                paint.bad("No promise was broken, but so many seeds should have reached every interesting state.")
            );
        }
        write!(f, "{}", paint.good("No promise was broken."))
    }
}

/// Which interesting states were reached, by how many seeds.
fn states(f: &mut fmt::Formatter<'_>, report: &Report) -> fmt::Result {
    writeln!(f, "in how many of the {} seeds it was seen that", grouped(report.seeds))?;
    report.sometimes.iter().try_for_each(|(state, seeds)| writeln!(f, "  {:>8}  {state}", grouped(*seeds)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(trial: &'static str, events: u64, events_per_second: f64) -> Report {
        Report {
            trial,
            seeds: 100,
            events,
            events_per_second,
            simulated_hours: 20.0,
            seconds: 1.0,
            ..Report::default()
        }
    }

    #[test]
    fn rates_are_weighed_by_the_time_that_they_took() {
        let summary = Summary::of(vec![report("a", 1_000, 1_000.0), report("b", 3_000, 1_000.0 / 3.0)], false);
        assert_eq!((summary.seeds, summary.events), (200, 4_000));
        assert!((summary.events_per_second - 400.0).abs() < 1e-6, "{}", summary.events_per_second);
    }

    #[test]
    fn a_state_that_is_never_seen_fails_broad_swarms_only() {
        let missing = Report { sometimes_missing: vec!["a leader was elected"], ..report("a", 1, 1.0) };
        let few = Report { seeds: 5, ..missing.clone() };
        let view = |report: &Report| {
            let summary = Summary::of(vec![report.clone()], false);
            (summary.blind().count(), View { summary: &summary, paint: Paint::PLAIN }.to_string())
        };
        let (blind, text) = view(&missing);
        assert!(blind == 1 && text.ends_with("should have reached every interesting state."), "{text}");
        let (blind, text) = view(&few);
        assert!(blind == 0 && text.ends_with("No promise was broken."), "{text}");
        assert_eq!(Summary::of(vec![missing], false).sometimes_missing, ["a: a leader was elected"]);
    }

    #[test]
    fn columns_line_up() {
        let row = Row { report: &report("member-framed", 123_456_789, 1_234_567.0), paint: Paint::PLAIN }.to_string();
        assert_eq!(row.chars().count(), Head.to_string().chars().count(), "{Head}\n{row}");
        assert!(row.chars().count() <= 80);
    }
}
