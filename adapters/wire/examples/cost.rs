//! What a frame costs: `cargo run --release -p quorate-wire --features std --example cost`
//!
//! Times are CPU time of the calling thread divided by the number of rounds, the best of several runs; each way is
//! measured as a stream of different frames, as a member would see them.

use core::hint::black_box;
use quorate::{Group, Incarnation, NodeId, To};
use quorate_wire::{
    Body, BodyError, Codec, Draft, GroupId, Key, Keyring, MAX_DATAGRAM, Reader, Receiver, Roster, Sender, Writer,
    protocol,
};
use std::time::Instant;

/// As large as a heartbeat.
#[derive(Clone, Copy, Debug)]
struct Beat {
    incarnation: u64,
    sequence: u64,
}

impl Body for Beat {
    const PROTOCOL: u8 = protocol::FIRST_OF_USERS;

    fn encode(&self, writer: &mut Writer<'_>) {
        writer.u64(self.incarnation);
        writer.u64(self.sequence);
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, BodyError> {
        Ok(Self { incarnation: reader.u64()?, sequence: reader.u64()? })
    }
}

const ROUNDS: u32 = 1_024;
const RUNS: u32 = 1_000;

/// Nanoseconds for one round, in the best run.
fn best(mut run: impl FnMut()) -> f64 {
    (0..RUNS)
        .map(|_| {
            let start = Instant::now();
            run();
            start.elapsed().as_secs_f64() * 1e9 / f64::from(ROUNDS)
        })
        .fold(f64::INFINITY, f64::min)
}

fn measure(name: &str, codec: &Codec, peers: u32) {
    let (me, roster) = (NodeId::new(0), Roster::NONE);
    let ids = (1..=peers).map(NodeId::new).collect::<Vec<_>>();
    let group = Group::<1_024>::new(me, &ids).expect("distinct peers");
    let mut senders = ids.iter().map(|&id| Sender::new(codec, roster, id, Incarnation::new(1))).collect::<Vec<_>>();
    let mut buffer = [0; MAX_DATAGRAM];

    let mut one = Sender::new(codec, roster, me, Incarnation::new(1));
    let encode = best(|| {
        for round in 0..u64::from(ROUNDS) {
            let beat = black_box(Beat { incarnation: 1, sequence: round });
            black_box(one.frame(codec, To::Peers, &beat, &mut buffer).expect("a frame"));
        }
    });

    let mut receiver = Box::new(Receiver::new(group, roster));
    let mut frames = vec![[0_u8; 128]; ROUNDS as usize];
    let mut decode = f64::INFINITY;
    for _ in 0..RUNS {
        let mut length = 0;
        for round in 0..ROUNDS {
            let sender = &mut senders[(round % peers) as usize];
            let mut draft = Draft::new(&mut buffer);
            draft.push(&Beat { incarnation: 1, sequence: u64::from(round) }).expect("room");
            let frame = sender.close(codec, To::Node(me), draft).expect("a frame");
            length = frame.len();
            frames[round as usize][..length].copy_from_slice(frame);
        }
        let start = Instant::now();
        for frame in frames.iter_mut().map(|frame| &mut frame[..length]) {
            let (frame, _) = receiver.receive(codec, frame).expect("a new frame");
            for entry in frame.entries() {
                black_box(entry.decode::<Beat>().expect("a beat"));
            }
        }
        decode = decode.min(start.elapsed().as_secs_f64() * 1e9 / f64::from(ROUNDS));
    }
    println!("{name:<8} {peers:>5} peers   encode {encode:6.1} ns   receive and decode {decode:6.1} ns");
}

fn main() {
    let group = GroupId::from_name("cost");
    let plain = Codec::plain(group);
    let sealed = Codec::sealed(group, &Keyring::new(1, Key::new([7; 32])).expect("an identifier"));
    for peers in [3, 64, 1_024] {
        measure("plain", &plain, peers);
    }
    measure("sealed", &sealed, 3);
}
