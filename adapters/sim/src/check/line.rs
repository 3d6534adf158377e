//! L5: first come, first served.

use super::{Violation, Who};
use alloc::collections::{BTreeMap, VecDeque};
use alloc::format;
use alloc::vec::Vec;
use core::fmt::Debug;
use quorate::Instant;

/// Checks **L5**: who waits for a resource is served in the order of coming.
///
/// `R` names what is waited for, `C` one wish of somebody. Who leaves the line without being served need not say so; so of each
/// who is served, it is told who came before and has not been seen to leave, and the caller looks whether they are [still
/// there](Line::waits).
///
/// Memory: one entry for each that waits, and for each that left in silence until somebody behind it is served.
///
/// ```
/// use quorate::{Instant, NodeId};
/// use quorate_sim::check::{Line, Who};
///
/// let [ann, bob, cleo] = [0, 1, 2].map(|place| Who::new(place, NodeId::new(place as u32 + 1)));
/// let mut line = Line::new();
/// for who in [ann, bob, cleo] {
///     line.joins(&"a", who, 1);
/// }
/// assert_eq!(line.served(&"a", bob, 1), [(ann, 1)]); // allowed if Ann has gone
/// let violation = line.waits(Instant::from_secs(3), &"a", (ann, 1), (bob, 1));
/// assert_eq!(violation.to_string(), "L5 is broken at 3.000s, by nodes 1 and 2: \"a\" was granted to node 2 while node 1, who came before, still waits");
/// assert_eq!(line.served(&"a", cleo, 1), []);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Line<R: Ord, C> {
    waiting: BTreeMap<R, VecDeque<(Who, C)>>,
}

impl<R: Ord, C> Default for Line<R, C> {
    fn default() -> Self {
        Self::new()
    }
}

impl<R: Ord, C> Line<R, C> {
    /// Nobody waits yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { waiting: BTreeMap::new() }
    }

    /// Nobody waits any more, such as when who serves has crashed.
    pub fn clear(&mut self) {
        self.waiting.clear();
    }
}

impl<R: Ord + Clone + Debug, C: Copy + PartialEq> Line<R, C> {
    /// Somebody is in line from now on, behind all others. Who is in line already stays where it is.
    pub fn joins(&mut self, resource: &R, who: Who, wish: C) {
        let line = self.waiting.entry(resource.clone()).or_default();
        if !line.contains(&(who, wish)) {
            line.push_back((who, wish));
        }
    }

    /// Somebody is in line no more, without having been served.
    pub fn leaves(&mut self, resource: &R, who: Who, wish: C) {
        if let Some(line) = self.waiting.get_mut(resource) {
            line.retain(|waiting| *waiting != (who, wish));
            if line.is_empty() {
                self.waiting.remove(resource);
            }
        }
    }

    /// Only these are in line yet.
    pub fn retain(&mut self, mut is_there: impl FnMut(Who, C) -> bool) {
        self.waiting.values_mut().for_each(|line| line.retain(|(who, wish)| is_there(*who, *wish)));
        self.waiting.retain(|_, line| !line.is_empty());
    }

    /// Nobody waits, as far as is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Somebody is served, whether or not it had to wait. Who came before is in line no more either, and is returned: it was
    /// passed over, unless it had left.
    pub fn served(&mut self, resource: &R, who: Who, wish: C) -> Vec<(Who, C)> {
        let Some(line) = self.waiting.get_mut(resource) else { return Vec::new() };
        let before = line.iter().position(|waiting| *waiting == (who, wish)).unwrap_or(line.len());
        let passed = line.drain(..before).collect();
        line.pop_front();
        if line.is_empty() {
            self.waiting.remove(resource);
        }
        passed
    }

    /// The violation that it is if one of those who were passed over does wait.
    #[cold]
    pub fn waits(&self, at: Instant, resource: &R, passed: (Who, C), served: (Who, C)) -> Violation {
        let (passed, served) = (passed.0, served.0);
        let because =
            format!("{resource:?} was granted to node {served} while node {passed}, who came before, still waits");
        Violation::new("L5", because, at).with_nodes([passed.node, served.node])
    }
}
