//! What was measured, for people, for documents and for programs.

mod figures;
mod json;
mod markdown;
mod surroundings;
mod table;

pub use json::json;
pub use markdown::markdown;
pub use surroundings::Surroundings;
pub use table::table;
