//! Pictures of what happened, as SVG.
//!
//! A [`Recorder`] watches a world; [`space_time`] draws what it kept: a line for each node, with time going to the right, and every
//! message an arrow from the line of its sender to that of its receiver. A picture is a self-contained SVG, without scripts, with a
//! background of its own; hold the pointer over anything to read what it is.
//!
//! What is drawn of a machine, the machine says ([`Depicted`]); those of quorate do, and yours can.

mod axis;
#[cfg(feature = "std")]
mod counterexample;
mod depicted;
mod detectors;
mod machines;
mod recorder;
mod recording;
mod services;
mod space_time;
mod svg;

pub use depicted::{Class, Colour, Depicted, Emphasis, Mark, Said, State, Symbol};
pub use detectors::detectors;
pub use recorder::Recorder;
pub use recording::{Cut, End, Flight, Lane, Note, Recording, Scale, Span};
#[cfg(feature = "scenario")]
pub(crate) use services::{holder_learned, party_learned};
pub use space_time::{Detail, Options, space_time};
