//! What the ledger says.

use super::trials::{Found, look};
use core::fmt;
use quorate::planted::{Bug, plant};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What became of one bug.
pub(crate) struct Line {
    bug: Bug,
    /// In which trial something broke, and what.
    caught: Option<(&'static str, Found)>,
    /// After how many seeds, those of trials that did not find it included.
    seeds: u64,
    seconds: f64,
}

impl Line {
    /// Plants a bug and looks for it; `looked` keeps how many seeds of each trial were run for any bug.
    pub(crate) fn of(bug: Bug, most: u64, looked: &mut BTreeMap<&'static str, u64>) -> Self {
        plant(Some(bug));
        let mut line = Self { bug, caught: None, seeds: 0, seconds: 0.0 };
        for trial in bug.tried_in() {
            let look = look(trial, most, bug.breaks());
            line.seeds += look.seeds;
            line.seconds += look.seconds;
            let before = looked.entry(trial).or_default();
            *before = look.seeds.max(*before);
            if let Some(found) = look.found {
                line.caught = Some((trial, found));
                break;
            }
        }
        line
    }

    fn json(&self) -> Value {
        let Self { bug, caught, seeds, seconds } = self;
        json!({
            "bug": bug.name(),
            "story": bug.story(),
            "seen": bug.seen(),
            "breaks": bug.breaks(),
            "caught": caught.is_some(),
            "trial": caught.as_ref().map(|(trial, _)| trial),
            "promise": caught.as_ref().map(|(_, found)| found.promise),
            "because": caught.as_ref().map(|(_, found)| &found.because),
            "seeds": seeds,
            "seconds": seconds,
        })
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { bug, caught, seeds, seconds } = self;
        write!(f, "{:<28} ", bug.name())?;
        match caught {
            Some((trial, found)) => {
                write!(f, "{:<18} {trial:<14} {seeds:>5} seeds {seconds:>6.2} s", found.promise)
            }
            None => write!(f, "{:<18} {:<14} {seeds:>5} seeds {seconds:>6.2} s", "LIVES", bug.tried_in().join(", ")),
        }
    }
}

/// What a trial did without any bug.
pub(crate) fn sound(trial: &str, seeds: u64, found: Option<&Found>) -> String {
    match found {
        None => format!("nothing planted: {seeds} seeds of {trial} pass"),
        Some(Found { promise, because }) => format!("nothing planted, and yet {trial} FAILS: {promise}, {because}"),
    }
}

/// The whole ledger.
pub(crate) struct Report {
    pub(crate) lines: Vec<Line>,
    /// What the same seeds of each trial did with nothing planted.
    pub(crate) sound: Vec<(&'static str, u64, Option<Found>)>,
    pub(crate) seconds: f64,
}

impl Report {
    /// Whether all bugs were caught, and nothing but bugs.
    pub(crate) fn is_good(&self) -> bool {
        self.caught() == self.lines.len() && self.sound.iter().all(|(_, _, found)| found.is_none())
    }

    fn caught(&self) -> usize {
        self.lines.iter().filter(|line| line.caught.is_some()).count()
    }

    pub(crate) fn json(&self) -> Value {
        let sound = self
            .sound
            .iter()
            .map(|(trial, seeds, found)| json!({ "trial": trial, "seeds": seeds, "passes": found.is_none() }));
        json!({
            "bugs": self.lines.len(),
            "caught": self.caught(),
            "seconds": self.seconds,
            "lines": self.lines.iter().map(Line::json).collect::<Vec<_>>(),
            "nothing_planted": sound.collect::<Vec<_>>(),
        })
    }

    /// A table for the documentation.
    pub(crate) fn markdown(&self) -> String {
        let mut table = String::from("| bug | what goes wrong | caught by | after seeds |\n|---|---|---|--:|\n");
        for Line { bug, caught, seeds, .. } in &self.lines {
            let seen = if bug.seen().is_empty() { String::new() } else { format!(" ({})", bug.seen()) };
            let by = caught
                .as_ref()
                .map_or(String::from("**lives**"), |(trial, found)| format!("{}, `{trial}`", found.promise));
            table += &format!("| `{}` | {}{seen} | {by} | {seeds} |\n", bug.name(), bug.story());
        }
        table
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in &self.lines {
            writeln!(f, "{line}")?;
        }
        for (trial, seeds, found) in &self.sound {
            writeln!(f, "{}", sound(trial, *seeds, found.as_ref()))?;
        }
        write!(f, "{} of {} planted bugs caught, in {:.0} s", self.caught(), self.lines.len(), self.seconds)
    }
}
