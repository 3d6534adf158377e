//! Who takes part, and in what.

use super::{Clock, Goal, Outcome, median, median_ratio};
use crate::Workload;

/// What figures are in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Nanoseconds for one operation.
    Nanoseconds,
    /// Bytes.
    Bytes,
    /// Allocations in one operation.
    Allocations,
}

impl Unit {
    /// Its name in the JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Nanoseconds => "ns",
            Self::Bytes => "bytes",
            Self::Allocations => "allocations",
        }
    }
}

/// One who takes part, with a figure for each pass.
#[derive(Debug)]
pub struct Lane {
    pub(crate) name: &'static str,
    pub(crate) work: Option<Workload>,
    pub(crate) rounds: u64,
    pub(crate) figures: Vec<f64>,
}

impl Lane {
    /// Who is timed.
    #[must_use]
    pub const fn timed(name: &'static str, work: Workload) -> Self {
        Self { name, work: Some(work), rounds: 1, figures: Vec::new() }
    }

    /// Whose figure is known, and no time.
    #[must_use]
    pub fn known(name: &'static str, figure: f64) -> Self {
        Self { name, work: None, rounds: 1, figures: vec![figure] }
    }

    /// Its name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The median of its figures.
    #[must_use]
    pub fn figure(&self) -> f64 {
        median(self.figures.clone())
    }

    /// How many times its figure is that of the other, in the median of all passes.
    #[must_use]
    pub fn ratio(&self, to: &Self) -> f64 {
        median_ratio(&self.figures, &to.figures)
    }
}

/// Ours, beside others and the limit: a row of the table.
#[derive(Debug)]
pub struct Contest {
    pub(crate) name: String,
    pub(crate) what: String,
    pub(crate) unit: Unit,
    pub(crate) clock: Clock,
    pub(crate) ours: Lane,
    pub(crate) limit: Option<Lane>,
    pub(crate) peers: Vec<Lane>,
    pub(crate) goals: Vec<Goal>,
    /// Where it stands in a series of growing sizes.
    pub(crate) size: Option<(&'static str, u64)>,
}

impl Contest {
    /// Of a time.
    #[must_use]
    pub fn of(name: impl Into<String>, what: impl Into<String>, ours: Workload) -> Self {
        Self::with(name, what, Unit::Nanoseconds, Lane::timed("quorate", ours))
    }

    /// Of a figure that is known.
    #[must_use]
    pub fn known(name: impl Into<String>, what: impl Into<String>, unit: Unit, ours: f64) -> Self {
        Self::with(name, what, unit, Lane::known("quorate", ours))
    }

    fn with(name: impl Into<String>, what: impl Into<String>, unit: Unit, ours: Lane) -> Self {
        Self {
            name: name.into(),
            what: what.into(),
            unit,
            clock: Clock::Thread,
            ours,
            limit: None,
            peers: Vec::new(),
            goals: Vec::new(),
            size: None,
        }
    }

    /// Several threads take part, so the time is that on the wall.
    #[must_use]
    pub const fn on_the_wall(mut self) -> Self {
        self.clock = Clock::Wall;
        self
    }

    /// What it is measured against, and cannot be faster than.
    #[must_use]
    pub fn limit(mut self, work: Workload) -> Self {
        self.limit = Some(Lane::timed("limit", work));
        self
    }

    /// A limit that is known.
    #[must_use]
    pub fn known_limit(mut self, figure: f64) -> Self {
        self.limit = Some(Lane::known("limit", figure));
        self
    }

    /// Another library that does the same.
    #[must_use]
    pub fn peer(mut self, name: &'static str, work: Workload) -> Self {
        self.peers.push(Lane::timed(name, work));
        self
    }

    /// Another one whose figure is known.
    #[must_use]
    pub fn known_peer(mut self, name: &'static str, figure: f64) -> Self {
        self.peers.push(Lane::known(name, figure));
        self
    }

    /// What is to be reached.
    #[must_use]
    pub fn goal(mut self, goal: Goal) -> Self {
        self.goals.push(goal);
        self
    }

    /// What is to be reached, if anything is here.
    #[must_use]
    pub fn goals(mut self, goals: impl IntoIterator<Item = Goal>) -> Self {
        self.goals.extend(goals);
        self
    }

    /// It is one of a series of growing sizes.
    #[must_use]
    pub const fn sized(mut self, series: &'static str, size: u64) -> Self {
        self.size = Some((series, size));
        self
    }

    /// Its name: what it is found by.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How many times slower than the limit ours is.
    #[must_use]
    pub fn ratio_to_limit(&self) -> Option<f64> {
        self.limit.as_ref().map(|limit| self.ours.ratio(limit)).filter(|ratio| ratio.is_finite())
    }

    /// How many times faster than this one of the others ours is.
    #[must_use]
    pub fn times_faster_than(&self, peer: &Lane) -> Option<f64> {
        Some(peer.ratio(&self.ours)).filter(|ratio| ratio.is_finite())
    }

    /// What has become of its goals.
    #[must_use]
    pub fn outcomes(&self, family: &Family) -> Vec<Outcome> {
        self.goals.iter().filter_map(|goal| goal.outcome(self, family)).collect()
    }

    pub(crate) fn lanes_mut(&mut self) -> impl DoubleEndedIterator<Item = &mut Lane> {
        core::iter::once(&mut self.ours).chain(&mut self.limit).chain(&mut self.peers)
    }
}

/// Contests that are measured together.
#[derive(Debug)]
pub struct Family {
    pub(crate) title: &'static str,
    pub(crate) contests: Vec<Contest>,
}

impl Family {
    /// With no contests yet.
    #[must_use]
    pub const fn new(title: &'static str) -> Self {
        Self { title, contests: Vec::new() }
    }

    /// With one more.
    pub fn add(&mut self, contest: Contest) {
        self.contests.push(contest);
    }

    /// Keeps the contests whose names are wanted.
    pub fn keep(&mut self, wanted: impl Fn(&str) -> bool) {
        self.contests.retain(|contest| wanted(&contest.name));
    }

    /// Keeps the figures, and nothing of what was timed.
    pub fn forget_work(&mut self) {
        for lane in self.contests.iter_mut().flat_map(Contest::lanes_mut) {
            lane.work = None;
        }
    }

    /// What it is about.
    #[must_use]
    pub const fn title(&self) -> &'static str {
        self.title
    }

    /// The contests.
    #[must_use]
    pub fn contests(&self) -> &[Contest] {
        &self.contests
    }

    /// How the figure grows as the size doubles, from the size before in the same series.
    #[must_use]
    pub fn growth(&self, of: &Contest) -> Option<f64> {
        let (series, size) = of.size?;
        let smaller = self.contests.iter().filter_map(|contest| {
            let (same, smaller) = contest.size?;
            (same == series && smaller < size).then_some((smaller, contest))
        });
        let (smaller, before) = smaller.max_by_key(|(size, _)| *size)?;
        let doublings = (size as f64 / smaller as f64).log2();
        Some(of.ours.ratio(&before.ours).powf(1.0 / doublings)).filter(|ratio| ratio.is_finite())
    }
}
