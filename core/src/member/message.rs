//! What members send each other and report: the messages and events of their two parts.

use crate::{detector, election};

/// A message of one of a [`Member`](super::Member)'s parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Message {
    /// From monitor to monitor.
    Heartbeat(detector::Heartbeat),
    /// From election to election.
    Election(election::Message),
}

/// An event of one of a [`Member`](super::Member)'s parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Event {
    /// Whom the monitor suspects and trusts.
    Monitor(detector::Event),
    /// Who leads.
    Election(election::Event),
}
