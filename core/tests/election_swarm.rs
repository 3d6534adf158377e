//! Elections under everything that a network, clocks and crashes can do, over many seeds: E1 and E2 at every instant,
//! then, when the faults stop, E3 and E4 within a bound.
//!
//! `QUORATE_SEED=n` replays one seed, `QUORATE_SEEDS=n` tries more of them.
#![allow(clippy::std_instead_of_core, clippy::indexing_slicing, missing_docs)]

use core::time::Duration;
use quorate::election::{
    Command, Config, Election, Event, Guarantee, Message, Preempt, Record, Role, Standing, Start, Timing,
};
use quorate::{DriftBound, Group, Input, Instant, Machine, NodeId, Output, Random, Seed};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

const LEASE: Duration = Duration::from_millis(400);
const DRIFT_PPM: u64 = 50_000;

fn timing() -> Timing {
    Timing {
        lease: LEASE,
        renew: Duration::from_millis(50),
        timeout: Duration::from_millis(60),
        jitter: Duration::from_millis(10),
        drift: DriftBound::new(DRIFT_PPM as u32).unwrap(),
        margin: Duration::ZERO,
    }
}

struct Node {
    machine: Election<8>,
    /// What a restart finds.
    durable: Option<Record>,
    up: bool,
    /// Its clock runs at so many millionths of true time.
    rate: u64,
    /// True time until which it does nothing.
    paused_until: u64,
    diskless: bool,
}

impl Node {
    fn clock(&self, true_nanos: u64) -> Instant {
        Instant::from_nanos((u128::from(true_nanos) * u128::from(self.rate) / 1_000_000) as u64)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Packet {
    at: u64,
    number: u64,
    from: usize,
    to: usize,
}

struct World {
    seed: u64,
    guarantee: Guarantee,
    now: u64,
    random: Random,
    nodes: Vec<Node>,
    packets: BinaryHeap<Reverse<Packet>>,
    bodies: BTreeMap<u64, Message>,
    cut: BTreeSet<(usize, usize)>,
    loss_percent: u64,
    longest_delay: u64,
    sent: u64,
    leaders: BTreeMap<u64, usize>,
    /// Who suspects whom, as they were told.
    suspects: BTreeSet<(usize, usize)>,
    elections: usize,
    steps_since_check: u64,
}

impl World {
    fn new(seed: u64, guarantee: Guarantee) -> Self {
        let mut random = Seed::new(seed).random();
        let count = 1 + random.below(5) as usize;
        let diskless = random.below(4) == 0;
        let preempt = if random.below(2) == 0 { Preempt::Never } else { Preempt::After(Duration::from_millis(800)) };
        let nodes = (0..count)
            .map(|index| {
                let rate = 1_000_000 - DRIFT_PPM + random.below(2 * DRIFT_PPM + 1);
                let role = if count > 3 && index == 0 && random.below(3) == 0 { Role::Voter } else { Role::Candidate };
                let config = Config::new(guarantee, timing(), Seed::new(random.number()))
                    .unwrap()
                    .with_priority(random.below(3) as u16)
                    .with_role(role)
                    .with_preempt(preempt);
                Node {
                    machine: Self::machine(
                        count,
                        index,
                        config,
                        if diskless { Start::Forgetful } else { Start::First },
                        Instant::ORIGIN,
                    ),
                    durable: None,
                    up: true,
                    rate,
                    paused_until: 0,
                    diskless,
                }
            })
            .collect();
        Self {
            seed,
            guarantee,
            now: 0,
            random,
            nodes,
            packets: BinaryHeap::new(),
            bodies: BTreeMap::new(),
            cut: BTreeSet::new(),
            loss_percent: 0,
            longest_delay: 5_000_000,
            sent: 0,
            leaders: BTreeMap::new(),
            suspects: BTreeSet::new(),
            elections: 0,
            steps_since_check: 0,
        }
    }

    fn machine(count: usize, index: usize, config: Config, start: Start, now: Instant) -> Election<8> {
        let id = |index: usize| NodeId::new(index as u32 + 1);
        let others: Vec<NodeId> = (0..count).filter(|other| *other != index).map(id).collect();
        Election::new(config, Group::new(id(index), &others).unwrap(), &[], start, now).unwrap()
    }

    fn run_until(&mut self, end: u64, faults: bool) {
        let mut next_fault = self.now + self.random.below(300_000_000);
        while self.now < end {
            let packet = self.packets.peek().map(|Reverse(packet)| packet.at);
            let tick = (0..self.nodes.len()).filter_map(|index| self.due(index).map(|at| (at, index))).min();
            let next =
                [packet, tick.map(|(at, _)| at), faults.then_some(next_fault), Some(end)].into_iter().flatten().min();
            self.now = next.unwrap_or(end).max(self.now);
            if packet == next {
                let Reverse(packet) = self.packets.pop().unwrap();
                let message = self.bodies.remove(&packet.number).unwrap();
                let from = NodeId::new(packet.from as u32 + 1);
                let receiver = &self.nodes[packet.to];
                if receiver.up && receiver.paused_until <= self.now {
                    self.step(packet.to, Input::Receive { from, message });
                } else if receiver.up {
                    // Waits in the socket until the node goes on.
                    self.sent += 1;
                    self.bodies.insert(self.sent, message);
                    self.packets.push(Reverse(Packet { at: receiver.paused_until, number: self.sent, ..packet }));
                }
            } else if tick.map(|(at, _)| at) == next {
                self.step(tick.unwrap().1, Input::Tick);
            } else if faults && next == Some(next_fault) {
                self.fault();
                next_fault = self.now + self.random.below(400_000_000);
            }
        }
    }

    /// When a node's deadline comes in true time.
    fn due(&self, index: usize) -> Option<u64> {
        let node = &self.nodes[index];
        let deadline = node.machine.deadline().filter(|_| node.up)?;
        let mut at = (u128::from(deadline.as_nanos()) * 1_000_000 / u128::from(node.rate)) as u64;
        while node.clock(at) < deadline {
            at += 1;
        }
        Some(at.max(node.paused_until).max(self.now))
    }

    fn step(&mut self, index: usize, input: Input<Command, Message>) {
        let now = self.nodes[index].clock(self.now);
        let outputs = self.nodes[index].machine.step(input, now);
        assert!(!outputs.overflowed(), "seed {}: a step had more than four outputs", self.seed);
        // Now and then the node crashes between two outputs of a step.
        let crash_after = if self.random.below(400) == 0 { self.random.below(3) as usize } else { usize::MAX };
        for (number, output) in outputs.into_iter().enumerate() {
            if number == crash_after && self.loss_percent > 0 {
                self.nodes[index].up = false;
                break;
            }
            match output {
                Output::Persist(record) => self.nodes[index].durable = Some(record),
                Output::Send { to, message } => {
                    let peers = self.nodes[index].machine.peers().to_vec();
                    for peer in peers.into_iter().filter(|peer| to.includes(*peer)) {
                        self.send(index, peer.get() as usize - 1, message);
                    }
                }
                Output::Event(Event::Elected { epoch, .. }) => self.elected(index, epoch.get()),
                Output::Event(Event::Stopping { .. }) => {
                    if self.random.below(2) == 0 {
                        self.step(index, Input::Command(Command::Release));
                    }
                }
                Output::Event(_) => {}
            }
        }
        self.check_e2();
    }

    /// E1, or E1p: who was elected for an epoch in which another was before must not have trusted that one.
    fn elected(&mut self, index: usize, epoch: u64) {
        self.elections += 1;
        let Some(other) = self.leaders.insert(epoch, index) else { return };
        let apart = self.suspects.contains(&(index, other)) || self.nodes[index].diskless;
        let allowed = self.guarantee == Guarantee::PerPartition && apart;
        let (was, is, seed) = (other + 1, index + 1, self.seed);
        assert!(allowed, "E1 broken: epoch {epoch} was led by node {was} and then by node {is}; QUORATE_SEED={seed}");
    }

    fn suspicion(&mut self, index: usize, command: Command) {
        match command {
            Command::Suspect(peer) => drop(self.suspects.insert((index, peer.get() as usize - 1))),
            Command::Trust(peer) => drop(self.suspects.remove(&(index, peer.get() as usize - 1))),
            _ => {}
        }
        self.step(index, Input::Command(command));
    }

    fn check_e2(&mut self) {
        self.steps_since_check += 1;
        if self.guarantee != Guarantee::Majority {
            return;
        }
        let leading: Vec<usize> = (0..self.nodes.len())
            .filter(|&index| {
                let node = &self.nodes[index];
                node.up && !node.machine.time_left(node.clock(self.now)).is_zero()
            })
            .collect();
        assert!(leading.len() <= 1, "E2 broken: nodes {leading:?} (from 0) lead at once; QUORATE_SEED={}", self.seed);
    }

    fn send(&mut self, from: usize, to: usize, message: Message) {
        if self.cut.contains(&(from, to)) || self.random.below(100) < self.loss_percent {
            return;
        }
        let copies = if self.loss_percent > 0 && self.random.below(20) == 0 { 2 } else { 1 };
        for _ in 0..copies {
            self.sent += 1;
            self.bodies.insert(self.sent, message);
            let at = self.now + 100_000 + self.random.below(self.longest_delay);
            self.packets.push(Reverse(Packet { at, number: self.sent, from, to }));
        }
    }

    fn fault(&mut self) {
        let count = self.nodes.len();
        let one = self.random.below(count as u64) as usize;
        let other = self.random.below(count as u64) as usize;
        match self.random.below(12) {
            0 => self.nodes[one].up = false,
            1 | 2 if !self.nodes[one].up && self.may_forget(one) => self.restart(one),
            3 => self.nodes[one].paused_until = self.now + self.random.below(1_500_000_000),
            4 => drop(self.cut.insert((one, other))),
            5 => (0..count).for_each(|i| {
                self.cut.insert((one, i));
                self.cut.insert((i, one));
            }),
            6 | 7 => self.cut.clear(),
            8 => self.loss_percent = self.random.below(40),
            9 => self.longest_delay = [5_000_000, 60_000_000, 900_000_000][self.random.below(3) as usize],
            10 if self.nodes[one].up => {
                // The detector may be wrong as often as it likes.
                let peer = NodeId::new(other as u32 + 1);
                let command = if self.random.below(2) == 0 { Command::Suspect(peer) } else { Command::Trust(peer) };
                self.suspicion(one, command);
            }
            11 if self.nodes[one].up => {
                let command = match self.random.below(4) {
                    0 => Command::Resign,
                    1 => Command::Transfer(NodeId::new(other as u32 + 1)),
                    2 => Command::SetPriority(self.random.below(4) as u16),
                    _ => Command::Release,
                };
                self.step(one, Input::Command(command));
            }
            _ => {}
        }
    }

    /// Without storage, only so many may have forgotten at a time as leave a majority that remembers.
    fn may_forget(&self, index: usize) -> bool {
        let is_forgetful = |node: &&Node| !node.up || node.machine.standing() == Standing::Recalling;
        let most = (self.nodes.len() - 1) / 2;
        !self.nodes[index].diskless || self.nodes.iter().filter(is_forgetful).count() <= most
    }

    fn restart(&mut self, index: usize) {
        let count = self.nodes.len();
        self.suspects.retain(|(who, _)| *who != index);
        let now = self.nodes[index].clock(self.now);
        let start = match self.nodes[index].durable {
            _ if self.nodes[index].diskless => Start::Forgetful,
            Some(record) => Start::Recovered(record),
            None => Start::First,
        };
        let config = *self.nodes[index].machine.config();
        let config = config.with_seed(Seed::new(self.random.number()));
        self.nodes[index].machine = Self::machine(count, index, config, start, now);
        self.nodes[index].up = true;
        self.nodes[index].paused_until = 0;
    }

    /// The faults stop; everybody is up and trusted.
    fn heal(&mut self) {
        self.cut.clear();
        (self.loss_percent, self.longest_delay) = (0, 5_000_000);
        for index in 0..self.nodes.len() {
            self.nodes[index].paused_until = 0;
            if !self.nodes[index].up {
                if !self.may_forget(index) {
                    self.leaders.clear(); // More forget than E1 bears: the group's history starts anew.
                }
                self.restart(index);
            }
            for peer in 0..self.nodes.len() {
                if peer != index && self.nodes[index].up {
                    self.suspicion(index, Command::Trust(NodeId::new(peer as u32 + 1)));
                }
            }
        }
    }

    fn check_agreement(&self) {
        let up: Vec<&Node> = self.nodes.iter().filter(|node| node.up).collect();
        let views: BTreeSet<_> =
            up.iter().map(|node| node.machine.leader().map(|leader| (leader.id, leader.epoch))).collect();
        assert!(
            views.len() == 1 && !views.contains(&None),
            "E4 broken: after the faults stopped the members' views are {views:?}; QUORATE_SEED={}\n{:#?}",
            self.seed,
            up.iter().map(|node| &node.machine).collect::<Vec<_>>()
        );
        let leading = up.iter().filter(|node| node.machine.standing() == Standing::Leading).count();
        assert_eq!(leading, 1, "members agree on a leader, and {leading} lead; QUORATE_SEED={}", self.seed);
        let takes_over = up.iter().any(|node| node.machine.config().preempt() != Preempt::Never);
        if takes_over && self.guarantee == Guarantee::Majority {
            let highest = up
                .iter()
                .filter(|node| node.machine.config().role() == Role::Candidate)
                .map(|node| (node.machine.config().priority(), node.machine.me()))
                .max();
            let leader = up[0].machine.leader().unwrap();
            assert_eq!(Some((leader.priority, leader.id)), highest, "E3 broken: QUORATE_SEED={}", self.seed);
        }
    }
}

fn swarm(guarantee: Guarantee) {
    let number = |name| std::env::var(name).ok().map(|value| value.parse::<u64>().expect("a number"));
    let seeds = match number("QUORATE_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("QUORATE_SEEDS").unwrap_or(400),
    };
    let (mut elections, mut steps) = (0, 0);
    for seed in seeds.clone() {
        let mut world = World::new(seed, guarantee);
        world.loss_percent = 5;
        world.run_until(20_000_000_000, true);
        let before = world.steps_since_check;
        world.heal();
        let quiet = world.now + 15_000_000_000;
        world.run_until(quiet, false);
        let busy = world.steps_since_check - before;
        assert!(busy < 200_000, "seed {seed}: {busy} steps in 15 quiet seconds; a machine spins");
        world.check_agreement();
        elections += world.elections;
        steps += world.steps_since_check;
    }
    println!("{guarantee:?}: {} seeds, {steps} steps, {elections} elections", seeds.count());
    assert!(elections > 0);
}

#[test]
fn majority() {
    swarm(Guarantee::Majority);
}

#[test]
fn per_partition() {
    swarm(Guarantee::PerPartition);
}
