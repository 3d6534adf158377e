//! The number of a rendezvous.

use crate::Epoch;
use core::fmt;
use core::num::NonZeroU64;

/// The number of one rendezvous at a barrier: the epoch of the coordinator that settles it, and a number that grows by one with
/// each, from 1 on. Generations of a barrier only grow, whoever coordinates it.
///
/// ```
/// use quorate::{Epoch, barrier::Generation};
/// let generation = Generation::new(Epoch::new(3), 7).unwrap();
/// assert_eq!(generation.next(), Generation::new(Epoch::new(3), 8));
/// assert!(generation < Generation::new(Epoch::new(4), 1).unwrap());
/// assert_eq!(generation.to_string(), "7 of epoch 3");
/// assert_eq!(Generation::new(Epoch::new(3), 0), None);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(try_from = "u64", into = "u64"))]
pub struct Generation(NonZeroU64);

const NUMBER_BITS: u32 = 32;

impl Generation {
    /// The generation of this epoch and number; `None` if there is no such epoch, or if the number is 0.
    #[must_use]
    pub const fn new(epoch: Epoch, number: u32) -> Option<Self> {
        if !epoch.is_valid() || number == 0 {
            return None;
        }
        match NonZeroU64::new(epoch.get() << NUMBER_BITS | number as u64) {
            Some(packed) => Some(Self(packed)),
            None => None,
        }
    }

    /// The generation that [`get`](Self::get) gave; `None` if no generation has that number.
    #[must_use]
    pub const fn from_number(packed: u64) -> Option<Self> {
        Self::new(Epoch::new(packed >> NUMBER_BITS), packed as u32)
    }

    /// Epoch and number in one number, in the same order.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0.get()
    }

    /// The epoch of the coordinator that settles it.
    #[must_use]
    pub const fn epoch(self) -> Epoch {
        Epoch::new(self.0.get() >> NUMBER_BITS)
    }

    /// Which one it is.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.0.get() as u32
    }

    /// The generation after this one; `None` if the numbers of the epoch are used up.
    #[must_use]
    pub const fn next(self) -> Option<Self> {
        match self.number().checked_add(1) {
            Some(number) => Self::new(self.epoch(), number),
            None => None,
        }
    }
}

impl fmt::Display for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of epoch {}", self.number(), self.epoch())
    }
}

impl fmt::Debug for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Generation({self})")
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for Generation {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "{=u32} of epoch {=u64}", self.number(), self.epoch().get());
    }
}

impl From<Generation> for u64 {
    fn from(generation: Generation) -> Self {
        generation.get()
    }
}

/// No generation has this number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NoGeneration(u64);

impl fmt::Display for NoGeneration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is not the number of a generation, for the lower half of it is zero", self.0)
    }
}

impl core::error::Error for NoGeneration {}

impl TryFrom<u64> for Generation {
    type Error = NoGeneration;

    fn try_from(packed: u64) -> Result<Self, NoGeneration> {
        Self::from_number(packed).ok_or(NoGeneration(packed))
    }
}

#[cfg(feature = "arbitrary")]
impl<'a> arbitrary::Arbitrary<'a> for Generation {
    /// Mostly early ones, so that histories meet in the same.
    fn arbitrary(input: &mut arbitrary::Unstructured<'a>) -> arbitrary::Result<Self> {
        let (epoch, number) = if input.ratio(1, 8)? {
            (u64::from(input.arbitrary::<u32>()?), input.arbitrary()?)
        } else {
            (input.int_in_range(0..=4)?, input.int_in_range(1..=8)?)
        };
        Self::new(Epoch::new(epoch), number).ok_or(arbitrary::Error::IncorrectFormat)
    }
}
