//! What a holder shows at the resource.

use crate::Epoch;
use core::fmt;

/// A number that grows with every grant of a resource, so that a resource can refuse the late deeds of an earlier holder (L2).
///
/// A token of a cluster is the epoch of its leader and then a sequence number, 32 and 31 bits, so that it fits a signed
/// 64-bit column of a database. Tokens of other engines (a counter of Redis, a revision of etcd) are plain numbers that grow.
///
/// ```
/// use quorate::{Epoch, FencingToken};
/// let early = FencingToken::new(Epoch::new(3), 9).unwrap();
/// let late = FencingToken::new(Epoch::new(4), 1).unwrap();
/// assert!(early < late);
/// assert_eq!((late.epoch(), late.sequence()), (Epoch::new(4), 1));
/// assert_eq!(FencingToken::new(Epoch::new(3), FencingToken::LAST_SEQUENCE + 1), None);
/// assert!(i64::try_from(FencingToken::MAX.get()).is_ok());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct FencingToken(u64);

const SEQUENCE_BITS: u32 = 31;

impl FencingToken {
    /// Below every token that is granted.
    pub const ZERO: Self = Self(0);
    /// The last sequence number of an epoch: 2³¹ − 1.
    pub const LAST_SEQUENCE: u64 = (1 << SEQUENCE_BITS) - 1;
    /// The last token that there can be: 2⁶³ − 1.
    pub const MAX: Self = Self((1 << 63) - 1);

    /// The token of this epoch and sequence number; `None` if one of them is beyond its last.
    #[must_use]
    pub const fn new(epoch: Epoch, sequence: u64) -> Option<Self> {
        if epoch.is_valid() && sequence <= Self::LAST_SEQUENCE {
            Some(Self(epoch.get() << SEQUENCE_BITS | sequence))
        } else {
            None
        }
    }

    /// The token that is this number, whoever made it.
    #[must_use]
    pub const fn from_number(number: u64) -> Self {
        Self(number)
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The epoch in a token of a cluster.
    #[must_use]
    pub const fn epoch(self) -> Epoch {
        Epoch::new(self.0 >> SEQUENCE_BITS)
    }

    /// The sequence number in a token of a cluster.
    #[must_use]
    pub const fn sequence(self) -> u64 {
        self.0 & Self::LAST_SEQUENCE
    }
}

impl fmt::Display for FencingToken {
    /// The number, as a resource compares it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}
