//! What is quorate's.

pub mod clocks;
pub mod detectors;
pub mod driven;
pub mod frames;
pub mod loopback;
pub mod monitor;
pub mod steps;
pub mod threads;
