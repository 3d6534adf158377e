//! Over UDP, by `embassy-net`: one datagram is one frame.

use super::{Receive, Transmit};
use embassy_net::IpEndpoint;
use embassy_net::udp::{RecvError, SendError, UdpSocket};
use heapless::Vec;
use quorate::{NodeId, To};

/// The half that hears, of datagrams of at most `F` bytes.
#[derive(Debug)]
pub struct Receiving<'a, 'd, const F: usize> {
    socket: Socket<'a, 'd>,
    buffer: [u8; F],
}

/// The half that speaks, to at most `N` peers.
#[derive(Debug)]
pub struct Transmitting<'a, 'd, const N: usize> {
    socket: Socket<'a, 'd>,
    peers: Vec<(NodeId, IpEndpoint), N>,
}

/// A socket, which has nothing to show.
struct Socket<'a, 'd>(&'a UdpSocket<'d>);

impl core::fmt::Debug for Socket<'_, '_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_tuple("UdpSocket").finish()
    }
}

/// Nothing ends a socket that hears.
pub use core::convert::Infallible as Never;

/// Both halves of a link over a socket that is bound, to peers at these places.
///
/// A peer that is not named is never sent anything; one more than `N` is left out.
#[must_use]
pub fn split<'a, 'd, const F: usize, const N: usize>(
    socket: &'a UdpSocket<'d>,
    peers: &[(NodeId, IpEndpoint)],
) -> (Receiving<'a, 'd, F>, Transmitting<'a, 'd, N>) {
    let mut known = Vec::new();
    for &peer in peers {
        let _ = known.push(peer);
    }
    (Receiving { socket: Socket(socket), buffer: [0; F] }, Transmitting { socket: Socket(socket), peers: known })
}

impl<const F: usize> Receive for Receiving<'_, '_, F> {
    type Origin = IpEndpoint;
    type Error = Never;

    async fn receive(&mut self) -> Result<(&mut [u8], IpEndpoint), Never> {
        loop {
            match self.socket.0.recv_from(&mut self.buffer).await {
                Ok((length, from)) => return Ok((self.buffer.get_mut(..length).unwrap_or(&mut []), from.endpoint)),
                Err(RecvError::Truncated) => debug!("a datagram that there is no room for"),
            }
        }
    }
}

impl<const N: usize> Transmit for Transmitting<'_, '_, N> {
    type Origin = IpEndpoint;
    type Error = SendError;

    async fn send(&mut self, to: To, peers: &[NodeId], frame: &[u8]) -> Result<(), SendError> {
        let mut sent = Ok(());
        for (peer, place) in &self.peers {
            if to.includes(*peer) && peers.contains(peer) {
                sent = sent.and(self.socket.0.send_to(frame, *place).await);
            }
        }
        sent
    }

    async fn reply(&mut self, origin: IpEndpoint, frame: &[u8]) -> Result<(), SendError> {
        self.socket.0.send_to(frame, origin).await
    }

    fn vouches(&self, origin: IpEndpoint, member: NodeId) -> bool {
        self.peers.iter().any(|(peer, place)| *peer == member && *place == origin)
    }
}
