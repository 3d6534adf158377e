//! Where peers are: names, and the addresses that they stand for at present.

use crate::Notice;
use core::net::{IpAddr, SocketAddr};
use quorate::NodeId;
use std::collections::HashMap;
use std::io;
use tokio::sync::mpsc;
use tokio::time::{Duration, Instant};

/// How long after a name was looked up it is looked up again at the earliest.
const AGAIN: Duration = Duration::from_secs(2);
/// How many answers may wait. One lookup a peer runs at a time, so more never do with that many peers.
const ANSWERS: usize = 64;

/// The addresses of all peers.
#[derive(Debug)]
pub(super) struct Resolver {
    places: HashMap<NodeId, Place>,
    /// Whether addresses are to be ones that an IPv4 socket reaches.
    v4: bool,
    answers: mpsc::Receiver<(NodeId, io::Result<Vec<SocketAddr>>)>,
    answer: mpsc::Sender<(NodeId, io::Result<Vec<SocketAddr>>)>,
}

#[derive(Debug)]
struct Place {
    /// `host:port`, as configured; an address with numbers only never changes.
    name: String,
    literal: bool,
    address: Option<SocketAddr>,
    /// When it was looked up last; `None` before the first time.
    asked: Option<Instant>,
    asking: bool,
    /// Whether the last lookup failed, which is told once.
    failing: bool,
}

impl Resolver {
    pub(super) fn new(peers: impl IntoIterator<Item = (NodeId, String)>, v4: bool) -> Self {
        let (answer, answers) = mpsc::channel(ANSWERS);
        let place = |(peer, name): (NodeId, String)| {
            let address = name.parse::<SocketAddr>().ok();
            (
                peer,
                Place {
                    literal: address.is_some(),
                    address: address.map(canonical),
                    name,
                    asked: None,
                    asking: false,
                    failing: false,
                },
            )
        };
        Self { places: peers.into_iter().map(place).collect(), v4, answers, answer }
    }

    /// Where `peer` is at present.
    pub(super) fn address(&self, peer: NodeId) -> Option<SocketAddr> {
        self.places.get(&peer)?.address
    }

    /// Looks up every peer that has a name.
    pub(super) fn look_up_all(&mut self) {
        let peers: Vec<NodeId> = self.places.keys().copied().collect();
        for peer in peers {
            self.look_up(peer);
        }
    }

    /// Looks up a peer, unless that was done a moment ago or is being done.
    pub(super) fn look_up(&mut self, peer: NodeId) {
        let Some(place) = self.places.get_mut(&peer) else { return };
        if place.literal || place.asking || place.asked.is_some_and(|asked| asked.elapsed() < AGAIN) {
            return;
        }
        (place.asking, place.asked) = (true, Some(Instant::now()));
        let (name, answer) = (place.name.clone(), self.answer.clone());
        // A lookup can block for long; this task lives for just one of them.
        tokio::spawn(async move {
            let found = tokio::net::lookup_host(name).await.map(Iterator::collect);
            let _ = answer.send((peer, found)).await;
        });
    }

    /// Waits for a lookup that has something to tell. Cancel-safe.
    pub(super) async fn changed(&mut self) -> Notice {
        loop {
            // `self.answer` is one sender, so there is always another answer to wait for.
            let Some((peer, found)) = self.answers.recv().await else { core::future::pending().await };
            if let Some(notice) = self.settle(peer, found) {
                return notice;
            }
        }
    }

    fn settle(&mut self, peer: NodeId, found: io::Result<Vec<SocketAddr>>) -> Option<Notice> {
        let place = self.places.get_mut(&peer)?;
        place.asking = false;
        let first = !core::mem::replace(&mut place.failing, true);
        let unresolved = |error: String| first.then(|| Notice::Unresolved { peer, name: place.name.clone(), error });
        let found = match found {
            Ok(found) => found,
            Err(error) => return unresolved(error.to_string()),
        };
        let usable: Vec<SocketAddr> =
            found.into_iter().map(canonical).filter(|address| !self.v4 || address.is_ipv4()).collect();
        // The peer does not answer where it was thought to be, or nobody would have asked: the next one of several.
        let present = usable.iter().position(|address| Some(*address) == place.address);
        let next = present.map_or(0, |present| (present + 1) % usable.len());
        let Some(&to) = usable.get(next) else {
            return unresolved("it has no address of the kind that this member listens on".to_owned());
        };
        place.failing = false;
        let from = place.address.replace(to);
        (from != Some(to)).then_some(Notice::Moved { peer, from, to })
    }
}

/// An IPv4 address as such, also where a socket for both kinds shows it as an IPv6 one.
pub(crate) fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

/// An address in the form that a socket of one kind sends to.
pub(crate) fn mapped(address: SocketAddr, v4: bool) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(ip) if !v4 => SocketAddr::new(ip.to_ipv6_mapped().into(), address.port()),
        _ => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEER: NodeId = NodeId::new(2);

    fn resolver(name: &str) -> Resolver {
        Resolver::new([(PEER, name.to_owned())], true)
    }

    fn addresses(list: &[&str]) -> io::Result<Vec<SocketAddr>> {
        Ok(list.iter().map(|address| address.parse().unwrap()).collect())
    }

    #[test]
    fn an_address_in_numbers_is_never_looked_up() {
        let mut resolver = resolver("127.0.0.1:7");
        assert_eq!(resolver.address(PEER), Some("127.0.0.1:7".parse().unwrap()));
        resolver.look_up_all(); // Would panic: there is no runtime.
        assert!(!resolver.places[&PEER].asking);
    }

    #[test]
    fn a_name_that_moved_is_told_once_and_several_addresses_are_tried_in_turn() {
        let mut resolver = resolver("peer.example:7");
        let moved = |notice| match notice {
            Some(Notice::Moved { peer: PEER, from, to }) => {
                (from.map(|from: SocketAddr| from.to_string()), to.to_string())
            }
            other => panic!("{other:?}"),
        };
        let first = resolver.settle(PEER, addresses(&["[::1]:7", "10.0.0.1:7"]));
        assert_eq!(moved(first), (None, "10.0.0.1:7".to_owned()), "an IPv4 socket reaches no IPv6 address");
        assert!(resolver.settle(PEER, addresses(&["10.0.0.1:7"])).is_none());
        let second = resolver.settle(PEER, addresses(&["10.0.0.1:7", "10.0.0.2:7"]));
        assert_eq!(moved(second), (Some("10.0.0.1:7".to_owned()), "10.0.0.2:7".to_owned()));
    }

    #[test]
    fn a_failed_lookup_keeps_the_address_that_there_was() {
        let mut resolver = resolver("peer.example:7");
        let _ = resolver.settle(PEER, addresses(&["10.0.0.1:7"]));
        let notice = resolver.settle(PEER, Err(io::Error::other("no such host")));
        assert!(matches!(notice, Some(Notice::Unresolved { peer: PEER, .. })));
        assert!(resolver.settle(PEER, Err(io::Error::other("no such host"))).is_none(), "it is told once");
        assert_eq!(resolver.address(PEER), Some("10.0.0.1:7".parse().unwrap()));
    }

    #[test]
    fn both_kinds_of_socket_see_one_ipv4_address() {
        let plain: SocketAddr = "10.0.0.1:7".parse().unwrap();
        let wrapped: SocketAddr = "[::ffff:10.0.0.1]:7".parse().unwrap();
        assert_eq!(canonical(wrapped), plain);
        assert_eq!((mapped(plain, false), mapped(plain, true)), (wrapped, plain));
    }
}
