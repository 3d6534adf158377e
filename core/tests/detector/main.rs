//! Failure detectors and the monitor, from outside.

mod dialogue;
mod forms;
mod levels;
mod papers;
mod promises;
mod sizes;
mod traps;
mod windows;
