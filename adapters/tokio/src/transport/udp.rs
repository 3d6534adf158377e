//! UDP.

use super::resolver::Resolver;
use super::{BindError, Incoming, Origin, Transport};
use core::net::SocketAddr;
use quorate::NodeId;
use quorate_std::transport::{canonical, is_about_one_datagram, mapped, open};
use std::io;
use tokio::net::UdpSocket;

/// One UDP socket for all peers.
///
/// Peers are known by address or by name. A name is looked up again when its peer stops answering or speaks from somewhere
/// else. A datagram vouches for a peer only if it comes from that peer's address, unless the transport was told to
/// be [lenient](Udp::lenient).
///
/// A datagram that the socket's buffer has no room for is lost, as if the network had lost it.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use quorate::NodeId;
/// use quorate_tokio::transport::{Transport, Udp};
///
/// let [one, two] = [1, 2].map(NodeId::new);
/// let mut udp = Udp::bind("127.0.0.1:0".parse()?, [(two, "127.0.0.1:9".to_owned())]).await?;
/// udp.send(two, b"hello")?;
/// assert_eq!(udp.address(two), Some("127.0.0.1:9".parse()?));
///
/// let taken = udp.local_addr();
/// let error = Udp::bind(taken, []).await.unwrap_err();
/// assert!(error.to_string().contains(&taken.to_string()), "{error}");
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Udp {
    socket: UdpSocket,
    local: SocketAddr,
    resolver: Resolver,
    lenient: bool,
}

impl Udp {
    /// Binds a socket, on port 0 to any that is free, and begins to look up the names of peers, each `host:port`.
    ///
    /// # Errors
    ///
    /// If the address cannot be listened on: it is in use, or not one of this machine.
    pub async fn bind(
        listen: SocketAddr,
        peers: impl IntoIterator<Item = (NodeId, String)>,
    ) -> Result<Self, BindError> {
        let failed = |error| BindError::new(listen, error);
        let socket = UdpSocket::from_std(open(listen)?).map_err(failed)?;
        let local = socket.local_addr().map_err(failed)?;
        // From now on tokio knows that the socket can be written to, so the first datagram is not lost.
        socket.writable().await.map_err(failed)?;
        let mut resolver = Resolver::new(peers, local.is_ipv4());
        resolver.look_up_all();
        Ok(Self { socket, local, resolver, lenient: false })
    }

    /// The same, but what any address sends may speak for any peer: for networks that change addresses on the way.
    /// Without a key, anybody who reaches the socket can then pass for a member.
    #[must_use]
    pub fn lenient(mut self) -> Self {
        self.lenient = true;
        self
    }

    /// Where the socket listens.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.local
    }

    fn send_to(&self, address: SocketAddr, datagram: &[u8]) -> io::Result<()> {
        self.socket.try_send_to(datagram, mapped(address, self.local.is_ipv4())).map(|_| ())
    }
}

impl Transport for Udp {
    fn send(&mut self, to: NodeId, datagram: &[u8]) -> io::Result<()> {
        let address = self.resolver.address(to).ok_or(io::ErrorKind::NotConnected)?;
        self.send_to(address, datagram)
    }

    async fn receive(&mut self, buffer: &mut [u8]) -> io::Result<Incoming> {
        loop {
            let received = tokio::select! {
                biased;
                received = self.socket.recv_from(buffer) => received,
                notice = self.resolver.changed() => return Ok(Incoming::Notice(notice)),
            };
            match received {
                Ok((length, from)) => {
                    return Ok(Incoming::Datagram { length, from: Origin::Address(canonical(from)) });
                }
                Err(error) if is_about_one_datagram(&error) => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn vouches(&self, from: Origin, peer: NodeId) -> bool {
        match from {
            Origin::Peer(from) => from == peer,
            Origin::Address(from) => self.lenient || self.resolver.address(peer) == Some(from),
        }
    }

    fn reply(&mut self, to: Origin, datagram: &[u8]) -> io::Result<()> {
        match to {
            Origin::Peer(peer) => self.send(peer, datagram),
            Origin::Address(address) => self.send_to(address, datagram),
        }
    }

    fn address(&self, peer: NodeId) -> Option<SocketAddr> {
        self.resolver.address(peer)
    }

    fn local_addr(&self) -> Option<SocketAddr> {
        Some(self.local)
    }

    fn silent(&mut self, peer: NodeId) {
        self.resolver.look_up(peer);
    }
}
