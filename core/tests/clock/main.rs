//! The promises C1 to C4 of `quorate::clock`, the traps, and the papers' own examples.
//!
//! Random tests print the seed of a failing case; `PROPTEST_RNG_SEED=n` replays it, as in the other tests, and
//! `PROPTEST_CASES=n` says how many cases to try.

mod causality;
mod dialogue;
mod errors;
mod forms;
mod hybrid;
mod process;
mod traps;
mod world;

use core::hash::BuildHasher;
use quorate::{NodeId, Random, Seed};
use std::collections::hash_map::RandomState;

/// Tries a test on many seeds, and says which one failed.
fn for_many_seeds(test: impl Fn(&mut Random)) {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().expect("a number"));
    let replayed = number("PROPTEST_RNG_SEED");
    let cases = number("PROPTEST_CASES").unwrap_or(if replayed.is_some() { 1 } else { 256 });
    let first = replayed.unwrap_or_else(|| RandomState::new().hash_one("a new seed for every run"));
    for case in 0..cases {
        let seed = first.wrapping_add(case);
        let told = TellIfPanicking(seed);
        test(&mut Seed::new(seed).random());
        drop(told);
    }
}

struct TellIfPanicking(u64);

impl Drop for TellIfPanicking {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("replay with PROPTEST_RNG_SEED={}", self.0);
        }
    }
}

fn node(number: u32) -> NodeId {
    NodeId::new(number)
}
