//! From messages to datagrams and back.

use super::clients::Clients;
use crate::transport::Origin;
use quorate::{Group, GroupError, Incarnation, Instant, NodeId, To};
use quorate_wire::{
    Codec, Draft, Frame, GroupId, Header, Keyring, MAX_DATAGRAM, Payload, Receiver, Rejected, Roster, SendError, Sender,
};

/// How many peers a driver can have.
pub const MAX_PEERS: usize = 32;

/// Who a driver is to its peers, how its frames look, and which of others' frames have arrived.
///
/// ```
/// use quorate::{Incarnation, NodeId};
/// use quorate_std::Frames;
/// use quorate_wire::{GroupId, Key, Keyring};
///
/// let [one, two, three] = [1, 2, 3].map(NodeId::new);
/// let frames = Frames::new(GroupId::from_name("orders"), one, Incarnation::new(1), &[two, three])?
///     .with_keys(&Keyring::new(1, Key::new([7; 32]))?);
/// # let _ = frames;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Frames {
    codec: Codec,
    sender: Sender,
    // Memory of every peer's latest frames: too much to move about.
    receiver: Box<Receiver<MAX_PEERS>>,
    /// Who is no member and is answered all the same; `None` if nobody is.
    clients: Option<Clients>,
    buffer: Vec<u8>,
}

impl Frames {
    /// Plain frames of `node` in this `incarnation`, which must never have been used before.
    ///
    /// # Errors
    ///
    /// If a peer is named twice, is `node`, or is one more than [`MAX_PEERS`].
    pub fn new(group: GroupId, node: NodeId, incarnation: Incarnation, peers: &[NodeId]) -> Result<Self, GroupError> {
        let codec = Codec::plain(group);
        Ok(Self {
            sender: Sender::new(&codec, Roster::NONE, node, incarnation),
            receiver: Box::new(Receiver::new(Group::new(node, peers)?, Roster::NONE)),
            codec,
            clients: None,
            buffer: vec![0; MAX_DATAGRAM],
        })
    }

    /// The same, but sealed.
    #[must_use]
    pub fn with_keys(mut self, keys: &Keyring) -> Self {
        self.codec.replace_keys(keys);
        self
    }

    /// The same with a digest of the members, which has to be equal on all of them.
    #[must_use]
    pub fn with_roster(mut self, roster: Roster) -> Self {
        self.sender.replace_roster(roster);
        self.receiver.replace_roster(roster);
        self
    }

    /// The same, and clients are answered: nodes with numbers from [`NodeId::FIRST_CLIENT`] on, which are no members and need
    /// not know all of them. So many are remembered; for another one, the one that was silent for longest is forgotten.
    #[must_use]
    pub fn with_clients(mut self, most: usize) -> Self {
        self.clients = (most > 0).then(|| Clients::new(most));
        self
    }

    /// Who sends.
    #[must_use]
    pub fn node(&self) -> NodeId {
        self.sender.node()
    }

    /// In which of its lives.
    #[must_use]
    pub fn incarnation(&self) -> Incarnation {
        self.sender.incarnation()
    }

    /// Whether frames are sealed.
    #[must_use]
    pub fn is_sealed(&self) -> bool {
        self.codec.is_sealed()
    }

    /// The longest datagram that is taken.
    #[must_use]
    pub fn limit(&self) -> usize {
        self.codec.limit()
    }

    /// Opens a datagram: this says nothing yet about who sent it, and when.
    ///
    /// # Errors
    ///
    /// If it is no whole and unaltered frame of this group.
    pub fn open<'a>(&self, datagram: &'a mut [u8]) -> Result<Frame<'a>, Rejected> {
        self.codec.open(datagram)
    }

    /// Whether an opened frame is a new one from a member, who is remembered to have sent it.
    ///
    /// # Errors
    ///
    /// If it is not: see [`Receiver::admit`].
    pub fn admit(&mut self, header: &Header) -> Result<(), Rejected> {
        self.receiver.admit(header).map(|_| ())
    }

    /// Whether frames of this node are a client's, and such are taken.
    #[must_use]
    pub fn serves(&self, sender: NodeId) -> bool {
        self.clients.is_some() && sender.is_client()
    }

    /// Whether an opened frame is a new one from a client, who is remembered to have sent it from there.
    ///
    /// # Errors
    ///
    /// If it is not, or clients are not answered.
    pub fn admit_client(&mut self, header: &Header, origin: Origin, now: Instant) -> Result<(), Rejected> {
        let (me, sender) = (self.sender.node(), header.sender);
        match header.to {
            To::Node(recipient) if recipient != me => Err(Rejected::Misdirected { sender, recipient }),
            _ => self
                .clients
                .as_mut()
                .map_or(Err(Rejected::UnknownSender { sender }), |clients| clients.admit(header, origin, now)),
        }
    }

    /// Where a client was heard last.
    #[must_use]
    pub fn origin(&self, client: NodeId) -> Option<Origin> {
        self.clients.as_ref()?.origin(client)
    }

    /// How many clients are remembered.
    #[must_use]
    pub fn clients(&self) -> usize {
        self.clients.as_ref().map_or(0, Clients::len)
    }

    /// Closes frames with these messages, as few as they fit into, and hands each to `send`.
    ///
    /// # Errors
    ///
    /// If a message is longer than any frame can be, or the numbers of frames are used up ([`SendError::Exhausted`]).
    pub fn seal<'m, P: Payload + 'm>(
        &mut self,
        to: To,
        messages: impl Iterator<Item = &'m P>,
        mut send: impl FnMut(&[u8]),
    ) -> Result<(), SendError> {
        let Self { codec, sender, buffer, .. } = self;
        let mut messages = messages.peekable();
        while messages.peek().is_some() {
            let mut draft = Draft::with_limit(buffer, codec.limit());
            while let Some(message) = messages.peek() {
                match draft.push(*message) {
                    Err(SendError::Full { .. }) => break,
                    pushed => pushed?,
                }
                messages.next();
            }
            send(sender.close(codec, to, draft)?);
        }
        Ok(())
    }
}
