//! Time-stamped dialogues with an authority: what it is told at which millisecond, and all that it answers.

mod dialogue;
mod ends;
mod fixed;
mod grants;
mod reclaims;
