//! What parties and coordinators say to each other.

use super::Generation;
use crate::{Epoch, Instant, NodeId, Rebase};
use core::fmt;
use core::time::Duration;

/// The number of one party: no other one of the same node, in any of its lives, has or had it. Who sent a message is known from
/// its frame, so a party is (node, number).
///
/// Microseconds of a clock at which it was made will do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct PartyId(u64);

impl PartyId {
    /// The party of this number.
    #[must_use]
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl fmt::Display for PartyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// Who speaks, of which barrier, and what it knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Ticket<R> {
    /// The barrier.
    pub resource: R,
    /// How many parties it has, as far as this one knows.
    pub parties: u16,
    /// The party.
    pub party: PartyId,
    /// Which of its arrivals this is about, counted from 1; zero before the first.
    pub arrival: u32,
    /// The epoch that it is in: it obeys no coordinator of an earlier one any more. What it says counts for a coordinator of just
    /// this epoch, for only then it is known not to have heard another one since.
    pub epoch: Epoch,
    /// The last visit that a coordinator of this epoch asked for: see [`Message::Coordinates`].
    pub visit: u32,
    /// The last generation whose outcome it learnt.
    pub learnt: Option<Generation>,
    /// Whether all were released from that one; otherwise it broke.
    pub released: bool,
}

/// What parties and coordinators exchange. `R` is what barriers are known by.
///
/// All of them can come twice, late, or never.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Message<R> {
    /// Party to coordinator: "I have arrived, and am not bound." Repeated while it waits, to say that it is still there.
    Arrive {
        /// Who.
        ticket: Ticket<R>,
        /// The generation that a coordinator has counted it in.
        generation: Option<Generation>,
        /// Whether it gives its place up afterwards.
        leaves: bool,
    },
    /// Party to coordinator: "I know that all have arrived, and take back nothing any more." Repeated until the outcome comes.
    Ready {
        /// Who.
        ticket: Ticket<R>,
        /// The generation that it is bound to.
        generation: Generation,
        /// Whether it gives its place up afterwards.
        leaves: bool,
    },
    /// Party to coordinator: "I do not wait, and will come again." If it had arrived, and nobody knows that all have, it has
    /// taken that back.
    Present {
        /// Who.
        ticket: Ticket<R>,
    },
    /// Party to coordinator: "I take no part any more." Repeated until it is answered.
    Leave {
        /// Who.
        ticket: Ticket<R>,
        /// Whether that is because its patience ended; otherwise its user said so.
        timed_out: bool,
    },
    /// Coordinator to party: "I coordinate in this epoch. Where do you stand?"
    ///
    /// The party says it again with this epoch and visit. A coordinator counts visits up as places are given up, and gives one only
    /// to a party that says the present number: so nothing that was said before, and comes late, can take a place.
    Coordinates {
        /// Which of the node's parties.
        party: PartyId,
        /// The epoch.
        epoch: Epoch,
        /// The number of the visit.
        visit: u32,
    },
    /// Coordinator to party: "I know where you stand."
    Noted {
        /// Which of the node's parties.
        party: PartyId,
        /// Which of its arrivals.
        arrival: u32,
        /// The coordinator's epoch.
        epoch: Epoch,
        /// The generation that the arrival is counted in, or the next.
        generation: Generation,
        /// How many have arrived in it.
        arrived: u16,
    },
    /// Coordinator to party: "All have arrived. Are you ready?"
    Prepare {
        /// Which of the node's parties.
        party: PartyId,
        /// Which of its arrivals.
        arrival: u32,
        /// The coordinator's epoch.
        epoch: Epoch,
        /// The generation in which all have arrived.
        generation: Generation,
    },
    /// Coordinator to party: how it ended.
    Settled {
        /// Which of the node's parties.
        party: PartyId,
        /// Which of its arrivals.
        arrival: u32,
        /// The coordinator's epoch.
        epoch: Epoch,
        /// The generation.
        generation: Generation,
        /// How it ended.
        outcome: Outcome,
    },
    /// Coordinator to party: no.
    Refused {
        /// Which of the node's parties.
        party: PartyId,
        /// Which of its arrivals.
        arrival: u32,
        /// The coordinator's epoch; zero if it is none.
        epoch: Epoch,
        /// Why.
        refusal: Refusal,
    },
    /// Coordinator to party: it knows nothing of it any more.
    Left {
        /// Which of the node's parties.
        party: PartyId,
        /// The coordinator's epoch.
        epoch: Epoch,
    },
}

/// How a generation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "kebab-case"))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Outcome {
    /// All arrived.
    Released,
    /// Not all did.
    Broken(Cause),
    /// The coordinator cannot tell.
    Unknown,
}

/// Why a generation broke.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "kebab-case"))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Cause {
    /// This node's party did not want to wait any longer.
    TimedOut(NodeId),
    /// This node's party was not heard of for too long.
    Lapsed(NodeId),
    /// This node's party left.
    Left(NodeId),
    /// The barrier was reset.
    Reset,
    /// An earlier coordinator broke it, and why is not known any more.
    Formerly,
}

/// Why a party does not take part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "kebab-case"))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Refusal {
    /// It does not coordinate: ask this one, if it is known.
    Elsewhere(Option<NodeId>),
    /// The barrier has so many parties, and they are all there.
    Full(u16),
    /// The others know a barrier with so many parties.
    OtherParties(u16),
    /// A barrier has one party at least, and so many at most.
    TooManyParties(u16),
    /// So many barriers there can be, and there are.
    TooManyBarriers(u32),
    /// No more generations are left in this epoch.
    Exhausted,
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TimedOut(node) => write!(f, "node {node} did not want to wait any longer"),
            Self::Lapsed(node) => write!(f, "node {node} was not heard of for too long"),
            Self::Left(node) => write!(f, "node {node} left"),
            Self::Reset => write!(f, "the barrier was reset"),
            Self::Formerly => write!(f, "an earlier coordinator broke it"),
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Released => write!(f, "all arrived"),
            Self::Broken(cause) => write!(f, "it broke: {cause}"),
            Self::Unknown => write!(f, "how it ended is not known"),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Elsewhere(Some(node)) => write!(f, "node {node} coordinates, not this one"),
            Self::Elsewhere(None) => write!(f, "this node does not coordinate, and does not know which one does"),
            Self::Full(parties) => write!(f, "the barrier has {parties} parties, and they are all there"),
            Self::OtherParties(parties) => write!(f, "the others know a barrier with {parties} parties"),
            Self::TooManyParties(most) => write!(f, "a barrier has at least one party, and here at most {most}"),
            Self::TooManyBarriers(most) => write!(f, "all of the {most} barriers that there can be are in use"),
            Self::Exhausted => write!(f, "the generations of this epoch are used up"),
        }
    }
}

impl<R> Message<R> {
    /// Which of a node's parties it is from or for.
    #[must_use]
    pub const fn party(&self) -> PartyId {
        match self {
            Self::Arrive { ticket, .. }
            | Self::Ready { ticket, .. }
            | Self::Present { ticket }
            | Self::Leave { ticket, .. } => ticket.party,
            Self::Coordinates { party, .. }
            | Self::Noted { party, .. }
            | Self::Prepare { party, .. }
            | Self::Settled { party, .. }
            | Self::Refused { party, .. }
            | Self::Left { party, .. } => *party,
        }
    }

    /// Whether it is what a party says to a coordinator.
    #[must_use]
    pub const fn is_for_coordinators(&self) -> bool {
        matches!(self, Self::Arrive { .. } | Self::Ready { .. } | Self::Present { .. } | Self::Leave { .. })
    }
}

impl<R> Rebase for Message<R> {
    /// There are no times in them.
    fn rebase(&mut self, _: Instant, _: Duration) {}
}

const _: () = assert!(size_of::<Message<crate::Name>>() <= 104, "a step carries up to four");
