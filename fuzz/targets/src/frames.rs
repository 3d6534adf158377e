//! Datagrams from anybody: plain ones, and sealed ones.

use crate::messages::again;
use quorate::{Group, Incarnation, NodeId, To};
use quorate_wire::{
    Codec, Draft, GroupId, Key, Keyring, MAX_DATAGRAM, Payload, Receiver, Rejected, Roster, Sender, Writer,
};
use std::collections::{HashMap, HashSet};

pub(crate) const GROUP: GroupId = GroupId::from_name("fuzz");
const ONE: NodeId = NodeId::new(1);
const TWO: NodeId = NodeId::new(2);
const THREE: NodeId = NodeId::new(3);
const LIFE: Incarnation = Incarnation::new(7);

/// Takes up to so many datagrams out of the bytes, each after a byte that says how long it is and one that says what is done to it.
fn datagrams(mut data: &[u8]) -> impl Iterator<Item = (u8, Vec<u8>)> {
    core::iter::from_fn(move || {
        let (&[length, how], rest) = data.split_first_chunk::<2>()?;
        let (datagram, rest) = rest.split_at(rest.len().min(usize::from(length)));
        data = rest;
        Some((how, datagram.to_vec()))
    })
    .take(32)
}

/// Makes bytes more like a frame than chance would, as far as the bits of `how` say so.
fn fashion(how: u8, mut datagram: Vec<u8>) -> Vec<u8> {
    if how & 1 == 1 && datagram.len() < 46 {
        datagram.resize(46, 0);
    }
    let mut put = |at: usize, bytes: &[u8]| {
        if let Some(place) = datagram.get_mut(at..at + bytes.len()) {
            place.copy_from_slice(bytes);
        }
    };
    if how & 1 == 1 {
        put(0, &[1, 0]);
        put(10, &GROUP.get().to_le_bytes());
    }
    if how & 2 == 2 {
        put(2, &roster().get().to_le_bytes());
        put(18, &(if how & 4 == 4 { THREE } else { ONE }).get().to_le_bytes());
    }
    // A plain frame that is altered is told which checksum was expected: with that one it is unaltered.
    if let Err(Rejected::BadChecksum { expected, .. }) = Codec::plain(GROUP).open(&mut datagram.clone())
        && let Some(trailer) = datagram.last_chunk_mut()
    {
        *trailer = expected.to_le_bytes();
    }
    datagram
}

fn roster() -> Roster {
    Roster::digest([ONE, TWO, THREE].map(|node| (node, true)))
}

fn receiver() -> Receiver<4> {
    Receiver::new(Group::new(TWO, &[ONE, THREE]).expect("three nodes"), roster())
}

/// Several datagrams to one receiver of a group without keys. Whatever is taken is a frame that is written again as it came, from a
/// peer, for us, and of no life before the latest; no frame is taken twice; and the short way that a receiver has for the usual
/// frames comes to what the long one comes to.
pub fn frame(data: &[u8]) {
    let codec = Codec::plain(GROUP);
    let mut short = receiver();
    let mut long = receiver();
    let mut taken = HashSet::new();
    let mut lives = HashMap::new();
    for (how, datagram) in datagrams(data) {
        let datagram = fashion(how, datagram);
        let (mut one, mut other) = (datagram.clone(), datagram.clone());
        let by_hand = match codec.open(&mut other) {
            Ok(frame) => long.admit(&frame.header()).map(|admission| (frame, admission)),
            Err(rejected) => {
                long.reject(&rejected);
                Err(rejected)
            }
        };
        let received = short.receive(&codec, &mut one);
        assert_eq!(received, by_hand, "the short way and the long way differ");
        if let Ok((frame, _)) = received {
            let header = frame.header();
            assert!(taken.insert((header.sender, header.incarnation, header.sequence)), "taken twice: {header:?}");
            let life = lives.insert(header.sender, header.incarnation);
            assert!(life.is_none_or(|life| life <= header.incarnation), "taken from a former life: {header:?}");
            assert!([ONE, THREE].contains(&header.sender) && header.roster == roster());
            assert!(matches!(header.to, To::Peers | To::Node(TWO)));
            let entries: usize = frame.entries().map(|entry| 3 + entry.body.len()).sum();
            assert_eq!(entries + 46, datagram.len(), "the entries do not fill the frame");
            for entry in frame.entries() {
                let again = again(entry.protocol, entry.body);
                assert!(again.is_none_or(|again| again == entry.body), "written again otherwise: {entry:?}");
            }
        }
        assert_eq!((&one, &other), (&datagram, &datagram), "a plain frame is altered by being opened");
        assert_eq!(short.counters(), long.counters());
    }
}

/// The frame with this number, of node 1, with these bytes as its only body.
pub(crate) fn plain_frame(number: u64, body: &[u8]) -> Vec<u8> {
    let mut buffer = [0; MAX_DATAGRAM];
    let codec = Codec::plain(GROUP);
    let mut sender = Sender::new(&codec, roster(), ONE, LIFE);
    let mut frame = Vec::new();
    for _ in 0..number {
        frame = sender.frame(&codec, To::Peers, &Raw(200, body), &mut buffer).expect("a short body").to_vec();
    }
    frame
}

/// A body of any protocol and any bytes.
struct Raw<'a>(u8, &'a [u8]);

impl Payload for Raw<'_> {
    fn protocol(&self) -> u8 {
        self.0
    }

    fn write(&self, writer: &mut Writer<'_>) {
        self.1.iter().for_each(|byte| writer.u8(*byte));
    }

    fn read(protocol: u8, _: &[u8]) -> Result<Self, Rejected> {
        Err(Rejected::UnknownProtocol { protocol })
    }
}

fn keyed(id: u8, key: u64) -> Codec {
    let key = core::array::from_fn(|n| key.rotate_left(n as u32 * 7) as u8);
    Codec::sealed(GROUP, &Keyring::new(id, Key::new(key)).expect("an identifier that is not 0"))
}

/// A key for each input. A fuzzer sees what is compared with what, so with one key for all it finds out tags.
fn key_for(data: &[u8]) -> u64 {
    data.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3))
}

/// A sealed frame of any content arrives as it was sent. One that was altered anywhere, or made without the key, does not, and
/// leaves the datagram as it came.
pub fn sealed(data: &[u8]) {
    let key = key_for(data);
    let codec = keyed(7, key);
    let mut plain = data.to_vec();
    assert!(codec.open(&mut plain).is_err(), "a frame was made without the key");
    assert_eq!(plain, data, "what is refused is altered");

    let Some((&[alterations, protocol, to], rest)) = data.split_first_chunk::<3>() else { return };
    let (altered, content) = rest.split_at(rest.len().min(usize::from(alterations % 5) * 3));
    let mut buffer = [0; MAX_DATAGRAM];
    let mut draft = Draft::new(&mut buffer);
    let mut sent = Vec::new();
    for (number, body) in content.chunks(usize::from(protocol).max(1)).enumerate() {
        let protocol = protocol.wrapping_add(number as u8);
        if draft.push(&Raw(protocol, body)).is_ok() {
            sent.push((protocol, body));
        }
    }
    let to = if to == 0 { To::Peers } else { To::Node(NodeId::new(to.into())) };
    let mut sender = Sender::new(&codec, roster(), ONE, LIFE);
    let is_empty = draft.is_empty();
    let datagram = match sender.close(&codec, to, draft) {
        Ok(datagram) => datagram.to_vec(),
        Err(error) => return assert!(is_empty || to == To::Node(ONE), "{error}"),
    };

    let mut arrives = datagram.clone();
    for alteration in altered.chunks_exact(3) {
        let at = usize::from(u16::from_le_bytes([alteration[0], alteration[1]])) % arrives.len();
        arrives[at] ^= alteration[2];
    }
    let came = arrives.clone();
    match codec.open(&mut arrives) {
        Ok(frame) => {
            assert!(came == datagram, "an altered frame was taken");
            let entries: Vec<_> = frame.entries().map(|entry| (entry.protocol, entry.body)).collect();
            assert_eq!(entries, sent);
            assert_eq!((frame.header().to, frame.header().sender, frame.header().sequence), (to, ONE, 1));
        }
        Err(rejected) => {
            assert!(came != datagram, "a frame of the group was refused: {rejected}");
            assert_eq!(arrives, came, "what is refused is altered");
        }
    }
    for stranger in [keyed(7, !key), keyed(8, key), Codec::plain(GROUP)] {
        assert!(stranger.open(&mut datagram.clone()).is_err(), "a frame was opened without its key");
    }
}
