//! What cannot be done with less: the same with nothing around it.

pub mod clocks;
pub mod detectors;
pub mod frames;
pub mod loopback;
#[cfg(target_os = "linux")]
pub mod threads;
