//! Taking frames: from those of members only, each once.

use crate::checksum::continued;
use crate::{Admission, Codec, Counters, Frame, Header, Rejected, Roster, Window, sender};
use quorate::{Group, GroupError, Incarnation, NodeId, To};

/// Takes each frame of each member once, and counts what it drops.
///
/// The memory is fixed: for each of up to `N` peers a [`Window`] of 32 bytes, and a checksum of four.
///
/// ```
/// # use quorate_wire::{Body, BodyError, Reader, Writer};
/// # #[derive(Debug, PartialEq)] struct Note(u64);
/// # impl Body for Note {
/// #     const PROTOCOL: u8 = 200;
/// #     fn encode(&self, writer: &mut Writer<'_>) { writer.u64(self.0); }
/// #     fn decode(reader: &mut Reader<'_>) -> Result<Self, BodyError> { reader.u64().map(Self) }
/// # }
/// use quorate::{Group, Incarnation, NodeId, To};
/// use quorate_wire::{Admission, Codec, GroupId, MAX_DATAGRAM, Receiver, Rejected, Roster, Sender};
///
/// let [one, two] = [1, 2].map(NodeId::new);
/// let roster = Roster::digest([(one, true), (two, true)]);
/// let codec = Codec::plain(GroupId::from_name("orders"));
///
/// let mut sender = Sender::new(&codec, roster, one, Incarnation::new(1));
/// let mut buffer = [0; MAX_DATAGRAM];
/// let mut datagram = sender.frame(&codec, To::Peers, &Note(7), &mut buffer)?.to_vec();
///
/// let mut receiver = Receiver::new(Group::<4>::new(two, &[one])?, roster);
/// let (frame, admission) = receiver.receive(&codec, &mut datagram)?;
/// assert_eq!(admission, Admission::First);
/// for entry in frame.entries() {
///     assert_eq!(entry.decode::<Note>()?, Note(7));
/// }
/// assert_eq!(receiver.receive(&codec, &mut datagram), Err(Rejected::Replay { sender: one, sequence: 1 }));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Receiver<const N: usize> {
    group: Group<N>,
    roster: Roster,
    also: Option<Roster>,
    windows: [Window; N],
    /// Of each peer's frames the checksum over the prefix, which is the same for all of one life; zero if not known.
    checksums: [u32; N],
    counters: Counters,
}

impl<const N: usize> Receiver<N> {
    /// A receiver that has heard nothing yet, for the member and the peers that `group` names.
    #[must_use]
    pub const fn new(group: Group<N>, roster: Roster) -> Self {
        Self { group, roster, also: None, windows: [Window::new(); N], checksums: [0; N], counters: Counters::new() }
    }

    /// Opens a datagram, makes sure that it is a new frame from a member, and counts it.
    ///
    /// # Errors
    ///
    /// Those of [`Codec::open`] and [`Receiver::admit`].
    #[inline]
    pub fn receive<'a>(&mut self, codec: &Codec, datagram: &'a mut [u8]) -> Result<(Frame<'a>, Admission), Rejected> {
        if self.takes_usual(codec, datagram) {
            return Ok((Frame::known(datagram)?, Admission::Continued));
        }
        match codec.open(datagram) {
            Ok(frame) => {
                let header = frame.header();
                let admission = self.admit(&header)?;
                self.remember_checksum(&header);
                Ok((frame, admission))
            }
            Err(rejected) => {
                self.counters.reject(&rejected);
                Err(rejected)
            }
        }
    }

    /// Takes what most datagrams are: one more plain frame from the same life of a peer, whose prefix has the checksum that it
    /// had before, so that half of the bytes need not be summed up again. Whatever else it is, nothing has changed.
    #[inline]
    fn takes_usual(&mut self, codec: &Codec, datagram: &[u8]) -> bool {
        let Some((header, rest, sum)) = codec.plain_parts(datagram) else { return false };
        let (expected, me) = (self.roster, self.group.me());
        let Some(position) = self.group.position(header.sender) else { return false };
        let (Some(window), Some(&prefix)) = (self.windows.get_mut(position), self.checksums.get(position)) else {
            return false;
        };
        let usual = prefix != 0
            && header.roster == expected
            && window.incarnation() == Some(header.incarnation)
            && (header.to == To::Peers || header.to == To::Node(me));
        let taken = usual
            && continued(prefix, rest) == sum
            && Frame::known(datagram).is_ok_and(|frame| frame.is_filled())
            && window.admit(&header).is_ok();
        if taken {
            self.counters.accept();
        }
        taken
    }

    /// The prefix of a frame that was taken is that of those that follow.
    fn remember_checksum(&mut self, header: &Header) {
        let known = self.group.position(header.sender).and_then(|position| self.checksums.get_mut(position));
        if let Some(known) = known
            && header.key == 0
        {
            *known = if header.roster == self.roster { sender::prefix(header).1 } else { 0 };
        }
    }

    /// Makes sure that an opened frame is a new one from a member, and counts it. A driver that also answers those who
    /// are not members opens frames itself, and calls this for the others.
    ///
    /// # Errors
    ///
    /// In this order: [`Rejected::OwnId`], [`Rejected::UnknownSender`], [`Rejected::Misdirected`],
    /// [`Rejected::RosterMismatch`], and those of [`Window::admit`]. Only the count has changed then.
    #[inline]
    pub fn admit(&mut self, header: &Header) -> Result<Admission, Rejected> {
        let verdict = self.judge(header);
        match &verdict {
            Ok(admission) => {
                self.counters.accept();
                if matches!(admission, Admission::Restarted { .. }) {
                    self.counters.restart();
                }
            }
            Err(rejected) => self.counters.reject(rejected),
        }
        verdict
    }

    #[inline]
    fn judge(&mut self, header: &Header) -> Result<Admission, Rejected> {
        let sender = header.sender;
        let window = self.group.position(sender).and_then(|position| self.windows.get_mut(position));
        let Some(window) = window else {
            return Err(if sender == self.group.me() {
                Rejected::OwnId { id: sender, incarnation: header.incarnation }
            } else {
                Rejected::UnknownSender { sender }
            });
        };
        match header.to {
            To::Node(recipient) if recipient != self.group.me() => {
                return Err(Rejected::Misdirected { sender, recipient });
            }
            _ => {}
        }
        if header.roster != self.roster && Some(header.roster) != self.also {
            return Err(Rejected::RosterMismatch { sender, expected: self.roster, found: header.roster });
        }
        window.admit(header)
    }

    /// Counts a body that could not be used, out of a frame that was taken.
    pub fn reject(&mut self, rejected: &Rejected) {
        self.counters.reject(rejected);
    }

    /// What was counted.
    #[must_use]
    pub const fn counters(&self) -> &Counters {
        &self.counters
    }

    /// The newest incarnation that was heard from `peer`; `None` if none was.
    #[must_use]
    pub fn incarnation(&self, peer: NodeId) -> Option<Incarnation> {
        self.windows.get(self.group.position(peer)?)?.incarnation()
    }

    /// The member and its peers.
    #[must_use]
    pub const fn group(&self) -> &Group<N> {
        &self.group
    }

    /// Expects this digest of the members from now on.
    pub const fn replace_roster(&mut self, roster: Roster) {
        self.roster = roster;
        self.checksums = [0; N];
    }

    /// Takes frames with this other digest, too, or with no other.
    ///
    /// So members can be added and removed while a group runs: first every member accepts the coming list, then each
    /// one replaces its own and accepts the former, at last all of them accept no other.
    pub const fn accept_roster(&mut self, other: Option<Roster>) {
        self.also = other;
    }

    /// Takes frames from `peer`, too. The digest of the members is for the caller to replace.
    ///
    /// # Errors
    ///
    /// Those of [`Group::add`]; nothing has changed then.
    pub fn add(&mut self, peer: NodeId) -> Result<(), GroupError> {
        let position = self.group.add(peer)?;
        let peers = self.group.peers().len();
        // To rotate what is empty would be a panic, and it is never empty.
        if let Some(moved @ [_, ..]) = self.windows.get_mut(position..peers) {
            moved.rotate_right(1);
        }
        if let Some(moved @ [_, ..]) = self.checksums.get_mut(position..peers) {
            moved.rotate_right(1);
        }
        if let (Some(window), Some(checksum)) = (self.windows.get_mut(position), self.checksums.get_mut(position)) {
            (*window, *checksum) = (Window::new(), 0);
        }
        Ok(())
    }

    /// Takes no more frames from `peer`, and forgets what it heard from it. The digest of the members is for the caller
    /// to replace.
    ///
    /// # Errors
    ///
    /// Those of [`Group::remove`]; nothing has changed then.
    pub fn remove(&mut self, peer: NodeId) -> Result<(), GroupError> {
        let peers = self.group.peers().len();
        let position = self.group.remove(peer)?;
        if let Some(moved @ [_, ..]) = self.windows.get_mut(position..peers) {
            moved.rotate_left(1);
        }
        if let Some(moved @ [_, ..]) = self.checksums.get_mut(position..peers) {
            moved.rotate_left(1);
        }
        Ok(())
    }
}
