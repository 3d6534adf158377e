//! Randomness that can be replayed.

use core::time::Duration;

use crate::time::nanos;

/// Where a machine's randomness comes from: nothing but this number.
///
/// Give every node another one (an adapter takes it from the operating system, a simulator from its own seed). The same
/// seed gives the same behaviour.
///
/// ```
/// use quorate::Seed;
/// assert_eq!(Seed::new(7), Seed::new(7));
/// assert_ne!(Seed::new(7).for_node(quorate::NodeId::new(1)), Seed::new(7).for_node(quorate::NodeId::new(2)));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Seed(u64);

impl Seed {
    /// A seed of one's choice.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A seed for one node out of a seed for a whole group.
    #[must_use]
    pub const fn for_node(self, node: crate::NodeId) -> Self {
        Self(mix(self.0 ^ mix(node.get() as u64)))
    }

    /// The generator that this seed starts.
    #[must_use]
    pub const fn random(self) -> Random {
        Random(self.0)
    }
}

/// A small generator for jitter: SplitMix64 (Steele, Lea and Flood 2014). Not for secrets.
///
/// ```
/// use quorate::Seed;
/// use core::time::Duration;
/// let mut random = Seed::new(1).random();
/// assert!(random.up_to(Duration::from_millis(10)) <= Duration::from_millis(10));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Random(u64);

impl Random {
    /// The next number; all 64 bits are as good as each other.
    pub const fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.0)
    }

    /// A number below `bound`; zero if `bound` is zero.
    pub const fn below(&mut self, bound: u64) -> u64 {
        // The high half of a 128-bit product: even enough for jitter, and no division.
        ((self.number() as u128).wrapping_mul(bound as u128) >> 64) as u64
    }

    /// A duration from zero up to `most`.
    pub const fn up_to(&mut self, most: Duration) -> Duration {
        Duration::from_nanos(self.below(nanos(most).saturating_add(1)))
    }
}

const fn mix(state: u64) -> u64 {
    let z = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_sequence_for_seed_1234567() {
        let mut random = Seed::new(1_234_567).random();
        assert_eq!(random.number(), 6_457_827_717_110_365_317);
        assert_eq!(random.number(), 3_203_168_211_198_807_973);
        assert_eq!(random.number(), 9_817_491_932_198_370_423);
    }

    #[test]
    fn bounds_hold() {
        let mut random = Seed::new(3).random();
        assert_eq!(random.below(0), 0);
        assert!((0..1_000).all(|_| random.below(10) < 10));
        assert_eq!(random.up_to(Duration::ZERO), Duration::ZERO);
    }
}
