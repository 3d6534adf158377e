//! Which group a frame belongs to, and who its sender thinks is in it.

use core::fmt;
use quorate::NodeId;

/// Which group: a number made from its name, so that groups which share a network do not hear each other.
///
/// It tells groups apart, it does not keep strangers out; that is what a key is for.
///
/// ```
/// use quorate_wire::GroupId;
///
/// const ORDERS: GroupId = GroupId::from_name("orders");
/// assert_ne!(ORDERS, GroupId::from_name("invoices"));
/// assert_eq!(ORDERS.to_string(), "00125d9250be8b4c");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct GroupId(u64);

impl GroupId {
    /// The group of this name: the 64-bit FNV-1a hash of the name's bytes in UTF-8.
    #[must_use]
    pub const fn from_name(name: &str) -> Self {
        let mut hash = 0xcbf2_9ce4_8422_2325;
        let mut rest = name.as_bytes();
        while let [first, tail @ ..] = rest {
            hash = (hash ^ *first as u64).wrapping_mul(0x0000_0100_0000_01b3);
            rest = tail;
        }
        Self(hash)
    }

    /// The group of this number.
    #[must_use]
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The number itself.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl fmt::Display for GroupId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// A digest of who belongs to a group and who of them votes. Members whose lists differ notice it by the first frame,
/// before two majorities of different lists elect two leaders.
///
/// It finds mistakes, not attacks.
///
/// ```
/// use quorate::NodeId;
/// use quorate_wire::{Difference, Roster};
///
/// let [a, b, c] = [1, 2, 3].map(NodeId::new);
/// let roster = Roster::digest([(a, true), (b, true), (c, false)]); // c only watches
/// assert_eq!(roster, Roster::digest([(c, false), (b, true), (a, true)]), "the order does not matter");
///
/// let without_b = Roster::digest([(a, true), (c, false)]);
/// assert_eq!(roster.difference(without_b), Some(Difference::Lacks { node: b, votes: true }));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Roster(u64);

impl Roster {
    /// No members: for groups that have no list of them, and for those outside of a group who ask it something.
    pub const NONE: Self = Self(0);

    /// The digest of these members, this one among them, each with whether it votes.
    ///
    /// It is the sum, modulo 2⁶⁴, of one number for each member: the finaliser of SplitMix64 (Steele, Lea and Flood
    /// 2014), which loses nothing, over `2 · id + votes + 1`. A single member more or less can be read off it.
    #[must_use]
    pub fn digest(members: impl IntoIterator<Item = (NodeId, bool)>) -> Self {
        let term = |(node, votes): (NodeId, bool)| mix(number(node, votes));
        Self(members.into_iter().map(term).fold(0, u64::wrapping_add))
    }

    /// What the list with the digest `other` has more or less than this one, if it is a single member.
    ///
    /// `None` if they are equal, or differ by more, or by whether somebody votes. Of a thousand million pairs of lists
    /// that differ by more, one is mistaken for a pair that does not.
    #[must_use]
    pub const fn difference(self, other: Self) -> Option<Difference> {
        match (member(unmix(other.0.wrapping_sub(self.0))), member(unmix(self.0.wrapping_sub(other.0)))) {
            (Some((node, votes)), _) => Some(Difference::Has { node, votes }),
            (None, Some((node, votes))) => Some(Difference::Lacks { node, votes }),
            (None, None) => None,
        }
    }

    /// The digest of this number.
    #[must_use]
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The number itself.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl fmt::Display for Roster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// How another member's list of members differs from one's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Difference {
    /// The other list has one more.
    Has {
        /// Who.
        node: NodeId,
        /// Whether it votes.
        votes: bool,
    },
    /// The other list has one less.
    Lacks {
        /// Who.
        node: NodeId,
        /// Whether it votes.
        votes: bool,
    },
}

const fn number(node: NodeId, votes: bool) -> u64 {
    (((node.get() as u64) << 1) | votes as u64).wrapping_add(1)
}

const fn member(number: u64) -> Option<(NodeId, bool)> {
    match number.checked_sub(1) {
        Some(member @ 0..=0x1_ffff_ffff) => Some((NodeId::new((member >> 1) as u32), member & 1 == 1)),
        _ => None,
    }
}

const fn mix(state: u64) -> u64 {
    let z = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// The inverse of [`mix`]: the steps backwards, with the multipliers' inverses modulo 2⁶⁴.
const fn unmix(mixed: u64) -> u64 {
    let z = (mixed ^ (mixed >> 31) ^ (mixed >> 62)).wrapping_mul(0x3196_42b2_d24d_8ec3);
    let z = (z ^ (z >> 27) ^ (z >> 54)).wrapping_mul(0x96de_1b17_3f11_9089);
    z ^ (z >> 30) ^ (z >> 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mixing_loses_nothing() {
        let mut state = 1_u64;
        for _ in 0..10_000 {
            assert_eq!(unmix(mix(state)), state);
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        }
    }

    #[test]
    fn one_member_more_or_less_is_named_and_two_are_not() {
        let list = |ids: &[u32]| Roster::digest(ids.iter().map(|&id| (NodeId::new(id), true)));
        let ours = list(&[0, 1, u32::MAX]);
        let named = |node, has| {
            let (node, votes) = (NodeId::new(node), true);
            Some(if has { Difference::Has { node, votes } } else { Difference::Lacks { node, votes } })
        };
        assert_eq!(ours.difference(list(&[0, 1, 7, u32::MAX])), named(7, true));
        assert_eq!(ours.difference(list(&[1, u32::MAX])), named(0, false));
        assert_eq!(ours.difference(list(&[0, 1])), named(u32::MAX, false));
        assert_eq!(ours.difference(ours), None);
        assert_eq!(ours.difference(list(&[0])), None);
        assert_eq!(ours.difference(list(&[0, 1, 2, 3, u32::MAX])), None);
        assert_eq!(Roster::digest([]), Roster::NONE);
    }

    #[test]
    fn fnv_1a_gives_its_published_values() {
        assert_eq!(GroupId::from_name("").get(), 0xcbf2_9ce4_8422_2325);
        assert_eq!(GroupId::from_name("a").get(), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(GroupId::from_name("foobar").get(), 0x8594_4171_f739_67e8);
    }
}
