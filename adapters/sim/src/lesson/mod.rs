//! Two lessons that machines can give people: what clocks tell about order, and what it costs to notice a crash soon.
//!
//! Each is a function from its settings to plain data, which can be printed as a text, serialised (feature `serde`) and drawn.
//!
//! * [`clocks`] replays a classic mistake: two servers with clocks some seconds apart, an update, and a delete that is lost.
//! * [`detectors`] measures every failure detector on the same traces of heartbeats: how soon it notices a crash, against how often
//!   it is wrong.

pub mod clocks;
pub mod detectors;
mod table;

#[cfg(feature = "serde")]
fn seconds<S: serde::Serializer>(duration: &core::time::Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(duration.as_secs_f64())
}
