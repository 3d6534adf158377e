//! The vector clock: one count for every process of a fixed number.

use super::{Causality, Clock, ClockError, ConfigError, MAX_LEAP};
use crate::{Group, NodeId};
use core::cmp::Ordering;
use core::fmt;

/// A stamp of a [`VectorClock`]: how many events of each of `N` processes it knows of.
///
/// Comparing and merging are single passes without a branch over an array of fixed length, which compilers turn into
/// vector instructions.
///
/// ```
/// use quorate::clock::{Causality, VectorStamp};
/// let (mut a, b) = (VectorStamp::new([2, 0, 1]), VectorStamp::new([1, 3, 1]));
/// assert_eq!(a.compare(&b), Causality::Concurrent);
/// a.merge(&b);
/// assert_eq!(a, VectorStamp::new([2, 3, 1]));
/// assert!(a > b);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct VectorStamp<const N: usize>([u64; N]);

impl<const N: usize> VectorStamp<N> {
    /// Knows of nothing: below every stamp.
    pub const ZERO: Self = Self([0; N]);

    /// The stamp with these counts.
    #[must_use]
    pub const fn new(counts: [u64; N]) -> Self {
        Self(counts)
    }

    /// The counts, by position.
    #[must_use]
    pub const fn counts(&self) -> &[u64; N] {
        &self.0
    }

    /// How the event of this stamp stands to the event of the other.
    #[inline]
    #[must_use]
    pub fn compare(&self, other: &Self) -> Causality {
        let (mut less, mut greater) = (false, false);
        for (ours, theirs) in self.0.iter().zip(&other.0) {
            less |= ours < theirs;
            greater |= ours > theirs;
        }
        Causality::found(less, greater)
    }

    /// Learns what the other knows: the greater of both counts at each position.
    #[inline]
    pub fn merge(&mut self, other: &Self) {
        for (ours, theirs) in self.0.iter_mut().zip(&other.0) {
            *ours = (*ours).max(*theirs);
        }
    }
}

impl<const N: usize> Default for VectorStamp<N> {
    fn default() -> Self {
        Self::ZERO
    }
}

impl<const N: usize> PartialOrd for VectorStamp<N> {
    /// [`VectorStamp::compare`].
    #[inline]
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        self.compare(other).ordering()
    }
}

impl<const N: usize> fmt::Display for VectorStamp<N> {
    /// `[2 0 1]`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[")?;
        for (position, count) in self.0.iter().enumerate() {
            write!(f, "{}{count}", if position == 0 { "" } else { " " })?;
        }
        f.write_str("]")
    }
}

#[cfg(feature = "serde")]
impl<const N: usize> serde::Serialize for VectorStamp<N> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeTuple;
        let mut tuple = serializer.serialize_tuple(N)?;
        for count in &self.0 {
            tuple.serialize_element(count)?;
        }
        tuple.end()
    }
}

#[cfg(feature = "serde")]
impl<'de, const N: usize> serde::Deserialize<'de> for VectorStamp<N> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Counts<const N: usize>;
        impl<'de, const N: usize> serde::de::Visitor<'de> for Counts<N> {
            type Value = VectorStamp<N>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{N} counts")
            }

            fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut counts: A) -> Result<Self::Value, A::Error> {
                let mut stamp = VectorStamp::ZERO;
                for (position, slot) in stamp.0.iter_mut().enumerate() {
                    let missing = || serde::de::Error::invalid_length(position, &self);
                    *slot = counts.next_element()?.ok_or_else(missing)?;
                }
                Ok(stamp)
            }
        }
        deserializer.deserialize_tuple(N, Counts::<N>)
    }
}

/// The clock of one of `N` processes, which counts for each of them the events that it has heard of (Fidge 1988,
/// Mattern 1989).
///
/// C2: V(a) < V(b) exactly when a → b.
///
/// Its processes are positions from 0 to N − 1. In a [`Group`] a node's position is its rank among all
/// members, as [`VectorClock::of`] has it.
///
/// ```
/// use quorate::clock::{ClockError, VectorClock, VectorStamp};
///
/// let mut clock = VectorClock::<3>::new(1)?;
/// assert_eq!(clock.tick()?, VectorStamp::new([0, 1, 0]));
/// assert_eq!(clock.observe(&VectorStamp::new([0, 1, 5]))?, VectorStamp::new([0, 2, 5]));
/// assert_eq!(VectorClock::<3>::new(3), Err(ClockError::Outside { position: 3, size: 3 }));
/// # Ok::<(), ClockError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct VectorClock<const N: usize> {
    latest: VectorStamp<N>,
    me: u32,
}

const _: () = assert!(size_of::<VectorClock<1>>() <= 8 + 16);
const _: () = assert!(size_of::<VectorClock<8>>() <= 8 * 8 + 16);
const _: () = assert!(size_of::<VectorClock<64>>() <= 8 * 64 + 16);

impl<const N: usize> VectorClock<N> {
    /// The clock of the process at position `me`, which has seen nothing.
    ///
    /// # Errors
    ///
    /// [`ClockError::Outside`].
    pub const fn new(me: u32) -> Result<Self, ClockError> {
        if (me as usize) < N {
            Ok(Self { latest: VectorStamp::ZERO, me })
        } else {
            Err(ClockError::Outside { position: me, size: N as u32 })
        }
    }

    /// The clock of `group.me()`, at the position that is its rank among all members of the group.
    ///
    /// # Errors
    ///
    /// [`ClockError::Outside`] if the group has more than `N` members.
    pub fn of<const P: usize>(group: &Group<P>) -> Result<Self, ClockError> {
        if group.size() > N {
            let last = u32::try_from(group.size().saturating_sub(1)).unwrap_or(u32::MAX);
            return Err(ClockError::Outside { position: last, size: N as u32 });
        }
        Self::new(rank(group))
    }

    /// The same clock, when it has issued `latest`, or nothing above it.
    #[must_use]
    pub const fn after(self, latest: VectorStamp<N>) -> Self {
        Self { latest, ..self }
    }

    /// The latest stamp; [`VectorStamp::ZERO`] before the first.
    #[must_use]
    pub const fn latest(&self) -> &VectorStamp<N> {
        &self.latest
    }

    /// This process's position.
    #[must_use]
    pub const fn position(&self) -> u32 {
        self.me
    }

    /// Stamps a local event or a send.
    ///
    /// # Errors
    ///
    /// [`ClockError::Overflow`]; the clock is as it was.
    #[inline]
    pub fn tick(&mut self) -> Result<VectorStamp<N>, ClockError> {
        let next = self.next()?;
        self.set_own(next);
        Ok(self.latest)
    }

    /// Stamps the receipt of a message that carries `stamp`.
    ///
    /// # Errors
    ///
    /// [`ClockError::Leap`] if a count is implausibly far ahead, [`ClockError::Forgotten`] if it knows more of this
    /// process than this clock, [`ClockError::Overflow`]; the clock is as it was.
    #[inline]
    pub fn observe(&mut self, stamp: &VectorStamp<N>) -> Result<VectorStamp<N>, ClockError> {
        let next = self.next()?;
        // The bound is a power of two less one, so all leaps are within it if all their bits together are.
        let (mut merged, mut leaps) = (*self, 0);
        for (known, theirs) in merged.latest.0.iter_mut().zip(&stamp.0) {
            let ours = *known;
            *known = if planted!(LesserCountTaken) { ours.min(*theirs) } else { ours.max(*theirs) };
            leaps |= known.wrapping_sub(ours);
        }
        if leaps > MAX_LEAP {
            return Err(self.leap(stamp));
        }
        let (ours, theirs) = (self.count_at_me(&self.latest), self.count_at_me(stamp));
        if theirs > ours {
            return Err(ClockError::Forgotten { entry: self.me, ours, theirs });
        }
        if !planted!(VectorReceiptNotCounted) {
            merged.set_own(next);
        }
        *self = merged;
        Ok(merged.latest)
    }

    fn count_at_me(&self, stamp: &VectorStamp<N>) -> u64 {
        stamp.0.get(self.me as usize).copied().unwrap_or(0) // the position is within, see `new`
    }

    fn set_own(&mut self, count: u64) {
        if let Some(own) = self.latest.0.get_mut(self.me as usize) {
            *own = count;
        }
    }

    fn next(&self) -> Result<u64, ClockError> {
        let at = self.count_at_me(&self.latest);
        at.checked_add(1).ok_or(ClockError::Overflow { at })
    }

    /// The first count that leaps.
    #[cold]
    fn leap(&self, stamp: &VectorStamp<N>) -> ClockError {
        let mut counts = (0..).zip(self.latest.0.iter().copied().zip(stamp.0));
        let found = counts.find(|(_, (ours, theirs))| theirs.saturating_sub(*ours) > MAX_LEAP);
        let (entry, (ours, theirs)) = found.unwrap_or_default();
        ClockError::Leap { entry, ours, theirs }
    }
}

/// How many members of the group come before `me`.
fn rank<const P: usize>(group: &Group<P>) -> u32 {
    let before = group.peers().partition_point(|peer| *peer < group.me());
    u32::try_from(before).unwrap_or(u32::MAX)
}

impl<const N: usize> Clock for VectorClock<N> {
    type Stamp = VectorStamp<N>;
    type Physical = ();

    fn latest(&self) -> VectorStamp<N> {
        self.latest
    }

    fn advance(&mut self, (): ()) -> Result<VectorStamp<N>, ClockError> {
        self.tick()
    }

    fn receive(&mut self, _: NodeId, stamp: &VectorStamp<N>, (): ()) -> Result<VectorStamp<N>, ClockError> {
        self.observe(stamp)
    }

    fn ceiling(&self, reserve: u32, (): ()) -> VectorStamp<N> {
        let mut clock = *self;
        clock.set_own(self.count_at_me(&self.latest).saturating_add(u64::from(reserve)));
        clock.latest
    }

    fn restored(&self, ceiling: Option<&VectorStamp<N>>) -> Self {
        self.after(ceiling.copied().unwrap_or(VectorStamp::ZERO))
    }

    fn check<const P: usize>(&self, group: &Group<P>, _: u32) -> Result<(), ConfigError> {
        if group.size() > N {
            return Err(ConfigError::TooMany { members: group.size() as u32, capacity: N as u32 });
        }
        let (position, rank) = (self.me, rank(group));
        if position == rank { Ok(()) } else { Err(ConfigError::OtherPosition { position, rank, me: group.me() }) }
    }
}
