//! One round: the leader fails, and how long it takes until that is noticed, and until another leads.

use crate::line::{Line, What};
use std::collections::BTreeMap;

/// How the leader fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Fault {
    /// SIGKILL; it is started anew later.
    Kill,
    /// SIGSTOP for longer than its lease, then SIGCONT.
    Pause,
}

impl Fault {
    /// They take turns.
    pub(crate) fn of_round(number: u32) -> Self {
        if number % 2 == 1 { Self::Kill } else { Self::Pause }
    }

    /// What it does, in the past.
    pub(crate) fn done(self) -> &'static str {
        match self {
            Self::Kill => "killed",
            Self::Pause => "paused",
        }
    }
}

/// What is seen of one failure.
#[derive(Clone, Debug)]
pub(crate) struct Round {
    /// The leader that failed, its epoch, and when.
    victim: u32,
    epoch: u64,
    at: u64,
    /// How many members follow a leader before it counts as one, itself among them.
    majority: usize,
    detected: Option<u64>,
    /// For each later leadership, since when each member has been part of it; the leader's own entry is its election.
    support: BTreeMap<(u32, u64), BTreeMap<u32, u64>>,
}

/// A new leader that a majority follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Successor {
    pub(crate) node: u32,
    pub(crate) epoch: u64,
    /// When the majority was complete.
    pub(crate) at: u64,
}

impl Round {
    pub(crate) fn new(victim: u32, epoch: u64, at: u64, nodes: u32) -> Self {
        let majority = nodes as usize / 2 + 1;
        Self { victim, epoch, at, majority, detected: None, support: BTreeMap::new() }
    }

    /// Takes note of what a member says; lines from before the failure, and the victim's own, mean nothing here.
    pub(crate) fn observe(&mut self, line: &Line) {
        if line.at_ns < self.at || line.node == self.victim {
            return;
        }
        match line.what {
            What::Suspected { peer, .. } if peer == self.victim => self.notice(line.at_ns),
            What::Leaderless { epoch, .. } if epoch <= self.epoch => self.notice(line.at_ns),
            What::Elected { epoch, .. } if epoch > self.epoch => self.support(line.node, epoch, line),
            What::Following { leader, epoch } if epoch > self.epoch => self.support(leader, epoch, line),
            _ => {}
        }
    }

    fn notice(&mut self, at: u64) {
        self.detected = Some(self.detected.map_or(at, |before| before.min(at)));
    }

    fn support(&mut self, leader: u32, epoch: u64, line: &Line) {
        self.support.entry((leader, epoch)).or_default().entry(line.node).or_insert(line.at_ns);
    }

    /// How long it took until the first other member suspected the leader or knew that it had none.
    pub(crate) fn detection_ns(&self) -> Option<u64> {
        self.detected.map(|at| at - self.at)
    }

    /// The first new leader that was elected and that a majority follows.
    pub(crate) fn successor(&self) -> Option<Successor> {
        let complete = |((node, epoch), members): (&(u32, u64), &BTreeMap<u32, u64>)| {
            let elected = *members.get(node)?;
            let mut since: Vec<u64> = members.values().copied().collect();
            since.sort_unstable();
            let at = elected.max(*since.get(self.majority.checked_sub(1)?)?);
            Some(Successor { node: *node, epoch: *epoch, at })
        };
        self.support.iter().filter_map(complete).min_by_key(|successor| successor.at)
    }

    /// How long it took until there was a [`successor`](Self::successor).
    pub(crate) fn failover_ns(&self) -> Option<u64> {
        self.successor().map(|successor| successor.at - self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(at_ns: u64, node: u32, what: What) -> Line {
        Line { at_ns, node, what }
    }

    fn suspects(peer: u32) -> What {
        What::Suspected { peer, silence_ms: 0.0 }
    }

    fn elected(epoch: u64) -> What {
        What::Elected { epoch, until_ns: None }
    }

    fn leaderless(epoch: u64) -> What {
        What::Leaderless { epoch, why: String::new(), reason: String::new() }
    }

    fn round(lines: &[Line]) -> Round {
        let mut round = Round::new(5, 7, 1_000, 5);
        lines.iter().for_each(|line| round.observe(line));
        round
    }

    #[test]
    fn detection_is_the_first_suspicion_or_loss_whatever_the_order_of_lines() {
        let round = round(&[
            at(1_400, 1, leaderless(7)),
            at(1_300, 2, suspects(5)),
            at(1_100, 3, suspects(4)),   // somebody else
            at(900, 3, suspects(5)),     // before
            at(1_050, 5, leaderless(7)), // the victim itself
        ]);
        assert_eq!((round.detection_ns(), round.failover_ns()), (Some(300), None));
    }

    #[test]
    fn failover_needs_the_election_and_a_majority_that_follows() {
        let follows = |time, node| at(time, node, What::Following { leader: 4, epoch: 8 });
        let mut lines = vec![follows(1_450, 3), follows(1_460, 2), follows(1_900, 1)];
        assert_eq!(round(&lines).successor(), None); // three follow, but it has not been elected
        lines.push(at(1_470, 4, elected(8)));
        assert_eq!(round(&lines).successor(), Some(Successor { node: 4, epoch: 8, at: 1_470 }));
        let two = round(&[at(1_400, 4, elected(8)), follows(1_450, 3)]);
        assert_eq!(two.successor(), None);
        let late = round(&[at(1_400, 4, elected(8)), follows(1_450, 3), follows(1_600, 1), follows(1_700, 2)]);
        assert_eq!(late.failover_ns(), Some(600));
    }

    #[test]
    fn old_epochs_are_no_failover_and_the_first_complete_one_counts() {
        let follows = |time, node, leader, epoch| at(time, node, What::Following { leader, epoch });
        let round = round(&[
            at(1_100, 4, elected(7)),
            follows(1_100, 3, 4, 7),
            follows(1_100, 2, 4, 7),
            at(1_200, 4, elected(8)), // superseded before a majority knew
            follows(1_210, 3, 4, 8),
            at(1_300, 3, elected(9)),
            follows(1_310, 4, 3, 9),
            follows(1_320, 2, 3, 9),
        ]);
        assert_eq!(round.successor(), Some(Successor { node: 3, epoch: 9, at: 1_320 }));
    }
}
