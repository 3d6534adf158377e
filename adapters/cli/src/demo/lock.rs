//! Who held the lock when, in true time, and who passed the barrier when, and whether that is as promised.

use serde::Serialize;
use std::collections::BTreeMap;

/// The lock was held, and its holder took it for valid, for this long. Times are nanoseconds of the clock that all processes of
/// the machine share; `until` is the first at which it was not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hold {
    pub(crate) node: u32,
    pub(crate) token: u64,
    pub(crate) from: u64,
    pub(crate) until: u64,
}

/// What is known of the lock.
#[derive(Clone, Debug, Default)]
pub(crate) struct LockHistory {
    ended: Vec<Hold>,
    open: BTreeMap<u32, Hold>,
    pub(crate) acquired: usize,
    pub(crate) rejected: usize,
    pub(crate) longest_wait_ms: f64,
}

/// What the demonstration found of the lock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub(crate) struct LockSummary {
    pub(crate) acquired: usize,
    pub(crate) per_second: f64,
    pub(crate) overlaps: usize,
    pub(crate) rejected_by_fence: usize,
    pub(crate) max_wait_ms: f64,
}

/// What the demonstration found of the barrier.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct BarrierSummary {
    pub(crate) rounds: usize,
    pub(crate) early: usize,
}

impl LockHistory {
    pub(crate) fn acquired(&mut self, node: u32, token: u64, at: u64, waited_ms: f64) {
        self.acquired += 1;
        self.longest_wait_ms = self.longest_wait_ms.max(waited_ms);
        self.open.insert(node, Hold { node, token, from: at, until: u64::MAX });
    }

    pub(crate) fn given_up(&mut self, node: u32, token: u64, until: u64, written: bool) {
        self.rejected += usize::from(!written);
        if let Some(hold) = self.open.remove(&node).filter(|hold| hold.token == token) {
            self.ended.push(Hold { until: until.max(hold.from), ..hold });
        }
    }

    /// A holder was killed, and did nothing any more from then on.
    pub(crate) fn killed(&mut self, node: u32, at: u64) {
        if let Some(hold) = self.open.remove(&node) {
            self.ended.push(Hold { until: at.max(hold.from), ..hold });
        }
    }

    /// Whether this member holds it, as far as was heard.
    pub(crate) fn holds(&self, node: u32) -> bool {
        self.open.contains_key(&node)
    }

    /// Who holds it, as far as was heard.
    pub(crate) fn holder(&self) -> Option<u32> {
        self.open.values().max_by_key(|hold| hold.from).map(|hold| hold.node)
    }

    /// Every pair that was valid at the same time; those that have not ended last until `now`.
    pub(crate) fn overlaps(&self, now: u64) -> Vec<(Hold, Hold)> {
        let open = self.open.values().map(|hold| Hold { until: now.max(hold.from), ..*hold });
        let mut holds: Vec<_> = self.ended.iter().copied().chain(open).collect();
        holds.sort_by_key(|hold| (hold.from, hold.until));
        let mut pairs = Vec::new();
        for (at, first) in holds.iter().enumerate() {
            let later = holds[at + 1..].iter().take_while(|second| second.from < first.until);
            pairs.extend(later.filter(|second| second.until > second.from).map(|second| (*first, *second)));
        }
        pairs
    }

    /// How the lock's tokens went back, if they did: a later grant must have a higher one.
    pub(crate) fn tokens_went_back(&self) -> Option<(Hold, Hold)> {
        let mut holds: Vec<_> = self.ended.iter().chain(self.open.values()).copied().collect();
        holds.sort_by_key(|hold| hold.from);
        holds.windows(2).find(|pair| pair[0].token >= pair[1].token).map(|pair| (pair[0], pair[1]))
    }
}

/// What is known of the barrier.
#[derive(Clone, Debug, Default)]
pub(crate) struct Meetings {
    /// For each round, when each member arrived, and when it went on.
    rounds: BTreeMap<u32, BTreeMap<u32, (u64, Option<u64>)>>,
    pub(crate) failed: Vec<String>,
}

impl Meetings {
    pub(crate) fn arrived(&mut self, node: u32, round: u32, at: u64) {
        self.rounds.entry(round).or_default().insert(node, (at, None));
    }

    pub(crate) fn met(&mut self, node: u32, round: u32, at: u64) {
        if let Some((_, met)) = self.rounds.entry(round).or_default().get_mut(&node) {
            *met = Some(at);
        }
    }

    /// How many rounds all of so many members have passed.
    pub(crate) fn passed(&self, members: usize) -> usize {
        let is_over = |members_met: &&BTreeMap<u32, (u64, Option<u64>)>| {
            members_met.len() == members && members_met.values().all(|(_, met)| met.is_some())
        };
        self.rounds.values().filter(is_over).count()
    }

    /// How often a member went on before all of so many had arrived.
    pub(crate) fn early(&self, members: usize) -> usize {
        let early = |met: &BTreeMap<u32, (u64, Option<u64>)>| {
            let last = if met.len() == members { met.values().map(|(at, _)| *at).max() } else { None };
            met.values().filter_map(|(_, met)| *met).filter(|met| last.is_none_or(|last| *met < last)).count()
        };
        self.rounds.values().map(early).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holds_overlap_only_while_both_are_valid() {
        let mut lock = LockHistory::default();
        lock.acquired(1, 5, 100, 1.0);
        lock.given_up(1, 5, 150, true);
        lock.acquired(2, 6, 150, 9.0);
        lock.killed(2, 170);
        lock.acquired(3, 7, 160, 2.0); // while the killed one was still there
        assert_eq!((lock.acquired, lock.longest_wait_ms, lock.holder()), (3, 9.0, Some(3)));
        let overlaps: Vec<_> = lock.overlaps(200).iter().map(|(one, two)| (one.node, two.node)).collect();
        assert_eq!(overlaps, [(2, 3)]);
        assert_eq!(lock.tokens_went_back(), None);
        lock.given_up(3, 7, 180, false);
        lock.acquired(1, 7, 190, 0.0);
        assert_eq!(lock.rejected, 1);
        assert!(lock.tokens_went_back().is_some());
    }

    #[test]
    fn who_goes_on_before_the_last_one_has_arrived_is_early() {
        let mut meetings = Meetings::default();
        for (node, at) in [(1, 10), (2, 20), (3, 30)] {
            meetings.arrived(node, 1, at);
        }
        meetings.met(1, 1, 31);
        meetings.met(2, 1, 29);
        assert_eq!((meetings.passed(3), meetings.early(3)), (0, 1));
        meetings.met(3, 1, 31);
        assert_eq!(meetings.passed(3), 1);
        meetings.arrived(1, 2, 50);
        meetings.met(1, 2, 51); // nobody else has arrived at all
        assert_eq!((meetings.passed(3), meetings.early(3)), (1, 2));
    }
}
