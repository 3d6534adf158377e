//! Barriers as dialogues, stamped with times.

mod cycles;
mod dialogue;
mod failover;
mod places;
mod waiting;
