//! A frame's parts.

use crate::{GroupId, Payload, Rejected, Roster};
use quorate::{Incarnation, NodeId, To};

/// The version of the layout that this software writes and reads.
pub const VERSION: u8 = 1;
/// How many bytes stand before the first entry.
pub const HEADER: usize = 42;
/// How many bytes stand before each body: protocol and length.
pub const ENTRY_HEADER: usize = 3;
/// How many bytes the checksum of a plain frame has.
pub const CHECKSUM: usize = 4;
/// How many bytes the tag of a sealed frame has.
pub const TAG: usize = 16;
/// How long a datagram is at most, unless another limit is set: what crosses practically every network in one piece.
pub const MAX_DATAGRAM: usize = 1_200;

/// What of the header is the same in all frames that a sender makes.
pub(crate) const PREFIX: usize = 30;
/// Over how many of these the checksum is known beforehand. All but one: what is left of a frame with one heartbeat is 32
/// bytes then, two strides of the checksum's loop, and no odd bytes, which would take as long as the rest.
pub(crate) const SUMMED: usize = PREFIX - 1;

/// What a frame says about itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Header {
    /// The identifier of the key that the frame was sealed with; 0 for a plain frame.
    pub key: u8,
    /// The sender's digest of the group's members.
    pub roster: Roster,
    /// The group.
    pub group: GroupId,
    /// Who sent it.
    pub sender: NodeId,
    /// In which of its lives.
    pub incarnation: Incarnation,
    /// For whom it is.
    pub to: To,
    /// The how-manieth frame of this incarnation it is, from 1, whomever they were for.
    pub sequence: u64,
}

impl Header {
    /// What a datagram says about itself, taken at its word: for whoever carries frames and has no key. Whether any of it is true
    /// is only known once [`Codec::open`](crate::Codec::open) has looked.
    ///
    /// # Errors
    ///
    /// If it is shorter than any frame, or of another version.
    ///
    /// ```
    /// use quorate_wire::{Header, Rejected};
    /// assert!(matches!(Header::peek(&[1; 20]), Err(Rejected::Truncated { found: 20, .. })));
    /// ```
    pub fn peek(datagram: &[u8]) -> Result<Self, Rejected> {
        let shortest = HEADER.saturating_add(CHECKSUM);
        let short = Rejected::Truncated { needed: shortest, found: datagram.len() };
        let header = datagram.first_chunk::<HEADER>().filter(|_| datagram.len() >= shortest).ok_or(short)?;
        let [version, ..] = *header;
        if version == VERSION { Ok(Self::decode(header)) } else { Err(Rejected::UnknownVersion { version }) }
    }

    #[inline]
    pub(crate) fn decode(bytes: &[u8; HEADER]) -> Self {
        let [_, key, r0, r1, r2, r3, r4, r5, r6, r7, g0, g1, g2, g3, g4, g5, g6, g7, s0, s1, s2, s3, rest @ ..] =
            *bytes;
        let [i0, i1, i2, i3, i4, i5, i6, i7, t0, t1, t2, t3, sequence @ ..] = rest;
        let sender = NodeId::new(u32::from_le_bytes([s0, s1, s2, s3]));
        let recipient = NodeId::new(u32::from_le_bytes([t0, t1, t2, t3]));
        Self {
            key,
            roster: Roster::new(u64::from_le_bytes([r0, r1, r2, r3, r4, r5, r6, r7])),
            group: GroupId::new(u64::from_le_bytes([g0, g1, g2, g3, g4, g5, g6, g7])),
            sender,
            incarnation: Incarnation::new(u64::from_le_bytes([i0, i1, i2, i3, i4, i5, i6, i7])),
            to: if recipient == sender { To::Peers } else { To::Node(recipient) },
            sequence: u64::from_le_bytes(sequence),
        }
    }
}

/// A frame that is whole, unaltered, of the right group and, if keys are in use, from somebody who has one.
///
/// Whether it is new, and from a member with the same list of members, is for [`Receiver`](crate::Receiver) to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    header: &'a [u8; HEADER],
    entries: &'a [u8],
}

impl<'a> Frame<'a> {
    /// Makes sure that the entries fill the frame exactly.
    #[inline]
    pub(crate) fn new(header: &'a [u8; HEADER], entries: &'a [u8]) -> Result<Self, Rejected> {
        let frame = Self { header, entries };
        frame.fill()?;
        Ok(frame)
    }

    /// The plain frame in a datagram of which everything but its length is known to be right.
    #[inline]
    pub(crate) fn known(datagram: &'a [u8]) -> Result<Self, Rejected> {
        let parts = datagram.split_last_chunk::<CHECKSUM>().and_then(|(rest, _)| rest.split_first_chunk());
        let (header, entries) =
            parts.ok_or(Rejected::Truncated { needed: HEADER.saturating_add(CHECKSUM), found: datagram.len() })?;
        Ok(Self { header, entries })
    }

    /// Whether the entries fill the frame exactly.
    #[inline]
    pub(crate) fn is_filled(&self) -> bool {
        self.fill().is_ok()
    }

    #[inline]
    fn fill(&self) -> Result<(), Rejected> {
        if self.entries.is_empty() {
            return Err(Rejected::Empty);
        }
        let mut rest = self.entries;
        while !rest.is_empty() {
            (_, rest) = split(rest)?;
        }
        Ok(())
    }

    /// What the frame says about itself.
    #[must_use]
    #[inline]
    pub fn header(&self) -> Header {
        Header::decode(self.header)
    }

    /// What it carries, in the order in which it was put there.
    #[must_use]
    pub const fn entries(&self) -> Entries<'a> {
        Entries { rest: self.entries }
    }
}

/// The entries of a [`Frame`].
#[derive(Clone, Debug)]
pub struct Entries<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Entries<'a> {
    type Item = Entry<'a>;

    #[inline]
    fn next(&mut self) -> Option<Entry<'a>> {
        let (entry, rest) = split(self.rest).ok()?;
        self.rest = rest;
        Some(entry)
    }
}

/// One body of a [`Frame`], with the number of its protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    /// The protocol's number.
    pub protocol: u8,
    /// The body's bytes.
    pub body: &'a [u8],
}

impl Entry<'_> {
    /// The message that this is.
    ///
    /// # Errors
    ///
    /// [`Rejected::UnknownProtocol`] or [`Rejected::InvalidBody`]; the other entries of the frame are good all the same.
    #[inline]
    pub fn decode<P: Payload>(&self) -> Result<P, Rejected> {
        P::read(self.protocol, self.body)
    }
}

/// The first entry of `bytes`, and what follows it.
#[inline]
fn split(bytes: &[u8]) -> Result<(Entry<'_>, &[u8]), Rejected> {
    let Some((&[protocol, low, high], rest)) = bytes.split_first_chunk::<ENTRY_HEADER>() else {
        return Err(Rejected::TrailingBytes { bytes: bytes.len() });
    };
    let length = usize::from(u16::from_le_bytes([low, high]));
    match rest.split_at_checked(length) {
        Some((body, rest)) => Ok((Entry { protocol, body }, rest)),
        None => Err(Rejected::EntryTruncated { protocol, length, left: rest.len() }),
    }
}
