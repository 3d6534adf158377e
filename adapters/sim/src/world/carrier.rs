//! In which form messages travel.

use alloc::vec::Vec;
use core::fmt;
use quorate::{Group, Incarnation, Machine, NodeId, Random, To};
use quorate_wire::{Codec, Counters, Draft, MAX_DATAGRAM, Payload, Receiver, Rejected, Roster, Sender};

/// Turns messages into what travels, and back.
pub trait Carrier<M: Machine> {
    /// What travels.
    type Parcel: Clone + fmt::Debug;

    /// A node starts at this place, with these peers.
    fn start(&mut self, place: usize, node: NodeId, incarnation: Incarnation, peers: &[NodeId]);

    /// What leaves the node at `place`.
    fn pack(&mut self, place: usize, to: To, message: &M::Message) -> Self::Parcel;

    /// What a liar sends as if it were `claimed`.
    fn forge(&mut self, claimed: NodeId, to: To, message: &M::Message) -> Self::Parcel;

    /// Alters it as a bad line would; `false` if there is nothing that could be altered.
    fn corrupt(&self, parcel: &mut Self::Parcel, random: &mut Random) -> bool;

    /// What the node at `place` makes of it: from whom it is, and what it says; `None` if it takes no notice.
    /// `from` is what the network says.
    fn open(&mut self, place: usize, from: NodeId, parcel: Self::Parcel) -> Option<(NodeId, M::Message)>;
}

/// Messages travel as they are.
#[derive(Clone, Copy, Debug, Default)]
pub struct Direct;

impl<M: Machine<Message: fmt::Debug>> Carrier<M> for Direct {
    type Parcel = M::Message;

    fn start(&mut self, _: usize, _: NodeId, _: Incarnation, _: &[NodeId]) {}

    #[inline]
    fn pack(&mut self, _: usize, _: To, message: &M::Message) -> M::Message {
        message.clone()
    }

    fn forge(&mut self, _: NodeId, _: To, message: &M::Message) -> M::Message {
        message.clone()
    }

    fn corrupt(&self, _: &mut M::Message, _: &mut Random) -> bool {
        false
    }

    #[inline]
    fn open(&mut self, _: usize, from: NodeId, parcel: M::Message) -> Option<(NodeId, M::Message)> {
        Some((from, parcel))
    }
}

/// Messages travel as the bytes of `quorate-wire`'s frames, one a frame, and pass its checks on arrival: altered,
/// repeated, foreign and outlived frames are dropped, and counted.
///
/// `N` is how many peers a node can have.
#[derive(Debug)]
pub struct Framed<const N: usize> {
    codec: Codec,
    /// With which a forger closes frames: that of the group if it has the key, another if it has not.
    forger: Codec,
    nodes: Vec<Option<End<N>>>,
    forgers: Vec<Sender>,
}

#[derive(Debug)]
struct End<const N: usize> {
    roster: Roster,
    sender: Sender,
    receiver: Receiver<N>,
}

impl<const N: usize> Framed<N> {
    /// Frames of this group; forgers have its key, if there is one.
    #[must_use]
    pub fn new(codec: Codec) -> Self {
        Self { forger: codec.clone(), codec, nodes: Vec::new(), forgers: Vec::new() }
    }

    /// Forgers have only what they need for frames like these, such as another key.
    #[must_use]
    pub fn with_forger(self, forger: Codec) -> Self {
        Self { forger, ..self }
    }

    /// What the node at `place` accepted and dropped in this life.
    #[must_use]
    pub fn counters(&self, place: usize) -> Option<&Counters> {
        self.nodes.get(place)?.as_ref().map(|end| end.receiver.counters())
    }
}

impl<M: Machine<Message: Payload>, const N: usize> Carrier<M> for Framed<N> {
    type Parcel = Vec<u8>;

    fn start(&mut self, place: usize, node: NodeId, incarnation: Incarnation, peers: &[NodeId]) {
        let roster = Roster::digest(peers.iter().chain([&node]).map(|id| (*id, true)));
        let Ok(group) = Group::new(node, peers) else { return };
        let sender = Sender::new(&self.codec, roster, node, incarnation);
        if self.nodes.len() <= place {
            self.nodes.resize_with(place + 1, || None);
        }
        if let Some(slot) = self.nodes.get_mut(place) {
            *slot = Some(End { roster, sender, receiver: Receiver::new(group, roster) });
        }
    }

    fn pack(&mut self, place: usize, to: To, message: &M::Message) -> Vec<u8> {
        let Some(Some(end)) = self.nodes.get_mut(place) else { return Vec::new() };
        frame(&mut end.sender, &self.codec, to, message)
    }

    fn forge(&mut self, claimed: NodeId, to: To, message: &M::Message) -> Vec<u8> {
        // It has overheard what a header looks like, and pretends that the node it claims to be has started again.
        let of = |sender: &Sender| sender.node() == claimed;
        if !self.forgers.iter().any(of) {
            let Some(end) = self.nodes.iter().flatten().find(|end| of(&end.sender)) else { return Vec::new() };
            let incarnation = Incarnation::new(end.sender.incarnation().get().saturating_add(1));
            self.forgers.push(Sender::new(&self.forger, end.roster, claimed, incarnation));
        }
        let Some(sender) = self.forgers.iter_mut().find(|sender| of(sender)) else { return Vec::new() };
        frame(sender, &self.forger, to, message)
    }

    fn corrupt(&self, parcel: &mut Vec<u8>, random: &mut Random) -> bool {
        let length = parcel.len() as u64;
        match random.below(8) {
            0 => parcel.truncate(random.below(length) as usize),
            1 => parcel.push(random.number() as u8),
            _ => {
                for _ in 0..=random.below(4) {
                    let at = random.below(length) as usize;
                    if let Some(byte) = parcel.get_mut(at) {
                        *byte ^= 1 << random.below(8);
                    }
                }
            }
        }
        true
    }

    fn open(&mut self, place: usize, _: NodeId, mut parcel: Vec<u8>) -> Option<(NodeId, M::Message)> {
        let end = self.nodes.get_mut(place)?.as_mut()?;
        let (frame, _) = end.receiver.receive(&self.codec, &mut parcel).ok()?;
        let from = frame.header().sender;
        let entry = frame.entries().next()?;
        let message: Result<M::Message, Rejected> = entry.decode();
        match message {
            Ok(message) => Some((from, message)),
            Err(rejected) => {
                end.receiver.reject(&rejected);
                None
            }
        }
    }
}

/// A frame around one message. A message that fits no frame is empty, which nobody accepts.
fn frame<P: Payload>(sender: &mut Sender, codec: &Codec, to: To, message: &P) -> Vec<u8> {
    let mut buffer = [0; MAX_DATAGRAM];
    let mut draft = Draft::new(&mut buffer);
    if draft.push(message).is_err() {
        return Vec::new();
    }
    sender.close(codec, to, draft).map(<[u8]>::to_vec).unwrap_or_default()
}
