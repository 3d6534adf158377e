//! What others have made of the same.

pub mod clocks;
pub mod detectors;
pub mod foca;
pub mod raft;
pub mod threads;
