//! What the adapter itself has to tell: things of the network that no machine ever sees.

use crate::transport::Origin;
use core::fmt;
use core::net::SocketAddr;
use quorate::NodeId;
use quorate_wire::{Reason, Rejected};

/// What the adapter tells its user, beside what the machine does.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Notice {
    /// A datagram, or a message in it, was dropped. For each [reason](Rejection::name) one is told in a second; all are
    /// counted.
    Dropped {
        /// Where it came from.
        from: Origin,
        /// Why.
        rejection: Rejection,
        /// How many others were dropped for the same reason since the last one was told.
        more: u64,
    },
    /// A peer is now looked for at another address.
    Moved {
        /// The peer.
        peer: NodeId,
        /// Where it was.
        from: Option<SocketAddr>,
        /// Where it is.
        to: SocketAddr,
    },
    /// A peer's name could not be looked up. It is tried again and again, and told once.
    Unresolved {
        /// The peer.
        peer: NodeId,
        /// Its name.
        name: String,
        /// Why not.
        error: String,
    },
}

impl Notice {
    /// Hands it to `tracing`: as a warning, unless it is only that a peer has moved.
    pub fn log(&self) {
        match self {
            Self::Moved { .. } => tracing::info!("{self}"),
            _ => tracing::warn!("{self}"),
        }
    }
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dropped { from, rejection, more: 0 } => write!(f, "dropped a datagram from {from}: {rejection}"),
            Self::Dropped { from, rejection, more } => {
                write!(f, "dropped a datagram from {from}: {rejection} (and {more} more for the same reason)")
            }
            Self::Moved { peer, from: Some(from), to } => write!(f, "node {peer} is now at {to}, before at {from}"),
            Self::Moved { peer, from: None, to } => write!(f, "node {peer} is at {to}"),
            Self::Unresolved { peer, name, error } => {
                write!(f, "cannot look up `{name}`, where node {peer} is: {error}")
            }
        }
    }
}

/// Why a datagram, or a message in it, was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Rejection {
    /// It is no frame of this group, or not a new one from a member.
    Frame(Rejected),
    /// It claims to be from a member that lives at another address: somebody else has been given the same id, the peer's
    /// address is configured wrongly, or somebody forges frames.
    WrongAddress {
        /// Who it claims to be from.
        sender: NodeId,
        /// Where that member lives, if that is known.
        expected: Option<SocketAddr>,
    },
    /// It asks something, and too many did so just now.
    TooManyQuestions,
}

impl Rejection {
    /// Every [name](Rejection::name) that there is, in order of [`index`](Rejection::index).
    pub fn names() -> impl Iterator<Item = &'static str> {
        Reason::ALL.iter().map(|reason| reason.name()).chain(["wrong_address", "too_many_questions"])
    }

    /// How many names there are.
    pub const COUNT: usize = Reason::COUNT + 2;

    /// Its place among the [names](Rejection::names).
    #[must_use]
    pub const fn index(&self) -> usize {
        match self {
            Self::Frame(rejected) => rejected.reason().index(),
            Self::WrongAddress { .. } => Reason::COUNT,
            Self::TooManyQuestions => Reason::COUNT + 1,
        }
    }

    /// The kind of rejection, in lower case with underscores, for counters and logs.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Frame(rejected) => rejected.reason().name(),
            Self::WrongAddress { .. } => "wrong_address",
            Self::TooManyQuestions => "too_many_questions",
        }
    }

    /// Whether somebody bears this member's own id: two members are configured with the same one.
    #[must_use]
    pub const fn is_own_id(&self) -> bool {
        matches!(self, Self::Frame(Rejected::OwnId { .. }))
    }
}

impl From<Rejected> for Rejection {
    fn from(rejected: Rejected) -> Self {
        Self::Frame(rejected)
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Frame(rejected) => rejected.fmt(f),
            Self::WrongAddress { sender, expected: Some(expected) } => write!(
                f,
                "it claims to be from node {sender}, which is at {expected}: two members have the same id, an address is \
                 configured wrongly, or frames are forged"
            ),
            Self::WrongAddress { sender, expected: None } => {
                write!(f, "it claims to be from node {sender}, whose address is not known yet")
            }
            Self::TooManyQuestions => write!(f, "it asks for the status, as too many have done just now"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rejection_stands_at_its_index_among_the_names() {
        let names: Vec<_> = Rejection::names().collect();
        assert_eq!(names.len(), Rejection::COUNT);
        let sender = NodeId::new(1);
        for rejection in [
            Rejection::Frame(Rejected::Plain),
            Rejection::Frame(Rejected::UnknownProtocol { protocol: 1 }),
            Rejection::WrongAddress { sender, expected: None },
            Rejection::TooManyQuestions,
        ] {
            assert_eq!(names[rejection.index()], rejection.name());
        }
    }
}
