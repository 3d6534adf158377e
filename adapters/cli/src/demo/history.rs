//! Who led when, in true time, and whether that is as promised.

use std::collections::{BTreeMap, BTreeSet};

/// One leadership: from when a member was elected until its lease ended, or until it was killed. Times are nanoseconds of the clock that
/// all processes of the machine share; `until` is the first at which it no longer led.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reign {
    pub(crate) node: u32,
    /// Which of the member's lives.
    pub(crate) life: u32,
    pub(crate) epoch: u64,
    pub(crate) from: u64,
    pub(crate) until: u64,
}

/// All leaderships, as the members' own logs tell them.
#[derive(Clone, Debug, Default)]
pub(crate) struct History {
    ended: Vec<Reign>,
    /// The leaderships that have not ended yet, by member.
    open: BTreeMap<u32, Reign>,
    /// What does not go together in the logs.
    contradictions: Vec<String>,
}

impl History {
    /// A member was elected.
    pub(crate) fn elected(&mut self, node: u32, life: u32, epoch: u64, at: u64) {
        let reign = Reign { node, life, epoch, from: at, until: u64::MAX };
        if let Some(before) = self.open.insert(node, reign) {
            self.contradictions
                .push(format!("node {node} was elected in epoch {epoch} while it led epoch {}", before.epoch));
            self.ended.push(Reign { until: at, ..before });
        }
    }

    /// A member's leadership was valid until then, as it says itself.
    pub(crate) fn lost(&mut self, node: u32, epoch: u64, until: u64) {
        match self.open.remove(&node) {
            Some(reign) if reign.epoch == epoch => self.ended.push(Reign { until: until.max(reign.from), ..reign }),
            other => {
                self.open.extend(other.map(|reign| (node, reign)));
                self.contradictions.push(format!("node {node} lost epoch {epoch}, which it did not lead"));
            }
        }
    }

    /// A member was killed, and led no longer from then on, if it still did.
    pub(crate) fn killed(&mut self, node: u32, at: u64) {
        if let Some(reign) = self.open.remove(&node) {
            self.ended.push(Reign { until: at.max(reign.from), ..reign });
        }
    }

    /// All leaderships in order of their beginning; those that have not ended last until `at`.
    pub(crate) fn reigns(&self, at: u64) -> Vec<Reign> {
        let open = self.open.values().map(|reign| Reign { until: at.max(reign.from), ..*reign });
        let mut reigns: Vec<_> = self.ended.iter().copied().chain(open).collect();
        reigns.sort_by_key(|reign| (reign.from, reign.until));
        reigns
    }

    /// What does not go together in the logs.
    pub(crate) fn contradictions(&self) -> &[String] {
        &self.contradictions
    }
}

/// Every pair of leaderships that were valid at the same time, of `reigns` sorted by their beginning.
pub(crate) fn overlaps(reigns: &[Reign]) -> Vec<(Reign, Reign)> {
    let mut pairs = Vec::new();
    for (at, first) in reigns.iter().enumerate() {
        let later = reigns[at + 1..].iter().take_while(|second| second.from < first.until);
        pairs.extend(later.filter(|second| second.until > second.from).map(|second| (*first, *second)));
    }
    pairs
}

/// Every epoch that more than one member, or more than one life of a member, has led, with those members.
pub(crate) fn shared_epochs(reigns: &[Reign]) -> Vec<(u64, Vec<u32>)> {
    leaders(reigns)
        .into_iter()
        .filter(|(_, leaders)| leaders.len() > 1)
        .map(|(epoch, leaders)| (epoch, leaders.into_iter().map(|(node, _)| node).collect()))
        .collect()
}

/// The most leaders that any epoch had.
pub(crate) fn most_leaders(reigns: &[Reign]) -> usize {
    leaders(reigns).values().map(BTreeSet::len).max().unwrap_or(0)
}

fn leaders(reigns: &[Reign]) -> BTreeMap<u64, BTreeSet<(u32, u32)>> {
    let mut epochs: BTreeMap<u64, BTreeSet<(u32, u32)>> = BTreeMap::new();
    for reign in reigns {
        epochs.entry(reign.epoch).or_default().insert((reign.node, reign.life));
    }
    epochs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reign(node: u32, epoch: u64, from: u64, until: u64) -> Reign {
        Reign { node, life: 1, epoch, from, until }
    }

    #[test]
    fn leaderships_that_follow_each_other_do_not_overlap() {
        let reigns = [reign(5, 1, 10, 20), reign(4, 2, 20, 30), reign(5, 3, 31, 40)];
        assert_eq!(overlaps(&reigns), []);
        assert_eq!((most_leaders(&reigns), shared_epochs(&reigns)), (1, vec![]));
        assert_eq!(most_leaders(&[]), 0);
    }

    #[test]
    fn every_overlapping_pair_is_found() {
        let long = reign(5, 1, 10, 40);
        let (second, third) = (reign(4, 2, 39, 50), reign(3, 3, 20, 21));
        let reigns = [long, third, second, reign(2, 4, 50, 60)];
        assert_eq!(overlaps(&reigns), [(long, third), (long, second)]);
    }

    #[test]
    fn a_leadership_of_no_length_overlaps_nothing() {
        assert_eq!(overlaps(&[reign(5, 1, 10, 40), reign(4, 2, 15, 15)]), []);
    }

    #[test]
    fn two_leaders_of_an_epoch_are_found_and_so_are_two_lives_of_one() {
        let reigns =
            [reign(5, 1, 10, 20), reign(4, 1, 30, 40), Reign { life: 2, ..reign(4, 7, 50, 60) }, reign(4, 7, 45, 46)];
        assert_eq!(most_leaders(&reigns), 2);
        assert_eq!(shared_epochs(&reigns), [(1, vec![4, 5]), (7, vec![4, 4])]);
    }

    #[test]
    fn a_leadership_ends_by_its_own_log_or_by_death() {
        let mut history = History::default();
        history.elected(5, 1, 1, 100);
        history.killed(5, 150);
        history.killed(5, 160); // it led nothing by then
        history.elected(4, 1, 2, 200);
        history.lost(4, 2, 190); // its log cannot end it before it began
        history.elected(3, 1, 3, 300);
        let spans: Vec<_> = history.reigns(400).iter().map(|reign| (reign.node, reign.from, reign.until)).collect();
        assert_eq!(spans, [(5, 100, 150), (4, 200, 200), (3, 300, 400)]);
        assert!(history.contradictions().is_empty());
    }

    #[test]
    fn logs_that_contradict_themselves_are_noticed() {
        let mut history = History::default();
        history.elected(5, 1, 1, 100);
        history.elected(5, 1, 2, 110);
        history.lost(5, 1, 120);
        history.lost(4, 9, 120);
        assert_eq!(history.contradictions().len(), 3);
        assert_eq!(history.reigns(200).len(), 2);
    }
}
