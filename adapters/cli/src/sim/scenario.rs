//! `quorate sim SCENARIO`.

use super::interrupt::Interrupt;
use super::meter::Meter;
use super::{INTERRUPTED, picture};
use crate::args::ScenarioArgs;
use crate::failure::{Failure, Outcome};
use crate::paint::{Paint, print};
use crate::units::grouped;
use core::sync::atomic::{AtomicU64, Ordering};
use core::time::Duration;
use quorate::Instant;
use quorate_sim::check::Violation;
use quorate_sim::picture::{Recorder, space_time};
use quorate_sim::scenario::{self, NAMES, Options, Scenario};
use quorate_sim::transcript::Transcript;
use quorate_sim::world::{Happening, Observer, Simulated};
use serde::Serialize;
use std::io::stdout;
use std::process::ExitCode;
use std::sync::Mutex;

/// Runs a scenario, and prints what it amounts to.
pub(super) fn run(args: &ScenarioArgs) -> Outcome<ExitCode> {
    let Some(name) = &args.scenario else {
        print(&list())?;
        return Ok(ExitCode::SUCCESS);
    };
    let scenario = find(name)?;
    let seed = args.seed.unwrap_or(scenario.seed());
    let begun = std::time::Instant::now();
    let (tally, interrupted) = if args.seeds > 1 {
        let interrupt = Interrupt::listen()?;
        (try_all(&scenario, seed, args, &interrupt), interrupt.came())
    } else {
        (Tally::default(), false)
    };

    let shown = tally.failed.first().copied().unwrap_or(seed);
    let length = scenario.length().max(args.at_least());
    let mut watch = (
        args.transcript.then(Transcript::new),
        args.svg.is_some().then(|| Recorder::new(Instant::ORIGIN, Instant::ORIGIN.after(length))),
        Passing { meter: Meter::new(), length, seen: 0 },
    );
    let options = Options { seed: Some(shown), at_least: args.at_least() };
    let summary = scenario::run(&scenario, options, &mut watch);
    let (transcript, recorder, passing) = watch;
    drop(passing);

    // A run of one seed is its own tally.
    let tally = if args.seeds > 1 { tally } else { Tally::of(shown, &summary) };
    let good = tally.failed.is_empty() && summary.is_good();
    if let Some(transcript) = transcript {
        print(&transcript.finish())?;
    }
    if args.json {
        let outcome =
            Ran { scenario: name, good, interrupted, seconds: begun.elapsed().as_secs_f64(), tally, run: summary };
        print(&serde_json::to_string(&outcome).map_err(Failure::new)?)?;
    } else {
        let paint = Paint::for_stream(&stdout());
        let text = summary.to_string();
        // The last line is the verdict.
        let (story, verdict) = text.rsplit_once('\n').unwrap_or(("", &text));
        let verdict = if summary.is_good() { paint.good(verdict) } else { paint.bad(verdict) };
        print(&format!("{story}\n{verdict}"))?;
        if args.seeds > 1 {
            print(&tally.text(paint))?;
        }
    }
    if let (Some(recorder), Some(path)) = (recorder, &args.svg) {
        let mut recording = recorder.finish(scenario.title());
        recording.subtitle = format!("seed {shown}");
        picture::write(&space_time(&recording, &Default::default()), path)?;
    }
    Ok(match (good, interrupted) {
        (false, _) => ExitCode::from(Failure::FAILED),
        (true, true) => ExitCode::from(INTERRUPTED),
        (true, false) => ExitCode::SUCCESS,
    })
}

/// The scenarios that have a name, a line each.
fn list() -> String {
    let width = NAMES.iter().map(|name| name.len()).max().unwrap_or(0);
    let lines = NAMES.iter().filter_map(|name| {
        let scenario = scenario::named(name)?;
        Some(format!("{name:<width$}  {}\n", scenario.title()))
    });
    lines.collect::<String>() + "\nOne of them, or a file of your own: quorate sim SCENARIO (see quorate sim --help)"
}

/// The scenario of this name, or in this file.
fn find(name: &str) -> Outcome<Scenario> {
    if let Some(scenario) = scenario::named(name) {
        return Ok(scenario);
    }
    let text = std::fs::read_to_string(name).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => {
            let failure = Failure::usage(format_args!("there is no scenario `{name}`, and no file of that name"));
            match nearest(name).as_slice() {
                [] => failure.advise("`quorate sim --list` says which there are."),
                near => failure.advise(format_args!("Did you mean {}?", near.join(" or "))),
            }
        }
        _ => Failure::usage(format_args!("{name} cannot be read ({error})")),
    })?;
    scenario::parse(name, &text)
        .map_err(|error| Failure::usage(error).advise("Nothing was run; `quorate sim --list` names examples."))
}

/// The names that are most like this one, at most three.
fn nearest(name: &str) -> Vec<String> {
    let mut near: Vec<_> = NAMES.iter().map(|known| (strsim::jaro_winkler(name, known), known)).collect();
    near.retain(|(likeness, _)| *likeness > 0.75);
    near.sort_by(|a, b| b.0.total_cmp(&a.0));
    near.iter().take(3).map(|(_, known)| format!("`{known}`")).collect()
}

/// What many seeds came to.
#[derive(Clone, Debug, Default, Serialize)]
struct Tally {
    seeds: u64,
    /// Which of them broke a promise or were not as expected, in order.
    failed: Vec<u64>,
    events: u64,
    simulated_hours: f64,
}

impl Tally {
    fn of(seed: u64, summary: &scenario::Summary) -> Self {
        Self {
            seeds: 1,
            failed: if summary.is_good() { Vec::new() } else { vec![seed] },
            events: summary.events,
            simulated_hours: summary.simulated.as_secs_f64() / 3_600.0,
        }
    }

    fn add(&mut self, other: Self) {
        self.seeds += other.seeds;
        self.failed.extend(other.failed);
        self.events += other.events;
        self.simulated_hours += other.simulated_hours;
    }

    fn text(&self, paint: Paint) -> String {
        let Self { seeds, failed, events, simulated_hours } = self;
        let size = format!("{} events in {simulated_hours:.1} simulated hours", grouped(*events));
        let most = 10;
        let named: Vec<_> = failed.iter().take(most).map(ToString::to_string).collect();
        let more = if failed.len() > most { ", …" } else { "" };
        match failed.len() as u64 {
            0 => format!("{}, {size}.", paint.good(format_args!("All {} seeds went like that one", grouped(*seeds)))),
            count => format!(
                "{} ({}{more}; the first is shown), {size}.",
                paint.bad(format_args!("{} of {} seeds failed", grouped(count), grouped(*seeds))),
                named.join(", ")
            ),
        }
    }
}

/// Runs many seeds, on all cores.
fn try_all(scenario: &Scenario, first: u64, args: &ScenarioArgs, interrupt: &Interrupt) -> Tally {
    let meter = Meter::new();
    let next = AtomicU64::new(0);
    let tally = Mutex::new(Tally::default());
    let work = || {
        while !interrupt.came() {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= args.seeds {
                return;
            }
            let seed = first.wrapping_add(number);
            let options = Options { seed: Some(seed), at_least: args.at_least() };
            let one = Tally::of(seed, &scenario::run(scenario, options, &mut ()));
            let Ok(mut tally) = tally.lock() else { return };
            tally.add(one);
            meter.show(|_| format!("{} of {} seeds", grouped(tally.seeds), grouped(args.seeds)));
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, core::num::NonZero::get);
    std::thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(work))));
    let mut tally = tally.into_inner().unwrap_or_default();
    tally.failed.sort_unstable();
    tally
}

/// Says on the terminal how much time has passed in the world.
struct Passing {
    meter: Meter,
    length: Duration,
    seen: u32,
}

impl<M: Simulated> Observer<M> for Passing {
    fn see(&mut self, happening: Happening<'_, M>) -> Result<(), Violation> {
        self.seen = self.seen.wrapping_add(1);
        // To ask what time it is costs more than most happenings.
        if self.seen.is_multiple_of(1 << 14) {
            let passed = happening.at.since(Instant::ORIGIN).as_secs_f64() / 3_600.0;
            self.meter.show(|_| format!("{passed:.1} of {:.1} simulated hours", self.length.as_secs_f64() / 3_600.0));
        }
        Ok(())
    }
}

/// What came out, for programs.
#[derive(Debug, Serialize)]
struct Ran<'a> {
    scenario: &'a str,
    /// Whether every seed kept every promise and was as expected.
    good: bool,
    interrupted: bool,
    seconds: f64,
    #[serde(flatten)]
    tally: Tally,
    /// The first seed that failed, or else the first.
    run: scenario::Summary,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_nearly_right_are_suggested() {
        assert_eq!(nearest("pausd-leader").first().map(String::as_str), Some("`paused-leader`"));
        assert!(nearest("zzz").is_empty());
    }

    #[test]
    fn every_scenario_is_listed() {
        let list = list();
        for name in NAMES {
            assert!(list.lines().any(|line| line.starts_with(&format!("{name} "))), "{list}");
        }
    }
}
