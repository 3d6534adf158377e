//! Datagrams inside of one process: for members on threads of it, and for tests.
//!
//! ```
//! use quorate::NodeId;
//! use quorate_std::transport::{channel::Network, Incoming, Link, Origin, Transport};
//! use std::time::Duration;
//!
//! let network = Network::new();
//! let [one, two] = [1, 2].map(NodeId::new);
//! let (mut a, mut b) = (network.join(one), network.join(two));
//! a.send(two, b"hello")?;
//! let mut buffer = [0; 16];
//! let received = b.receive(&mut buffer, Duration::from_secs(1))?;
//! assert!(matches!(received, Some(Incoming::Datagram { length: 5, from: Origin::Peer(peer) }) if peer == one));
//!
//! network.cut(one, two); // one way
//! a.send(two, b"lost")?;
//! assert!(b.receive(&mut buffer, Duration::from_millis(1))?.is_none());
//! # Ok::<(), std::io::Error>(())
//! ```

use super::{Incoming, Link, Origin, Transport, Waker};
use crate::client::Way;
use crate::sync::{Mailbox, Mutex, MutexGuard, Taken, Undelivered, lock};
use core::net::SocketAddr;
use core::time::Duration;
use quorate::NodeId;
use std::collections::{HashMap, HashSet};
use std::io;
use std::sync::Arc;

/// How many datagrams wait for one member at most; what comes on top is lost.
pub const QUEUE: usize = 1_024;

type Queue = Arc<Mailbox<(NodeId, Vec<u8>)>>;

/// A network of members in one process. Its clones are the same network.
#[derive(Clone, Debug)]
pub struct Network {
    nodes: Arc<Mutex<Nodes>>,
}

#[derive(Debug, Default)]
struct Nodes {
    queues: HashMap<NodeId, Queue>,
    cut: HashSet<(NodeId, NodeId)>,
}

impl Default for Network {
    fn default() -> Self {
        Self { nodes: Arc::new(Mutex::new(Nodes::default())) }
    }
}

impl Network {
    /// A network without members.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The transport of `node`. Whoever joined under the same id before is cut off.
    #[must_use]
    pub fn join(&self, node: NodeId) -> Channel {
        let incoming = Arc::new(Mailbox::new(QUEUE));
        if let Some(before) = self.nodes().queues.insert(node, incoming.clone()) {
            before.close();
        }
        Channel { outgoing: Outgoing { node, network: self.clone() }, incoming }
    }

    /// From now on nothing that `from` sends reaches `to`.
    pub fn cut(&self, from: NodeId, to: NodeId) {
        self.nodes().cut.insert((from, to));
    }

    /// What `from` sends reaches `to` again.
    pub fn mend(&self, from: NodeId, to: NodeId) {
        self.nodes().cut.remove(&(from, to));
    }

    /// Cuts `node` off from all others, or connects it again.
    pub fn isolate(&self, node: NodeId, isolated: bool) {
        let mut nodes = self.nodes();
        let others: Vec<NodeId> = nodes.queues.keys().copied().filter(|&other| other != node).collect();
        for way in others.into_iter().flat_map(|other| [(node, other), (other, node)]) {
            if isolated {
                nodes.cut.insert(way);
            } else {
                nodes.cut.remove(&way);
            }
        }
    }

    fn nodes(&self) -> MutexGuard<'_, Nodes> {
        lock(&self.nodes)
    }
}

/// One member's end of a [`Network`].
#[derive(Debug)]
pub struct Channel {
    outgoing: Outgoing,
    incoming: Queue,
}

impl Channel {
    /// The way out, for other threads.
    pub(crate) fn outgoing(&self) -> Outgoing {
        self.outgoing.clone()
    }
}

/// The way out of one member's end.
#[derive(Clone, Debug)]
pub(crate) struct Outgoing {
    node: NodeId,
    network: Network,
}

impl Way for Outgoing {
    fn send(&self, to: NodeId, datagram: &[u8]) -> io::Result<()> {
        let queue = {
            let nodes = self.network.nodes();
            if nodes.cut.contains(&(self.node, to)) {
                return Ok(()); // A network that loses a datagram does not say so.
            }
            nodes.queues.get(&to).cloned().ok_or(io::ErrorKind::NotConnected)?
        };
        queue.try_put((self.node, datagram.to_vec())).map_err(|undelivered| match undelivered {
            Undelivered::Full(_) => io::ErrorKind::WouldBlock.into(),
            Undelivered::Closed(_) => io::ErrorKind::ConnectionRefused.into(),
        })
    }

    fn vouches(&self, from: Origin, member: NodeId) -> bool {
        from == Origin::Peer(member)
    }

    fn address(&self, _: NodeId) -> Option<SocketAddr> {
        None
    }
}

impl Link for Channel {
    fn send(&mut self, to: NodeId, datagram: &[u8]) -> io::Result<()> {
        self.outgoing.send(to, datagram)
    }
}

impl Transport for Channel {
    fn receive(&mut self, buffer: &mut [u8], longest: Duration) -> io::Result<Option<Incoming>> {
        let (from, datagram) = match self.incoming.take(Some(longest)) {
            Taken::Mail(mail) => mail,
            Taken::Woken | Taken::Elapsed => return Ok(None),
            Taken::Closed => return Err(io::ErrorKind::BrokenPipe.into()),
        };
        let length = datagram.len().min(buffer.len());
        buffer[..length].copy_from_slice(&datagram[..length]);
        Ok(Some(Incoming::Datagram { length, from: Origin::Peer(from) }))
    }

    fn waker(&self) -> Waker {
        let incoming = self.incoming.clone();
        Waker::new(move || incoming.wake())
    }
}

impl Drop for Channel {
    fn drop(&mut self) {
        self.incoming.close();
    }
}
