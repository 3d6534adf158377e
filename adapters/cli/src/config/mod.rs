//! The settings of a member: on the command line, in a file, or both. What the command line says goes before what the file says.

mod choices;
mod file;
mod layer;
mod start;

pub(crate) use choices::{Detector, Guarantee, Preempt, Profile, Role};
pub(crate) use layer::{Layer, Peer, Timings};
pub(crate) use start::{Settings, keyring};
