//! Quorate's frames: from messages to datagrams, and back.

use crate::Workload;
use crate::workload::BATCH;
use core::hint::black_box;
use core::time::Duration;
use quorate::detector::{Heartbeat, MAX_INTERVAL, Monitor, MonitorConfig, Timeout, TimeoutConfig};
use quorate::{Group, Incarnation, Input, Instant, Machine, NodeId, To};
use quorate_wire::{Codec, GroupId, Key, Keyring, MAX_DATAGRAM, Receiver, Roster, Sender};

const ME: NodeId = NodeId::new(0);
const ROSTER: Roster = Roster::NONE;
/// As long as a frame with a heartbeat is, and more.
const ROOM: usize = 128;

/// Whether a group has a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    /// Frames carry a checksum.
    Plain,
    /// Frames are encrypted and authenticated.
    Sealed,
}

impl Trust {
    fn codec(self) -> Codec {
        let group = GroupId::from_name("benches");
        match self {
            Self::Plain => Codec::plain(group),
            Self::Sealed => Codec::sealed(group, &Keyring::new(1, Key::new([7; 32])).expect("an identifier")),
        }
    }
}

fn beat(sequence: u64) -> Heartbeat {
    Heartbeat { incarnation: Incarnation::new(1), sequence }
}

/// A heartbeat is put into a frame.
#[must_use]
pub fn encode(trust: Trust) -> Workload {
    let codec = trust.codec();
    let mut sender = Sender::new(&codec, ROSTER, ME, Incarnation::new(1));
    let mut room = [0; MAX_DATAGRAM];
    let mut sequence = 0;
    Workload::new(move || {
        sequence += 1;
        let heartbeat = black_box(beat(sequence));
        let frame = sender.frame(&codec, To::Peers, &heartbeat, &mut room).expect("a frame");
        black_box(frame);
    })
}

/// Peers that send heartbeats in turn.
struct Peers {
    codec: Codec,
    senders: Vec<Sender>,
    next: usize,
    frames: Vec<([u8; ROOM], usize)>,
}

impl Peers {
    fn new(trust: Trust, number: u32) -> Self {
        let codec = trust.codec();
        let senders = (1..=number).map(|id| Sender::new(&codec, ROSTER, NodeId::new(id), Incarnation::new(1)));
        Self { senders: senders.collect(), codec, next: 0, frames: vec![([0; ROOM], 0); BATCH as usize] }
    }

    fn group<const N: usize>(&self) -> Group<N> {
        let ids: Vec<NodeId> = self.senders.iter().map(Sender::node).collect();
        Group::new(ME, &ids).expect("as many as there is room for")
    }

    fn send(&mut self, times: u64) {
        for (frame, length) in self.frames.iter_mut().take(times as usize) {
            let sender = &mut self.senders[self.next];
            let heartbeat = beat(sender.sequence() + 1);
            *length = sender.frame(&self.codec, To::Node(ME), &heartbeat, frame).expect("a frame").len();
            self.next = (self.next + 1) % self.senders.len();
        }
    }
}

/// A frame is opened, checked, found to be new, and read.
#[must_use]
pub fn decode(trust: Trust) -> Workload {
    let peers = Peers::new(trust, 64);
    let receiver = Receiver::<64>::new(peers.group(), ROSTER);
    Workload::prepared(
        (peers, receiver),
        |(peers, _), times| peers.send(times),
        |(peers, receiver), times| {
            for (frame, length) in peers.frames.iter_mut().take(times as usize) {
                let (frame, _) = receiver.receive(&peers.codec, &mut frame[..*length]).expect("a new frame");
                for entry in frame.entries() {
                    black_box(entry.decode::<Heartbeat>().expect("a heartbeat"));
                }
            }
        },
    )
}

/// All of it: a heartbeat of one of `N` peers is received, the monitor is stepped, and a frame for that peer is made.
#[must_use]
pub fn whole<const N: usize>() -> Workload {
    let peers = Peers::new(Trust::Plain, N as u32);
    let receiver = Box::new(Receiver::<N>::new(peers.group(), ROSTER));
    let settings = MonitorConfig::new(MAX_INTERVAL).expect("an interval");
    let timeout = TimeoutConfig::new(Duration::from_secs(4_000)).expect("a timeout");
    let now = Instant::ORIGIN;
    let monitor = Monitor::<Timeout, N>::new(settings, timeout, peers.group(), Incarnation::new(1), now);
    let mut monitor = Box::new(monitor);
    assert!(!monitor.step(Input::Tick, now).is_empty(), "its own first heartbeat is due at once");
    let sender = Sender::new(&peers.codec, ROSTER, ME, Incarnation::new(1));
    let state = (peers, receiver, monitor, sender, now, [0; MAX_DATAGRAM]);
    Workload::prepared(
        state,
        |(peers, ..), times| peers.send(times),
        |(peers, receiver, monitor, sender, now, room), times| {
            for (frame, length) in peers.frames.iter_mut().take(times as usize) {
                let (frame, _) = receiver.receive(&peers.codec, &mut frame[..*length]).expect("a new frame");
                let from = frame.header().sender;
                *now = *now + Duration::from_nanos(1);
                for entry in frame.entries() {
                    let message = entry.decode::<Heartbeat>().expect("a heartbeat");
                    for output in &monitor.step(Input::Receive { from, message }, *now) {
                        black_box(output);
                    }
                }
                let answer = beat(sender.sequence() + 1);
                let frame = sender.frame(&peers.codec, To::Node(from), &answer, room).expect("a frame");
                black_box(frame);
            }
        },
    )
}
