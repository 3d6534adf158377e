//! Why a frame, or something in it, was not taken.

use crate::{BodyError, Difference, GroupId, Roster};
use core::fmt;
use quorate::{Incarnation, NodeId};

/// Why a datagram, or one of the bodies in it, was dropped. Nothing has changed by it, except a count.
///
/// What stands before a frame's integrity is known (the first seven) may be the work of chance or of anybody. What
/// follows was sent so by somebody who has the key or, in plain frames, at least arrived as it was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Rejected {
    /// The datagram is longer than any that a member sends.
    TooLarge {
        /// How long it is, in bytes.
        length: usize,
        /// How long it may be.
        limit: usize,
    },
    /// The datagram is too short for a frame.
    Truncated {
        /// How many bytes the shortest frame has.
        needed: usize,
        /// How many there are.
        found: usize,
    },
    /// The frame has a version that this software does not know, or is no frame at all.
    UnknownVersion {
        /// Which.
        version: u8,
    },
    /// The frame is a plain one, and this member has keys.
    Plain,
    /// The frame is sealed, and this member has no keys.
    Sealed {
        /// The identifier of the key that it is sealed with.
        key: u8,
    },
    /// The frame is sealed with a key that this member does not have.
    UnknownKey {
        /// The key's identifier.
        key: u8,
    },
    /// The plain frame was altered on its way.
    BadChecksum {
        /// The checksum of what arrived.
        expected: u32,
        /// The checksum that arrived with it.
        found: u32,
    },
    /// The sealed frame was altered on its way, or its sender has another key under the same identifier.
    BadTag {
        /// The key's identifier.
        key: u8,
    },
    /// The frame belongs to another group.
    WrongGroup {
        /// This member's group.
        expected: GroupId,
        /// The frame's.
        found: GroupId,
    },
    /// The frame carries nothing.
    Empty,
    /// The last body is shorter than it says.
    EntryTruncated {
        /// The protocol's number.
        protocol: u8,
        /// How long the body says that it is.
        length: usize,
        /// How many bytes are left for it.
        left: usize,
    },
    /// Bytes follow the last body that are too few for another.
    TrailingBytes {
        /// How many.
        bytes: usize,
    },
    /// The frame bears the identifier of the member that received it: either it came back, or another member has
    /// been given the same identifier.
    OwnId {
        /// The identifier.
        id: NodeId,
        /// The incarnation in which it was sent: this member's own if the frame merely came back.
        incarnation: Incarnation,
    },
    /// The frame is from a node that is not a member.
    UnknownSender {
        /// Who sent it.
        sender: NodeId,
    },
    /// The frame is meant for another member: somebody has a wrong address for it.
    Misdirected {
        /// Who sent it.
        sender: NodeId,
        /// For whom.
        recipient: NodeId,
    },
    /// The sender has another list of members.
    RosterMismatch {
        /// Who sent it.
        sender: NodeId,
        /// This member's digest of the list.
        expected: Roster,
        /// The sender's.
        found: Roster,
    },
    /// The frame was sent before the sender's last restart, or by another member under the same identifier.
    OlderIncarnation {
        /// Who sent it.
        sender: NodeId,
        /// The newest incarnation that was heard from.
        newest: Incarnation,
        /// The frame's.
        found: Incarnation,
    },
    /// The frame has arrived before.
    Replay {
        /// Who sent it.
        sender: NodeId,
        /// Its number.
        sequence: u64,
    },
    /// The frame is so late that whether it has arrived before is no longer known.
    TooOld {
        /// Who sent it.
        sender: NodeId,
        /// Its number.
        sequence: u64,
        /// The highest number that has arrived.
        newest: u64,
    },
    /// A body belongs to a protocol that this member does not take part in.
    UnknownProtocol {
        /// The protocol's number.
        protocol: u8,
    },
    /// A body is not what its protocol's number says.
    InvalidBody {
        /// The protocol's number.
        protocol: u8,
        /// What is wrong with it.
        error: BodyError,
    },
}

impl Rejected {
    /// The kind of rejection, for counting.
    #[must_use]
    pub const fn reason(&self) -> Reason {
        match self {
            Self::TooLarge { .. } => Reason::TooLarge,
            Self::Truncated { .. } => Reason::Truncated,
            Self::UnknownVersion { .. } => Reason::UnknownVersion,
            Self::Plain => Reason::Plain,
            Self::Sealed { .. } => Reason::Sealed,
            Self::UnknownKey { .. } => Reason::UnknownKey,
            Self::BadChecksum { .. } => Reason::BadChecksum,
            Self::BadTag { .. } => Reason::BadTag,
            Self::WrongGroup { .. } => Reason::WrongGroup,
            Self::Empty => Reason::Empty,
            Self::EntryTruncated { .. } => Reason::EntryTruncated,
            Self::TrailingBytes { .. } => Reason::TrailingBytes,
            Self::OwnId { .. } => Reason::OwnId,
            Self::UnknownSender { .. } => Reason::UnknownSender,
            Self::Misdirected { .. } => Reason::Misdirected,
            Self::RosterMismatch { .. } => Reason::RosterMismatch,
            Self::OlderIncarnation { .. } => Reason::OlderIncarnation,
            Self::Replay { .. } => Reason::Replay,
            Self::TooOld { .. } => Reason::TooOld,
            Self::UnknownProtocol { .. } => Reason::UnknownProtocol,
            Self::InvalidBody { .. } => Reason::InvalidBody,
        }
    }
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge { length, limit } => {
                write!(f, "a datagram of {length} bytes is longer than the {limit} that members send")
            }
            Self::Truncated { needed, found } => {
                write!(f, "a datagram of {found} bytes is too short for a frame, which has at least {needed}")
            }
            Self::UnknownVersion { version } => {
                write!(f, "the frame has version {version}, and this software knows version {} only", crate::VERSION)
            }
            Self::Plain => f.write_str("the frame is not sealed, and this member takes sealed frames only"),
            Self::Sealed { key } => {
                write!(f, "the frame is sealed with key {key}, and this member was started without a key")
            }
            Self::UnknownKey { key } => {
                write!(f, "the frame is sealed with key {key}, which this member does not have")
            }
            Self::BadChecksum { expected, found } => write!(
                f,
                "the frame was altered on its way: its checksum should be {expected:08x}, and it came with {found:08x}"
            ),
            Self::BadTag { key } => write!(
                f,
                "the frame does not open with key {key}: it was altered on its way, or its sender has another key {key}"
            ),
            Self::WrongGroup { expected, found } => {
                write!(f, "the frame is for group {found}, and this member belongs to {expected}")
            }
            Self::Empty => f.write_str("the frame carries nothing"),
            Self::EntryTruncated { protocol, length, left } => write!(
                f,
                "a body of protocol {protocol} should have {length} bytes, and the frame ends after {left} of them"
            ),
            Self::TrailingBytes { bytes } => write!(f, "{bytes} bytes follow the frame's last body"),
            Self::OwnId { id, incarnation } => write!(
                f,
                "the frame bears this member's own identifier {id}, in incarnation {incarnation}: it came back, or two members have the same identifier"
            ),
            Self::UnknownSender { sender } => write!(f, "the frame is from node {sender}, which is not a member"),
            Self::Misdirected { sender, recipient } => write!(
                f,
                "node {sender} meant the frame for node {recipient}: one of them is listed under a wrong address"
            ),
            Self::RosterMismatch { sender, expected, found } => match expected.difference(*found) {
                Some(Difference::Has { node, votes }) => {
                    let role = if votes { "voter" } else { "observer" };
                    write!(f, "node {sender}'s list of members has {role} {node}, which this member's list lacks")
                }
                Some(Difference::Lacks { node, votes }) => {
                    let role = if votes { "voter" } else { "observer" };
                    write!(f, "node {sender}'s list of members lacks {role} {node}, which this member's list has")
                }
                None => write!(
                    f,
                    "node {sender}'s list of members is another than this member's (digest {found} instead of {expected})"
                ),
            },
            Self::OlderIncarnation { sender, newest, found } => write!(
                f,
                "the frame is from incarnation {found} of node {sender}, which has been heard from in incarnation {newest}"
            ),
            Self::Replay { sender, sequence } => write!(f, "frame {sequence} of node {sender} has arrived before"),
            Self::TooOld { sender, sequence, newest } => write!(
                f,
                "frame {sequence} of node {sender} is too late to tell whether it is new: frame {newest} has arrived"
            ),
            Self::UnknownProtocol { protocol } => {
                write!(f, "the body belongs to protocol {protocol}, which this member does not take part in")
            }
            Self::InvalidBody { protocol, error } => write!(f, "the body is not one of protocol {protocol}: {error}"),
        }
    }
}

impl core::error::Error for Rejected {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::InvalidBody { error, .. } => Some(error),
            _ => None,
        }
    }
}

macro_rules! reasons {
    ($($reason:ident $name:literal)*) => {
        /// The kinds of [`Rejected`], each with a name that stays the same, for counters and logs.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[cfg_attr(feature = "defmt", derive(defmt::Format))]
        #[non_exhaustive]
        pub enum Reason {$(
            #[doc = concat!("[`Rejected::", stringify!($reason), "`]")]
            $reason,
        )*}

        impl Reason {
            /// All of them, in order of [`index`](Reason::index).
            pub const ALL: &'static [Self] = &[$(Self::$reason,)*];
            /// How many there are.
            pub const COUNT: usize = Self::ALL.len();

            /// The name, in lower case with underscores.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$reason => $name,)* }
            }
        }
    };
}

reasons! {
    TooLarge "too_large"
    Truncated "truncated"
    UnknownVersion "unknown_version"
    Plain "plain"
    Sealed "sealed"
    UnknownKey "unknown_key"
    BadChecksum "bad_checksum"
    BadTag "bad_tag"
    WrongGroup "wrong_group"
    Empty "empty"
    EntryTruncated "entry_truncated"
    TrailingBytes "trailing_bytes"
    OwnId "own_id"
    UnknownSender "unknown_sender"
    Misdirected "misdirected"
    RosterMismatch "roster_mismatch"
    OlderIncarnation "older_incarnation"
    Replay "replay"
    TooOld "too_old"
    UnknownProtocol "unknown_protocol"
    InvalidBody "invalid_body"
}

impl Reason {
    /// Its place in [`Reason::ALL`].
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How many frames were taken, and how many were dropped for which reason.
///
/// ```
/// use quorate_wire::{Counters, Reason, Rejected};
///
/// let mut counters = Counters::default();
/// counters.reject(&Rejected::Plain);
/// assert_eq!(counters.rejected(Reason::Plain), 1);
/// for (reason, count) in counters.iter().filter(|(_, count)| *count > 0) {
///     println!("{count} dropped: {reason}"); // 1 dropped: plain
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counters {
    accepted: u64,
    restarts: u64,
    rejected: [u64; Reason::COUNT],
}

impl Counters {
    /// All zero.
    #[must_use]
    pub const fn new() -> Self {
        Self { accepted: 0, restarts: 0, rejected: [0; Reason::COUNT] }
    }

    /// Counts a frame that was taken.
    pub const fn accept(&mut self) {
        self.accepted = self.accepted.saturating_add(1);
    }

    /// Counts a peer that came back in a newer incarnation.
    pub const fn restart(&mut self) {
        self.restarts = self.restarts.saturating_add(1);
    }

    /// Counts a frame or a body that was dropped.
    pub fn reject(&mut self, rejected: &Rejected) {
        if let Some(count) = self.rejected.get_mut(rejected.reason().index()) {
            *count = count.saturating_add(1);
        }
    }

    /// How many frames were taken.
    #[must_use]
    pub const fn accepted(&self) -> u64 {
        self.accepted
    }

    /// How many times a peer came back in a newer incarnation.
    #[must_use]
    pub const fn restarts(&self) -> u64 {
        self.restarts
    }

    /// How many frames or bodies were dropped for this reason.
    #[must_use]
    pub fn rejected(&self, reason: Reason) -> u64 {
        self.rejected.get(reason.index()).copied().unwrap_or(0)
    }

    /// Every reason with its count, zeros too.
    pub fn iter(&self) -> impl Iterator<Item = (Reason, u64)> + '_ {
        Reason::ALL.iter().copied().zip(self.rejected.iter().copied())
    }
}

impl Default for Counters {
    fn default() -> Self {
        Self::new()
    }
}
