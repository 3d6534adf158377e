//! The world.

use crate::Trace;
use core::hash::{Hash, Hasher};
use core::time::Duration;
use heapless::Vec;
use quorate::barrier::{Party, PartyId, party};
use quorate::detector::AnyDetector;
use quorate::election::{Guarantee, Record, Start};
use quorate::host::{Config, Host, Message};
use quorate::lease::{ClaimId, Holder, Mode, holder};
use quorate::member::{DetectorKind, Profile};
use quorate::{Group, Incarnation, Input, InputOf, Instant, Machine, NodeId, Output, Random, Seed, StepOf, To};
use quorate_wire::{Payload, Writer};

/// How long a world runs, in simulated seconds.
pub const SECONDS: u64 = 30;

const MEMBERS: usize = 3;
const IN_FLIGHT: usize = 96;
const PROFILE: Profile = Profile::LAN;
const DETECTORS: [DetectorKind; 5] = [
    DetectorKind::Timeout,
    DetectorKind::PhiNormal,
    DetectorKind::PhiExponential,
    DetectorKind::Chen,
    DetectorKind::Bertier,
];

type Server = Host<AnyDetector<8>, u8, 4, 8, 2, 4>;

/// One of three members, and a client of theirs beside it.
struct Node {
    server: Option<Server>,
    record: Option<Record>,
    life: u64,
    back: Instant,
    holder: Holder<u8, 4>,
    party: Party<u8, 4>,
    /// When the client wants something else.
    wants: Instant,
}

struct World {
    now: Instant,
    random: Random,
    kind: DetectorKind,
    nodes: [Node; MEMBERS],
    flying: Vec<(Instant, NodeId, NodeId, Message<u8>), IN_FLIGHT>,
    trace: Trace,
}

/// What happens under this seed, in thirty simulated seconds, as a number.
#[must_use]
pub fn trace(seed: u64) -> u64 {
    let mut world = World::new(seed);
    let end = Instant::from_secs(SECONDS);
    while world.now < end {
        world.turn();
    }
    for node in &world.nodes {
        node.server.hash(&mut world.trace);
        node.holder.hash(&mut world.trace);
        node.party.hash(&mut world.trace);
    }
    world.trace.finish()
}

fn member(number: usize) -> NodeId {
    NodeId::new(number as u32 + 1)
}

fn holder(number: usize) -> NodeId {
    NodeId::new(number as u32 + 101)
}

fn party(number: usize) -> NodeId {
    NodeId::new(number as u32 + 201)
}

impl World {
    fn new(seed: u64) -> Self {
        let mut random = Seed::new(seed).random();
        let kind = DETECTORS[(seed % 5) as usize];
        let members = [0, 1, 2].map(member);
        let nodes = [0, 1, 2].map(|number| {
            let clients = |me| Group::new(me, &members).expect("three");
            let seed = |random: &mut Random| Seed::new(random.number());
            let (first, second) = (seed(&mut random), seed(&mut random));
            let locks = holder::Config::new(PROFILE.holding(), first).expect("timings that go together");
            let meets = party::Config::new(3, PROFILE.attending(), second).expect("timings that go together");
            Node {
                server: None,
                record: None,
                life: 0,
                back: Instant::from_millis(random.below(200)),
                holder: Holder::new(locks, clients(holder(number)), ClaimId::new(1), None, Instant::ORIGIN),
                party: Party::new(meets, 1, clients(party(number)), PartyId::new(1), None, Instant::ORIGIN),
                wants: Instant::from_millis(random.below(3_000)),
            }
        });
        Self { now: Instant::ORIGIN, random, kind, nodes, flying: Vec::new(), trace: Trace::new() }
    }

    /// To the next thing that happens, and what comes of it.
    fn turn(&mut self) {
        let arrivals = self.flying.iter().map(|(at, ..)| *at);
        let nodes = self.nodes.iter().flat_map(|node| {
            let server = node.server.as_ref().map_or(Some(node.back), Machine::deadline);
            [server, node.holder.deadline(), node.party.deadline(), Some(node.wants)]
        });
        let next = arrivals.chain(nodes.flatten()).min().expect("clients always want something");
        self.now = self.now.max(next);
        self.now.hash(&mut self.trace);
        if let Some(at) = self.flying.iter().position(|(at, ..)| *at <= self.now) {
            let (_, from, to, message) = self.flying.remove(at);
            return self.deliver(from, to, message);
        }
        for number in 0..MEMBERS {
            let due = |deadline: Option<Instant>| deadline.is_some_and(|deadline| deadline <= self.now);
            let node = &self.nodes[number];
            let (ticks, asks, meets, wants) = (
                node.server.as_ref().map_or(node.back <= self.now, |server| due(server.deadline())),
                due(node.holder.deadline()),
                due(node.party.deadline()),
                due(Some(node.wants)),
            );
            if ticks {
                self.serve(number, Input::Tick);
            } else if asks {
                self.hold(number, Input::Tick);
            } else if meets {
                self.meet(number, Input::Tick);
            } else if wants {
                self.want(number);
            } else {
                continue;
            }
            return;
        }
    }

    fn deliver(&mut self, from: NodeId, to: NodeId, message: Message<u8>) {
        let number = (to.get() as usize % 100).saturating_sub(1);
        match (to.get() / 100, message) {
            (0, message) if self.nodes[number].server.is_some() => self.serve(number, Input::Receive { from, message }),
            (1, Message::Lease(message)) => self.hold(number, Input::Receive { from, message }),
            (2, Message::Barrier(message)) => self.meet(number, Input::Receive { from, message }),
            _ => {}
        }
    }

    /// A member's step; if it is down, its start. One in so many steps it crashes, between two outputs.
    fn serve(&mut self, number: usize, input: InputOf<Server>) {
        if self.nodes[number].server.is_none() {
            self.start(number);
        }
        let crashes = self.random.below(3_000) == 0;
        let mut left = if crashes { self.random.below(5) } else { u64::MAX };
        let node = &mut self.nodes[number];
        let Some(server) = &mut node.server else { return };
        let step: StepOf<Server> = server.step(input, self.now);
        for output in step {
            if left == 0 {
                break;
            }
            left -= 1;
            output.hash(&mut self.trace);
            match output {
                Output::Persist(record) => self.nodes[number].record = Some(record),
                Output::Send { to, message } => self.send(member(number), to, message),
                Output::Event(_) => {}
            }
        }
        if crashes {
            self.nodes[number].server = None;
            self.nodes[number].back = self.now + Duration::from_millis(self.random.below(3_000));
        }
    }

    fn start(&mut self, number: usize) {
        let seed = Seed::new(self.random.number());
        let forgets = self.random.below(8) == 0;
        let node = &mut self.nodes[number];
        node.life += 1;
        let start = match node.record {
            None if node.life == 1 => Start::First,
            Some(record) if !forgets => Start::Recovered(record),
            _ => Start::Forgetful,
        };
        let config = PROFILE.config(self.kind, Guarantee::Majority, seed).expect("timings that go together");
        let config = Config::new(config, PROFILE.leases(), PROFILE.barriers()).expect("a majority");
        let peers: Vec<NodeId, 2> = (0..MEMBERS).filter(|peer| *peer != number).map(member).collect();
        let group = Group::new(member(number), &peers).expect("three");
        node.server = Host::new(config, group, &[], Incarnation::new(node.life), start, self.now).ok();
    }

    fn hold(&mut self, number: usize, input: InputOf<Holder<u8, 4>>) {
        for output in self.nodes[number].holder.step(input, self.now) {
            output.hash(&mut self.trace);
            if let Output::Send { to, message } = output {
                self.send(holder(number), to, Message::Lease(message));
            }
        }
    }

    fn meet(&mut self, number: usize, input: InputOf<Party<u8, 4>>) {
        for output in self.nodes[number].party.step(input, self.now) {
            output.hash(&mut self.trace);
            if let Output::Send { to, message } = output {
                self.send(party(number), to, Message::Barrier(message));
            }
        }
    }

    /// The client changes its mind.
    fn want(&mut self, number: usize) {
        let pause = Duration::from_millis(100 + self.random.below(1_500));
        self.nodes[number].wants = self.now + pause;
        match self.random.below(6) {
            0 | 1 => {
                let (resource, patience) = (self.random.below(2) as u8, holder::Patience::Forever);
                let command = holder::Command::Acquire { resource, mode: Mode::Exclusive, patience };
                self.hold(number, Input::Command(command));
            }
            2 => self.hold(number, Input::Command(holder::Command::Release)),
            3 => self.hold(number, Input::Command(holder::Command::Cancel)),
            4 => self.meet(number, Input::Command(party::Command::Arrive { patience: None })),
            _ => self.meet(number, Input::Command(party::Command::Leave { patience: None })),
        }
    }

    /// Each copy is lost, or comes after a time of its own; some come twice. What there is no room for is lost, too.
    fn send(&mut self, from: NodeId, to: To, message: Message<u8>) {
        // As the wire has it: the bytes are compared as well.
        let mut bytes = [0; 128];
        let mut writer = Writer::new(&mut bytes);
        message.write(&mut writer);
        let written = writer.written();
        self.trace.write(&bytes[..written]);
        for number in 0..MEMBERS {
            for place in [member(number), holder(number), party(number)] {
                let meant = match to {
                    To::Node(node) => node == place,
                    To::Peers => place != from && place.get() < 100,
                };
                if !meant || self.random.below(10) == 0 {
                    continue;
                }
                let copies = 1 + u64::from(self.random.below(20) == 0);
                for _ in 0..copies {
                    let delay = Duration::from_micros(200 + self.random.below(30_000));
                    let _ = self.flying.push((self.now + delay, from, place, message));
                }
            }
        }
    }
}
