//! Who bears whom beside it.

use core::fmt;
use core::num::NonZeroU16;

/// Beside whom a holder bears others.
///
/// ```
/// use quorate::lease::Mode;
/// assert!(Mode::Shared.bears(Mode::Shared) && !Mode::Shared.bears(Mode::Exclusive));
/// let permit = Mode::permits(2, 5).unwrap();
/// assert_eq!(permit.to_string(), "2 of 5 permits");
/// assert_eq!(Mode::permits(6, 5), None); // nobody can hold more than there are
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "kebab-case"))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Mode {
    /// Beside nobody: a lock to write.
    #[default]
    Exclusive,
    /// Beside others that are shared: a lock to read.
    Shared,
    /// Some of a semaphore's permits. All who use it say the same `of`.
    Permits {
        /// How many it takes, at most `of`.
        take: NonZeroU16,
        /// How many there are.
        of: NonZeroU16,
    },
}

impl Mode {
    /// So many of so many permits; `None` if that is none, or more than there are.
    #[must_use]
    pub const fn permits(take: u16, of: u16) -> Option<Self> {
        match (NonZeroU16::new(take), NonZeroU16::new(of)) {
            (Some(take), Some(of)) if take.get() <= of.get() => Some(Self::Permits { take, of }),
            _ => None,
        }
    }

    /// Whether anybody can hold a resource in this mode: it takes no more permits than there are.
    #[must_use]
    pub const fn is_valid(self) -> bool {
        match self {
            Self::Exclusive | Self::Shared => true,
            Self::Permits { take, of } => take.get() <= of.get(),
        }
    }

    /// How many permits it takes; of shared holders each counts one, and so does who holds a lock alone.
    pub(crate) const fn weight(self) -> u32 {
        match self {
            Self::Permits { take, .. } => take.get() as u32,
            Self::Exclusive | Self::Shared => 1,
        }
    }

    /// Whether two holders in these modes can be side by side, as far as there are permits.
    #[must_use]
    pub const fn bears(self, other: Self) -> bool {
        match (self, other) {
            (Self::Shared, Self::Shared) => true,
            (Self::Permits { of, .. }, Self::Permits { of: other, .. }) => of.get() == other.get(),
            _ => false,
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exclusive => write!(f, "exclusive"),
            Self::Shared => write!(f, "shared"),
            Self::Permits { take, of } => write!(f, "{take} of {of} permits"),
        }
    }
}

#[cfg(feature = "arbitrary")]
impl<'a> arbitrary::Arbitrary<'a> for Mode {
    /// Any, also such as nobody can hold.
    fn arbitrary(input: &mut arbitrary::Unstructured<'a>) -> arbitrary::Result<Self> {
        Ok(match input.int_in_range(0..=2)? {
            0 => Self::Exclusive,
            1 => Self::Shared,
            _ => Self::Permits { take: input.arbitrary()?, of: input.arbitrary()? },
        })
    }
}
