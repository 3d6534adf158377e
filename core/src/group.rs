//! Who belongs to a group.

use crate::NodeId;
use crate::total;
use core::fmt;
use heapless::Vec;

/// A node and its peers: sorted, each once, at most `N` peers.
///
/// ```
/// use quorate::{Group, GroupError, NodeId};
///
/// let [a, b, c] = [1, 2, 3].map(NodeId::new);
/// let group = Group::<8>::new(b, &[c, a])?;
/// assert_eq!(group.me(), b);
/// assert_eq!(group.peers(), [a, c]);
/// assert_eq!(Group::<8>::new(b, &[a, b]), Err(GroupError::Myself { me: b }));
/// # Ok::<(), GroupError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Group<const N: usize> {
    me: NodeId,
    peers: Vec<NodeId, N>,
}

impl<const N: usize> Group<N> {
    /// A group of `me` and its peers, given in any order.
    ///
    /// # Errors
    ///
    /// If a peer is named twice, is `me`, or is one more than `N`.
    pub fn new(me: NodeId, peers: &[NodeId]) -> Result<Self, GroupError> {
        let mut group = Self::alone(me);
        for &peer in peers {
            group.add(peer)?;
        }
        Ok(group)
    }

    /// A group of one.
    #[must_use]
    pub const fn alone(me: NodeId) -> Self {
        Self { me, peers: Vec::new() }
    }

    /// The node whose view this is.
    #[must_use]
    pub const fn me(&self) -> NodeId {
        self.me
    }

    /// The others, sorted.
    #[must_use]
    pub fn peers(&self) -> &[NodeId] {
        &self.peers
    }

    /// How many members there are, this node among them.
    #[must_use]
    pub fn size(&self) -> usize {
        self.peers.len().saturating_add(1)
    }

    /// Where `peer` stands among [`peers`](Group::peers); `None` if it is not one of them.
    ///
    /// Constant time for the numbers of most groups, which follow each other without a gap apart from this node's own;
    /// a binary search for others.
    #[inline]
    #[must_use]
    pub fn position(&self, peer: NodeId) -> Option<usize> {
        let first = self.peers.first()?.get();
        let guess = usize::try_from(peer.get().checked_sub(first)?).ok()?;
        let is_at = |place: usize| (self.peers.get(place) == Some(&peer)).then_some(place);
        is_at(guess).or_else(|| is_at(guess.checked_sub(1)?)).or_else(|| self.peers.binary_search(&peer).ok())
    }

    /// Adds a peer and says at which position.
    ///
    /// # Errors
    ///
    /// If it is there already, is this node itself, or does not fit; the group stays as it was.
    pub fn add(&mut self, peer: NodeId) -> Result<usize, GroupError> {
        if peer == self.me {
            return Err(GroupError::Myself { me: peer });
        }
        match self.peers.binary_search(&peer) {
            Ok(_) => Err(GroupError::Twice { peer }),
            Err(position) => match total::insert(&mut self.peers, position, peer) {
                Ok(()) => Ok(position),
                Err(_) => Err(GroupError::Full { peer, capacity: N }),
            },
        }
    }

    /// Removes a peer and says at which position it stood.
    ///
    /// # Errors
    ///
    /// If it is not there; the group stays as it was.
    pub fn remove(&mut self, peer: NodeId) -> Result<usize, GroupError> {
        let position = self.position(peer).ok_or(GroupError::Unknown { peer })?;
        total::remove(&mut self.peers, position);
        Ok(position)
    }
}

/// Why a [`Group`] cannot be so. The group is as it was before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum GroupError {
    /// A node is not its own peer.
    Myself {
        /// The node.
        me: NodeId,
    },
    /// A peer is there already.
    Twice {
        /// The peer.
        peer: NodeId,
    },
    /// There is no room for one more.
    Full {
        /// The peer that does not fit.
        peer: NodeId,
        /// How many peers fit.
        capacity: usize,
    },
    /// No such peer is there.
    Unknown {
        /// The peer that was named.
        peer: NodeId,
    },
}

impl fmt::Display for GroupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Myself { me } => write!(f, "node {me} is named as a peer of itself"),
            Self::Twice { peer } => write!(f, "node {peer} is in the group already"),
            Self::Full { peer, capacity } => {
                write!(f, "node {peer} does not fit into a group that has room for {capacity} peers")
            }
            Self::Unknown { peer } => write!(f, "node {peer} is not in the group"),
        }
    }
}

impl core::error::Error for GroupError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_peer_is_found_and_nobody_else() {
        for peers in [&[1, 2, 4, 5][..], &[1, 2, 3], &[7, 900, 901, u32::MAX], &[0], &[]] {
            let ids: std::vec::Vec<NodeId> = peers.iter().copied().map(NodeId::new).collect();
            let group = Group::<8>::new(NodeId::new(6), &ids).unwrap();
            for id in (0..10).chain(895..905).chain([u32::MAX - 1, u32::MAX]).map(NodeId::new) {
                assert_eq!(group.position(id), ids.iter().position(|known| *known == id), "{id} in {peers:?}");
            }
        }
    }

    #[test]
    fn stays_sorted_and_unique_through_changes() {
        let [a, b, c, d] = [1, 2, 3, 4].map(NodeId::new);
        let mut group = Group::<2>::new(b, &[d, a]).unwrap();
        assert_eq!(group.add(c), Err(GroupError::Full { peer: c, capacity: 2 }));
        assert_eq!(group.add(d), Err(GroupError::Twice { peer: d }));
        assert_eq!(group.remove(c), Err(GroupError::Unknown { peer: c }));
        assert_eq!(group.peers(), [a, d]);
        assert_eq!(group.remove(a), Ok(0));
        assert_eq!(group.add(c), Ok(0));
        assert_eq!((group.peers(), group.size(), group.position(d)), (&[c, d][..], 3, Some(1)));
    }
}
