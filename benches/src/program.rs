//! Its command line.

use crate::cores;
use anstream::{eprint, eprintln, print, println};
use clap::Parser;
use core::time::Duration;
use quorate_benches::race::{self, Family, Settings};
use quorate_benches::report::{Surroundings, json, markdown, table};
use quorate_benches::rows::FAMILIES;
use std::io::IsTerminal;
use std::process::ExitCode;

/// What quorate costs, side by side with other libraries, and with the least that it could cost.
///
/// Everything of a table is timed once in each pass, and ratios are taken within a pass: figures of two runs are not to be compared, and
/// those of one run are, also on a busy machine. What is printed is the median.
#[derive(Debug, Parser)]
#[command(
    name = "quorate-benches",
    after_help = "\
Examples:
  cargo run --release -p quorate-benches                        everything
  cargo run --release -p quorate-benches -- vector/merge        rows with this in their name
  cargo run --release -p quorate-benches -- step frame --json   those, as a list of objects
  cargo run --release -p quorate-benches -- --markdown          as it stands in docs/benchmarks.md
  cargo run --release -p quorate-benches -- --list              the names"
)]
struct Arguments {
    /// Only rows with one of these in their name.
    filter: Vec<String>,
    /// Print a list of JSON objects.
    #[arg(long, conflicts_with = "markdown")]
    json: bool,
    /// Print tables for the documentation.
    #[arg(long)]
    markdown: bool,
    /// Print the names of all rows, and measure nothing.
    #[arg(long)]
    list: bool,
    /// How many passes there are.
    #[arg(long, default_value_t = 41, value_parser = clap::value_parser!(u16).range(1..))]
    passes: u16,
    /// About how long one contestant takes in a pass, in microseconds.
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(10..))]
    sample: u32,
    /// Fail if anything that was to be reached was missed.
    #[arg(long)]
    strict: bool,
}

/// Machines of 100,000 peers are values, and values are made on the stack.
const STACK: usize = 1 << 30;

pub(crate) fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let thread = std::thread::Builder::new().stack_size(STACK).spawn(move || run(&arguments));
    match thread.map(std::thread::JoinHandle::join) {
        Ok(Ok(code)) => code,
        Ok(Err(_)) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("there is no room for a stack of {STACK} bytes: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> ExitCode {
    let surroundings = Surroundings::here();
    let plain = !arguments.json && !arguments.markdown && !arguments.list;
    if plain {
        println!("{surroundings}\n");
    }
    let settings = Settings { passes: arguments.passes.into(), sample: Duration::from_micros(arguments.sample.into()) };
    let mut families = Vec::new();
    for (place, entry) in FAMILIES.iter().enumerate() {
        let cores = entry.on_one_core.then(cores::keep_to_one);
        let mut family = (entry.make)();
        family.keep(|name| arguments.filter.is_empty() || arguments.filter.iter().any(|part| name.contains(part)));
        if family.contests().is_empty() {
            drop(cores);
            continue;
        }
        if !arguments.list {
            let progress = Progress::of(place + 1, family.title(), arguments.passes);
            // What a peer allocates is not counted while it is timed, or counting would be timed.
            allocation_counter::opt_out(|| race::run(&mut family, settings, |pass| progress.show(pass)));
            progress.clear();
        }
        if plain {
            print!("{}\n", table(&family));
        }
        family.forget_work();
        drop(cores);
        families.push(family);
    }
    if arguments.list {
        for name in families.iter().flat_map(Family::contests).map(race::Contest::name) {
            println!("{name}");
        }
        return ExitCode::SUCCESS;
    }
    if arguments.json {
        println!("{:#}", json(&families));
    }
    if arguments.markdown {
        print!("{}", markdown(&families, &surroundings));
    }
    conclude(&families, arguments)
}

/// How many goals were reached.
fn conclude(families: &[Family], arguments: &Arguments) -> ExitCode {
    if families.is_empty() {
        eprintln!("no row has any of {:?} in its name; --list shows all names", arguments.filter);
        return ExitCode::FAILURE;
    }
    let outcomes = families.iter().flat_map(|family| {
        let goals = family.contests().iter().flat_map(|contest| contest.outcomes(family));
        goals.map(|outcome| outcome.reached)
    });
    let (reached, missed): (Vec<bool>, Vec<bool>) = outcomes.partition(|reached| *reached);
    let (reached, missed) = (reached.len(), missed.len());
    if !arguments.json && !arguments.markdown {
        println!("{reached} of {} goals are reached.", reached + missed);
    }
    if arguments.strict && missed > 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// How far it has got, on a terminal.
struct Progress {
    line: String,
    passes: u16,
    shown: bool,
}

impl Progress {
    fn of(place: usize, title: &str, passes: u16) -> Self {
        let line = format!("[{place}/{}] {title}", FAMILIES.len());
        Self { line, passes, shown: std::io::stderr().is_terminal() }
    }

    fn show(&self, pass: usize) {
        if self.shown {
            eprint!("\r\x1b[2K{}: pass {} of {}", self.line, pass + 1, self.passes);
        }
    }

    fn clear(&self) {
        if self.shown {
            eprint!("\r\x1b[2K");
        }
    }
}
