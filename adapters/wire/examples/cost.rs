//! What a frame with one heartbeat costs: `cargo run --release -p quorate-wire --features std --example cost`
//!
//! `encode`: from the message to the datagram. `decode`: from the datagram through all checks, that of replays too, to
//! the message. `whole`: decode, step of a monitor, and encode of a frame for the one that was heard.
//!
//! The best of many runs, each over a stream of different frames, with their senders taking turns.

use core::hint::black_box;
use core::time::Duration;
use quorate::detector::{Heartbeat, Monitor, MonitorConfig, Timeout, TimeoutConfig};
use quorate::{Group, Incarnation, Input, Machine, NodeId, To};
use quorate_wire::{Codec, GroupId, Key, Keyring, MAX_DATAGRAM, Receiver, Roster, Sender};
use std::time::Instant;

const ROUNDS: u32 = 1_024;
const RUNS: u32 = 1_000;

fn beat(sequence: u64) -> Heartbeat {
    Heartbeat { incarnation: Incarnation::new(1), sequence }
}

/// Nanoseconds for one round, in the best run.
fn best<T>(on: &mut T, mut prepare: impl FnMut(&mut T) -> usize, mut run: impl FnMut(&mut T, usize)) -> f64 {
    (0..RUNS)
        .map(|_| {
            let prepared = prepare(on);
            let start = Instant::now();
            run(on, prepared);
            start.elapsed().as_secs_f64() * 1e9 / f64::from(ROUNDS)
        })
        .fold(f64::INFINITY, f64::min)
}

fn measure(name: &str, codec: &Codec, peers: u32) {
    let (me, roster) = (NodeId::new(0), Roster::NONE);
    let ids = (1..=peers).map(NodeId::new).collect::<Vec<_>>();
    let group = Group::<1_024>::new(me, &ids).expect("distinct peers");
    let mut one = Sender::new(codec, roster, me, Incarnation::new(1));
    let mut buffer = [0; MAX_DATAGRAM];
    let encode = best(
        &mut (),
        |()| 0,
        |(), _| {
            for round in 0..u64::from(ROUNDS) {
                let heartbeat = black_box(beat(round));
                let frame = one.frame(codec, To::Peers, &heartbeat, &mut buffer).expect("a frame");
                black_box(frame.len());
            }
        },
    );

    let mut senders = ids.iter().map(|&id| Sender::new(codec, roster, id, Incarnation::new(1))).collect::<Vec<_>>();
    let mut length = 0;
    let mut fill = |frames: &mut Vec<[u8; 128]>| {
        for (frame, round) in frames.iter_mut().zip(0..) {
            let sender: &mut Sender = &mut senders[(round % peers) as usize];
            let heartbeat = beat(sender.sequence() + 1);
            length = sender.frame(codec, To::Node(me), &heartbeat, frame).expect("a frame").len();
        }
        length
    };
    let mut frames = vec![[0; 128]; ROUNDS as usize];
    let mut receiver = Box::new(Receiver::new(group.clone(), roster));
    let decode = best(&mut frames, &mut fill, |frames, length| {
        for frame in frames {
            let (frame, _) = receiver.receive(codec, &mut frame[..length]).expect("a new frame");
            for entry in frame.entries() {
                black_box(entry.decode::<Heartbeat>().expect("a heartbeat"));
            }
        }
    });

    let settings = MonitorConfig::new(Duration::from_secs(1)).expect("an interval");
    let timeout = TimeoutConfig::new(Duration::from_secs(10)).expect("a timeout");
    let mut now = quorate::Instant::ORIGIN;
    let mut monitor = Box::new(Monitor::<Timeout, 1_024>::new(settings, timeout, group, Incarnation::new(1), now));
    // Its own first heartbeat is due at once; the next one not before the end.
    assert!(!monitor.step(Input::Tick, now).is_empty());
    let whole = best(&mut frames, &mut fill, |frames, length| {
        for (sequence, frame) in (1..).zip(frames) {
            let (frame, _) = receiver.receive(codec, &mut frame[..length]).expect("a new frame");
            let from = frame.header().sender;
            now = now + Duration::from_nanos(100);
            for entry in frame.entries() {
                let message = entry.decode::<Heartbeat>().expect("a heartbeat");
                for output in &monitor.step(Input::Receive { from, message }, now) {
                    black_box(output);
                }
            }
            let frame = one.frame(codec, To::Node(from), &beat(sequence), &mut buffer).expect("a frame");
            black_box(frame.len());
        }
    });
    println!("{name:<7} {peers:>5} peers {encode:>8.1} {decode:>8.1} {whole:>8.1}");
}

fn main() {
    let group = GroupId::from_name("cost");
    let plain = Codec::plain(group);
    let sealed = Codec::sealed(group, &Keyring::new(1, Key::new([7; 32])).expect("an identifier"));
    println!("nanoseconds           encode   decode    whole");
    for peers in [3, 64, 1_024] {
        measure("plain", &plain, peers);
    }
    if false {
        measure("sealed", &sealed, 3);
    }
}
