//! What an exploration found.

use super::Bounds;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

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
    /// How many nodes there are.
    pub nodes: usize,
    /// What happened, move by move.
    pub moves: Vec<Move>,
}

/// Something that happened on the way to a state.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Move {
    /// When, counted from the beginning.
    pub at: Duration,
    /// At which place, from 0.
    pub place: usize,
    /// What.
    pub deed: Deed,
    /// What the local user was told by it.
    pub told: Vec<String>,
}

/// What a node does in an exploration, or what is done to it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
pub enum Deed {
    /// It takes a message.
    Took(Passage),
    /// A message to it is lost.
    Lost(Passage),
    /// A message to it is doubled.
    Doubled(Passage),
    /// It is down and misses a message.
    Missed(Passage),
    /// Its deadline has come.
    Ticked,
    /// Its user asks for something.
    Asked(String),
    /// It crashes.
    Crashed,
    /// It takes a step, makes a record durable, and crashes before anything leaves that stands behind it.
    CrashedAfter(Box<Deed>),
    /// It starts again, with this durable.
    Started(String),
    /// It is cut off from all others.
    CutOff,
    /// It is connected again.
    Joined,
}

/// A message on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Passage {
    /// From which place, from 0.
    pub from: usize,
    /// How long it was on its way.
    pub took: Duration,
    /// What it says.
    pub message: String,
}

impl fmt::Display for Passage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of node {}", self.message, self.from + 1)
    }
}

impl fmt::Display for Deed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Took(passage) => write!(f, "takes {passage}"),
            Self::Lost(passage) => write!(f, "never gets {passage}, which is lost"),
            Self::Doubled(passage) => write!(f, "will get {passage} twice"),
            Self::Missed(passage) => write!(f, "is down and misses {passage}"),
            Self::Ticked => f.write_str("is ticked"),
            Self::Asked(command) => write!(f, "is asked for {command}"),
            Self::Crashed => f.write_str("crashes"),
            Self::CrashedAfter(deed) => write!(f, "{deed}, and crashes when it has stored its record"),
            Self::Started(record) => write!(f, "starts again, with {record}"),
            Self::CutOff => f.write_str("is cut off from all others"),
            Self::Joined => f.write_str("is connected again"),
        }
    }
}

impl fmt::Display for Move {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "node {} {}", self.place + 1, self.deed)?;
        match &self.told[..] {
            [] => Ok(()),
            told => write!(f, "; its user is told {}", told.join(", ")),
        }
    }
}

impl fmt::Display for Counterexample {
    /// A line for each move, with its time.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for step in &self.moves {
            writeln!(f, "{:>9.3} s  {step}", step.at.as_secs_f64())?;
        }
        write!(f, "and then: {}", self.because)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { model, states, transitions, depth, local_states, seconds, states_per_second, .. } = self;
        let Bounds { quantum, delay, past: _, losses, duplications, crashes, restarts, cuts, commands } = self.bounds;
        writeln!(
            f,
            "{model}: messages take 1 to {delay} quanta of {quantum:?}; up to {losses} losses, {duplications} duplications, \
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
