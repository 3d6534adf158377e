//! What a frame with one heartbeat costs: `cargo run --release -p quorate-wire --example cost`
//!
//! The best of many runs, each over a stream of different frames, with their senders taking turns. One way is from the
//! message to the datagram, the other from the datagram through all checks, that of replays too, to the message.

use core::hint::black_box;
use quorate::detector::Heartbeat;
use quorate::{Group, Incarnation, NodeId, To};
use quorate_wire::{Codec, Draft, GroupId, Key, Keyring, MAX_DATAGRAM, Receiver, Roster, Sender};
use std::time::Instant;

const ROUNDS: u32 = 1_024;
const RUNS: u32 = 1_000;

fn beat(sequence: u64) -> Heartbeat {
    Heartbeat { incarnation: Incarnation::new(1), sequence }
}

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
            let heartbeat = black_box(beat(round));
            let frame = one.frame(codec, To::Peers, &heartbeat, &mut buffer).expect("a frame");
            black_box(frame.len());
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
            draft.push(&beat(u64::from(round))).expect("room");
            let frame = sender.close(codec, To::Node(me), draft).expect("a frame");
            length = frame.len();
            frames[round as usize][..length].copy_from_slice(frame);
        }
        let start = Instant::now();
        for frame in frames.iter_mut().map(|frame| &mut frame[..length]) {
            let (frame, _) = receiver.receive(codec, frame).expect("a new frame");
            for entry in frame.entries() {
                black_box(entry.decode::<Heartbeat>().expect("a heartbeat"));
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
    if std::env::args().len() > 1 {
        loop {
            measure("plain", &plain, 3);
        }
    }
    for peers in [3, 64, 1_024] {
        measure("plain", &plain, peers);
    }
    measure("sealed", &sealed, 3);
}
