//! From messages to frames and back.

use super::Clients;
use quorate::{Group, GroupError, Incarnation, Instant, NodeId, To};
use quorate_wire::{
    Codec, Counters, Draft, Frame, GroupId, Keyring, MAX_DATAGRAM, Payload, Receiver, Rejected, Roster, SendError,
    Sender,
};

/// The number under which somebody who is no member asks a member how it is. Boards leave the answers to servers.
const ASKER: NodeId = NodeId::new(u32::MAX);

/// Who a node is to its peers, how its frames look, and which of others' frames have arrived.
///
/// There can be `N` peers, a frame that is sent has at most `F` bytes, and `K` remembers [`Clients`].
///
/// ```
/// use quorate::{Incarnation, NodeId};
/// use quorate_embassy::Frames;
/// use quorate_wire::{GroupId, Key, Keyring};
///
/// let [one, two, three] = [1, 2, 3].map(NodeId::new);
/// let frames = Frames::<4, 256, _>::new(GroupId::from_name("plant"), one, Incarnation::new(7), &[two, three], ())?
///     .with_keys(&Keyring::new(1, Key::new([7; 32]))?);
/// # let _ = frames;
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Frames<const N: usize, const F: usize, K> {
    codec: Codec,
    sender: Sender,
    receiver: Receiver<N>,
    clients: K,
    buffer: [u8; F],
}

impl<const N: usize, const F: usize, K> Frames<N, F, K> {
    /// Plain frames of `node` in this `incarnation`, which must never have been used before. All members vote: for another list see
    /// [`with_roster`](Frames::with_roster).
    ///
    /// # Errors
    ///
    /// If a peer is named twice, is `node`, or is one more than `N`.
    pub fn new(
        group: GroupId,
        node: NodeId,
        incarnation: Incarnation,
        peers: &[NodeId],
        clients: K,
    ) -> Result<Self, GroupError> {
        let codec = Codec::plain(group).with_limit(MAX_DATAGRAM);
        let roster = Roster::digest(peers.iter().chain([&node]).map(|&member| (member, true)));
        let sender = Sender::new(&codec, roster, node, incarnation);
        let receiver = Receiver::new(Group::new(node, peers)?, roster);
        Ok(Self { codec, sender, receiver, clients, buffer: [0; F] })
    }

    /// The same, but sealed.
    #[must_use]
    pub fn with_keys(mut self, keys: &Keyring) -> Self {
        self.codec.replace_keys(keys);
        self
    }

    /// The same with this digest of the members, which has to be equal on all of them; [`Roster::NONE`] for machines without a list.
    #[must_use]
    pub fn with_roster(mut self, roster: Roster) -> Self {
        self.sender.replace_roster(roster);
        self.receiver.replace_roster(roster);
        self
    }

    /// What was counted of frames from peers.
    #[must_use]
    pub const fn counters(&self) -> &Counters {
        self.receiver.counters()
    }

    pub(super) fn peers(&self) -> &[NodeId] {
        self.receiver.group().peers()
    }

    /// Opens a datagram, if it is a new frame of a member, from a place that speaks for it, or of a client.
    pub(super) fn open<'a, O>(
        &mut self,
        datagram: &'a mut [u8],
        origin: O,
        vouches: impl FnOnce(NodeId) -> bool,
        now: Instant,
    ) -> Result<Frame<'a>, Rejected>
    where
        K: Clients<O>,
    {
        let frame = match self.codec.open(datagram) {
            Ok(frame) => frame,
            Err(rejected) => {
                self.receiver.reject(&rejected);
                return Err(rejected);
            }
        };
        let header = frame.header();
        let (me, sender) = (self.sender.node(), header.sender);
        if sender == ASKER {
            return Err(Rejected::UnknownSender { sender });
        }
        if sender.is_client() {
            return match header.to {
                To::Node(recipient) if recipient != me => Err(Rejected::Misdirected { sender, recipient }),
                _ => self.clients.admit(&header, origin, now).map(|()| frame),
            };
        }
        // Before anything is remembered of it, or a forged frame could make the peer's own ones look old.
        if self.peers().contains(&sender) && !vouches(sender) {
            return Err(Rejected::UnknownSender { sender });
        }
        self.receiver.admit(&header).map(|_| frame)
    }

    /// Closes a frame with as many of these messages as fit into it, from the first on. Returns its length, if there is one, and how
    /// many messages it has.
    pub(super) fn close<'m, P: Payload + 'm>(
        &mut self,
        to: To,
        messages: impl Iterator<Item = &'m P>,
    ) -> Result<(Option<usize>, usize), SendError> {
        let mut draft = Draft::with_limit(&mut self.buffer, F.min(self.codec.limit()));
        let mut count = 0_usize;
        for message in messages {
            match draft.push(message) {
                Err(SendError::Full { .. }) => break,
                pushed => pushed?,
            }
            count = count.saturating_add(1);
        }
        let frame = self.sender.close(&self.codec, to, draft)?;
        Ok((Some(frame.len()), count))
    }

    /// The frame of this length that was closed last.
    pub(super) fn closed(&self, length: usize) -> &[u8] {
        self.buffer.get(..length).unwrap_or(&[])
    }

    pub(super) fn origin<O>(&self, client: NodeId) -> Option<O>
    where
        K: Clients<O>,
    {
        self.clients.origin(client)
    }
}
