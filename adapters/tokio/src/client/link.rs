//! The way to the members: a socket for all of them, or a channel inside of this process.

use crate::transport::Origin;
use crate::transport::channel::Outgoing;
use core::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use quorate::NodeId;
use quorate_std::client::Way;
use quorate_std::transport::{canonical, is_about_one_datagram, mapped, open};
use std::io;
use std::sync::{Arc, PoisonError, RwLock};
use tokio::net::{UdpSocket, lookup_host};
use tokio::sync::mpsc;

/// The way out.
#[derive(Debug)]
pub(super) enum Link {
    Udp { socket: Arc<UdpSocket>, v4: bool, places: RwLock<Vec<Place>> },
    Channel(Outgoing),
}

/// The way in.
#[derive(Debug)]
pub(super) enum Incoming {
    Udp(Arc<UdpSocket>),
    Channel(mpsc::Receiver<(NodeId, Vec<u8>)>),
}

/// Where a member is.
#[derive(Clone, Debug)]
pub(super) struct Place {
    member: NodeId,
    /// `host:port`.
    name: String,
    address: Option<SocketAddr>,
}

impl Link {
    /// A socket for these members. Names that are not found are looked up again later.
    pub(super) async fn udp(members: &[(NodeId, String)]) -> io::Result<(Self, Incoming)> {
        let mut places: Vec<Place> = Vec::with_capacity(members.len());
        for (member, name) in members {
            places.push(Place { member: *member, address: look_up(name, false).await, name: name.clone() });
        }
        let v4 = places.iter().filter_map(|place| place.address).all(|address| address.is_ipv4());
        let any = if v4 { (Ipv4Addr::UNSPECIFIED, 0).into() } else { (Ipv6Addr::UNSPECIFIED, 0).into() };
        let socket = Arc::new(UdpSocket::from_std(open(any)?)?);
        // From now on tokio knows that the socket can be written to, so the first datagram is not lost.
        socket.writable().await?;
        Ok((Self::Udp { socket: socket.clone(), v4, places: RwLock::new(places) }, Incoming::Udp(socket)))
    }

    /// Looks every name up again, for nobody answers.
    pub(super) async fn look_up(&self) {
        let Self::Udp { places, v4, .. } = self else { return };
        let known = places.read().unwrap_or_else(PoisonError::into_inner).clone();
        for place in known.into_iter().filter(|place| place.name.parse::<SocketAddr>().is_err()) {
            let Some(found) = look_up(&place.name, *v4).await else { continue };
            if place.address != Some(found) {
                tracing::info!(member = %place.member, address = %found, "found elsewhere");
                let mut places = places.write().unwrap_or_else(PoisonError::into_inner);
                for known in places.iter_mut().filter(|known| known.member == place.member) {
                    known.address = Some(found);
                }
            }
        }
    }
}

impl Way for Link {
    fn send(&self, to: NodeId, datagram: &[u8]) -> io::Result<()> {
        match self {
            Self::Channel(outgoing) => outgoing.send(to, datagram),
            Self::Udp { socket, v4, .. } => {
                let address = self.address(to).ok_or(io::ErrorKind::NotConnected)?;
                socket.try_send_to(datagram, mapped(address, *v4)).map(|_| ())
            }
        }
    }

    fn address(&self, member: NodeId) -> Option<SocketAddr> {
        let Self::Udp { places, .. } = self else { return None };
        let places = places.read().unwrap_or_else(PoisonError::into_inner);
        places.iter().find(|place| place.member == member)?.address
    }

    fn vouches(&self, from: Origin, member: NodeId) -> bool {
        match from {
            Origin::Peer(from) => from == member,
            Origin::Address(from) => self.address(member) == Some(from),
        }
    }
}

impl Incoming {
    /// Waits for a datagram. Cancel-safe.
    pub(super) async fn receive(&mut self, buffer: &mut [u8]) -> io::Result<(usize, Origin)> {
        match self {
            Self::Udp(socket) => loop {
                match socket.recv_from(buffer).await {
                    Ok((length, from)) => return Ok((length, Origin::Address(canonical(from)))),
                    Err(error) if is_about_one_datagram(&error) => {}
                    Err(error) => return Err(error),
                }
            },
            Self::Channel(incoming) => {
                let (from, datagram) = incoming.recv().await.ok_or(io::ErrorKind::BrokenPipe)?;
                let length = datagram.len().min(buffer.len());
                buffer[..length].copy_from_slice(&datagram[..length]);
                Ok((length, Origin::Peer(from)))
            }
        }
    }
}

async fn look_up(name: &str, v4: bool) -> Option<SocketAddr> {
    match lookup_host(name).await {
        Ok(found) => found.map(canonical).find(|address| !v4 || address.is_ipv4()),
        Err(error) => {
            tracing::warn!(%name, %error, "cannot look up a member");
            None
        }
    }
}
