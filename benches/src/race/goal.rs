//! What is to be reached.

use super::{Contest, Family};
use core::fmt;

/// How a figure should be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Goal {
    /// At most so many times the limit.
    TimesLimit(f64),
    /// At least so many times as fast as the peer of this name.
    TimesFaster(f64, &'static str),
    /// At most so many times what the peer of this name takes.
    TimesPeer(f64, &'static str),
    /// At most so much.
    AtMost(f64),
    /// At most so many times the contest of this name.
    TimesOther(f64, &'static str),
}

/// Whether it was reached.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outcome {
    /// What was to be reached.
    pub goal: Goal,
    /// What there is.
    pub figure: f64,
    /// Whether that is enough.
    pub reached: bool,
}

impl Goal {
    /// What became of it; nothing, if what it refers to was not measured.
    #[must_use]
    pub fn outcome(self, contest: &Contest, family: &Family) -> Option<Outcome> {
        let peer = |name| contest.peers.iter().find(|peer| peer.name == name);
        let (figure, reached) = match self {
            Self::TimesLimit(most) => at_most(contest.ratio_to_limit()?, most),
            Self::TimesFaster(least, name) => {
                let times = contest.times_faster_than(peer(name)?)?;
                (times, times >= least)
            }
            Self::TimesPeer(most, name) => at_most(contest.ours.ratio(peer(name)?), most),
            Self::AtMost(most) => at_most(contest.ours.figure(), most),
            Self::TimesOther(most, name) => {
                let other = family.contests.iter().find(|other| other.name == name)?;
                at_most(contest.ours.ratio(&other.ours), most)
            }
        };
        figure.is_finite().then_some(Outcome { goal: self, figure, reached })
    }
}

fn at_most(figure: f64, most: f64) -> (f64, bool) {
    (figure, figure <= most)
}

impl fmt::Display for Goal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TimesLimit(most) => write!(f, "≤ {most} × limit"),
            Self::TimesFaster(least, peer) => write!(f, "{least} × faster than {peer}"),
            Self::TimesPeer(most, peer) => write!(f, "≤ {most} × {peer}"),
            Self::AtMost(most) => write!(f, "≤ {most}"),
            Self::TimesOther(most, other) => write!(f, "≤ {most} × {other}"),
        }
    }
}

impl fmt::Display for Outcome {
    /// The goal, and how far it was missed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { goal, figure, reached } = self;
        if *reached { write!(f, "reached {goal}") } else { write!(f, "MISSED {goal}: {figure:.2}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::race::{Contest, Family, Unit};

    #[test]
    fn goals_are_reached_or_missed() {
        let contest = |name: &str, figure| {
            Contest::known(name, "", Unit::Bytes, figure).known_limit(10.0).known_peer("other", 40.0)
        };
        let mut family = Family::new("");
        family.add(contest("small", 10.0));
        family.add(contest("large", 20.0));
        let outcome = |goal: Goal| goal.outcome(&family.contests[1], &family).map(|outcome| outcome.reached);
        assert_eq!(outcome(Goal::TimesLimit(2.0)), Some(true));
        assert_eq!(outcome(Goal::TimesLimit(1.9)), Some(false));
        assert_eq!(outcome(Goal::TimesFaster(2.0, "other")), Some(true));
        assert_eq!(outcome(Goal::TimesFaster(2.1, "other")), Some(false));
        assert_eq!(outcome(Goal::TimesPeer(0.4, "other")), Some(false));
        assert_eq!(outcome(Goal::AtMost(19.0)), Some(false));
        assert_eq!(outcome(Goal::TimesOther(2.0, "small")), Some(true));
        assert_eq!(outcome(Goal::TimesOther(2.0, "filtered out")), None);
        assert_eq!(outcome(Goal::TimesFaster(2.0, "nobody")), None);
    }
}
