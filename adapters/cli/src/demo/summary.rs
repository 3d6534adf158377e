//! What came out: the figures, the promises, and the table.

use super::lock::{BarrierSummary, LockSummary};
use super::round::Fault;
use crate::paint::Paint;
use core::fmt;
use serde::Serialize;

/// The middle and the worst of some figures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    pub(crate) max: f64,
}

impl Spread {
    /// Of figures in any order; `None` if there are none.
    pub(crate) fn of(figures: &[f64]) -> Option<Self> {
        let mut sorted = figures.to_vec();
        sorted.sort_by(f64::total_cmp);
        let (middle, max) = (sorted.len() / 2, *sorted.last()?);
        let median = if sorted.len() % 2 == 1 { sorted[middle] } else { (sorted[middle - 1] + sorted[middle]) / 2.0 };
        Some(Self { median, max })
    }
}

/// One round in the summary.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct RoundSummary {
    pub(crate) round: u32,
    pub(crate) fault: Fault,
    pub(crate) victim: u32,
    pub(crate) epoch: u64,
    pub(crate) leader: Option<u32>,
    pub(crate) new_epoch: Option<u64>,
    pub(crate) detection_ms: Option<f64>,
    pub(crate) failover_ms: Option<f64>,
}

impl fmt::Display for RoundSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { round, fault, victim, epoch, .. } = self;
        write!(f, "{round:>3}  node {victim} {} in epoch {epoch:<3}", fault.done())?;
        match self.detection_ms {
            Some(millis) => write!(f, "  noticed after {millis:>4.0} ms")?,
            None => write!(f, "  not noticed")?,
        }
        match (self.failover_ms, self.leader, self.new_epoch) {
            (Some(millis), Some(leader), Some(epoch)) => {
                write!(f, ", after {millis:>4.0} ms a majority followed node {leader} in epoch {epoch}")
            }
            _ => write!(f, ", no other leader was followed by a majority"),
        }
    }
}

/// The most rounds that are listed one by one.
const MOST_ROUNDS: usize = 20;

/// What the demonstration found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Summary {
    pub(crate) nodes: u32,
    pub(crate) rounds: u32,
    pub(crate) profile: String,
    pub(crate) seed: u64,
    /// Whether all members agreed on one leader at the start, after each round, and at the end.
    pub(crate) agreed: bool,
    pub(crate) failover_ms: Option<Spread>,
    pub(crate) detection_ms: Option<Spread>,
    pub(crate) max_leaders_per_epoch: usize,
    pub(crate) overlaps: usize,
    pub(crate) leaderships: usize,
    pub(crate) lock: LockSummary,
    pub(crate) barrier: BarrierSummary,
    /// What all members together sent, in a second.
    pub(crate) frames_per_second: f64,
    /// The share of one processor that a member used.
    pub(crate) cpu_percent_per_member: f64,
    pub(crate) seconds: f64,
    pub(crate) history: Vec<RoundSummary>,
    /// Which promises were broken, and how; empty if none was.
    pub(crate) broken: Vec<String>,
}

impl Summary {
    /// The table for people.
    pub(crate) fn table(&self, paint: Paint) -> Table<'_> {
        Table { summary: self, paint }
    }
}

/// A summary as a table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Table<'a> {
    summary: &'a Summary,
    paint: Paint,
}

impl fmt::Display for Table<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { summary, paint } = *self;
        let row = |f: &mut fmt::Formatter<'_>, name: &str, value: String| writeln!(f, "  {name:<28}{value}");
        let spread = |spread: Option<Spread>| match spread {
            Some(Spread { median, max }) => format!("{median:>7.0} ms median {max:>7.0} ms worst"),
            None => "       none measured".to_owned(),
        };
        let count = |value: usize, most: usize| {
            let text = format!("{value:>7}");
            if value <= most { paint.good(text).to_string() } else { paint.bad(text).to_string() }
        };
        writeln!(f, "{}", paint.bold(format_args!("{} members, profile {}", summary.nodes, summary.profile)))?;
        let (kills, pauses) = summary.faults();
        let rounds = format!("{:>7} {kills} killed, {pauses} paused", summary.rounds);
        row(f, "rounds", rounds)?;
        if summary.history.len() <= MOST_ROUNDS {
            summary.history.iter().try_for_each(|round| writeln!(f, "    {round}"))?;
        }
        row(f, "detection", spread(summary.detection_ms))?;
        row(f, "failover", spread(summary.failover_ms))?;
        row(f, "most leaders in one epoch", count(summary.max_leaders_per_epoch, 1))?;
        row(f, "overlapping leaderships", format!("{} of {}", count(summary.overlaps, 0), summary.leaderships))?;
        let LockSummary { acquired, per_second, overlaps, rejected_by_fence, max_wait_ms } = summary.lock;
        row(f, "lock acquired", format!("{acquired:>7} times, {per_second:.0} per second with all that failed"))?;
        row(f, "  overlapping leases", count(overlaps, 0))?;
        row(f, "  late writes refused", format!("{rejected_by_fence:>7} by the fence"))?;
        row(f, "  longest wait", format!("{max_wait_ms:>7.0} ms"))?;
        let BarrierSummary { rounds, early } = summary.barrier;
        row(f, "barrier", format!("{rounds:>7} times passed by all"))?;
        row(f, "  passed early", count(early, 0))?;
        row(f, "frames per second", format!("{:>7.0} by all members together", summary.frames_per_second))?;
        row(f, "CPU per member", format!("{:>7.2} % of one core", summary.cpu_percent_per_member))?;
        row(f, "whole run", format!("{:>7.1} s, seed {}", summary.seconds, summary.seed))?;
        match summary.broken.as_slice() {
            [] => write!(f, "{}", paint.good("Every promise was kept.")),
            broken => {
                write!(f, "{}", paint.bad("A promise was broken:"))?;
                broken.iter().try_for_each(|sentence| write!(f, "\n  {}", paint.bad(sentence)))
            }
        }
    }
}

impl Summary {
    fn faults(&self) -> (usize, usize) {
        let kills = self.history.iter().filter(|round| round.fault == Fault::Kill).count();
        (kills, self.history.len() - kills)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn summary() -> Summary {
        Summary {
            nodes: 5,
            rounds: 2,
            profile: "lan".into(),
            seed: 9,
            agreed: true,
            failover_ms: Spread::of(&[400.0, 420.0]),
            detection_ms: Spread::of(&[390.0]),
            max_leaders_per_epoch: 1,
            overlaps: 0,
            leaderships: 3,
            lock: LockSummary { acquired: 40, per_second: 8.0, max_wait_ms: 2_700.0, ..LockSummary::default() },
            barrier: BarrierSummary { rounds: 3, early: 0 },
            frames_per_second: 300.0,
            cpu_percent_per_member: 0.25,
            seconds: 7.5,
            history: vec![RoundSummary {
                round: 1,
                fault: Fault::Kill,
                victim: 5,
                epoch: 1,
                leader: Some(4),
                new_epoch: Some(2),
                detection_ms: Some(390.0),
                failover_ms: Some(420.0),
            }],
            broken: vec![],
        }
    }

    #[test]
    fn medians() {
        assert_eq!(Spread::of(&[]), None);
        assert_eq!(Spread::of(&[3.0]), Some(Spread { median: 3.0, max: 3.0 }));
        assert_eq!(Spread::of(&[9.0, 1.0, 2.0]), Some(Spread { median: 2.0, max: 9.0 }));
        assert_eq!(Spread::of(&[4.0, 1.0, 2.0, 9.0]), Some(Spread { median: 3.0, max: 9.0 }));
    }

    #[test]
    fn the_table_names_what_was_broken() {
        let table = summary().table(Paint::PLAIN).to_string();
        assert!(table.contains("failover                        410 ms median     420 ms worst"), "{table}");
        assert!(table.ends_with("Every promise was kept."), "{table}");
        let broken = Summary { broken: vec!["two led".into()], overlaps: 1, ..summary() };
        assert!(broken.table(Paint::PLAIN).to_string().ends_with("A promise was broken:\n  two led"));
    }

    #[test]
    fn json_has_the_agreed_fields() {
        let json = serde_json::to_value(summary()).unwrap();
        for field in ["nodes", "rounds", "failover_ms", "detection_ms", "max_leaders_per_epoch", "overlaps", "agreed"] {
            assert!(json.get(field).is_some(), "{field}");
        }
        assert_eq!(json["failover_ms"]["median"], 410.0);
        assert_eq!(json["failover_ms"]["max"], 420.0);
        assert_eq!(json["history"][0]["fault"], "kill");
        for field in ["acquired", "overlaps", "rejected_by_fence", "max_wait_ms"] {
            assert!(json["lock"].get(field).is_some(), "{field}");
        }
        assert_eq!(json["barrier"], serde_json::json!({ "rounds": 3, "early": 0 }));
    }
}
