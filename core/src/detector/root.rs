//! The integer square root, without a division.

/// 2¹⁵/√x for x in the middle of each of the 192 intervals of length 1/256 from a quarter to one: 8 right bits.
#[expect(clippy::indexing_slicing, reason = "it is done by the compiler, which checks")]
const INVERSE_ROOTS: [u16; 192] = {
    let mut table = [0; 192];
    let mut index = 0;
    while index < table.len() {
        // 2¹⁵/√((64 + index + ½)/256) = √(2³⁰ · 512/(2·(64 + index) + 1))
        let middle = 2 * (64 + index as u64) + 1;
        table[index] = ((1 << 30) * 512 / middle).isqrt() as u16;
        index += 1;
    }
    table
};

/// ⌊√x⌋ of a number whose leading bit is the 63rd or 64th.
///
/// Newton's method, with multiplications only: 8 bits of 1/√x become 22 by a step of third order, and a last step gives 32 of the root,
/// which is then off by one at most. (The standard library's divides three times, which is most of what a heartbeat would
/// cost.) Other numbers are left to that.
pub(super) fn root(x: u64) -> u64 {
    let Some(inverse) = (x >> 56).checked_sub(64).and_then(|index| INVERSE_ROOTS.get(index as usize)) else {
        return x.isqrt();
    };
    // X = x/2⁶⁴ in units of 2⁻³², y ≈ 1/√X in units of 2⁻¹⁵, and e = 1 − X·y² in units of 2⁻³⁰, less than 2⁻⁶.
    let (high, y) = (x >> 32, u64::from(*inverse));
    let e = (1_i64 << 30).wrapping_sub_unsigned(high.wrapping_mul(y.wrapping_mul(y)) >> 32);
    // y·(1 + e/2 + 3e²/8) in units of 2⁻³¹.
    let factor = (1_i64 << 30).wrapping_add(e >> 1).wrapping_add(e.wrapping_mul(e).wrapping_mul(3) >> 33);
    let y = y.wrapping_mul(factor.cast_unsigned()) >> 14;
    // r ≈ X·y, and r + (X − r²)·y/2.
    let near = high.wrapping_mul(y) >> 31;
    let rest = x.wrapping_sub(near.wrapping_mul(near)).cast_signed();
    let root = near.wrapping_add_signed((rest >> 12).wrapping_mul(y.cast_signed()) >> 52).min(u64::from(u32::MAX));
    let root = root.wrapping_sub(u64::from(root.wrapping_mul(root) > x));
    root.wrapping_add(u64::from(x.wrapping_sub(root.wrapping_mul(root)) > root.wrapping_mul(2)))
}
