//! One number for all that happened.

use core::hash::{Hash, Hasher};

/// A hash that is the same on every platform and in every build: of 64-bit words, with sizes and discriminants widened.
///
/// For comparing runs and finding values again, not against an adversary.
///
/// ```
/// use quorate_sim::world::Digest;
/// let mut digest = Digest::new();
/// digest.add(&("sent", 7_usize));
/// assert_eq!(digest.value(), { let mut other = Digest::new(); other.add(&("sent", 7_u64)); other.value() });
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Digest(u64);

impl Digest {
    /// The digest of nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self(0x243f_6a88_85a3_08d3)
    }

    /// Takes in a value.
    #[inline]
    pub fn add<T: Hash + ?Sized>(&mut self, value: &T) {
        value.hash(self);
    }

    /// Takes in a number.
    #[inline]
    pub const fn word(&mut self, word: u64) {
        // One round of folded multiplication (as in wyhash): both halves of a 128-bit product.
        let product = ((self.0 ^ word) as u128) * 0x9e37_79b9_7f4a_7c15_u128;
        self.0 = (product as u64) ^ ((product >> 64) as u64) ^ self.0.rotate_left(23);
    }

    /// The number.
    #[must_use]
    pub const fn value(self) -> u64 {
        let x = (self.0 ^ (self.0 >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93);
        x ^ (x >> 32)
    }
}

impl Default for Digest {
    fn default() -> Self {
        Self::new()
    }
}

impl Hasher for Digest {
    fn finish(&self) -> u64 {
        self.value()
    }
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word.iter_mut().zip(chunk).for_each(|(to, from)| *to = *from);
            self.word(u64::from_le_bytes(word));
        }
    }
    #[inline]
    fn write_u8(&mut self, n: u8) {
        self.word(u64::from(n));
    }
    #[inline]
    fn write_u16(&mut self, n: u16) {
        self.word(u64::from(n));
    }
    #[inline]
    fn write_u32(&mut self, n: u32) {
        self.word(u64::from(n));
    }
    #[inline]
    fn write_u64(&mut self, n: u64) {
        self.word(n);
    }
    #[inline]
    fn write_u128(&mut self, n: u128) {
        self.word(n as u64);
        self.word((n >> 64) as u64);
    }
    #[inline]
    fn write_usize(&mut self, n: usize) {
        self.word(n as u64);
    }
    #[inline]
    fn write_i8(&mut self, n: i8) {
        self.word(n as u64);
    }
    #[inline]
    fn write_i16(&mut self, n: i16) {
        self.word(n as u64);
    }
    #[inline]
    fn write_i32(&mut self, n: i32) {
        self.word(n as u64);
    }
    #[inline]
    fn write_i64(&mut self, n: i64) {
        self.word(n as u64);
    }
    #[inline]
    fn write_i128(&mut self, n: i128) {
        self.write_u128(n as u128);
    }
    #[inline]
    fn write_isize(&mut self, n: isize) {
        self.word(n as u64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Written down, so that another platform or build that differs is noticed.
    #[test]
    fn the_same_everywhere() {
        let mut digest = Digest::new();
        digest.add(&(1_u8, Some(-2_isize), "three", [4_u128; 2], Option::<u64>::None));
        assert_eq!(digest.value(), 8_801_684_852_896_403_523);
    }

    #[test]
    fn order_and_every_bit_count() {
        let of = |words: &[u64]| {
            let mut digest = Digest::new();
            words.iter().for_each(|word| digest.word(*word));
            digest.value()
        };
        assert_ne!(of(&[1, 2]), of(&[2, 1]));
        assert_ne!(of(&[0]), of(&[0, 0]));
        let flipped: alloc::collections::BTreeSet<u64> = (0..64).map(|bit| of(&[5 ^ (1 << bit), 9])).collect();
        assert_eq!(flipped.len(), 64);
    }
}
