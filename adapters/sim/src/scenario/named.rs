//! Scenarios that have a name.

use super::{Scenario, parse};
use alloc::format;

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
}

/// The scenario of this name, one of [`NAMES`].
#[must_use]
pub fn named(name: &str) -> Option<Scenario> {
    let text = text(name)?;
    #[allow(clippy::expect_used)] // each of them is read by a test
    Some(parse(&format!("{name}.toml"), text).expect("scenarios that come with the crate are well-formed"))
}
