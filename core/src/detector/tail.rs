//! The tail of the normal law, as a level: −log₁₀ of the probability that a normal variable exceeds its mean by z
//! standard deviations; and back.

use super::MAX_LEVEL;
use core::f64::consts::{FRAC_1_SQRT_2, LN_10, PI};

/// Up to here the error function has all its digits; beyond, the continued fraction converges in a few terms.
const NEAR: f64 = 8.0;
const TERMS: u32 = 40;

/// −log₁₀ Q(z), at most [`MAX_LEVEL`].
pub(super) fn level(z: f64) -> f64 {
    let nepers = if z < 0.0 {
        -libm::log1p(-0.5 * libm::erfc(-z * FRAC_1_SQRT_2))
    } else if z < NEAR {
        -libm::log(0.5 * libm::erfc(z * FRAC_1_SQRT_2))
    } else {
        // Q(z) = density(z) · mills(z): the logarithm is taken of each, since Q itself underflows at 38.
        z * z * 0.5 + 0.5 * libm::log(2.0 * PI) - libm::log(mills(z))
    };
    let level = nepers / LN_10;
    if level < MAX_LEVEL { level } else { MAX_LEVEL }
}

/// The z at which the level is `level`, which is between 0.1 and 1,000: the inverse of [`level`].
pub(super) fn crossing(level: f64) -> f64 {
    // −log₁₀ Q is convex and increasing, so Newton's method comes down to the root from any point above it; and Q(z) is at
    // most exp(−z²/2)/2, so this is one.
    let mut z = libm::sqrt(2.0 * LN_10 * level);
    loop {
        let next = z - (self::level(z) - level) * LN_10 / hazard(z);
        if next >= z {
            return z;
        }
        z = next;
    }
}

/// density(z) / Q(z): how fast the level grows, in nepers.
fn hazard(z: f64) -> f64 {
    if z < NEAR {
        libm::exp(-0.5 * z * z) / libm::sqrt(2.0 * PI) / (0.5 * libm::erfc(z * FRAC_1_SQRT_2))
    } else {
        1.0 / mills(z)
    }
}

/// Mills' ratio Q(z) / density(z) by Laplace's continued fraction 1/(z + 1/(z + 2/(z + 3/(z + …)))).
fn mills(z: f64) -> f64 {
    let rest = (1..=TERMS).rev().fold(z, |rest, term| z + f64::from(term) / rest);
    1.0 / rest
}
