//! A member on a board: what firmware would compile, on a target that has neither `std` nor `alloc`.
//!
//! The generic machines are used here with types of their own, so that their code is made for the target, too.
#![no_std]
#![forbid(unsafe_code)]

use quorate::detector::{AnyDetector, Detector, Timeout};
use quorate::election::{Command, Guarantee, Start};
use quorate::member::{self, DetectorKind, Member, Profile};
use quorate::{Group, Incarnation, Input, InputOf, Instant, Machine, NodeId, Output, Seed};
use quorate_wire::{Codec, GroupId, Key, Keyring, MAX_DATAGRAM, Receiver, Roster, Sender};

/// A member with at most eight peers, and the detector that a program chooses.
pub type Board = Member<AnyDetector<16>, 8>;

// What the project promises of a member with eight peers, on 32 bits as well.
const _: () = assert!(size_of::<Board>() <= 4_096);
const _: () = assert!(size_of::<Member<Timeout, 8>>() <= 4_096);

#[panic_handler]
fn stop(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}

/// A board's machine, and its two ends of the wire.
pub struct Node {
    machine: Board,
    codec: Codec,
    sender: Sender,
    receiver: Receiver<8>,
}

impl Node {
    /// The first of three boards, none of which can store anything: each life needs a number higher than the last one's.
    pub fn new(key: [u8; Key::LENGTH], life: Incarnation, now: Instant) -> Option<Self> {
        let [me, second, third] = [1, 2, 3].map(NodeId::new);
        let group = Group::new(me, &[second, third]).ok()?;
        let roster = Roster::digest([me, second, third].map(|id| (id, true)));
        let codec = Codec::sealed(GroupId::from_name("bus"), &Keyring::new(1, Key::new(key)).ok()?);
        let config = Profile::BUS.config(DetectorKind::Bertier, Guarantee::Majority, Seed::new(1)).ok()?;
        Some(Self {
            machine: Member::new(config, group.clone(), &[], life, Start::Forgetful, now).ok()?,
            sender: Sender::new(&codec, roster, me, life),
            receiver: Receiver::new(group, roster),
            codec,
        })
    }

    /// Takes a datagram, and hands what follows from it to `transmit`.
    pub fn receive(&mut self, datagram: &mut [u8], now: Instant, transmit: fn(&[u8])) {
        let Ok((frame, _)) = self.receiver.receive(&self.codec, datagram) else { return };
        let from = frame.header().sender;
        for entry in frame.entries() {
            if let Ok(message) = entry.decode::<member::Message>() {
                step(&mut self.machine, Input::Receive { from, message }, now, &mut self.sender, &self.codec, transmit);
            }
        }
    }

    /// Does what is due at `now`, and tells when to come again.
    pub fn tick(&mut self, now: Instant, transmit: fn(&[u8])) -> Option<Instant> {
        step(&mut self.machine, Input::Tick, now, &mut self.sender, &self.codec, transmit);
        self.machine.deadline()
    }

    /// Steps down.
    pub fn resign(&mut self, now: Instant, transmit: fn(&[u8])) {
        step(&mut self.machine, Input::Command(Command::Resign), now, &mut self.sender, &self.codec, transmit);
    }

    /// How strongly a peer is suspected.
    pub fn level(&self, peer: NodeId, now: Instant) -> Option<f64> {
        self.machine.monitor().level(peer, now)
    }
}

fn step<D: Detector, const N: usize>(
    machine: &mut Member<D, N>,
    input: InputOf<Member<D, N>>,
    now: Instant,
    sender: &mut Sender,
    codec: &Codec,
    transmit: fn(&[u8]),
) {
    for output in machine.step(input, now) {
        let Output::Send { to, message } = output else { continue };
        let mut buffer = [0; MAX_DATAGRAM];
        if let Ok(datagram) = sender.frame(codec, to, &message, &mut buffer) {
            transmit(datagram);
        }
    }
}
