//! What machines say and tell, in words that people read.
//!
//! [`Worded`] puts the messages, events and records of a machine into words.

mod either;
mod machines;
mod worded;

pub use worded::{Opinion, Worded};
