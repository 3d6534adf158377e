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

/// A digest of who belongs to a group and as what. Members whose lists differ notice it by the first frame, before
/// two majorities of different groups elect two leaders.
///
/// It finds mistakes, not attacks: one pair of different lists in four thousand million has the same digest.
///
/// ```
/// use quorate::NodeId;
/// use quorate_wire::Roster;
///
/// let [a, b, c] = [1, 2, 3].map(NodeId::new);
/// const VOTER: u8 = 1;
/// const OBSERVER: u8 = 0;
/// let roster = Roster::digest([(a, VOTER), (b, VOTER), (c, OBSERVER)]);
/// assert_eq!(roster, Roster::digest([(c, OBSERVER), (b, VOTER), (a, VOTER)]), "the order does not matter");
/// assert_ne!(roster, Roster::digest([(a, VOTER), (b, VOTER), (c, VOTER)]));
/// assert_ne!(roster, Roster::digest([(a, VOTER), (b, VOTER)]));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Roster(u32);

impl Roster {
    /// For groups that have no list of members, and for those outside of a group who ask it something.
    pub const NONE: Self = Self(0);

    /// The digest of these members, each with a number for what it may do there.
    ///
    /// The sum, modulo 2⁶⁴, of one well-mixed number for each member (the finaliser of SplitMix64 over
    /// `id · 256 + role + 1`), its halves folded together by exclusive or.
    #[must_use]
    pub fn digest(members: impl IntoIterator<Item = (NodeId, u8)>) -> Self {
        let sum = members.into_iter().fold(0_u64, |sum, (node, role)| {
            let member = (u64::from(node.get()) << 8) | u64::from(role);
            sum.wrapping_add(mix(member.wrapping_add(1)))
        });
        let [a, b, c, d, e, f, g, h] = sum.to_le_bytes();
        Self(u32::from_le_bytes([a, b, c, d]) ^ u32::from_le_bytes([e, f, g, h]))
    }

    /// The digest of this number.
    #[must_use]
    pub const fn new(number: u32) -> Self {
        Self(number)
    }

    /// The number itself.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }
}

impl fmt::Display for Roster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", self.0)
    }
}

const fn mix(state: u64) -> u64 {
    let z = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
