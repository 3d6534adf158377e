//! Making frames.

use crate::checksum::checksum;
use crate::frame::{ENTRY_HEADER, HEADER, MAX_DATAGRAM, PREFIX, SUMMED, TAG, VERSION};
use crate::{Codec, GroupId, Header, Payload, Roster, Writer};
use core::fmt;
use quorate::{Incarnation, NodeId, To};

/// A frame in the making: messages for one peer, or for all, gathered in the buffer that they will be sent from.
///
/// ```
/// # use quorate_wire::{Body, BodyError, Reader, Writer};
/// # #[derive(Debug, PartialEq)] struct Note(u64);
/// # impl Body for Note {
/// #     const PROTOCOL: u8 = 200;
/// #     fn encode(&self, writer: &mut Writer<'_>) { writer.u64(self.0); }
/// #     fn decode(reader: &mut Reader<'_>) -> Result<Self, BodyError> { reader.u64().map(Self) }
/// # }
/// use quorate::{Incarnation, NodeId, To};
/// use quorate_wire::{Codec, Draft, GroupId, MAX_DATAGRAM, Roster, Sender};
///
/// let codec = Codec::plain(GroupId::from_name("orders"));
/// let mut sender = Sender::new(&codec, Roster::NONE, NodeId::new(1), Incarnation::new(1));
/// let mut buffer = [0; MAX_DATAGRAM];
///
/// let mut draft = Draft::new(&mut buffer);
/// draft.push(&Note(1))?;
/// draft.push(&Note(2))?;
/// let datagram = sender.close(&codec, To::Peers, draft)?;
/// assert_eq!(datagram.len(), 42 + 2 * (3 + 8) + 4);
/// # Ok::<(), quorate_wire::SendError>(())
/// ```
#[derive(Debug)]
pub struct Draft<'a> {
    buffer: &'a mut [u8],
    length: usize,
}

impl<'a> Draft<'a> {
    /// An empty frame of at most [`MAX_DATAGRAM`] bytes, or as many as the buffer has if they are fewer.
    #[must_use]
    pub fn new(buffer: &'a mut [u8]) -> Self {
        Self::with_limit(buffer, MAX_DATAGRAM)
    }

    /// An empty frame of at most `limit` bytes, or as many as the buffer has if they are fewer.
    #[must_use]
    pub fn with_limit(buffer: &'a mut [u8], limit: usize) -> Self {
        let room = limit.min(buffer.len());
        Self { buffer: buffer.split_at_mut(room).0, length: HEADER }
    }

    /// Puts a message behind those that are there.
    ///
    /// # Errors
    ///
    /// [`SendError::Full`] if it does not fit beside the others: send these, and put it into the next draft.
    /// [`SendError::TooLong`] if it does not fit alone. The draft is as it was in both cases.
    #[inline]
    pub fn push<P: Payload>(&mut self, message: &P) -> Result<(), SendError> {
        let protocol = message.protocol();
        let end = self.buffer.len().saturating_sub(TAG);
        let refusal = if self.is_empty() { SendError::TooLong { protocol } } else { SendError::Full { protocol } };
        let room = self.buffer.get_mut(self.length..end).ok_or(refusal)?;
        let (head, room) = room.split_first_chunk_mut::<ENTRY_HEADER>().ok_or(refusal)?;
        let mut writer = Writer::new(room);
        message.write(&mut writer);
        if writer.overflowed() {
            return Err(refusal);
        }
        let written = writer.written();
        let [low, high] = u16::try_from(written).map_err(|_| SendError::TooLong { protocol })?.to_le_bytes();
        *head = [protocol, low, high];
        self.length = self.length.saturating_add(ENTRY_HEADER).saturating_add(written);
        Ok(())
    }

    /// Whether nothing has been put in yet.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.length == HEADER
    }

    /// How many bytes are left for entries: for each its body, and [`ENTRY_HEADER`] bytes before it.
    #[must_use]
    pub const fn room(&self) -> usize {
        self.buffer.len().saturating_sub(TAG).saturating_sub(self.length)
    }
}

/// Who sends: makes frames out of drafts, and numbers them.
///
/// There is one for each incarnation of a member, and it is not to be copied: two frames with the same number under
/// the same incarnation would break the encryption, and peers would drop one of them.
#[derive(Debug)]
pub struct Sender {
    prefix: [u8; PREFIX],
    checksum: u32,
    group: GroupId,
    node: NodeId,
    incarnation: Incarnation,
    sequence: u64,
}

/// What all plain frames of one life of a sender begin with, and the checksum of its first `SUMMED` bytes.
pub(crate) fn prefix(header: &Header) -> ([u8; PREFIX], u32) {
    let mut prefix = [0; PREFIX];
    let mut writer = Writer::new(&mut prefix);
    writer.u8(VERSION);
    writer.u8(0);
    writer.u64(header.roster.get());
    writer.u64(header.group.get());
    writer.u32(header.sender.get());
    writer.u64(header.incarnation.get());
    let checksum = prefix.first_chunk::<SUMMED>().map_or(0, |summed| checksum(summed));
    (prefix, checksum)
}

impl Sender {
    /// The sender of `node` in `incarnation`, whose first frame will have the number 1.
    ///
    /// With keys, secrecy and authenticity stand on the incarnation never having been used before.
    #[must_use]
    pub fn new(codec: &Codec, roster: Roster, node: NodeId, incarnation: Incarnation) -> Self {
        let group = codec.group();
        let mut sender = Self { prefix: [0; PREFIX], checksum: 0, group, node, incarnation, sequence: 0 };
        sender.replace_roster(roster);
        sender
    }

    /// Sends with this digest of the members from now on.
    pub fn replace_roster(&mut self, roster: Roster) {
        let Self { group, node: sender, incarnation, sequence, .. } = *self;
        let header = Header { key: 0, roster, group, sender, incarnation, to: To::Peers, sequence };
        (self.prefix, self.checksum) = prefix(&header);
    }

    /// Who sends.
    #[must_use]
    pub const fn node(&self) -> NodeId {
        self.node
    }

    /// In which of its lives.
    #[must_use]
    pub const fn incarnation(&self) -> Incarnation {
        self.incarnation
    }

    /// How many frames were made.
    #[must_use]
    pub const fn sequence(&self) -> u64 {
        self.sequence
    }

    /// Completes a draft, and returns the datagram to send. One for all peers is made once and sent to each.
    ///
    /// # Errors
    ///
    /// [`SendError::Empty`] if nothing is in the draft, [`SendError::ToMyself`] if it is for the sender,
    /// [`SendError::OtherGroup`] if `codec` is not of the group that the sender was made for,
    /// [`SendError::Exhausted`] if numbers are used up. No number is used then.
    #[inline]
    pub fn close<'a>(&mut self, codec: &Codec, to: To, draft: Draft<'a>) -> Result<&'a [u8], SendError> {
        let Draft { buffer, length } = draft;
        let recipient = match to {
            To::Peers => self.node,
            To::Node(node) if node == self.node => return Err(SendError::ToMyself { node }),
            To::Node(node) => node,
        };
        if length <= HEADER {
            return Err(SendError::Empty);
        }
        if codec.group() != self.group {
            return Err(SendError::OtherGroup { expected: self.group, found: codec.group() });
        }
        let sequence = self.sequence.checked_add(1).ok_or(SendError::Exhausted)?;

        // A draft with something in it has room for the header before it and for the longest trailer behind it.
        let (frame, trailer) = buffer.split_at_mut_checked(length).ok_or(SendError::Empty)?;
        let head = frame.first_chunk_mut::<HEADER>().ok_or(SendError::Empty)?;
        let trailer = trailer.first_chunk_mut::<TAG>().ok_or(SendError::Empty)?;
        let mut writer = Writer::new(head);
        writer.array(self.prefix);
        writer.u32(recipient.get());
        writer.u64(sequence);
        let closed = codec.close(frame, trailer, self.checksum).ok_or(SendError::Empty)?;
        self.sequence = sequence;
        buffer.get(..length.saturating_add(closed)).ok_or(SendError::Empty)
    }

    /// A frame with one message, made in `buffer`.
    ///
    /// # Errors
    ///
    /// Those of [`Draft::push`] and [`Sender::close`].
    #[inline]
    pub fn frame<'a, P: Payload>(
        &mut self,
        codec: &Codec,
        to: To,
        message: &P,
        buffer: &'a mut [u8],
    ) -> Result<&'a [u8], SendError> {
        let mut draft = Draft::with_limit(buffer, codec.limit());
        draft.push(message)?;
        self.close(codec, to, draft)
    }
}

/// Why a frame cannot be made. Nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum SendError {
    /// The message does not fit beside those that are there.
    Full {
        /// Its protocol's number.
        protocol: u8,
    },
    /// The message does not fit into any datagram of this length.
    TooLong {
        /// Its protocol's number.
        protocol: u8,
    },
    /// The draft carries nothing.
    Empty,
    /// A member does not send to itself.
    ToMyself {
        /// Its identifier.
        node: NodeId,
    },
    /// The sender was made for another group.
    OtherGroup {
        /// The sender's group.
        expected: GroupId,
        /// The codec's.
        found: GroupId,
    },
    /// The numbers of this incarnation's frames are used up, after 2⁶⁴ of them.
    Exhausted,
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full { protocol } => write!(f, "a message of protocol {protocol} does not fit beside the others"),
            Self::TooLong { protocol } => write!(f, "a message of protocol {protocol} does not fit into a datagram"),
            Self::Empty => f.write_str("there is nothing to send"),
            Self::ToMyself { node } => write!(f, "node {node} cannot send to itself"),
            Self::OtherGroup { expected, found } => {
                write!(f, "the sender is one of group {expected}, and the frame was to be closed for group {found}")
            }
            Self::Exhausted => f.write_str("this incarnation's numbers for frames are used up"),
        }
    }
}

impl core::error::Error for SendError {}
