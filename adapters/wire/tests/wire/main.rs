//! Frames from end to end: their bytes, what is refused and why, and what is remembered.
//!
//! A failing property is shrunk and printed; `PROPTEST_RNG_SEED=n` replays a run, `PROPTEST_CASES=n` lengthens it.

mod admission;
mod barriers;
mod bodies;
mod corruption;
mod golden;
mod keys;
mod leases;
mod streams;
mod world;
