//! Time-stamped dialogues with a holder: what it is told at which millisecond, and all that it answers.

mod acquiring;
mod dialogue;
mod holding;
