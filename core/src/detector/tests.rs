//! What cannot be seen from outside: the tail itself, and the window's arithmetic.

use super::root::root;
use super::window::{MAX_WINDOW, Window, scaled_root};
use super::{MAX_LEVEL, tail};
use crate::{Random, Seed};
use core::hash::BuildHasher;
use std::hash::RandomState;
use std::vec::Vec;

/// The lines of the reference values for one law, as numbers: mean, deviation, level, crossing, silence, level at silence.
fn reference(law: &str) -> Vec<[f64; 6]> {
    let lines = include_str!("../../tests/data/phi_reference.csv").lines();
    let number = |text: &str| text.parse().expect("a number");
    lines
        .filter_map(|line| line.strip_prefix(law)?.strip_prefix(','))
        .map(|rest| rest.split(',').map(number).collect::<Vec<_>>().try_into().expect("six columns"))
        .collect()
}

fn near(ours: f64, theirs: f64, relative: f64) -> bool {
    (ours - theirs).abs() <= theirs.abs() * relative
}

#[test]
fn the_tail_is_right_to_fourteen_digits_from_the_mean_to_two_thousand_deviations_and_its_inverse_too() {
    let lines = reference("tail");
    assert!(lines.len() > 25);
    for [_, _, level, z, ..] in lines {
        // Left of the mean the level is a probability, which is as ill-conditioned in z as z² is large.
        let relative = if z < 0.0 { 1e-15 * (10.0 + z * z) } else { 2e-14 };
        assert!(near(tail::level(z), level, relative), "at {z}: {} is not {level}", tail::level(z));
        if (0.1..=1_000.0).contains(&level) {
            let back = tail::crossing(level);
            assert!((back - z).abs() <= 1e-14 * (1.0 + z.abs()), "at level {level}: {back} is not {z}");
        }
    }
}

#[test]
fn the_tail_is_never_infinite_and_never_falls() {
    let zs = [-1e300, -1e18, -40.0, -38.0, 0.0, 37.9, 38.1, 1e3, 2_145.0, 2_146.0, 1e150, 1e300, f64::MAX];
    let levels = zs.map(tail::level);
    assert!(levels.is_sorted() && levels.iter().all(|level| level.is_finite()), "{levels:?}");
    assert_eq!((levels[0], levels[zs.len() - 1]), (0.0, MAX_LEVEL));
    let fine: Vec<f64> = (0..200_000).map(|step| tail::level(-10.0 + f64::from(step) * 1e-4)).collect();
    assert!(fine.is_sorted());
}

#[test]
fn the_logistic_approximation_that_we_do_not_use_reads_8_where_7_06_is_true() {
    let logistic = |z: f64| -libm::log10(1.0 - 1.0 / (1.0 + libm::exp(-z * (1.5976 + 0.070566 * z * z))));
    let mut z = 0.0;
    while logistic(z) < 8.0 {
        z += 1e-4;
    }
    assert!(near(tail::level(z), 7.06, 1e-3), "{}", tail::level(z));
}

/// Everything from scratch, out of a list of all samples.
fn check_against_a_list<const W: usize>(samples: &[u32]) {
    let mut window = Window::<W>::of_two(0, 0);
    for len in 0..=samples.len() {
        if let Some(&sample) = len.checked_sub(1).and_then(|last| samples.get(last)) {
            window.push(sample);
        }
        let all: Vec<u128> = [0, 0].iter().chain(&samples[..len]).map(|&sample| u128::from(sample)).collect();
        let kept = &all[all.len().saturating_sub(W)..];
        let (n, sum) = (kept.len() as u128, kept.iter().sum::<u128>());
        // The variance by its definition, from the mean: n²σ² = n · Σ(x − Σx/n)² = Σ(n·x − Σx)² / n.
        let scatter = kept.iter().map(|x| (n * x).abs_diff(sum).pow(2)).sum::<u128>() / n;
        assert_eq!((u128::from(window.len()), u128::from(window.sum()), window.scatter()), (n, sum, scatter));
        // The root of it, to 1/1024 µs or 31 bits, and never too large.
        let (ours, exact) = (u128::from(scaled_root(window.scatter())), (scatter << 20).isqrt());
        assert!(ours <= exact && exact - ours <= 1 + (exact >> 30), "{ours} is not the root {exact} of {scatter}");
    }
}

#[test]
fn trap_window_length_after_it_wraps_and_variance_below_zero() {
    // Large and nearly equal: in floats, E[x²] − μ² of these is negative as soon as the window wraps.
    let samples: Vec<u32> = (0..40).map(|n| 4_000_000_000 + n % 3).collect();
    check_against_a_list::<2>(&samples);
    check_against_a_list::<7>(&samples);
    check_against_a_list::<16>(&samples);
    check_against_a_list::<MAX_WINDOW>(&samples);
}

#[test]
fn the_largest_window_of_the_largest_samples_does_not_overflow() {
    let mut window = Window::<MAX_WINDOW>::of_two(u32::MAX, u32::MAX);
    for n in 0..3 * MAX_WINDOW {
        window.push(if n % 2 == 0 { u32::MAX } else { 0 });
    }
    assert_eq!(window.sum(), u64::from(u32::MAX) * MAX_WINDOW as u64 / 2);
    // σ is half of the largest sample.
    assert_eq!(window.scatter(), (u128::from(u32::MAX) * MAX_WINDOW as u128 / 2).pow(2));
}

#[test]
fn roots_are_those_of_the_standard_library_around_every_kind_of_square() {
    let check = |x: u64| assert_eq!(root(x), x.isqrt(), "of {x}");
    (0..1_000).chain((1 << 62) - 1_000..(1 << 62) + 1_000).for_each(check);
    for k in
        (1_u64 << 31..1 << 32).step_by(65_521).chain((1 << 31)..(1 << 31) + 1_000).chain((1 << 32) - 1_000..1 << 32)
    {
        [k * k - 1, k * k, k * k + 1, k * k + k, k * k + 2 * k].into_iter().for_each(check);
    }
    check(u64::MAX);
}

/// Runs a check with many generators; a failure says how to run it again.
fn with_seeds(check: impl Fn(&mut Random)) {
    let seed = match std::env::var("QUORATE_SEED") {
        Ok(seed) => seed.parse().expect("QUORATE_SEED is a number"),
        Err(_) => RandomState::new().hash_one("a new seed for every run"),
    };
    std::println!("replay with QUORATE_SEED={seed}");
    (0..300).for_each(|round| check(&mut Seed::new(seed ^ round).random()));
}

#[test]
fn roots_are_those_of_the_standard_library_anywhere() {
    with_seeds(|random| {
        for _ in 0..1_000 {
            let x = random.number() >> random.below(64);
            assert_eq!(root(x), x.isqrt(), "of {x}");
            assert_eq!(root(x | 1 << 62), (x | 1 << 62).isqrt(), "of {x} and 2^62");
        }
    });
}

#[test]
fn windows_are_as_if_computed_from_scratch() {
    with_seeds(|random| {
        let samples: Vec<u32> = (0..random.below(80))
            .map(|_| match random.below(4) {
                0 => random.number() as u32,
                1 => 900 + random.below(200) as u32,
                2 => 0,
                _ => u32::MAX,
            })
            .collect();
        check_against_a_list::<2>(&samples);
        check_against_a_list::<5>(&samples);
        check_against_a_list::<32>(&samples);
    });
}
