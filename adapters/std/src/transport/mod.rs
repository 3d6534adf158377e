//! How datagrams travel.
//!
//! A [`Transport`] carries datagrams between the members of one group, and nothing more: it may lose, repeat and reorder
//! them. [`Udp`] is the one that is given; [`channel`] is one inside of a process. Another one (a serial line, a mesh of TCP
//! connections) is a type with three methods of its own.

pub mod channel;
mod places;
mod socket;
mod udp;
mod waker;

pub use places::{Places, canonical, mapped};
pub use socket::{BindError, is_about_one_datagram, open};
pub use udp::Udp;
pub use waker::Waker;

use crate::Notice;
use core::fmt;
use core::net::SocketAddr;
use core::time::Duration;
use quorate::NodeId;
use std::io;

/// The half of a transport that never waits: it carries datagrams away, and knows who is where.
pub trait Link {
    /// Takes a datagram for `to`, at once or not at all.
    ///
    /// # Errors
    ///
    /// If it cannot be taken now, because a queue is full or nothing is known of `to`. The datagram is then lost, which
    /// the driver counts and protocols make up for.
    fn send(&mut self, to: NodeId, datagram: &[u8]) -> io::Result<()>;

    /// Whether what came from there may speak for `peer`. Unless a transport says otherwise, that is so only of what it
    /// knows to come from that peer.
    fn vouches(&self, from: Origin, peer: NodeId) -> bool {
        from == Origin::Peer(peer)
    }

    /// Answers somebody who need not be a member, such as who asks for the status.
    ///
    /// # Errors
    ///
    /// As [`send`](Link::send); [`io::ErrorKind::Unsupported`] where there is no way back.
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

    /// `peer` has not been heard from for a while: its address may have changed.
    fn silent(&mut self, peer: NodeId) {
        let _ = peer;
    }
}

/// Carries datagrams between members, for a driver on a thread of its own.
///
/// ```
/// use quorate::NodeId;
/// use quorate_std::transport::{Incoming, Link, Origin, Transport, Waker};
/// use quorate_std::{Mailbox, Taken};
/// use std::collections::HashMap;
/// use std::io;
/// use std::sync::Arc;
/// use std::time::Duration;
///
/// type Queue = Arc<Mailbox<(NodeId, Vec<u8>)>>;
///
/// /// A mesh of connections that other threads keep: each is a bounded queue here.
/// #[derive(Debug)]
/// struct Mesh {
///     outgoing: HashMap<NodeId, Queue>,
///     incoming: Queue,
/// }
///
/// impl Link for Mesh {
///     fn send(&mut self, to: NodeId, datagram: &[u8]) -> io::Result<()> {
///         let connection = self.outgoing.get(&to).ok_or(io::ErrorKind::NotConnected)?;
///         connection.try_put((to, datagram.to_vec())).map_err(|_| io::ErrorKind::WouldBlock.into())
///     }
/// }
///
/// impl Transport for Mesh {
///     fn receive(&mut self, buffer: &mut [u8], longest: Duration) -> io::Result<Option<Incoming>> {
///         let (from, datagram) = match self.incoming.take(Some(longest)) {
///             Taken::Mail(mail) => mail,
///             Taken::Woken | Taken::Elapsed => return Ok(None),
///             Taken::Closed => return Err(io::ErrorKind::BrokenPipe.into()),
///         };
///         let length = datagram.len().min(buffer.len());
///         buffer[..length].copy_from_slice(&datagram[..length]);
///         Ok(Some(Incoming::Datagram { length, from: Origin::Peer(from) }))
///     }
///
///     fn waker(&self) -> Waker {
///         let incoming = self.incoming.clone();
///         Waker::new(move || incoming.wake())
///     }
/// }
/// ```
pub trait Transport: Link + Send + 'static {
    /// Waits for a datagram, for so long at most, and puts it into `buffer`. What does not fit is cut off. Returns nothing when
    /// the time is over or when it was woken.
    ///
    /// # Errors
    ///
    /// If nothing can be received any more: the driver stops with this error. What concerns one datagram only is not an
    /// error here.
    fn receive(&mut self, buffer: &mut [u8], longest: Duration) -> io::Result<Option<Incoming>>;

    /// What has [`receive`](Transport::receive) return soon, from any thread: the call that waits now, or else the next one.
    fn waker(&self) -> Waker;

    /// Where this end listens, if that is an address.
    fn local_addr(&self) -> Option<SocketAddr> {
        None
    }
}

/// What a transport received.
#[derive(Clone, Debug)]
pub enum Incoming {
    /// A datagram, at the beginning of the buffer.
    Datagram {
        /// How long it is, at most as long as the buffer.
        length: usize,
        /// Where it came from.
        from: Origin,
    },
    /// Something else that the user of the transport should know.
    Notice(Notice),
}

/// Where a datagram came from, as far as the transport knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Origin {
    /// From this peer: the transport is certain of it.
    Peer(NodeId),
    /// From this address, whoever that may be.
    Address(SocketAddr),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Peer(peer) => write!(f, "node {peer}"),
            Self::Address(address) => address.fmt(f),
        }
    }
}
