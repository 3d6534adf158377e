//! How datagrams travel.
//!
//! A [`Transport`] carries datagrams between the members of one group, and nothing more: it may lose, repeat and reorder
//! them. [`Udp`] is the one that is given; [`channel`] is one inside of a process, for tests. Another one (QUIC, a mesh of
//! TCP connections, a serial line) is a type with two methods of its own.

pub mod channel;
mod resolver;
mod udp;

pub use quorate_std::transport::{BindError, Incoming, Origin};
pub use udp::Udp;

use core::net::SocketAddr;
use quorate::NodeId;
use std::io;

/// Carries datagrams between members.
///
/// ```
/// use quorate::NodeId;
/// use quorate_tokio::transport::{Incoming, Origin, Transport};
/// use std::collections::HashMap;
/// use std::io;
/// use tokio::sync::mpsc;
///
/// /// A mesh of connections that other tasks keep: each is a bounded queue here.
/// #[derive(Debug)]
/// struct Mesh {
///     outgoing: HashMap<NodeId, mpsc::Sender<Vec<u8>>>,
///     incoming: mpsc::Receiver<(NodeId, Vec<u8>)>,
/// }
///
/// impl Transport for Mesh {
///     fn send(&mut self, to: NodeId, datagram: &[u8]) -> io::Result<()> {
///         let connection = self.outgoing.get(&to).ok_or(io::ErrorKind::NotConnected)?;
///         connection.try_send(datagram.to_vec()).map_err(|_| io::ErrorKind::WouldBlock.into())
///     }
///
///     async fn receive(&mut self, buffer: &mut [u8]) -> io::Result<Incoming> {
///         let (from, datagram) = self.incoming.recv().await.ok_or(io::ErrorKind::BrokenPipe)?;
///         let length = datagram.len().min(buffer.len());
///         buffer[..length].copy_from_slice(&datagram[..length]);
///         Ok(Incoming::Datagram { length, from: Origin::Peer(from) })
///     }
/// }
/// ```
pub trait Transport: Send + 'static {
    /// Takes a datagram for `to`, at once or not at all.
    ///
    /// # Errors
    ///
    /// If it cannot be taken now, because a queue is full or nothing is known of `to`. The datagram is then lost, which
    /// the driver counts and protocols make up for.
    fn send(&mut self, to: NodeId, datagram: &[u8]) -> io::Result<()>;

    /// Waits for a datagram and puts it into `buffer`. What does not fit is cut off.
    ///
    /// It has to be cancel-safe: a future that is dropped before it has completed loses nothing. (What awaits a socket or a
    /// channel once, and then returns, is.)
    ///
    /// # Errors
    ///
    /// If nothing can be received any more: the driver stops with this error. What concerns one datagram only is not an
    /// error here.
    fn receive(&mut self, buffer: &mut [u8]) -> impl Future<Output = io::Result<Incoming>> + Send;

    /// Whether what came from there may speak for `peer`. Unless a transport says otherwise, that is so only of what it
    /// knows to come from that peer.
    fn vouches(&self, from: Origin, peer: NodeId) -> bool {
        from == Origin::Peer(peer)
    }

    /// Answers somebody who need not be a member, such as who asks for the status.
    ///
    /// # Errors
    ///
    /// As [`send`](Transport::send); [`io::ErrorKind::Unsupported`] where there is no way back.
    fn reply(&mut self, to: Origin, datagram: &[u8]) -> io::Result<()> {
        match to {
            Origin::Peer(peer) => self.send(peer, datagram),
            Origin::Address(_) => Err(io::ErrorKind::Unsupported.into()),
        }
    }

    /// Where `peer` is thought to be.
    fn address(&self, peer: NodeId) -> Option<SocketAddr> {
        let _ = peer;
        None
    }

    /// Where this end listens, if that is an address.
    fn local_addr(&self) -> Option<SocketAddr> {
        None
    }

    /// `peer` has not been heard from for a while: its address may have changed.
    fn silent(&mut self, peer: NodeId) {
        let _ = peer;
    }
}
