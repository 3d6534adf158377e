//! D1: whoever crashes is suspected, in time and for ever.

use super::{Violation, Who};
use alloc::collections::VecDeque;
use alloc::format;
use alloc::vec::Vec;
use core::time::Duration;
use quorate::{Instant, NodeId};

/// Checks **D1**: a node that is down, be it crashed or never started, is suspected within a bound by everyone who watches it, and
/// is not trusted again before it is up.
///
/// The bound is that within which the detector must notice, plus the longest that a heartbeat may still be on its way. It can be
/// kept only while steps are on time and delays are bounded, so it is [demanded](Suspicions::demand) from some time on, and can be
/// [suspended](Suspicions::suspend). An observer has the whole bound, counted from when it began to watch, from when it was
/// [disturbed](Suspicions::disturbs) last, and from when it was demanded.
///
/// A node's start makes it a new observer that watches nobody yet. All times are true ones.
///
/// Cost: [`passes`](Suspicions::passes) is one comparison; a crash or a start costs a look at every other place, once. Memory: a few
/// words for each pair of places, and what happened within the last bound.
///
/// ```
/// use quorate::{Instant, NodeId};
/// use quorate_sim::check::{Suspicions, Who};
/// use core::time::Duration;
///
/// let [ann, bob] = [0, 1].map(|place| Who::new(place, NodeId::new(place as u32 + 1)));
/// let at = Instant::from_secs;
/// let mut suspicions = Suspicions::new();
/// suspicions.demand(at(0), Duration::from_secs(5));
/// suspicions.starts(at(0), ann);
/// suspicions.watches(at(0), ann, bob);
/// suspicions.starts(at(1), bob);
/// suspicions.crashes(at(10), bob);
/// suspicions.passes(at(15))?;
/// let violation = suspicions.clone().passes(at(16)).unwrap_err();
/// assert_eq!(violation.because, "node 1 does not suspect node 2, which is down since 10.000s, and was to by 15.000s");
///
/// suspicions.suspects(ann.place, bob.place);
/// suspicions.passes(at(16))?;
/// assert!(suspicions.trusts(at(17), ann.place, bob.place).is_err());
/// # Ok::<(), quorate_sim::check::Violation>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Suspicions {
    /// Within what a crash is to be noticed, and from when on that is demanded.
    demand: Option<(Duration, Instant)>,
    nodes: Vec<Node>,
    /// At these times something at these places may be overdue; in order.
    due: VecDeque<(Instant, usize)>,
}

#[derive(Clone, Debug)]
struct Node {
    node: NodeId,
    up: bool,
    /// Since when it is up, or down.
    since: Instant,
    /// When it was last held up.
    disturbed: Instant,
    /// By place: since when it watches that one, and whether it suspects it.
    watched: Vec<Option<Watch>>,
}

#[derive(Clone, Copy, Debug)]
struct Watch {
    since: Instant,
    suspected: bool,
}

impl Suspicions {
    /// A checker for which all nodes are down since time began, and that demands nothing yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { demand: None, nodes: Vec::new(), due: VecDeque::new() }
    }

    /// From `at` on, a crash is to be noticed within `bound`.
    pub fn demand(&mut self, at: Instant, bound: Duration) {
        self.demand = Some((bound, at));
        self.due = (0..self.nodes.len()).map(|place| (at + bound, place)).collect();
    }

    /// Nothing is demanded any more, because the network or the nodes are not timely.
    pub fn suspend(&mut self) {
        self.demand = None;
        self.due.clear();
    }

    /// A node starts, or starts again, and watches nobody yet.
    pub fn starts(&mut self, at: Instant, who: Who) {
        let node = self.node(who);
        (node.up, node.since, node.disturbed) = (true, at, at);
        node.watched.clear();
    }

    /// A node is down from now on.
    pub fn crashes(&mut self, at: Instant, who: Who) {
        let node = self.node(who);
        (node.up, node.since) = (false, at);
        self.owe(at, who.place);
    }

    /// A node was held up until now, or its clock was set: a pause, a slow step.
    pub fn disturbs(&mut self, at: Instant, who: Who) {
        self.node(who).disturbed = at;
        self.owe(at, who.place);
    }

    /// A node begins to watch another one, which it trusts at first.
    pub fn watches(&mut self, at: Instant, by: Who, peer: Who) {
        self.node(peer);
        let watched = &mut self.node(by).watched;
        if watched.len() <= peer.place {
            watched.resize(peer.place + 1, None);
        }
        watched[peer.place] = Some(Watch { since: at, suspected: false });
        self.owe(at, by.place);
    }

    /// A node watches another one no longer.
    pub fn unwatches(&mut self, by: usize, peer: usize) {
        if let Some(watch) = self.nodes.get_mut(by).and_then(|node| node.watched.get_mut(peer)) {
            *watch = None;
        }
    }

    /// The node at one place suspects the one at another.
    pub fn suspects(&mut self, by: usize, peer: usize) {
        if let Some(watch) = self.watch_mut(by, peer) {
            watch.suspected = true;
        }
    }

    /// The node at one place trusts the one at another again.
    ///
    /// # Errors
    ///
    /// D1, if that one is down, and too long so for a heartbeat to be still on its way.
    pub fn trusts(&mut self, at: Instant, by: usize, peer: usize) -> Result<(), Violation> {
        if let Some(watch) = self.watch_mut(by, peer) {
            watch.suspected = false;
        }
        match self.overdue(by, peer) {
            Some(due) if due < at => {
                let (one, other) = (&self.nodes[by], &self.nodes[peer]);
                let because = format!(
                    "node {} trusts node {} again, which is down since {}, and was to suspect it for ever from {due} on",
                    one.node, other.node, other.since
                );
                Err(Violation::new("D1", because, at).with_nodes([one.node, other.node]))
            }
            _ => Ok(()),
        }
    }

    /// Time has come to `at`. To be told before whatever happens then.
    ///
    /// # Errors
    ///
    /// D1, if a node that is down should be suspected by now, and is not.
    #[inline]
    pub fn passes(&mut self, at: Instant) -> Result<(), Violation> {
        match self.due.front() {
            Some((due, _)) if *due < at => self.settle(at),
            _ => Ok(()),
        }
    }

    /// Whether the node at one place suspects the one at another.
    #[must_use]
    pub fn is_suspected(&self, by: usize, peer: usize) -> bool {
        self.watch(by, peer).is_some_and(|watch| watch.suspected)
    }

    fn settle(&mut self, at: Instant) -> Result<(), Violation> {
        while let Some((due, place)) = self.due.front().copied()
            && due < at
        {
            self.due.pop_front();
            for other in 0..self.nodes.len() {
                self.judge(at, place, other)?;
                self.judge(at, other, place)?;
            }
        }
        Ok(())
    }

    fn judge(&self, at: Instant, by: usize, peer: usize) -> Result<(), Violation> {
        match self.overdue(by, peer) {
            Some(due) if due < at && !self.is_suspected(by, peer) => {
                let (one, other) = (&self.nodes[by], &self.nodes[peer]);
                let because = format!(
                    "node {} does not suspect node {}, which is down since {}, and was to by {due}",
                    one.node, other.node, other.since
                );
                Err(Violation::new("D1", because, at).with_nodes([one.node, other.node]))
            }
            _ => Ok(()),
        }
    }

    /// By when a node must suspect another one; `None` if it need not.
    fn overdue(&self, by: usize, peer: usize) -> Option<Instant> {
        let (bound, demanded) = self.demand?;
        let (one, other) = (self.nodes.get(by)?, self.nodes.get(peer)?);
        let watch = self.watch(by, peer)?;
        let from = one.since.max(one.disturbed).max(other.since).max(watch.since).max(demanded);
        (one.up && !other.up).then(|| from + bound)
    }

    fn watch(&self, by: usize, peer: usize) -> Option<&Watch> {
        self.nodes.get(by)?.watched.get(peer)?.as_ref()
    }

    fn watch_mut(&mut self, by: usize, peer: usize) -> Option<&mut Watch> {
        self.nodes.get_mut(by)?.watched.get_mut(peer)?.as_mut()
    }

    /// Something has changed at a place that may be overdue a bound later.
    fn owe(&mut self, at: Instant, place: usize) {
        if let Some((bound, _)) = self.demand {
            let new = (at + bound, place);
            if self.due.back() != Some(&new) {
                self.due.push_back(new);
            }
        }
    }

    fn node(&mut self, who: Who) -> &mut Node {
        while self.nodes.len() <= who.place {
            self.nodes.push(Node {
                node: who.node,
                up: false,
                since: Instant::ORIGIN,
                disturbed: Instant::ORIGIN,
                watched: Vec::new(),
            });
        }
        let node = &mut self.nodes[who.place];
        node.node = who.node;
        node
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUND: Duration = Duration::from_secs(5);

    fn who(place: usize) -> Who {
        Who::new(place, NodeId::new(place as u32 + 1))
    }

    fn at(secs: u64) -> Instant {
        Instant::from_secs(secs)
    }

    /// Three nodes that watch each other; the third never starts.
    fn three() -> Suspicions {
        let mut suspicions = Suspicions::new();
        suspicions.demand(at(0), BOUND);
        for by in 0..2 {
            suspicions.starts(at(1), who(by));
            (0..3).filter(|peer| *peer != by).for_each(|peer| suspicions.watches(at(1), who(by), who(peer)));
        }
        suspicions
    }

    #[test]
    fn d1_a_node_that_never_speaks_is_suspected_too() {
        let mut suspicions = three();
        suspicions.suspects(1, 2);
        assert_eq!(suspicions.passes(at(6)), Ok(()));
        let violation = suspicions.passes(at(7)).expect_err("the first node has not noticed");
        assert_eq!(violation.nodes, [1, 3].map(NodeId::new));
        assert!(violation.because.ends_with("was to by 6.000s"));
    }

    #[test]
    fn d1_a_heartbeat_on_its_way_may_bring_trust_back_but_not_for_long() {
        let mut suspicions = three();
        suspicions.suspects(0, 2);
        suspicions.suspects(1, 2);
        suspicions.crashes(at(20), who(1));
        suspicions.suspects(0, 1);
        assert_eq!(suspicions.trusts(at(24), 0, 1), Ok(()));
        suspicions.suspects(0, 1);
        assert_eq!(suspicions.passes(at(30)), Ok(()));
        assert!(suspicions.trusts(at(30), 0, 1).expect_err("too late").because.contains("for ever from 25.000s"));
        // Once it is up again that is right, and a new life of the observer begins without suspicions.
        let mut suspicions = three();
        suspicions.suspects(0, 2);
        suspicions.starts(at(3), who(2));
        assert_eq!(suspicions.trusts(at(60), 0, 2), Ok(()));
        suspicions.starts(at(61), who(0));
        assert!(!suspicions.is_suspected(0, 2));
    }

    #[test]
    fn an_observer_that_was_held_up_or_began_late_has_the_whole_bound() {
        let mut suspicions = three();
        suspicions.unwatches(1, 2);
        suspicions.disturbs(at(4), who(0));
        assert_eq!(suspicions.passes(at(9)), Ok(()));
        assert!(suspicions.clone().passes(at(10)).is_err());
        suspicions.suspects(0, 2);
        suspicions.watches(at(20), who(1), who(2));
        assert_eq!(suspicions.passes(at(25)), Ok(()));
        assert!(suspicions.passes(at(26)).is_err());
    }

    #[test]
    fn nothing_is_demanded_of_a_crashed_observer_or_in_times_of_faults() {
        let mut suspicions = three();
        suspicions.crashes(at(2), who(0));
        suspicions.crashes(at(2), who(1));
        assert_eq!(suspicions.passes(at(1_000)), Ok(()));
        let mut suspicions = three();
        suspicions.suspend();
        assert_eq!(suspicions.passes(at(1_000)), Ok(()));
        suspicions.demand(at(1_000), BOUND);
        assert_eq!(suspicions.passes(at(1_005)), Ok(()));
        assert!(suspicions.passes(at(1_006)).is_err());
    }

    #[test]
    fn memory_holds_what_happened_within_the_bound() {
        let mut suspicions = three();
        suspicions.unwatches(0, 1);
        suspicions.unwatches(0, 2);
        for second in 2..100_000 {
            assert_eq!(suspicions.passes(at(second)), Ok(()));
            suspicions.crashes(at(second), who(1));
            assert!(suspicions.due.len() <= 10);
        }
    }
}
