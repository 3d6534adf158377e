//! Scenarios that have a name.

use super::{Error, Scenario, parse};
use alloc::format;
use alloc::string::ToString;
use std::path::Path;

/// All names, with the files behind them.
macro_rules! scenarios {
    ($($name:literal)+) => {
        /// The names of the scenarios that come with the crate.
        pub const NAMES: &[&str] = &[$($name),+];

        /// What stands in the file of the scenario of this name.
        #[must_use]
        pub fn text(name: &str) -> Option<&'static str> {
            match name {
                $($name => Some(include_str!(concat!("../../scenarios/", $name, ".toml"))),)+
                _ => None,
            }
        }
    };
}

scenarios! {
    "bully"
    "paused-leader"
    "suspended-leader"
    "clock-stops-in-sleep"
    "resign"
    "transfer"
    "priority"
    "response-delayed"
    "lost-coordinator"
    "deaf-top-node"
    "mute-top-node"
    "returning-top-node"
    "two-restarts"
    "full-disk"
    "forgetful-member"
    "majority-and-rest"
    "split-in-halves"
    "split-in-thirds"
    "split-per-partition"
    "clocks-within-bounds"
    "clocks-beyond-bounds"
    "clock-jumps-ahead"
    "clock-falls-back"
    "leap-second"
    "last-epoch"
    "two-of-one-id"
    "false-leader"
    "forger-without-key"
    "rough-weather"
    "burst-after-silence"
    "slow-heartbeats"
    "silent-peer"
    "lock-handed-over"
    "lock-holder-killed"
    "lock-holder-cut-off"
    "paused-holder"
    "lock-through-failover"
    "shared-lock"
    "semaphore"
    "lock-delay"
    "broken-lock"
    "holder-sets-its-clock-back"
    "barrier"
    "barrier-through-failover"
    "barrier-party-killed"
    "barrier-impatience"
}

/// The scenario of this name, one of [`NAMES`].
#[must_use]
pub fn named(name: &str) -> Option<Scenario> {
    let text = text(name)?;
    #[allow(clippy::expect_used)] // each of them is read by a test
    Some(parse(&format!("{name}.toml"), text).expect("scenarios that come with the crate are well-formed"))
}

/// The scenario that stands in a file.
///
/// # Errors
///
/// If the file cannot be read, or is not [understood](parse()).
pub fn read(path: &Path) -> Result<Scenario, Error> {
    let file = path.display().to_string();
    match std::fs::read_to_string(path) {
        Ok(text) => parse(&file, &text),
        Err(error) => Err(Error { file, line: None, what: format!("it cannot be read ({error})") }),
    }
}
