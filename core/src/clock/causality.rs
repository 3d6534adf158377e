//! How two events are related.

use core::cmp::Ordering;
use core::fmt;

/// How one event stands to another, as their stamps tell.
///
/// ```
/// use quorate::clock::{Causality, VectorStamp};
/// let (a, b) = (VectorStamp::new([1, 0]), VectorStamp::new([1, 2]));
/// assert_eq!(a.compare(&b), Causality::Before);
/// assert_eq!(a.compare(&b).reverse(), b.compare(&a));
/// assert_eq!(VectorStamp::new([0, 9]).compare(&a), Causality::Concurrent);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Causality {
    /// It happened before the other, and may have caused it.
    Before,
    /// It happened after the other.
    After,
    /// They are the same event.
    Equal,
    /// Neither can have caused the other.
    Concurrent,
}

impl Causality {
    /// From what one pass over two vectors has found: whether some entry is less, and whether some is greater.
    pub(crate) const fn found(less: bool, greater: bool) -> Self {
        match (less, greater) {
            (true, false) => Self::Before,
            (false, true) => Self::After,
            (false, false) => Self::Equal,
            (true, true) => Self::Concurrent,
        }
    }

    /// The same relation, seen from the other event.
    #[must_use]
    pub const fn reverse(self) -> Self {
        match self {
            Self::Before => Self::After,
            Self::After => Self::Before,
            same => same,
        }
    }

    /// The relation as `PartialOrd` says it: `None` for events that are concurrent.
    #[must_use]
    pub const fn ordering(self) -> Option<Ordering> {
        match self {
            Self::Before => Some(Ordering::Less),
            Self::After => Some(Ordering::Greater),
            Self::Equal => Some(Ordering::Equal),
            Self::Concurrent => None,
        }
    }
}

impl From<Ordering> for Causality {
    fn from(ordering: Ordering) -> Self {
        match ordering {
            Ordering::Less => Self::Before,
            Ordering::Greater => Self::After,
            Ordering::Equal => Self::Equal,
        }
    }
}

impl fmt::Display for Causality {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Before => "before",
            Self::After => "after",
            Self::Equal => "equal to",
            Self::Concurrent => "concurrent with",
        })
    }
}
