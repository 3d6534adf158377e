//! How messages leave.

use super::network::Fate;
use super::queue::Work;
use super::{Carrier, Lies, Observer, Passing, Subject, What, World};
use crate::check::Violation;
use alloc::vec::Vec;
use quorate::{Machine, NodeId, To};

type MessageOf<S> = <<S as Subject>::Machine as Machine>::Message;

impl<S: Subject, C: Carrier<S::Machine>> World<S, C> {
    pub(super) fn send(
        &mut self,
        place: usize,
        to: To,
        message: &MessageOf<S>,
        watch: &mut impl Observer<S::Machine>,
    ) -> Result<(), Violation> {
        let Some(node) = self.nodes.get(place) else { return Ok(()) };
        if node.lies != Lies::default() {
            return self.send_lying(place, to, message, watch);
        }
        let from = node.id;
        let content = self.carrier.pack(place, to, message);
        let parcel = self.parcels.put(from, content);
        match to {
            To::Node(peer) => self.send_to_id(place, peer, parcel, message, watch)?,
            To::Peers => {
                let peers = node.machine.as_ref().map_or(0, |machine| machine.peers().len());
                for index in 0..peers {
                    let Some(peer) = self.peer(place, index) else { break };
                    self.send_to_id(place, peer, parcel, message, watch)?;
                }
            }
        }
        self.parcels.discard_unsent(parcel);
        Ok(())
    }

    fn peer(&self, place: usize, index: usize) -> Option<NodeId> {
        self.nodes.get(place)?.machine.as_ref()?.peers().get(index).copied()
    }

    /// To whoever claims this identity.
    pub(super) fn send_to_id(
        &mut self,
        place: usize,
        to: NodeId,
        parcel: u32,
        message: &MessageOf<S>,
        watch: &mut impl Observer<S::Machine>,
    ) -> Result<(), Violation> {
        // Identities are mostly 1, 2, 3 …, sorted like their places.
        let guess = (to.get() as usize).wrapping_sub(1);
        let first = match self.route.get(guess) {
            Some((id, _)) if *id == to && (guess == 0 || self.route.get(guess - 1).is_none_or(|(id, _)| *id != to)) => {
                guess
            }
            _ => self.route.partition_point(|(id, _)| *id < to),
        };
        let mut index = first;
        while let Some(&(id, to_place)) = self.route.get(index).filter(|(id, _)| *id == to) {
            index += 1;
            if to_place != place {
                self.send_to_place(place, id, to_place, parcel, message, watch)?;
            }
        }
        Ok(())
    }

    #[inline]
    pub(super) fn send_to_place(
        &mut self,
        place: usize,
        to: NodeId,
        to_place: usize,
        parcel: u32,
        message: &MessageOf<S>,
        watch: &mut impl Observer<S::Machine>,
    ) -> Result<(), Violation> {
        let (mut fate, mut second) = self.network.fate(place, to_place, self.now, &mut self.random);
        let corruption = self.network.link(place, to_place).corruption;
        loop {
            fate = self.subject.intercept(Passing { at: self.now, from: place, to: to_place, message, fate });
            let copy = match fate {
                Fate::Arrives(at) => {
                    let parcel = if self.happens(corruption) { self.corrupted(parcel) } else { parcel };
                    self.parcels.add_copy(parcel);
                    self.queue.push(at, Work::Deliver { parcel, to: to_place as u32 })
                }
                Fate::Lost(_) => self.queue.number(),
            };
            let Some(node) = self.nodes.get(place) else { return Ok(()) };
            self.see(place, node.id, What::Sent { copy, to, to_place, message, fate }, watch)?;
            match second.take() {
                Some(duplicate) => fate = duplicate,
                None => return Ok(()),
            }
        }
    }

    /// A parcel like this one, altered; itself if it cannot be.
    fn corrupted(&mut self, parcel: u32) -> u32 {
        let Some((from, mut content)) = self.parcels.copy(parcel) else { return parcel };
        if self.carrier.corrupt(&mut content, &mut self.random) { self.parcels.put(from, content) } else { parcel }
    }

    /// A Byzantine node's way of sending.
    #[cold]
    fn send_lying(
        &mut self,
        place: usize,
        to: To,
        message: &MessageOf<S>,
        watch: &mut impl Observer<S::Machine>,
    ) -> Result<(), Violation> {
        let Some(node) = self.nodes.get(place) else { return Ok(()) };
        let (me, lies) = (node.id, node.lies);
        let peers: Vec<NodeId> = match to {
            To::Node(peer) => alloc::vec![peer],
            To::Peers => node.machine.as_ref().map(|machine| machine.peers().to_vec()).unwrap_or_default(),
        };
        let lie = self.happens(lies.lie).then(|| self.subject.lie(message, &mut self.random)).flatten();
        let said = lie.unwrap_or_else(|| message.clone());
        for &peer in &peers {
            let other = self.happens(lies.equivocate).then(|| self.subject.lie(&said, &mut self.random)).flatten();
            let said = other.as_ref().unwrap_or(&said);
            let others = peers.len() as u64;
            let claimed = self.happens(lies.impersonate).then(|| self.random.below(others) as usize);
            let claimed = claimed.and_then(|index| peers.get(index)).filter(|claimed| **claimed != peer).copied();
            let mut content = match claimed {
                Some(claimed) => self.carrier.forge(claimed, To::Node(peer), said),
                None => self.carrier.pack(place, To::Node(peer), said),
            };
            if self.happens(lies.corrupt) {
                self.carrier.corrupt(&mut content, &mut self.random);
            }
            let replayed = self.happens(lies.replay).then(|| self.random.below(16) as usize);
            let old = replayed.and_then(|index| self.nodes.get(place)?.said.get(index).cloned());
            self.remember(place, &content, said);
            let parcel = self.parcels.put(claimed.unwrap_or(me), content);
            self.send_to_id(place, peer, parcel, said, watch)?;
            self.parcels.discard_unsent(parcel);
            if let Some((old, words)) = old {
                let parcel = self.parcels.put(me, old);
                self.send_to_id(place, peer, parcel, &words, watch)?;
                self.parcels.discard_unsent(parcel);
            }
        }
        Ok(())
    }

    fn happens(&mut self, chance: u32) -> bool {
        chance > 0 && self.random.below(1_000_000) < u64::from(chance)
    }

    /// Keeps up to sixteen things that a liar said, for later.
    fn remember(&mut self, place: usize, content: &C::Parcel, message: &MessageOf<S>) {
        let at = self.random.below(16) as usize;
        let Some(node) = self.nodes.get_mut(place) else { return };
        match node.said.get_mut(at) {
            Some(slot) => *slot = (content.clone(), message.clone()),
            None => node.said.push((content.clone(), message.clone())),
        }
    }
}
