//! Using what a cluster offers, without being a member of it.

mod builder;
mod link;
mod receive;

pub use builder::{ClientBuilder, ConnectError};

use crate::Locks;
use crate::barriers::{self, Barriers};
use crate::driver::Counters;
use crate::locks::{Answers, Carrier, MAX_AUTHORITIES, Rules};
use core::fmt;
use link::{Incoming, Link};
use quorate::{Group, Incarnation, Name, NodeId, To, barrier, lease};
use quorate_std::driver::Traffic;
use quorate_wire::{Codec, Draft, MAX_DATAGRAM, Payload, Roster, Sender};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use tokio::task::AbortHandle;

/// A client of a cluster: it holds locks that the leader grants, and waits at barriers that the leader coordinates. It finds the leader, and follows it when it changes. One socket
/// serves however many locks and barriers. Clones are the same client.
///
/// It is a node with a number of its own, drawn at random at each start from [`NodeId::FIRST_CLIENT`] on, and a new incarnation,
/// so members can tell its frames apart and answer it where they heard it last.
///
/// ```no_run
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use quorate_tokio::Client;
///
/// let client = Client::builder("orders").ask("10.0.0.1:7400").ask("10.0.0.2:7400").connect().await?;
/// let guard = client.locks().acquire("invoices/2026").await?;
/// println!("held with the token {}", guard.token());
/// guard.release().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Client {
    way: Way,
    locks: Locks,
    barriers: Barriers,
}

impl Client {
    /// Begins to describe a client of the group of this name.
    pub fn builder(group: impl Into<String>) -> ClientBuilder {
        ClientBuilder::new(group.into())
    }

    fn new(way: Way, rules: Rules, meeting: barriers::Rules) -> Self {
        let (locks, barriers) = (Locks::over(way.clone(), rules), Barriers::over(way.clone(), meeting));
        Self { way, locks, barriers }
    }

    /// As which node it speaks.
    #[must_use]
    pub fn id(&self) -> NodeId {
        self.way.0.group.me()
    }

    /// The members, as it was told or has learnt when it connected.
    #[must_use]
    pub fn members(&self) -> &[NodeId] {
        self.way.0.group.peers()
    }

    /// The locks that the cluster grants.
    #[must_use]
    pub fn locks(&self) -> &Locks {
        &self.locks
    }

    /// The barriers that the cluster coordinates.
    #[must_use]
    pub fn barriers(&self) -> &Barriers {
        &self.barriers
    }

    /// What was sent, received and dropped.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.way.0.inbound.traffic.counters()
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("id", &self.id())
            .field("members", &self.members())
            .field("locks", &self.locks)
            .finish_non_exhaustive()
    }
}

/// Carries messages to the members and back.
#[derive(Clone, Debug)]
struct Way(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    group: Group<MAX_AUTHORITIES>,
    seal: Mutex<Seal>,
    inbound: Arc<Inbound>,
    /// Ends the task that receives.
    receiving: AbortHandle,
}

/// What the task that receives needs, and nothing that would keep the rest alive.
#[derive(Debug)]
struct Inbound {
    link: Link,
    traffic: Traffic,
    leases: OnceLock<Answers<lease::Message<Name>>>,
    barriers: OnceLock<Answers<barrier::Message<Name>>>,
}

/// What frames are made with.
#[derive(Debug)]
struct Seal {
    codec: Codec,
    sender: Sender,
    buffer: Box<[u8; MAX_DATAGRAM]>,
}

impl Way {
    fn start(
        codec: &Codec,
        incarnation: Incarnation,
        group: Group<MAX_AUTHORITIES>,
        link: Link,
        incoming: Incoming,
    ) -> Self {
        let sender = Sender::new(codec, Roster::NONE, group.me(), incarnation);
        let seal = Mutex::new(Seal { codec: codec.clone(), sender, buffer: Box::new([0; MAX_DATAGRAM]) });
        let inbound =
            Arc::new(Inbound { link, traffic: Traffic::default(), leases: OnceLock::new(), barriers: OnceLock::new() });
        let receiver = receive::Receiver::new(codec.clone(), &group, inbound.clone(), incoming);
        let receiving = tokio::spawn(receiver.run()).abort_handle();
        Self(Arc::new(Shared { group, seal, inbound, receiving }))
    }

    fn send<P: Payload>(&self, to: To, message: &P) {
        let Shared { seal, inbound: inner, group, .. } = &*self.0;
        let mut seal = seal.lock().unwrap_or_else(PoisonError::into_inner);
        let Seal { codec, sender, buffer } = &mut *seal;
        let mut draft = Draft::with_limit(buffer.as_mut_slice(), codec.limit());
        let datagram = match draft.push(message).and_then(|()| sender.close(codec, to, draft)) {
            Ok(datagram) => datagram,
            Err(error) => {
                inner.traffic.unsent();
                tracing::error!(%error, "a message that cannot be sent");
                return;
            }
        };
        let one = match to {
            To::Node(node) => [node],
            To::Peers => [group.me()],
        };
        for &member in if to == To::Peers { group.peers() } else { &one } {
            match inner.link.send(member, datagram) {
                Ok(()) => inner.traffic.sent(),
                Err(error) => {
                    inner.traffic.unsent();
                    tracing::debug!(%member, %error, "cannot send");
                }
            }
        }
    }
}

impl Carrier for Way {
    fn group(&self) -> Group<MAX_AUTHORITIES> {
        self.0.group.clone()
    }

    fn attach(&self, answers: Answers) {
        let _ = self.0.inbound.leases.set(answers); // Only the client's own locks are over it.
    }

    fn send(&self, to: To, message: lease::Message<Name>) {
        Way::send(self, to, &message);
    }
}

impl Carrier<barrier::Message<Name>> for Way {
    fn group(&self) -> Group<MAX_AUTHORITIES> {
        self.0.group.clone()
    }

    fn attach(&self, answers: Answers<barrier::Message<Name>>) {
        let _ = self.0.inbound.barriers.set(answers); // Only the client's own barriers are over it.
    }

    fn send(&self, to: To, message: barrier::Message<Name>) {
        Way::send(self, to, &message);
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.receiving.abort();
    }
}
