//! UDP.

use super::{BindError, Incoming, Link, Origin, Places, Transport, Waker};
use super::{canonical, is_about_one_datagram, mapped, open};
use crate::client::Way;
use crate::sync::{Mailbox, Mutex, lock};
use crate::{clock, question};
use core::net::SocketAddr;
use core::time::Duration;
use mio::net::UdpSocket;
use mio::{Events, Interest, Poll, Token};
use quorate::NodeId;
use std::io;
use std::net::ToSocketAddrs;
use std::sync::Arc;
use std::thread;
use std::time::Instant;

const SOCKET: Token = Token(0);
const WAKER: Token = Token(1);
/// How many answers may wait. One lookup a peer runs at a time, so more never do with that many peers.
const ANSWERS: usize = 64;

/// One UDP socket for all peers.
///
/// Peers are known by address or by name. A name is looked up again, on a thread that lives for just that, when its peer stops
/// answering or speaks from somewhere else. A datagram vouches for a peer only if it comes from that peer's address, unless the
/// transport was told to be [lenient](Udp::lenient).
///
/// A datagram that the socket's buffer has no room for is lost, as if the network had lost it.
///
/// ```
/// use quorate::NodeId;
/// use quorate_std::transport::{Link, Transport, Udp};
///
/// let [one, two] = [1, 2].map(NodeId::new);
/// let mut udp = Udp::bind("127.0.0.1:0".parse()?, [(two, "127.0.0.1:9".to_owned())])?;
/// udp.send(two, b"hello")?;
/// assert_eq!(udp.address(two), Some("127.0.0.1:9".parse()?));
///
/// let taken = udp.local_addr().unwrap();
/// let error = Udp::bind(taken, []).unwrap_err();
/// assert!(error.to_string().contains(&taken.to_string()), "{error}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Udp {
    outgoing: Arc<Outgoing>,
    local: SocketAddr,
    poll: Poll,
    events: Events,
    waker: Waker,
    found: Arc<Mailbox<Found>>,
    lenient: bool,
}

/// The way out of a socket, which other threads can go, too.
#[derive(Debug)]
pub(crate) struct Outgoing {
    socket: UdpSocket,
    v4: bool,
    places: Mutex<Places>,
}

/// What was found of whom.
type Found = (NodeId, io::Result<Vec<SocketAddr>>);

impl Udp {
    /// Binds a socket, on port 0 to any that is free, and begins to look up the names of peers, each `host:port`.
    ///
    /// # Errors
    ///
    /// If the address cannot be listened on: it is in use, or not one of this machine.
    pub fn bind(listen: SocketAddr, peers: impl IntoIterator<Item = (NodeId, String)>) -> Result<Self, BindError> {
        let mut udp = Self::open(listen, Places::new(peers, listen.is_ipv4()))?;
        let peers: Vec<NodeId> = lock(&udp.outgoing.places).peers().collect();
        for peer in peers {
            udp.look_up(peer);
        }
        Ok(udp)
    }

    /// Binds a socket on any port, of a kind that reaches all of these. They are looked up first; one that is not found is looked up
    /// again later.
    pub(crate) fn towards(peers: Vec<(NodeId, String)>) -> Result<Self, BindError> {
        let found: Vec<(NodeId, io::Result<Vec<SocketAddr>>)> = peers
            .iter()
            .map(|(peer, name)| (*peer, name.to_socket_addrs().map(|found| found.map(canonical).collect())))
            .collect();
        let has_v4 = |found: &Vec<SocketAddr>| found.iter().any(SocketAddr::is_ipv4);
        let v4 = found.iter().filter_map(|(_, found)| found.as_ref().ok()).all(has_v4);
        let mut places = Places::new(peers, v4);
        for (peer, found) in found {
            if places.look_up(peer, clock::now()).is_some()
                && let Some(notice) = places.settle(peer, found)
            {
                notice.log();
            }
        }
        Self::open(question::any(v4), places)
    }

    fn open(listen: SocketAddr, places: Places) -> Result<Self, BindError> {
        let failed = |error| BindError::new(listen, error);
        let mut socket = UdpSocket::from_std(open(listen)?);
        let local = socket.local_addr().map_err(failed)?;
        let poll = Poll::new().map_err(failed)?;
        poll.registry().register(&mut socket, SOCKET, Interest::READABLE).map_err(failed)?;
        let waker = mio::Waker::new(poll.registry(), WAKER).map_err(failed)?;
        let waker = Waker::new(move || {
            // It fails only if the kernel has no memory for eight bytes; then it is woken by the next deadline.
            let _ = waker.wake();
        });
        let outgoing = Arc::new(Outgoing { socket, v4: local.is_ipv4(), places: Mutex::new(places) });
        let found = Arc::new(Mailbox::new(ANSWERS));
        Ok(Self { outgoing, local, poll, events: Events::with_capacity(4), waker, found, lenient: false })
    }

    /// The way out, for other threads.
    pub(crate) fn outgoing(&self) -> Arc<Outgoing> {
        self.outgoing.clone()
    }

    /// The same, but what any address sends may speak for any peer: for networks that change addresses on the way.
    /// Without a key, anybody who reaches the socket can then pass for a member.
    #[must_use]
    pub fn lenient(mut self) -> Self {
        self.lenient = true;
        self
    }

    fn look_up(&mut self, peer: NodeId) {
        let Some(name) = lock(&self.outgoing.places).look_up(peer, clock::now()) else { return };
        let (found, waker) = (self.found.clone(), self.waker.clone());
        let look_up = move || {
            let addresses = name.to_socket_addrs().map(Iterator::collect);
            let _ = found.try_put((peer, addresses)); // Nobody may need it any more.
            waker.wake();
        };
        // Not waited for when the transport is dropped, since a lookup can take long.
        if let Err(error) = thread::Builder::new().name("quorate-lookup".to_owned()).spawn(look_up) {
            let _ = self.found.try_put((peer, Err(error)));
        }
    }

    /// What there is now.
    fn receive_now(&mut self, buffer: &mut [u8]) -> io::Result<Option<Incoming>> {
        while let Some((peer, found)) = self.found.try_take() {
            let notice = lock(&self.outgoing.places).settle(peer, found);
            if let Some(notice) = notice {
                return Ok(Some(Incoming::Notice(notice)));
            }
        }
        loop {
            match self.outgoing.socket.recv_from(buffer) {
                Ok((length, from)) => {
                    return Ok(Some(Incoming::Datagram { length, from: Origin::Address(canonical(from)) }));
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(None),
                Err(error) if is_about_one_datagram(&error) => {}
                Err(error) => return Err(error),
            }
        }
    }
}

impl Outgoing {
    fn send_to(&self, address: SocketAddr, datagram: &[u8]) -> io::Result<()> {
        self.socket.send_to(datagram, mapped(address, self.v4)).map(|_| ())
    }
}

impl Way for Outgoing {
    fn send(&self, to: NodeId, datagram: &[u8]) -> io::Result<()> {
        let address = self.address(to).ok_or(io::ErrorKind::NotConnected)?;
        self.send_to(address, datagram)
    }

    fn vouches(&self, from: Origin, peer: NodeId) -> bool {
        match from {
            Origin::Peer(from) => from == peer,
            Origin::Address(from) => self.address(peer) == Some(from),
        }
    }

    fn address(&self, peer: NodeId) -> Option<SocketAddr> {
        lock(&self.places).address(peer)
    }
}

impl Link for Udp {
    fn send(&mut self, to: NodeId, datagram: &[u8]) -> io::Result<()> {
        self.outgoing.send(to, datagram)
    }

    fn vouches(&self, from: Origin, peer: NodeId) -> bool {
        (self.lenient && matches!(from, Origin::Address(_))) || self.outgoing.vouches(from, peer)
    }

    fn reply(&mut self, to: Origin, datagram: &[u8]) -> io::Result<()> {
        match to {
            Origin::Peer(peer) => self.outgoing.send(peer, datagram),
            Origin::Address(address) => self.outgoing.send_to(address, datagram),
        }
    }

    fn address(&self, peer: NodeId) -> Option<SocketAddr> {
        self.outgoing.address(peer)
    }

    fn silent(&mut self, peer: NodeId) {
        self.look_up(peer);
    }
}

impl Transport for Udp {
    fn receive(&mut self, buffer: &mut [u8], longest: Duration) -> io::Result<Option<Incoming>> {
        let end = Instant::now() + longest;
        let mut woken = false;
        loop {
            // The socket is looked at before anything is waited for: the system tells once only that something came.
            if let Some(incoming) = self.receive_now(buffer)? {
                if woken {
                    self.waker.wake(); // Whoever woke it is served at the next call.
                }
                return Ok(Some(incoming));
            }
            let left = end.saturating_duration_since(Instant::now());
            if woken || left.is_zero() {
                return Ok(None);
            }
            match self.poll.poll(&mut self.events, Some(left)) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                polled => polled?,
            }
            woken = self.events.iter().any(|event| event.token() == WAKER);
        }
    }

    fn waker(&self) -> Waker {
        self.waker.clone()
    }

    fn local_addr(&self) -> Option<SocketAddr> {
        Some(self.local)
    }
}
