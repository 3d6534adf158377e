//! Between a client and the members: what it says becomes frames, and what they answer is handed on. Nothing here waits.

use crate::Rejection;
use crate::carrier::{Inbox, MAX_AUTHORITIES};
use crate::driver::{Counters, Traffic};
use crate::storage::incarnation_from_clock;
use crate::sync::{Mutex, lock};
use crate::transport::Origin;
use core::fmt;
use core::net::SocketAddr;
use quorate::{Group, Name, NodeId, To, barrier, lease};
use quorate_wire::{Codec, Draft, Entry, Frame, MAX_DATAGRAM, Payload, Rejected, Roster, Sender, Window, protocol};
use std::io;
use std::sync::{Arc, OnceLock};

/// The way from a client to the members, for as many threads or tasks as send something.
pub trait Way: fmt::Debug + Send + Sync + 'static {
    /// Takes a datagram for a member, at once or not at all.
    ///
    /// # Errors
    ///
    /// If it cannot be taken now, because a queue is full or nothing is known of `to`. It is lost then.
    fn send(&self, to: NodeId, datagram: &[u8]) -> io::Result<()>;

    /// Whether what came from there may speak for `member`.
    fn vouches(&self, from: Origin, member: NodeId) -> bool;

    /// Where a member is thought to be.
    fn address(&self, member: NodeId) -> Option<SocketAddr>;
}

/// Takes what a client says to the members, and hands on what they answer to its locks and barriers.
pub struct Post {
    group: Group<MAX_AUTHORITIES>,
    seal: Mutex<Seal>,
    way: Arc<dyn Way>,
    traffic: Traffic,
    leases: Answered<lease::Message<Name>>,
    barriers: Answered<barrier::Message<Name>>,
}

/// Where answers of one kind go, once that is known.
type Answered<M> = OnceLock<Box<dyn Inbox<M>>>;

/// What frames are made with.
struct Seal {
    codec: Codec,
    sender: Sender,
    buffer: Box<[u8; MAX_DATAGRAM]>,
}

impl Post {
    /// For the client and the members of this group, in a new incarnation; and what takes in the answers.
    pub fn new(codec: &Codec, group: Group<MAX_AUTHORITIES>, way: Arc<dyn Way>) -> (Arc<Self>, Intake) {
        let sender = Sender::new(codec, Roster::NONE, group.me(), incarnation_from_clock());
        let seal = Mutex::new(Seal { codec: codec.clone(), sender, buffer: Box::new([0; MAX_DATAGRAM]) });
        let windows = group.peers().iter().map(|member| (*member, Window::new())).collect();
        let post = Arc::new(Self {
            group,
            seal,
            way,
            traffic: Traffic::default(),
            leases: OnceLock::new(),
            barriers: OnceLock::new(),
        });
        let intake = Intake { post: post.clone(), codec: codec.clone(), windows };
        (post, intake)
    }

    /// The client, and the members.
    #[must_use]
    pub const fn group(&self) -> &Group<MAX_AUTHORITIES> {
        &self.group
    }

    /// What was sent, received and dropped.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.traffic.counters()
    }

    /// Says where answers to holders go. Only the first that is said counts.
    pub fn deliver_leases(&self, inbox: Box<dyn Inbox<lease::Message<Name>>>) {
        let _ = self.leases.set(inbox);
    }

    /// Says where answers to parties go. Only the first that is said counts.
    pub fn deliver_barriers(&self, inbox: Box<dyn Inbox<barrier::Message<Name>>>) {
        let _ = self.barriers.set(inbox);
    }

    /// Sends a message to a member, or to all of them.
    pub fn send<P: Payload>(&self, to: To, message: &P) {
        let mut seal = lock(&self.seal);
        let Seal { codec, sender, buffer } = &mut *seal;
        let mut draft = Draft::with_limit(buffer.as_mut_slice(), codec.limit());
        let datagram = match draft.push(message).and_then(|()| sender.close(codec, to, draft)) {
            Ok(datagram) => datagram,
            Err(error) => {
                self.traffic.unsent();
                tracing::error!(%error, "a message that cannot be sent");
                return;
            }
        };
        let one = match to {
            To::Node(node) => [node],
            To::Peers => [self.group.me()],
        };
        for &member in if to == To::Peers { self.group.peers() } else { &one } {
            match self.way.send(member, datagram) {
                Ok(()) => self.traffic.sent(),
                Err(error) => {
                    self.traffic.unsent();
                    tracing::debug!(%member, %error, "cannot send");
                }
            }
        }
    }
}

impl fmt::Debug for Post {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Post").field("group", &self.group).field("way", &self.way).finish_non_exhaustive()
    }
}

/// Takes in what members answer: for the one thread or task that receives.
#[derive(Debug)]
pub struct Intake {
    post: Arc<Post>,
    codec: Codec,
    /// Of each member, which of its frames have arrived.
    windows: Vec<(NodeId, Window)>,
}

impl Intake {
    /// The longest datagram that is taken.
    #[must_use]
    pub fn limit(&self) -> usize {
        self.codec.limit()
    }

    /// From whom answers come.
    pub fn members(&self) -> impl Iterator<Item = NodeId> {
        self.windows.iter().map(|(member, _)| *member)
    }

    /// Takes a datagram, and hands on what is in it.
    pub fn take(&mut self, datagram: &mut [u8], from: Origin) {
        let frame = match self.admit(datagram, from) {
            Ok(frame) => frame,
            Err(rejection) => return self.dropped(from, &rejection),
        };
        self.post.traffic.received();
        let sender = frame.header().sender;
        for entry in frame.entries() {
            let delivered = match entry.protocol {
                protocol::LEASE => deliver(&self.post.leases, sender, &entry),
                protocol::BARRIER => deliver(&self.post.barriers, sender, &entry),
                protocol => Err(Rejected::UnknownProtocol { protocol }),
            };
            if let Err(rejected) = delivered {
                self.dropped(from, &rejected.into());
            }
        }
    }

    /// The frame in a datagram, if it is a new one from a member. What members take for the list of members is not looked at: a
    /// client's list only says whom to ask.
    fn admit<'a>(&mut self, datagram: &'a mut [u8], from: Origin) -> Result<Frame<'a>, Rejection> {
        let frame = self.codec.open(datagram)?;
        let header = frame.header();
        let (me, sender) = (self.post.group.me(), header.sender);
        let known = self.windows.iter_mut().find(|(member, _)| *member == sender);
        let Some((_, window)) = known else { return Err(Rejected::UnknownSender { sender }.into()) };
        let way = &self.post.way;
        if !way.vouches(from, sender) {
            return Err(Rejection::WrongAddress { sender, expected: way.address(sender) });
        }
        match header.to {
            To::Node(recipient) if recipient != me => Err(Rejected::Misdirected { sender, recipient }.into()),
            _ => {
                window.admit(&header)?;
                Ok(frame)
            }
        }
    }

    fn dropped(&self, from: Origin, rejection: &Rejection) {
        self.post.traffic.dropped(rejection);
        tracing::debug!(%from, %rejection, "dropped a datagram");
    }
}

fn deliver<M: Payload>(answered: &Answered<M>, from: NodeId, entry: &Entry<'_>) -> Result<(), Rejected> {
    let message = entry.decode::<M>()?;
    if let Some(inbox) = answered.get() {
        inbox.deliver(from, message);
    }
    Ok(())
}
