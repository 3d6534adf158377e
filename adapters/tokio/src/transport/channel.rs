//! Datagrams inside of one process, for tests.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> std::io::Result<()> {
//! use quorate::NodeId;
//! use quorate_tokio::transport::{channel::Network, Incoming, Origin, Transport};
//!
//! let network = Network::new();
//! let [one, two] = [1, 2].map(NodeId::new);
//! let (mut a, mut b) = (network.join(one), network.join(two));
//! a.send(two, b"hello")?;
//! let mut buffer = [0; 16];
//! assert!(matches!(b.receive(&mut buffer).await?, Incoming::Datagram { length: 5, from: Origin::Peer(peer) } if peer == one));
//!
//! network.cut(one, two); // one way
//! a.send(two, b"lost")?;
//! b.send(one, b"not lost")?;
//! assert!(matches!(a.receive(&mut buffer).await?, Incoming::Datagram { length: 8, .. }));
//! # Ok(())
//! # }
//! ```

use super::{Incoming, Origin, Transport};
use quorate::NodeId;
use std::collections::{HashMap, HashSet};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::mpsc;

/// How many datagrams wait for one member at most; what comes on top is lost.
pub const QUEUE: usize = 1_024;

/// A network of members in one process. Its clones are the same network.
#[derive(Clone, Debug, Default)]
pub struct Network {
    nodes: Arc<Mutex<Nodes>>,
}

#[derive(Debug, Default)]
struct Nodes {
    queues: HashMap<NodeId, mpsc::Sender<(NodeId, Vec<u8>)>>,
    cut: HashSet<(NodeId, NodeId)>,
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
        let (queue, incoming) = mpsc::channel(QUEUE);
        self.nodes().queues.insert(node, queue);
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
        self.nodes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One member's end of a [`Network`].
#[derive(Debug)]
pub struct Channel {
    outgoing: Outgoing,
    incoming: mpsc::Receiver<(NodeId, Vec<u8>)>,
}

/// The way out of one member's end.
#[derive(Clone, Debug)]
pub(crate) struct Outgoing {
    node: NodeId,
    network: Network,
}

impl Channel {
    /// The way out and the way in.
    pub(crate) fn split(self) -> (Outgoing, mpsc::Receiver<(NodeId, Vec<u8>)>) {
        (self.outgoing, self.incoming)
    }
}

impl Outgoing {
    pub(crate) fn send(&self, to: NodeId, datagram: &[u8]) -> io::Result<()> {
        let nodes = self.network.nodes();
        if nodes.cut.contains(&(self.node, to)) {
            return Ok(()); // A network that loses a datagram does not say so.
        }
        let queue = nodes.queues.get(&to).ok_or(io::ErrorKind::NotConnected)?;
        queue.try_send((self.node, datagram.to_vec())).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => io::ErrorKind::WouldBlock.into(),
            mpsc::error::TrySendError::Closed(_) => io::ErrorKind::ConnectionRefused.into(),
        })
    }
}

impl Transport for Channel {
    fn send(&mut self, to: NodeId, datagram: &[u8]) -> io::Result<()> {
        self.outgoing.send(to, datagram)
    }

    async fn receive(&mut self, buffer: &mut [u8]) -> io::Result<Incoming> {
        let (from, datagram) = self.incoming.recv().await.ok_or(io::ErrorKind::BrokenPipe)?;
        let length = datagram.len().min(buffer.len());
        buffer[..length].copy_from_slice(&datagram[..length]);
        Ok(Incoming::Datagram { length, from: Origin::Peer(from) })
    }
}
