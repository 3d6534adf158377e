//! A seed that failed, told so that somebody can do something about it.

use super::trial::{PlanOf, Trial, run_with};
use crate::check::Violation;
use crate::world::{Happening, Observer, Simulated, What};
use alloc::collections::VecDeque;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

/// A seed that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Failure {
    /// Which trial.
    pub trial: &'static str,
    /// Which seed.
    pub seed: u64,
    /// What was broken.
    pub violation: Violation,
    /// The smallest plan that was found to break the same promise, in words.
    pub plan: String,
    /// The last happenings of that plan, a line each.
    pub last: Vec<String>,
    /// The command that does it again.
    pub replay: String,
}

impl Failure {
    /// Runs a failing plan again and writes down how it ends.
    pub(super) fn new<T: Trial>(
        trial: &T,
        seed: u64,
        length: Duration,
        plan: &PlanOf<T>,
        violation: Violation,
    ) -> Self {
        let mut last = Last { most: 40, lines: VecDeque::new() };
        let outcome = run_with(trial, plan, laws_every(violation.promise), &mut last);
        let name = trial.name();
        Self {
            trial: name,
            seed,
            violation: outcome.violation.unwrap_or(violation),
            plan: plan.to_string(),
            last: last.lines.into(),
            replay: format!("quorate sim swarm --trial {name} {} --seed {seed}", option(length)),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}, seed {}: {}", self.trial, self.seed, self.violation)?;
        writeln!(f, "\nthe smallest plan that was found to break it:\n{}", self.plan)?;
        writeln!(f, "the last that happened:")?;
        for line in &self.last {
            writeln!(f, "  {line}")?;
        }
        write!(f, "\nto see it again: {}", self.replay)
    }
}

/// The option that gives a length of time exactly.
fn option(length: Duration) -> String {
    let nanos = length.as_nanos();
    let minute = Duration::from_secs(60).as_nanos();
    let units = [(minute, ""), (1_000_000_000, "s"), (1_000_000, "ms"), (1, "ns")];
    match units.iter().find(|(unit, _)| nanos.is_multiple_of(*unit)) {
        Some((unit, "")) => format!("--minutes {}", nanos / unit),
        Some((unit, name)) => format!("--length {}{name}", nanos / unit),
        None => String::new(),
    }
}

/// Keeps the last lines.
struct Last {
    most: usize,
    lines: VecDeque<String>,
}

impl<M: Simulated> Observer<M> for Last {
    fn see(&mut self, happening: Happening<'_, M>) -> Result<(), Violation> {
        let Happening { at, node, what, .. } = happening;
        let text = match what {
            What::Started { incarnation, recovered, .. } => {
                let how = if recovered { "with what it had stored" } else { "with nothing stored" };
                format!("starts, incarnation {incarnation}, {how}")
            }
            What::Crashed => String::from("crashes"),
            What::Paused { until } => format!("pauses until {until}"),
            What::Clock { clock, .. } => format!("has its clock changed; it shows {}", clock.at(at)),
            What::Took { input, local, .. } => format!("takes {input:?} at its {local}"),
            What::Persisted(record) => format!("stores {record:?}"),
            What::Sent { to, message, fate, .. } => format!("sends {message:?} to {to}: {fate:?}"),
            What::Dropped { why, .. } => format!("does not get a message: {why:?}"),
            What::Told(event) => format!("tells its user {event:?}"),
            What::Link { to_place, cut } => {
                format!("link to place {to_place} {}", if cut { "cut" } else { "healed" })
            }
            What::Became { .. } => return Ok(()),
        };
        if self.lines.len() == self.most {
            self.lines.pop_front();
        }
        self.lines.push_back(format!("{at:>12} node {node} {text}"));
        Ok(())
    }
}

/// A law that was found broken at one step in a thousand is looked for at every step when the plan is made smaller.
fn laws_every(promise: &str) -> u32 {
    if promise.starts_with("law") { 1 } else { 0 }
}

/// Whether a plan breaks this promise.
pub(super) fn breaks<T: Trial>(trial: &T, plan: &PlanOf<T>, promise: &str) -> bool {
    let outcome = run_with(trial, plan, laws_every(promise), &mut ());
    outcome.violation.is_some_and(|violation| violation.promise == promise)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_given_exactly() {
        for (length, text) in [
            (Duration::from_secs(600), "--minutes 10"),
            (Duration::from_secs(90), "--length 90s"),
            (Duration::from_millis(60_500), "--length 60500ms"),
            (Duration::new(1, 1), "--length 1000000001ns"),
        ] {
            assert_eq!(option(length), text);
        }
    }
}
