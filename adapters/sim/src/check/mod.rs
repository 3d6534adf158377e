//! Judges: what a protocol promises, checked against what truly happened.

mod violation;

pub use violation::Violation;
