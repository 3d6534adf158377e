//! The members as one of them sees them: who votes, who said what, who is suspected.

use crate::total;
use crate::{Group, GroupError, Instant, NodeId};
use heapless::Vec;

/// What is known of one peer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Peer {
    /// The latest of this leader's coordinator messages that it has acknowledged, by when it was sent.
    pub(super) acked: Instant,
    pub(super) priority: u16,
    pub(super) votes: bool,
    /// It told, in an acknowledgement, that it would lead if asked.
    pub(super) eligible: bool,
    pub(super) suspected: bool,
    /// It led and went silent, and nothing has been heard of it since.
    pub(super) silent: bool,
    /// What it has answered in the present campaign or recall.
    pub(super) answer: Answer,
    /// This member has made way for it since there was a leader last, and does so only once.
    pub(super) deferred_to: bool,
}

/// What a peer has answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) enum Answer {
    #[default]
    None,
    /// Something; in a recall, that it does not remember either.
    Other,
    /// In a campaign, that it is in favour; in a recall, what it remembers.
    Granted,
}

impl Peer {
    pub(super) fn has_answered(&self) -> bool {
        self.answer != Answer::None
    }

    pub(super) fn has_granted(&self) -> bool {
        self.answer == Answer::Granted
    }
}

/// The peers, in the order of the group.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Electorate<const N: usize> {
    group: Group<N>,
    peers: Vec<Peer, N>,
}

impl<const N: usize> crate::Rebase for Electorate<N> {
    fn rebase(&mut self, now: Instant, by: core::time::Duration) {
        self.peers.iter_mut().for_each(|peer| peer.acked.rebase(now, by));
    }
}

impl<const N: usize> Electorate<N> {
    pub(super) fn new(group: Group<N>, observers: &[NodeId]) -> Result<Self, GroupError> {
        let mut peers = Vec::new();
        for _ in group.peers() {
            // As many as there are places for, since the group has the same capacity.
            let _ = peers.push(Peer { votes: true, ..Peer::default() });
        }
        let mut electorate = Self { group, peers };
        for &observer in observers {
            electorate.get_mut(observer).ok_or(GroupError::Unknown { peer: observer })?.votes = false;
        }
        Ok(electorate)
    }

    pub(super) fn me(&self) -> NodeId {
        self.group.me()
    }

    pub(super) fn ids(&self) -> &[NodeId] {
        self.group.peers()
    }

    pub(super) fn get(&self, peer: NodeId) -> Option<&Peer> {
        self.peers.get(self.group.position(peer)?)
    }

    pub(super) fn get_mut(&mut self, peer: NodeId) -> Option<&mut Peer> {
        self.peers.get_mut(self.group.position(peer)?)
    }

    pub(super) fn add(&mut self, peer: NodeId, votes: bool) -> Result<(), GroupError> {
        let position = self.group.add(peer)?;
        let _ = total::insert(&mut self.peers, position, Peer { votes, ..Peer::default() });
        Ok(())
    }

    pub(super) fn remove(&mut self, peer: NodeId) -> Result<(), GroupError> {
        let position = self.group.remove(peer)?;
        total::remove(&mut self.peers, position);
        Ok(())
    }

    pub(super) fn voters(&self) -> impl Iterator<Item = &Peer> {
        self.peers.iter().filter(|peer| peer.votes)
    }

    /// How many voters have answered that they are in favour.
    pub(super) fn in_favour(&self) -> usize {
        total::count(self.peers.iter().filter(|peer| (peer.votes || planted!(ObserverVotes)) && peer.has_granted()))
    }

    pub(super) fn voter_ids(&self) -> impl Iterator<Item = NodeId> {
        self.group.peers().iter().zip(&self.peers).filter(|(_, peer)| peer.votes).map(|(&id, _)| id)
    }

    /// How many *peers* make a majority together with this member, which votes itself.
    pub(super) fn others_needed(&self) -> usize {
        // Of n + 1 voters, ⌊(n + 1) / 2⌋ + 1 are a majority, this member one of them.
        total::count(self.voters()).saturating_add(usize::from(!planted!(HalfIsEnough))) / 2
    }

    /// Forgets what was heard in a former campaign.
    pub(super) fn clear_answers(&mut self) {
        for peer in &mut self.peers {
            peer.answer = Answer::None;
        }
    }

    /// Forgets for whom this member has made way.
    pub(super) fn clear_deferrals(&mut self) {
        for peer in &mut self.peers {
            peer.deferred_to = false;
        }
    }

    /// What the voters acknowledged counts from an election on: its grants were asked for at `asked`.
    pub(super) fn start_acknowledgements(&mut self, asked: Instant) {
        for peer in &mut self.peers {
            peer.acked = if peer.has_granted() { asked } else { Instant::ORIGIN };
        }
    }

    /// Forgets what was acknowledged in a former leadership.
    pub(super) fn clear_acknowledgements(&mut self) {
        for peer in &mut self.peers {
            peer.acked = Instant::ORIGIN;
        }
    }

    /// How many voters have acknowledged something sent after `from`.
    pub(super) fn acknowledged_after(&self, from: Instant) -> usize {
        total::count(self.voters().filter(|peer| peer.acked > from))
    }

    /// The latest time after which as many voters as are needed have acknowledged something sent then or later.
    pub(super) fn supported_from(&self) -> Instant {
        let mut times: Vec<Instant, N> = total::gather(self.voters().map(|peer| peer.acked));
        times.sort_unstable_by(|a, b| b.cmp(a));
        self.others_needed().checked_sub(1).and_then(|last| times.get(last)).copied().unwrap_or(Instant::ORIGIN)
    }
}
