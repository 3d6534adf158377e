//! Where peers are: names, and the addresses that they stand for at present.

use crate::Notice;
use core::net::{IpAddr, SocketAddr};
use core::time::Duration;
use quorate::{Instant, NodeId};
use std::collections::HashMap;
use std::io;

/// How long after a name was looked up it is looked up again at the earliest.
const AGAIN: Duration = Duration::from_secs(2);

/// The addresses of all peers. It looks nothing up itself: whoever has it does, in a way that holds nobody up.
///
/// ```
/// use quorate::{Instant, NodeId};
/// use quorate_std::transport::Places;
///
/// let [two, three] = [2, 3].map(NodeId::new);
/// let mut places = Places::new([(two, "10.0.0.2:7400".to_owned()), (three, "three.example:7400".to_owned())], true);
/// assert_eq!(places.address(two), Some("10.0.0.2:7400".parse()?));
/// assert_eq!(places.look_up(two, Instant::ORIGIN), None); // an address with numbers only never changes
/// assert_eq!(places.look_up(three, Instant::ORIGIN).as_deref(), Some("three.example:7400"));
/// let notice = places.settle(three, Ok(vec!["10.0.0.3:7400".parse()?])).unwrap();
/// assert_eq!(notice.to_string(), "node 3 is at 10.0.0.3:7400");
/// # Ok::<(), core::net::AddrParseError>(())
/// ```
#[derive(Debug)]
pub struct Places {
    places: HashMap<NodeId, Place>,
    /// Whether addresses are to be ones that an IPv4 socket reaches.
    v4: bool,
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

impl Places {
    /// Peers, each at `host:port`. With `v4`, only addresses count that an IPv4 socket reaches.
    pub fn new(peers: impl IntoIterator<Item = (NodeId, String)>, v4: bool) -> Self {
        let place = |(peer, name): (NodeId, String)| {
            let address = name.parse::<SocketAddr>().ok();
            let literal = address.is_some();
            let address = address.map(canonical);
            (peer, Place { name, literal, address, asked: None, asking: false, failing: false })
        };
        Self { places: peers.into_iter().map(place).collect(), v4 }
    }

    /// Every peer, in no order.
    pub fn peers(&self) -> impl Iterator<Item = NodeId> {
        self.places.keys().copied()
    }

    /// Where `peer` is at present; `None` if it is not known yet.
    #[must_use]
    pub fn address(&self, peer: NodeId) -> Option<SocketAddr> {
        self.places.get(&peer)?.address
    }

    /// The name of `peer`, if it is to be looked up now: not if it has none, or was looked up a moment ago or is being looked
    /// up. What was found is to be [settled](Places::settle).
    pub fn look_up(&mut self, peer: NodeId, now: Instant) -> Option<String> {
        let place = self.places.get_mut(&peer)?;
        if place.literal || place.asking || place.asked.is_some_and(|asked| now.since(asked) < AGAIN) {
            return None;
        }
        (place.asking, place.asked) = (true, Some(now));
        Some(place.name.clone())
    }

    /// Takes what a lookup found. Returns what there is to tell of it, if anything.
    pub fn settle(&mut self, peer: NodeId, found: io::Result<Vec<SocketAddr>>) -> Option<Notice> {
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
#[must_use]
pub fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

/// An address in the form that a socket of one kind sends to.
#[must_use]
pub fn mapped(address: SocketAddr, v4: bool) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(ip) if !v4 => SocketAddr::new(ip.to_ipv6_mapped().into(), address.port()),
        _ => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEER: NodeId = NodeId::new(2);

    fn places(name: &str) -> Places {
        Places::new([(PEER, name.to_owned())], true)
    }

    fn addresses(list: &[&str]) -> io::Result<Vec<SocketAddr>> {
        Ok(list.iter().map(|address| address.parse().unwrap()).collect())
    }

    #[test]
    fn an_address_in_numbers_is_never_looked_up() {
        let mut places = places("127.0.0.1:7");
        assert_eq!(places.address(PEER), Some("127.0.0.1:7".parse().unwrap()));
        assert_eq!(places.look_up(PEER, Instant::ORIGIN), None);
    }

    #[test]
    fn a_name_is_looked_up_once_at_a_time_and_not_all_the_time() {
        let mut places = places("peer.example:7");
        assert!(places.look_up(PEER, Instant::ORIGIN).is_some());
        assert_eq!(places.look_up(PEER, Instant::ORIGIN + AGAIN), None, "it is being looked up");
        let _ = places.settle(PEER, addresses(&[]));
        assert_eq!(places.look_up(PEER, Instant::ORIGIN + AGAIN / 2), None);
        assert!(places.look_up(PEER, Instant::ORIGIN + AGAIN).is_some());
    }

    #[test]
    fn a_name_that_moved_is_told_once_and_several_addresses_are_tried_in_turn() {
        let mut places = places("peer.example:7");
        let moved = |notice| match notice {
            Some(Notice::Moved { peer: PEER, from, to }) => {
                (from.map(|from: SocketAddr| from.to_string()), to.to_string())
            }
            other => panic!("{other:?}"),
        };
        let first = places.settle(PEER, addresses(&["[::1]:7", "10.0.0.1:7"]));
        assert_eq!(moved(first), (None, "10.0.0.1:7".to_owned()), "an IPv4 socket reaches no IPv6 address");
        assert!(places.settle(PEER, addresses(&["10.0.0.1:7"])).is_none());
        let second = places.settle(PEER, addresses(&["10.0.0.1:7", "10.0.0.2:7"]));
        assert_eq!(moved(second), (Some("10.0.0.1:7".to_owned()), "10.0.0.2:7".to_owned()));
    }

    #[test]
    fn a_failed_lookup_keeps_the_address_that_there_was() {
        let mut places = places("peer.example:7");
        let _ = places.settle(PEER, addresses(&["10.0.0.1:7"]));
        let notice = places.settle(PEER, Err(io::Error::other("no such host")));
        assert!(matches!(notice, Some(Notice::Unresolved { peer: PEER, .. })));
        assert!(places.settle(PEER, Err(io::Error::other("no such host"))).is_none(), "it is told once");
        assert_eq!(places.address(PEER), Some("10.0.0.1:7".parse().unwrap()));
    }

    #[test]
    fn both_kinds_of_socket_see_one_ipv4_address() {
        let plain: SocketAddr = "10.0.0.1:7".parse().unwrap();
        let wrapped: SocketAddr = "[::ffff:10.0.0.1]:7".parse().unwrap();
        assert_eq!(canonical(wrapped), plain);
        assert_eq!((mapped(plain, false), mapped(plain, true)), (wrapped, plain));
    }
}
