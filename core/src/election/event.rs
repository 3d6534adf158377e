//! What the local user asks for and learns.

use crate::{Epoch, Instant, NodeId};
use core::fmt;

/// What the local user can ask of an [`Election`](super::Election).
///
/// What cannot be done comes back as [`Event::Refused`], with the state unchanged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Command {
    /// A failure detector suspects this peer. (A [`Member`](crate::member::Member) sees to it by itself.)
    Suspect(NodeId),
    /// A failure detector trusts this peer again.
    Trust(NodeId),
    /// Give up the leadership: [`Event::Stopping`] follows, then wait for [`Command::Release`].
    Resign,
    /// Give up the leadership in favour of this peer, otherwise like [`Command::Resign`].
    Transfer(NodeId),
    /// The work that only a leader may do has stopped: the leadership, if it is [stopping](Event::Stopping), ends now
    /// and not only when its lease does.
    Release,
    /// Whether this member may lead (a veto while it is `false`). A leader that becomes ineligible resigns.
    SetEligible(bool),
    /// This member's priority from now on.
    SetPriority(u16),
    /// A new member that votes.
    ///
    /// Changes are safe one at a time: carry each out on every member before the next.
    AddVoter(NodeId),
    /// A new member that only watches.
    AddObserver(NodeId),
    /// This peer is no longer a member.
    Remove(NodeId),
}

/// What the local user learns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Event {
    /// This member leads from now on.
    Elected {
        /// The epoch.
        epoch: Epoch,
        /// When the lease ends unless it is renewed; [`Instant::FAR_FUTURE`] without leases.
        until: Instant,
    },
    /// The renewal of the lease is overdue. The leadership is valid until then, and may still be renewed.
    Doubtful {
        /// The epoch.
        epoch: Epoch,
        /// When the lease ends unless it is renewed.
        until: Instant,
    },
    /// The lease is renewed after doubt.
    Assured {
        /// The epoch.
        epoch: Epoch,
        /// When the lease ends unless it is renewed again.
        until: Instant,
    },
    /// The leadership is about to be given up: stop the work, then say [`Command::Release`].
    Stopping {
        /// The epoch.
        epoch: Epoch,
        /// Why it ends.
        why: Why,
        /// When it ends at the latest.
        until: Instant,
    },
    /// This member leads no longer.
    Lost {
        /// The epoch.
        epoch: Epoch,
        /// Why it ended.
        why: Why,
        /// The last time at which the leadership was valid: now, or earlier if the member slept through its end.
        until: Instant,
    },
    /// Another member leads.
    Following {
        /// Who.
        leader: NodeId,
        /// The epoch.
        epoch: Epoch,
    },
    /// The leader that this member followed is gone, and none is known yet.
    Leaderless {
        /// The epoch that has ended, as far as this member can tell.
        epoch: Epoch,
        /// Why.
        why: Gone,
    },
    /// A member that started without memory has made up for it, and takes part from now on.
    Recalled {
        /// The highest epoch that the others remember.
        epoch: Epoch,
    },
    /// A message was not acted on.
    Rejected {
        /// Who sent it.
        from: NodeId,
        /// Why.
        reason: Reason,
    },
    /// A command was not carried out; the state is unchanged.
    Refused(CommandError),
    /// This member cannot stand, for there is no epoch after [`Epoch::MAX`].
    Exhausted,
}

/// Why a leadership ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Why {
    /// No majority renewed the lease in time.
    LeaseExpired,
    /// The local user resigned.
    Resigned,
    /// The local user transferred it to this peer.
    Transferred(NodeId),
    /// This higher-ranked peer took over.
    Preempted(NodeId),
    /// The local user made this member ineligible.
    Ineligible,
    /// This epoch was met, which is higher; or the same under [`Guarantee::PerPartition`](super::Guarantee), where it is
    /// over: another leader of it has resigned.
    Superseded(Epoch),
    /// Another leader of the same epoch was met after a partition: [`PerPartition`](super::Guarantee::PerPartition) only.
    Merged(NodeId),
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LeaseExpired => write!(f, "no majority renewed the lease in time"),
            Self::Resigned => write!(f, "it resigned"),
            Self::Transferred(to) => write!(f, "it handed over to node {to}"),
            Self::Preempted(by) => write!(f, "node {by}, which ranks higher, takes over"),
            Self::Ineligible => write!(f, "it may no longer lead"),
            Self::Superseded(epoch) => write!(f, "epoch {epoch} has begun"),
            Self::Merged(other) => write!(f, "node {other} led the same epoch in another partition"),
        }
    }
}

/// Why the leader that was followed is followed no longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Gone {
    /// The failure detector suspects it.
    Suspected,
    /// It has not renewed its lease in time.
    Silent,
    /// It resigned.
    Resigned,
    /// It is no longer a member.
    Removed,
}

impl fmt::Display for Gone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Suspected => "it is suspected to have failed",
            Self::Silent => "it did not renew its lease in time",
            Self::Resigned => "it resigned",
            Self::Removed => "it is no longer a member",
        })
    }
}

/// Why a message was not acted on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Reason {
    /// Its sender is not a member.
    Stranger,
    /// Its sender has this node's own id: two nodes are configured with the same one.
    OwnIdentity,
    /// Its sender has no vote, yet acts as if it had.
    NoVote,
    /// It claims an epoch that is over.
    StaleEpoch {
        /// The epoch that it claims.
        claimed: Epoch,
        /// The epoch that this member has taken part in.
        current: Epoch,
    },
    /// It names an epoch beyond [`Epoch::MAX`].
    InvalidEpoch {
        /// The epoch that it names.
        claimed: Epoch,
    },
    /// It claims an epoch that another member leads.
    SecondLeader {
        /// The epoch.
        epoch: Epoch,
        /// Who leads it.
        leader: NodeId,
    },
    /// It acknowledges a coordinator message that this member has not sent.
    NeverSent {
        /// The time that it names.
        sent: Instant,
    },
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stranger => write!(f, "the sender is not a member of the group"),
            Self::OwnIdentity => {
                write!(f, "the sender has this node's own id; two nodes are configured with the same one")
            }
            Self::NoVote => write!(f, "the sender has no vote"),
            Self::StaleEpoch { claimed, current } => {
                write!(f, "epoch {claimed} is over; this member has taken part in epoch {current}")
            }
            Self::InvalidEpoch { claimed } => write!(f, "there is no epoch {claimed}; the last one is {}", Epoch::MAX),
            Self::SecondLeader { epoch, leader } => write!(f, "epoch {epoch} is led by node {leader}"),
            Self::NeverSent { sent } => write!(f, "no coordinator message was sent at {sent}"),
        }
    }
}

/// Why a command was not carried out. The state is as it was before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum CommandError {
    /// Only a leader can do that.
    NotLeading,
    /// There is nothing to release: no leadership is stopping.
    NotStopping,
    /// That peer is not a member.
    Unknown(NodeId),
    /// That peer may not lead: it is an observer, vetoed, or has not been heard of yet.
    Ineligible(NodeId),
    /// That peer is suspected to have failed.
    Suspected(NodeId),
    /// That node is this one, or is a member already.
    Member(NodeId),
    /// There is no room for another member.
    Full(NodeId),
    /// This member is an observer and can never lead.
    Observer,
}

impl fmt::Display for CommandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotLeading => write!(f, "this member does not lead; nothing was changed"),
            Self::NotStopping => write!(f, "no leadership is being given up here; nothing was changed"),
            Self::Unknown(peer) => write!(f, "node {peer} is not a member; nothing was changed"),
            Self::Ineligible(peer) => write!(f, "node {peer} may not lead; nothing was changed"),
            Self::Suspected(peer) => write!(f, "node {peer} is suspected to have failed; nothing was changed"),
            Self::Member(peer) => write!(f, "node {peer} is a member already; nothing was changed"),
            Self::Full(peer) => write!(f, "there is no room for node {peer}; nothing was changed"),
            Self::Observer => write!(f, "this member is an observer and cannot lead; nothing was changed"),
        }
    }
}

impl core::error::Error for CommandError {}
