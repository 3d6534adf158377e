//! What an exploration found.

use super::Bounds;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// What an exploration found.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Report {
    /// The model.
    pub model: String,
    /// How much could happen.
    pub bounds: Bounds,
    /// How many different states were reached.
    pub states: u64,
    /// How many ways lead from one of them to one of them.
    pub transitions: u64,
    /// How many of them lie at the edge that the model sets: nothing is claimed of what comes after them.
    pub at_the_edge: u64,
    /// How many different states single nodes had.
    pub local_states: u64,
    /// How many steps the longest of all shortest ways to a state has.
    pub depth: u64,
    /// Whether everything was explored. If not, the rest of the report is about a part only.
    pub complete: bool,
    /// How many states are none that may be.
    pub violations: u64,
    /// How many states there are from which no good one can be reached.
    pub traps: u64,
    /// How many states are good.
    pub good: u64,
    /// A shortest way to a violation, or else to a trap.
    pub counterexample: Option<Counterexample>,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// How many states in a second.
    pub states_per_second: f64,
    /// How many bytes the explorer kept for each state, at the end and at its fullest.
    pub bytes_per_state: f64,
}

impl Report {
    /// Whether everything was explored, and everything was as it should be.
    #[must_use]
    pub const fn is_good(&self) -> bool {
        self.complete && self.violations == 0 && self.traps == 0
    }
}

/// A shortest way to a state that should not be.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Counterexample {
    /// What is wrong in the end.
    pub because: String,
    /// What happened, step by step.
    pub steps: Vec<String>,
}

impl fmt::Display for Counterexample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, step) in (1..).zip(&self.steps) {
            writeln!(f, "{number:>4}  {step}")?;
        }
        write!(f, "then {}", self.because)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { model, states, transitions, depth, local_states, seconds, states_per_second, .. } = self;
        let Bounds { quantum, delay, past: _, losses, duplications, crashes, restarts, cuts, commands } = self.bounds;
        writeln!(
            f,
            "{model}: messages take up to {delay} quanta of {quantum:?}; up to {losses} losses, {duplications} duplications, \
             {crashes} crashes, {restarts} restarts, {cuts} cuts, {commands} commands"
        )?;
        writeln!(
            f,
            "  {states} states ({local_states} of single nodes), {transitions} transitions, depth {depth}, in {seconds:.1} s: \
             {states_per_second:.0} a second, {:.0} bytes each",
            self.bytes_per_state
        )?;
        if self.at_the_edge > 0 {
            writeln!(
                f,
                "  {} states lie at the edge of the model, and what follows them was not looked at",
                self.at_the_edge
            )?;
        }
        let end = if self.complete { "everything was explored" } else { "NOT COMPLETE: it was cut short" };
        write!(f, "  {end}; {} violations, {} traps, {} good states", self.violations, self.traps, self.good)?;
        match &self.counterexample {
            Some(counterexample) => write!(f, "\n{counterexample}"),
            None => Ok(()),
        }
    }
}
