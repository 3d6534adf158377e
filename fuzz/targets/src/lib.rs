//! The bodies of the fuzz targets: ordinary functions of bytes that panic when something is broken.
//!
//! A fuzzer calls them from `fuzz/fuzz_targets`, and the tests of this crate call them with the seeds in `fuzz/seeds`, which
//! needs no fuzzer and no other compiler.
#![forbid(unsafe_code)]

mod authority;
mod causality;
mod frames;
mod machines;
mod messages;
mod streams;
mod texts;
mod votes;
mod windows;
mod worlds;

pub use authority::authority;
pub use causality::causality;
pub use frames::{frame, sealed};
pub use machines::machines;
pub use messages::messages;
pub use streams::stream;
pub use texts::scenario;
#[cfg(feature = "program")]
pub use texts::{names, settings};
pub use votes::votes;
pub use windows::windows;
pub use worlds::{barrier, clocks, election, locks, member, monitor};

/// A target: what it does with a fuzzer's bytes.
pub type Target = fn(&[u8]);

/// All targets by their names, which are those of the files in `fuzz/fuzz_targets` and of the folders in `fuzz/seeds`.
pub const ALL: &[(&str, Target)] = &[
    ("frame", frame),
    ("sealed", sealed),
    ("stream", stream),
    ("messages", messages),
    ("machines", machines),
    ("election", election),
    ("member", member),
    ("monitor", monitor),
    ("barrier", barrier),
    ("locks", locks),
    ("clocks", clocks),
    ("causality", causality),
    ("windows", windows),
    ("authority", authority),
    ("votes", votes),
    #[cfg(feature = "program")]
    ("settings", settings),
    ("scenario", scenario),
    #[cfg(feature = "program")]
    ("names", names),
];
