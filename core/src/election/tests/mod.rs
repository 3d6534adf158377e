//! Time-stamped dialogues with one member of a group: what it is told at which millisecond, and all that it answers.

mod dialogue;
mod leading;
mod majority;
mod per_partition;
mod ranks;
mod restarts;
