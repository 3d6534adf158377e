//! What hosts and their clients say, ask and report: the messages, commands and events of the parts.

use crate::{Instant, Rebase, barrier, election, lease, member};
use core::time::Duration;

/// A message of one of a [`Host`](super::Host)'s parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Message<R> {
    /// From member to member.
    Member(member::Message),
    /// Between a holder and the authority.
    Lease(lease::Message<R>),
    /// Between a party and the coordinator.
    Barrier(barrier::Message<R>),
}

/// What the local user asks of a [`Host`](super::Host).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Command<R> {
    /// Of its election.
    Election(election::Command),
    /// To end all leases of this resource, if this node is the authority.
    Break(R),
    /// To reset this barrier, if this node is the coordinator.
    Reset(R),
}

/// An event of one of a [`Host`](super::Host)'s parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Event<R> {
    /// Whom it suspects, and who leads.
    Member(member::Event),
    /// Who holds what.
    Lease(lease::authority::Event<R>),
    /// Who has arrived where.
    Barrier(barrier::coordinator::Event<R>),
}

impl<R> Rebase for Message<R> {
    fn rebase(&mut self, now: Instant, by: Duration) {
        match self {
            Self::Member(member::Message::Election(message)) => message.rebase(now, by),
            Self::Member(member::Message::Heartbeat(_)) => {}
            Self::Lease(message) => message.rebase(now, by),
            Self::Barrier(message) => message.rebase(now, by),
        }
    }
}
