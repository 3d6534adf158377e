//! The last intervals, and their sums: exact, and kept up at the same cost whatever the window.

use super::root::root;

/// The last `W` samples in microseconds, with Σx and Σx².
///
/// Integers, for two reasons: sums of floats drift as samples come and go, until E\[x²\] − μ² is negative; and equal
/// histories must make equal states.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Window<const W: usize> {
    samples: [u32; W],
    sum: u64,
    /// Σx² has at most 74 bits. A `u128` would take 16 bytes and align everything to 16.
    squares_low: u64,
    squares_high: u16,
    /// The oldest sample, once the window is full.
    next: u16,
    len: u16,
}

/// The sums that samples have in binary fractions: 1/1024 of a microsecond.
pub(super) const FRACTION_BITS: u32 = 10;

/// The largest window: 2¹⁰ samples of at most 32 bits, and gaps of at most 8, are what all sums are laid out for.
pub(super) const MAX_WINDOW: usize = 1_024;

impl<const W: usize> Window<W> {
    /// A window that holds two samples of which the mean is `mean`, and the standard deviation `deviation`.
    pub(super) fn of_two(mean: u32, deviation: u32) -> Self {
        const { assert!(W >= 2 && W <= MAX_WINDOW, "a window holds 2 to 1,024 samples") };
        let mut window = Self { samples: [0; W], sum: 0, squares_low: 0, squares_high: 0, next: 0, len: 0 };
        window.push(mean.saturating_sub(deviation));
        window.push(mean.saturating_add(deviation));
        window
    }

    /// Takes in a sample; the oldest goes if there is no room.
    pub(super) fn push(&mut self, sample: u32) {
        let full = usize::from(self.len) == W;
        let position = if full { self.next } else { self.len };
        let Some(slot) = self.samples.get_mut(usize::from(position)) else { return };
        let oldest = if full && !planted!(SumNotDecremented) { u64::from(*slot) } else { 0 };
        *slot = sample;
        let sample = u64::from(sample);
        self.sum = self.sum.wrapping_sub(oldest).wrapping_add(sample);
        let squares = self
            .squares()
            .wrapping_sub(u128::from(oldest.wrapping_mul(oldest)))
            .wrapping_add(u128::from(sample.wrapping_mul(sample)));
        let squares = if planted!(VarianceNegative) { squares & u128::from(u32::MAX) } else { squares };
        (self.squares_low, self.squares_high) = (squares as u64, (squares >> 64) as u16);
        if full && !planted!(WindowWrapsWrongly) {
            self.next = if usize::from(self.next).saturating_add(1) == W { 0 } else { self.next.saturating_add(1) };
        } else {
            self.len = self.len.saturating_add(1);
        }
    }

    const fn squares(&self) -> u128 {
        (self.squares_high as u128) << 64 | self.squares_low as u128
    }

    pub(super) const fn len(&self) -> u16 {
        self.len
    }

    pub(super) const fn sum(&self) -> u64 {
        self.sum
    }

    /// n²·σ² = n·Σx² − (Σx)², exact. It cannot be negative (Cauchy and Schwarz), and has at most 84 bits.
    pub(super) const fn scatter(&self) -> u128 {
        let n = self.len as u128;
        n.wrapping_mul(self.squares()).wrapping_sub((self.sum as u128).wrapping_mul(self.sum as u128))
    }

    /// A sum over all samples, in 1/1024 µs, as an average in whole microseconds, rounded up and at most `u32::MAX`.
    pub(super) fn average(&self, fractions: u64) -> u32 {
        let rest = (1_u64 << FRACTION_BITS).wrapping_sub(1);
        // Once the window is full, the divisor is a constant, and the division a multiplication.
        let average = match usize::from(self.len) == W {
            true => fractions.div_ceil(W as u64),
            false => fractions.div_ceil(u64::from(self.len).max(1)),
        };
        u32::try_from(average.saturating_add(rest) >> FRACTION_BITS).unwrap_or(u32::MAX)
    }
}

/// The root of a [`scatter`](Window::scatter) in 1/1024 µs, rounded down: n·σ. It has at most 52 bits, of which 31 are right.
pub(super) fn scaled_root(scatter: u128) -> u64 {
    // Move the leading bit to the 63rd or 64th place, by an even distance, of which the root moves by half.
    let (root, excess) = match u64::try_from(scatter) {
        Ok(0) => return 0,
        Ok(small) => {
            let distance = small.leading_zeros() & !1;
            (root(small << distance), (distance / 2).cast_signed())
        }
        Err(_) => {
            let distance = 65_u32.wrapping_sub(scatter.leading_zeros()) & !1;
            (root((scatter >> distance) as u64), (distance / 2).cast_signed().wrapping_neg())
        }
    };
    let places = FRACTION_BITS.cast_signed().wrapping_sub(excess);
    if places < 0 { root >> places.unsigned_abs() } else { root << places.unsigned_abs() }
}
