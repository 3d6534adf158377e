//! The size of each machine, which is its RAM on a board.
//!
//! Lowering a figure here is progress; a machine that grows by more than a tenth is a decision, to be made here.

use quorate::Name;
use quorate::barrier::{Coordinator, Dissemination, Party};
use quorate::clock::{HybridClock, LamportClock, Process, VectorClock, VersionClock};
use quorate::detector::{AnyDetector, Bertier, Chen, Monitor, PhiExponential, PhiNormal, Timeout};
use quorate::election::Election;
use quorate::host::Host;
use quorate::lease::{Authority, Holder};
use quorate::member::Member;

/// In bytes, on a machine of 64 bits.
macro_rules! sizes {
    ($($machine:ty = $bytes:literal),* $(,)?) => { [$((stringify!($machine), size_of::<$machine>(), $bytes)),*] };
}

#[test]
fn no_machine_grows_unnoticed() {
    let sizes: [(&str, usize, usize); _] = sizes![
        Process<LamportClock, u32, 8> = 120,
        Process<HybridClock, u32, 8> = 120,
        Process<VectorClock<8>, u32, 8> = 280,
        Process<VersionClock<8>, u32, 8> = 496,
        Monitor<Timeout, 8> = 1_136,
        Monitor<PhiNormal<16>, 8> = 1_856,
        Monitor<PhiExponential<16>, 8> = 1_856,
        Monitor<Chen<16>, 8> = 2_232,
        Monitor<Bertier<16>, 8> = 2_360,
        Election<8> = 664,
        Election<64> = 1_784,
        Member<Timeout, 8> = 1_808,
        Member<PhiNormal<16>, 8> = 2_528,
        Member<Bertier<16>, 8> = 3_032,
        Member<AnyDetector<16>, 8> = 3_048,
        Holder<u8, 4> = 328,
        Holder<Name, 4> = 368,
        Authority<u8, 8> = 1_192,
        Authority<Name, 8> = 1_576,
        Authority<Name, 64> = 11_544,
        Host<Timeout, u8, 8, 8, 2, 8> = 4_720,
        Coordinator<u8, 2, 8> = 1_640,
        Coordinator<Name, 16, 16> = 24_408,
        Dissemination<8> = 536,
        Party<u8, 8> = 288,
        Party<Name, 8> = 336,
    ];
    for (name, bytes, expected) in sizes {
        println!("{name:<36} {bytes:>6} bytes (expected {expected})");
    }
    for (name, bytes, expected) in sizes {
        assert!(bytes * 10 <= expected * 11, "{name} has grown from {expected} to {bytes} bytes");
    }
    assert!(size_of::<Member<AnyDetector<16>, 8>>() <= 4_096, "a member of eight peers must fit in 4 KiB");
}
