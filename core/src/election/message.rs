//! What members say to each other, and what each of them must not forget.

use crate::{Epoch, Instant, NodeId};
use core::time::Duration;

/// What members exchange. Who sent a message is known from its frame, so a ballot travels as (epoch, priority) and is
/// completed by the sender's id.
///
/// ```
/// use quorate::election::{Message, Verdict};
/// use quorate::Epoch;
/// let answer = Message::Answer { epoch: Epoch::new(3), verdict: Verdict::Stale(Epoch::new(7)) };
/// assert!(size_of_val(&answer) <= 32);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Message {
    /// "Would you elect me?" Nobody's state changes for it, so a member that is cut off disturbs nobody when it returns.
    PreVote {
        /// The epoch that the sender would stand for.
        epoch: Epoch,
        /// The sender's priority.
        priority: u16,
        /// The sender outranks the leader that there is and asks whether it may take over from it.
        challenge: bool,
    },
    /// The bully's ELECTION: "I stand for this epoch."
    Election {
        /// The epoch.
        epoch: Epoch,
        /// The sender's priority.
        priority: u16,
    },
    /// The bully's ANSWER, to a [`Message::PreVote`], [`Message::Election`] or stale [`Message::Coordinator`].
    Answer {
        /// The epoch that was asked about.
        epoch: Epoch,
        /// The answer.
        verdict: Verdict,
    },
    /// The bully's COORDINATOR: "I lead this epoch." Repeated for as long as it is true, so that losing one strands
    /// nobody; each repetition asks for the lease to be renewed.
    Coordinator {
        /// The epoch.
        epoch: Epoch,
        /// The leader's priority.
        priority: u16,
        /// When this was sent, by the leader's clock.
        sent: Instant,
    },
    /// The answer to a [`Message::Coordinator`]: "I elect nobody else until your lease has run out."
    Acknowledge {
        /// The epoch.
        epoch: Epoch,
        /// The time that the coordinator message carried.
        sent: Instant,
        /// The sender's priority.
        priority: u16,
        /// Whether the sender would lead if it were asked to.
        eligible: bool,
    },
    /// The leader of the epoch, or a candidate for it, gives it up: whoever supported it is free again.
    Resign {
        /// The epoch.
        epoch: Epoch,
        /// Who is to stand next, if anyone in particular.
        successor: Option<NodeId>,
    },
    /// A member that outranks the leader, and has made sure that a majority would elect it, asks it to hand over.
    Challenge {
        /// The leader's epoch.
        epoch: Epoch,
    },
    /// A member that has forgotten what it promised asks how far the others have got.
    Recall {
        /// Comes back in the answer, so that an answer to a former life does not count.
        nonce: u64,
    },
    /// The answer to a [`Message::Recall`].
    Recalled {
        /// The number that was asked with.
        nonce: u64,
        /// The highest epoch that the sender took part in.
        epoch: Epoch,
        /// Whether the sender remembers its promises itself.
        remembers: bool,
    },
}

/// What a voter answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Verdict {
    /// To a pre-vote: I would vote for you.
    Would,
    /// To an election: you have my vote, and I elect nobody else for the length of a lease.
    Granted,
    /// I rank above you and am standing myself: the bully's OK.
    Higher,
    /// Not before so much time has passed, for so long I have promised to stand by another.
    Wait(Duration),
    /// I have taken part in this epoch, which is not below yours.
    Stale(Epoch),
}

/// What must survive a restart: which epoch this member took part in last, and whom it voted for.
///
/// Made durable before the vote leaves, so no restart votes twice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Record {
    /// The highest epoch that this member took part in.
    pub epoch: Epoch,
    /// Whom it voted for, or follows, in that epoch.
    pub vote: Option<NodeId>,
}
