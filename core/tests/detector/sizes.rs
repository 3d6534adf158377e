//! What detectors and monitors take of a board's memory.

use quorate::detector::{AnyDetector, Bertier, Chen, Monitor, PhiExponential, PhiNormal, Quality, Timeout};
use quorate::{Machine, StepOf};

/// Fails when `T` grows by more than a tenth over what it was when this was written.
#[track_caller]
fn holds<T>(what: &str, was: usize) {
    let is = size_of::<T>();
    println!("{what:<32} {is:>6} bytes");
    assert!(is <= was + was / 10, "{what} takes {is} bytes, and took {was}");
}

#[test]
fn sizes() {
    fn step<M: Machine>(was: usize) {
        holds::<StepOf<M>>("a step of a monitor", was);
    }
    holds::<Timeout>("Timeout", 24);
    holds::<PhiNormal<32>>("PhiNormal<32>", 176);
    holds::<PhiNormal<100>>("PhiNormal<100>", 448);
    holds::<PhiExponential<100>>("PhiExponential<100>", 448);
    holds::<Chen<32>>("Chen<32>", 240);
    holds::<Bertier<32>>("Bertier<32>", 256);
    holds::<AnyDetector<32>>("AnyDetector<32>", 256);
    holds::<Quality>("Quality", 64);
    holds::<Monitor<Timeout, 8>>("Monitor<Timeout, 8>", 1_064);
    holds::<Monitor<PhiNormal<16>, 8>>("Monitor<PhiNormal<16>, 8>", 1_784);
    holds::<Monitor<PhiNormal<32>, 8>>("Monitor<PhiNormal<32>, 8>", 2_296);
    holds::<Monitor<AnyDetector<16>, 8>>("Monitor<AnyDetector<16>, 8>", 2_304);
    step::<Monitor<Timeout, 8>>(144);
    // The promise that a peer of a phi detector with a window of 100 takes at most 448 bytes.
    assert!(size_of::<PhiNormal<100>>() <= 448 && size_of::<PhiExponential<100>>() <= 448);
}
