//! A group of three: nodes 1 and 2, and node 3, which only watches.

use quorate::detector::Heartbeat;
use quorate::{Group, Incarnation, NodeId, To};
use quorate_wire::{Codec, Draft, GroupId, Key, Keyring, MAX_DATAGRAM, Receiver, Roster, Sender};

pub(crate) const GROUP: GroupId = GroupId::from_name("orders");
pub(crate) const ONE: NodeId = NodeId::new(1);
pub(crate) const TWO: NodeId = NodeId::new(2);
pub(crate) const THREE: NodeId = NodeId::new(3);
pub(crate) const LIFE: Incarnation = Incarnation::new(0x1122_3344_5566_7788);

pub(crate) fn roster() -> Roster {
    Roster::digest([(ONE, true), (TWO, true), (THREE, false)])
}

pub(crate) fn plain() -> Codec {
    Codec::plain(GROUP)
}

/// 0, 1, 2 …
pub(crate) fn key() -> Key {
    Key::new(core::array::from_fn(|n| n as u8))
}

pub(crate) fn sealed() -> Codec {
    Codec::sealed(GROUP, &Keyring::new(7, key()).unwrap())
}

pub(crate) fn sender(node: NodeId, incarnation: Incarnation) -> Sender {
    Sender::new(&plain(), roster(), node, incarnation)
}

/// Node 2's.
pub(crate) fn receiver() -> Receiver<4> {
    Receiver::new(Group::new(TWO, &[ONE, THREE]).unwrap(), roster())
}

pub(crate) fn beat(sequence: u64) -> Heartbeat {
    Heartbeat { incarnation: LIFE, sequence }
}

/// A frame with the next heartbeat.
pub(crate) fn next(sender: &mut Sender, codec: &Codec, to: To) -> Vec<u8> {
    let mut buffer = [0; MAX_DATAGRAM];
    let heartbeat = beat(sender.sequence() + 1);
    sender.frame(codec, to, &heartbeat, &mut buffer).unwrap().to_vec()
}

/// A frame with three heartbeats, from node 1 to all.
pub(crate) fn three_beats(codec: &Codec) -> Vec<u8> {
    let mut buffer = [0; MAX_DATAGRAM];
    let mut draft = Draft::new(&mut buffer);
    for sequence in 1..=3 {
        draft.push(&beat(sequence)).unwrap();
    }
    sender(ONE, LIFE).close(codec, To::Peers, draft).unwrap().to_vec()
}
