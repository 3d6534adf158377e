//! Barriers on an engine: a coordinator that is written down after each word.
//!
//! What a coordinator knows of a barrier is a [value in a register](Registers) of the engine's, and whoever is a party of it steps
//! the coordinator: it reads the value, takes what its own party says, and replaces the value if nobody else has meanwhile. So all
//! changes come one after the other, the last one is the truth, and no client is more important than another.
//!
//! The parties are the machines that they are everywhere, and B1 to B5 are kept in the same way: the generation is prepared when all
//! have arrived, and settled when each has said that it is ready; see [`quorate::barrier`]. What differs is what happens when the
//! engine fails. One that forgets nothing always knows how a generation ended. When one has lost its memory, the next value has a
//! later epoch, and who was bound in the one before is told that the outcome is unknown.
//!
//! A client that is there says so now and then, by whatever the engine has that runs out by itself. Who waits looks for clients that
//! are not there any more, and gives up their places, which breaks the generation.

mod attendance;
mod registers;
mod registrar;
#[cfg(test)]
mod tests;
mod text;

pub use attendance::Attendee;
pub use registers::{Reading, Registers, Replaced};
pub use registrar::Registrar;
pub use text::NoAttendance;
