//! What was measured, for people and for programs.

use crate::pace::Pass;
use core::fmt;

/// How a figure should be.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Goal {
    AtMost(f64),
    AtLeast(f64),
}

/// A ratio.
#[derive(Clone, Debug)]
pub(crate) struct Figure {
    id: &'static str,
    what: &'static str,
    value: f64,
    goal: Goal,
}

impl Figure {
    pub(crate) const fn new(id: &'static str, what: &'static str, value: f64, goal: Goal) -> Self {
        Self { id, what, value, goal }
    }

    fn is_met(&self) -> bool {
        match self.goal {
            Goal::AtMost(limit) => self.value <= limit,
            Goal::AtLeast(limit) => self.value >= limit,
        }
    }
}

impl fmt::Display for Goal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtMost(limit) => write!(f, "≤ {limit}"),
            Self::AtLeast(limit) => write!(f, "≥ {limit}"),
        }
    }
}

/// All that was measured.
#[derive(Debug)]
pub(crate) struct Report {
    core: usize,
    times: Vec<(&'static str, f64)>,
    figures: Vec<Figure>,
}

impl Report {
    pub(crate) const fn new(core: usize) -> Self {
        Self { core, times: Vec::new(), figures: Vec::new() }
    }

    /// How long one round takes, in the median.
    pub(crate) fn time(&mut self, what: &'static str, pass: &Pass) {
        self.times.push((what, pass.median().as_secs_f64() * 1e6));
    }

    pub(crate) fn add(&mut self, figure: Figure) {
        self.figures.push(figure);
    }

    pub(crate) fn print(&self, json: bool) {
        if json {
            return println!("{}", self.json());
        }
        println!("everything on core {}; medians\n", self.core);
        for (what, micros) in &self.times {
            println!("{micros:9.1} µs  {what}");
        }
        println!();
        for figure in &self.figures {
            let met = if figure.is_met() { "met" } else { "missed" };
            println!("{:9.2}  {:7} {:7} {}", figure.value, figure.goal.to_string(), met, figure.what);
        }
    }

    fn json(&self) -> serde_json::Value {
        let times = self.times.iter().map(|(what, micros)| serde_json::json!({ "what": what, "microseconds": micros }));
        let figures = self.figures.iter().map(|figure| {
            let goal = figure.goal.to_string();
            serde_json::json!({ "id": figure.id, "what": figure.what, "value": figure.value, "goal": goal, "met": figure.is_met() })
        });
        serde_json::json!({ "core": self.core, "times": times.collect::<Vec<_>>(), "figures": figures.collect::<Vec<_>>() })
    }
}
