//! The ledger of planted bugs: plants each bug of `quorate::planted` in turn, and says after how many seeds which trial found
//! which promise broken. A bug that lives shows a hole in the trials.
//!
//! It exists only in a build with `--cfg quorate_ledger`, which `.ci/ledger.sh` makes, apart from all others.
//!
//! `ledger [--json] [--markdown] [--seeds N] [BUG ...]`: all bugs, or those named; up to N seeds each, 2,000 unless said.

#[cfg(quorate_ledger)]
mod report;
#[cfg(quorate_ledger)]
mod trials;

#[cfg(not(quorate_ledger))]
fn main() -> std::process::ExitCode {
    eprintln!("there are no planted bugs in this build; run `bash .ci/ledger.sh`");
    std::process::ExitCode::FAILURE
}

#[cfg(quorate_ledger)]
fn main() -> std::process::ExitCode {
    use report::Line;
    use std::collections::BTreeMap;

    let choices = match Choices::read(std::env::args().skip(1)) {
        Ok(choices) => choices,
        Err(unknown) => {
            eprintln!("unknown: {unknown}\nledger [--json] [--markdown] [--seeds N] [BUG ...]");
            return std::process::ExitCode::FAILURE;
        }
    };
    let begun = std::time::Instant::now();
    let mut lines = Vec::new();
    let mut looked: BTreeMap<&'static str, u64> = BTreeMap::new();
    for bug in choices.bugs {
        let line = Line::of(bug, choices.seeds, &mut looked);
        eprintln!("{line}");
        lines.push(line);
    }
    // "Caught" means the bug only if the same seeds pass without it.
    quorate::planted::plant(None);
    let mut sound = Vec::new();
    for (trial, seeds) in looked {
        let found = trials::look(trial, seeds, &[]).found;
        eprintln!("{}", report::sound(trial, seeds, found.as_ref()));
        sound.push((trial, seeds, found));
    }
    let report = report::Report { lines, sound, seconds: begun.elapsed().as_secs_f64() };
    match choices.form {
        Form::Plain => println!("{report}"),
        Form::Markdown => println!("{}", report.markdown()),
        Form::Json => println!("{:#}", report.json()),
    }
    if report.is_good() { std::process::ExitCode::SUCCESS } else { std::process::ExitCode::FAILURE }
}

#[cfg(quorate_ledger)]
enum Form {
    Plain,
    Markdown,
    Json,
}

#[cfg(quorate_ledger)]
struct Choices {
    form: Form,
    seeds: u64,
    bugs: Vec<quorate::planted::Bug>,
}

#[cfg(quorate_ledger)]
impl Choices {
    /// What the command line says; what is not understood, otherwise.
    fn read(mut words: impl Iterator<Item = String>) -> Result<Self, String> {
        use quorate::planted::Bug;
        let mut choices = Self { form: Form::Plain, seeds: 2_000, bugs: Vec::new() };
        while let Some(word) = words.next() {
            match &word[..] {
                "--json" => choices.form = Form::Json,
                "--markdown" => choices.form = Form::Markdown,
                "--seeds" => choices.seeds = words.next().and_then(|number| number.parse().ok()).ok_or(word)?,
                name => choices.bugs.push(*Bug::ALL.iter().find(|bug| bug.name() == name).ok_or(word)?),
            }
        }
        if choices.bugs.is_empty() {
            choices.bugs = Bug::ALL.to_vec();
        }
        Ok(choices)
    }
}
