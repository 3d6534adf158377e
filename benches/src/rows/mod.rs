//! The rows of the table, with what is to be reached in them.

mod allocations;
mod clocks;
mod detectors;
mod frames;
mod loopback;
mod monitor;
mod steps;
mod threads;

use crate::race::Family;

/// A family that is made when it is its turn.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// Makes it.
    pub make: fn() -> Family,
    /// Its threads share one core: to wake another one costs more than what is to be measured.
    pub on_one_core: bool,
}

const fn anywhere(make: fn() -> Family) -> Entry {
    Entry { make, on_one_core: false }
}

const fn on_one_core(make: fn() -> Family) -> Entry {
    Entry { make, on_one_core: true }
}

/// All families.
pub const FAMILIES: &[Entry] = &[
    anywhere(clocks::scalar),
    anywhere(clocks::vector_tick),
    anywhere(clocks::vector_merge),
    anywhere(clocks::vector_compare),
    anywhere(clocks::vector_observe),
    anywhere(clocks::vector_encode),
    anywhere(clocks::version),
    anywhere(clocks::sizes),
    anywhere(detectors::heartbeat),
    anywhere(detectors::query),
    anywhere(detectors::sizes),
    anywhere(monitor::heartbeats),
    anywhere(monitor::deadlines),
    anywhere(monitor::all),
    anywhere(steps::idle),
    anywhere(steps::busy),
    anywhere(frames::whole),
    anywhere(frames::parts),
    on_one_core(threads::mailboxes),
    on_one_core(threads::barriers),
    on_one_core(loopback::locks),
    anywhere(allocations::counted),
];
