//! Version vectors, and the clock of a process in a group that is not known beforehand.

use super::{Causality, Clock, ClockError, ConfigError, MAX_LEAP};
use crate::total;
use crate::{Group, NodeId};
use core::cmp::Ordering;
use core::fmt;
use heapless::Vec;

/// How many events (or updates) of each node are known: sparse, sorted by node, at most `N` nodes (Parker et al. 1983).
///
/// Canonical: a node of which nothing is known is not in it, so `{A: 0}` and `{}` are not two values but one, and equal
/// knowledge is equal, hashes alike and is stored alike.
///
/// It versions data (each replica [`tick`](VersionVector::tick)s its own node at an update, and replicas
/// [`merge`](VersionVector::merge)) and is the stamp of a [`VersionClock`].
///
/// ```
/// use quorate::clock::{Causality, ClockError, VersionVector};
/// use quorate::NodeId;
///
/// let [a, b] = [1, 2].map(NodeId::new);
/// let mut left = VersionVector::<8>::new();
/// left.tick(a)?;
/// let mut right = left.clone();
/// right.tick(b)?;
/// assert_eq!(left.compare(&right), Causality::Before);
///
/// left.tick(a)?;
/// assert_eq!(left.compare(&right), Causality::Concurrent); // a conflict
/// left.merge(&right)?; // resolved
/// assert!(left > right);
/// assert_eq!(left.to_string(), "{1: 2, 2: 1}");
/// # Ok::<(), ClockError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct VersionVector<const N: usize> {
    entries: Vec<(NodeId, u64), N, u32>,
}

/// One node's counts in two version vectors, which are not both zero.
struct Pair {
    node: NodeId,
    ours: u64,
    theirs: u64,
}

impl<const N: usize> VersionVector<N> {
    /// Nothing is known of anyone.
    #[must_use]
    pub const fn new() -> Self {
        Self { entries: Vec::new() }
    }

    /// What the entries say, in any order; a zero says nothing, and of two counts of one node the greater counts.
    ///
    /// # Errors
    ///
    /// [`ClockError::Full`] if they name more than `N` nodes.
    pub fn from_entries(entries: &[(NodeId, u64)]) -> Result<Self, ClockError> {
        let mut vector = Self::new();
        for &(node, count) in entries {
            if count > vector.get(node) {
                vector.set(node, count)?;
            }
        }
        Ok(vector)
    }

    /// How much is known of a node.
    #[must_use]
    pub fn get(&self, node: NodeId) -> u64 {
        self.position(node).ok().and_then(|position| self.entries.get(position)).map_or(0, |(_, count)| *count)
    }

    /// The nodes of which something is known, sorted, and how much.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (NodeId, u64)> + '_ {
        self.entries.iter().copied()
    }

    /// Of how many nodes something is known.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether nothing is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Counts one more event of a node, and says how many that makes.
    ///
    /// # Errors
    ///
    /// [`ClockError::Full`], [`ClockError::Overflow`]; the vector is as it was.
    pub fn tick(&mut self, node: NodeId) -> Result<u64, ClockError> {
        let at = self.get(node);
        let next = at.checked_add(1).ok_or(ClockError::Overflow { at })?;
        self.set(node, next)?;
        Ok(next)
    }

    /// How this knowledge stands to the other, in one pass over both.
    #[must_use]
    pub fn compare(&self, other: &Self) -> Causality {
        let (mut less, mut greater) = (false, false);
        for Pair { ours, theirs, .. } in self.pairs(other) {
            less |= ours < theirs;
            greater |= ours > theirs;
        }
        Causality::found(less, greater)
    }

    /// Learns what the other knows, in one pass over both.
    ///
    /// # Errors
    ///
    /// [`ClockError::Full`] if there are then more than `N` nodes; the vector is as it was.
    pub fn merge(&mut self, other: &Self) -> Result<(), ClockError> {
        *self = self.merged(other, |_| Ok(()))?;
        Ok(())
    }

    fn merged(&self, other: &Self, check: impl Fn(&Pair) -> Result<(), ClockError>) -> Result<Self, ClockError> {
        let mut merged = Self::new();
        for pair in self.pairs(other) {
            check(&pair)?;
            let count = if planted!(VersionNotMerged) { pair.ours } else { pair.ours.max(pair.theirs) };
            merged.entries.push((pair.node, count)).map_err(|_| Self::full(pair.node))?;
        }
        Ok(merged)
    }

    /// Both vectors' entries side by side, sorted by node.
    fn pairs<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = Pair> + 'a {
        let (mut left, mut right) = (self.entries.iter().peekable(), other.entries.iter().peekable());
        core::iter::from_fn(move || {
            let order = match (left.peek(), right.peek()) {
                (None, None) => return None,
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some((ours, _)), Some((theirs, _))) => ours.cmp(theirs),
            };
            let ours = if order.is_le() { left.next() } else { None };
            let theirs = if order.is_ge() { right.next() } else { None };
            let count = |entry: Option<&(NodeId, u64)>| entry.map_or(0, |(_, count)| *count);
            let (node, _) = ours.or(theirs)?;
            Some(Pair { node: *node, ours: count(ours), theirs: count(theirs) })
        })
    }

    fn position(&self, node: NodeId) -> Result<usize, usize> {
        self.entries.binary_search_by_key(&node, |(node, _)| *node)
    }

    /// Sets a count; a count of zero is taken out.
    fn set(&mut self, node: NodeId, count: u64) -> Result<(), ClockError> {
        match self.position(node) {
            Ok(position) if count == 0 => {
                total::remove(&mut self.entries, position);
            }
            Ok(position) => {
                if let Some(entry) = self.entries.get_mut(position) {
                    entry.1 = count;
                }
            }
            Err(_) if count == 0 => {}
            Err(position) => total::insert(&mut self.entries, position, (node, count)).map_err(|_| Self::full(node))?,
        }
        Ok(())
    }

    const fn full(node: NodeId) -> ClockError {
        ClockError::Full { node, capacity: N as u32 }
    }
}

impl<const N: usize> Default for VersionVector<N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const N: usize> PartialOrd for VersionVector<N> {
    /// [`VersionVector::compare`].
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        self.compare(other).ordering()
    }
}

impl<const N: usize> fmt::Display for VersionVector<N> {
    /// `{1: 2, 2: 1}`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{")?;
        for (position, (node, count)) in self.iter().enumerate() {
            write!(f, "{}{node}: {count}", if position == 0 { "" } else { ", " })?;
        }
        f.write_str("}")
    }
}

#[cfg(feature = "serde")]
impl<const N: usize> serde::Serialize for VersionVector<N> {
    /// A sequence of pairs.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

#[cfg(feature = "serde")]
impl<'de, const N: usize> serde::Deserialize<'de> for VersionVector<N> {
    /// Accepts pairs as [`VersionVector::from_entries`] does.
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries<const N: usize>;
        impl<'de, const N: usize> serde::de::Visitor<'de> for Entries<N> {
            type Value = VersionVector<N>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "pairs of a node and a count, for at most {N} nodes")
            }

            fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
                let mut vector = VersionVector::new();
                while let Some((node, count)) = entries.next_element()? {
                    if count > vector.get(node) {
                        vector.set(node, count).map_err(serde::de::Error::custom)?;
                    }
                }
                Ok(vector)
            }
        }
        deserializer.deserialize_seq(Entries::<N>)
    }
}

#[cfg(feature = "arbitrary")]
impl<'a, const N: usize> arbitrary::Arbitrary<'a> for VersionVector<N> {
    fn arbitrary(u: &mut arbitrary::Unstructured<'a>) -> arbitrary::Result<Self> {
        let mut vector = Self::new();
        for _ in 0..u.int_in_range(0..=N)? {
            let (node, count) = u.arbitrary()?;
            if vector.set(node, count).is_err() {
                break;
            }
        }
        Ok(vector)
    }
}

#[cfg(feature = "defmt")]
impl<const N: usize> defmt::Format for VersionVector<N> {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "{}", self.entries.as_slice());
    }
}

/// The clock of a process whose stamps are version vectors: like [`VectorClock`](super::VectorClock), and keeps C2 as
/// it does, but its processes are nodes that appear as they come, up to `N` of them.
///
/// ```
/// use quorate::clock::{Causality, ClockError, VersionClock};
/// use quorate::NodeId;
///
/// let mut a = VersionClock::<8>::new(NodeId::new(70_000));
/// let mut b = VersionClock::<8>::new(NodeId::new(2));
/// let sent = a.tick()?;
/// let received = b.observe(&sent)?;
/// assert_eq!(received.to_string(), "{2: 1, 70000: 1}");
/// assert_eq!(sent.compare(&received), Causality::Before);
/// # Ok::<(), ClockError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct VersionClock<const N: usize> {
    latest: VersionVector<N>,
    node: NodeId,
}

impl<const N: usize> VersionClock<N> {
    /// The clock of a node that has seen nothing.
    #[must_use]
    pub const fn new(node: NodeId) -> Self {
        Self { latest: VersionVector::new(), node }
    }

    /// The clock of a node that has issued `latest`, or nothing above it.
    #[must_use]
    pub const fn after(node: NodeId, latest: VersionVector<N>) -> Self {
        Self { latest, node }
    }

    /// The latest stamp; empty before the first.
    #[must_use]
    pub const fn latest(&self) -> &VersionVector<N> {
        &self.latest
    }

    /// Stamps a local event or a send.
    ///
    /// # Errors
    ///
    /// [`ClockError::Overflow`], [`ClockError::Full`]; the clock is as it was.
    pub fn tick(&mut self) -> Result<VersionVector<N>, ClockError> {
        self.latest.tick(self.node)?;
        Ok(self.latest.clone())
    }

    /// Stamps the receipt of a message that carries `stamp`.
    ///
    /// # Errors
    ///
    /// [`ClockError::Leap`] if a count is implausibly far ahead, [`ClockError::Forgotten`] if it knows more of this
    /// node than this clock, [`ClockError::Full`], [`ClockError::Overflow`]; the clock is as it was.
    pub fn observe(&mut self, stamp: &VersionVector<N>) -> Result<VersionVector<N>, ClockError> {
        let me = self.node;
        let mut merged = self.latest.merged(stamp, |&Pair { node, ours, theirs }| {
            let entry = node.get();
            if theirs.saturating_sub(ours) > MAX_LEAP {
                Err(ClockError::Leap { entry, ours, theirs })
            } else if node == me && theirs > ours {
                Err(ClockError::Forgotten { entry, ours, theirs })
            } else {
                Ok(())
            }
        })?;
        merged.tick(me)?;
        self.latest = merged;
        Ok(self.latest.clone())
    }
}

impl<const N: usize> Clock for VersionClock<N> {
    type Stamp = VersionVector<N>;
    type Physical = ();

    fn latest(&self) -> VersionVector<N> {
        self.latest.clone()
    }

    fn advance(&mut self, (): ()) -> Result<VersionVector<N>, ClockError> {
        self.tick()
    }

    fn receive(&mut self, _: NodeId, stamp: &VersionVector<N>, (): ()) -> Result<VersionVector<N>, ClockError> {
        self.observe(stamp)
    }

    fn ceiling(&self, reserve: u32, (): ()) -> VersionVector<N> {
        let mut ceiling = self.latest.clone();
        // It fits: a clock that has issued a stamp has an entry for itself, and one that has not reserves nothing.
        let own = ceiling.get(self.node);
        if own > 0 {
            let _ = ceiling.set(self.node, own.saturating_add(u64::from(reserve)));
        }
        ceiling
    }

    fn restored(&self, ceiling: Option<&VersionVector<N>>) -> Self {
        Self::after(self.node, ceiling.cloned().unwrap_or_default())
    }

    fn check<const P: usize>(&self, group: &Group<P>, _: u32) -> Result<(), ConfigError> {
        if group.size() > N {
            return Err(ConfigError::TooMany { members: group.size() as u32, capacity: N as u32 });
        }
        let node = self.node;
        if node == group.me() { Ok(()) } else { Err(ConfigError::OtherNode { node, me: group.me() }) }
    }
}
