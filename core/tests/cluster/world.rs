//! A group of members over a network that takes a millisecond or two, loses nothing, and can be cut.

use core::fmt::Write as _;
use core::time::Duration;
use quorate::detector::{self, AnyDetector};
use quorate::election::{self, Command, Guarantee, Message as Said, Record, Standing, Start, Verdict};
use quorate::member::{DetectorKind, Event, Member, Message, Profile};
use quorate::{Group, Incarnation, Input, Instant, Machine, NodeId, Output, Seed, To};
use std::collections::{BTreeMap, BTreeSet};

type Subject = Member<AnyDetector<16>, 8>;

struct Node {
    machine: Subject,
    durable: Option<Record>,
    incarnation: u64,
    up: bool,
    paused_until: Instant,
}

pub(crate) struct World {
    size: u32,
    kind: DetectorKind,
    seed: u64,
    now: Instant,
    nodes: Vec<Node>,
    /// By time and number: sender, receiver, message.
    packets: BTreeMap<(Instant, u64), (u32, u32, Message)>,
    sent: u64,
    side: BTreeSet<u32>,
    lines: String,
}

pub(crate) fn node(id: u32) -> NodeId {
    NodeId::new(id)
}

impl World {
    pub(crate) fn new(size: u32, kind: DetectorKind, seed: u64) -> Self {
        let (nodes, packets, side) = (Vec::new(), BTreeMap::new(), BTreeSet::new());
        let mut world =
            Self { size, kind, seed, now: Instant::ORIGIN, nodes, packets, sent: 0, side, lines: String::new() };
        for id in 1..=size {
            let machine = world.member(id, 1, Start::First);
            world.nodes.push(Node { machine, durable: None, incarnation: 1, up: true, paused_until: Instant::ORIGIN });
        }
        world
    }

    fn member(&self, id: u32, incarnation: u64, start: Start) -> Subject {
        let seed = Seed::new(self.seed).for_node(node(id));
        let config = Profile::LAN.config(self.kind, Guarantee::Majority, seed).expect("a good profile");
        let others: Vec<NodeId> = (1..=self.size).filter(|other| *other != id).map(node).collect();
        let group = Group::new(node(id), &others).expect("a good group");
        Member::new(config, group, &[], Incarnation::new(incarnation), start, self.now).expect("no observers")
    }

    pub(crate) fn now(&self) -> Instant {
        self.now
    }

    pub(crate) fn transcript(&self) -> String {
        self.lines.clone()
    }

    /// A line of the narrator's.
    pub(crate) fn note(&mut self, text: &str) {
        let _ = writeln!(self.lines, "\n         {text}");
    }

    pub(crate) fn crash(&mut self, id: u32) {
        self.nodes[id as usize - 1].up = false;
    }

    pub(crate) fn restart(&mut self, id: u32) {
        let incarnation = self.nodes[id as usize - 1].incarnation + 1;
        let start = self.nodes[id as usize - 1].durable.map_or(Start::First, Start::Recovered);
        let machine = self.member(id, incarnation, start);
        let node = &mut self.nodes[id as usize - 1];
        (node.machine, node.incarnation, node.up) = (machine, incarnation, true);
    }

    pub(crate) fn pause(&mut self, id: u32, millis: u64) {
        self.nodes[id as usize - 1].paused_until = self.now + Duration::from_millis(millis);
    }

    /// Cuts these off from the others.
    pub(crate) fn cut(&mut self, side: &[u32]) {
        self.side = side.iter().copied().collect();
    }

    pub(crate) fn heal(&mut self) {
        self.side.clear();
    }

    pub(crate) fn command(&mut self, id: u32, command: Command) {
        self.step(id, Input::Command(command));
    }

    /// Who leads, if a majority follows it.
    pub(crate) fn leader(&self) -> Option<u32> {
        let leader = |node: &Node| node.machine.election().leader().filter(|_| node.up).map(|leader| leader.id.get());
        let candidates = self.nodes.iter().filter_map(leader);
        let followed = |id: u32| self.nodes.iter().filter(|node| leader(node) == Some(id)).count();
        candidates.into_iter().find(|&id| followed(id) > self.nodes.len() / 2)
    }

    pub(crate) fn standings(&self, standing: Standing) -> Vec<u32> {
        let up = self.nodes.iter().filter(|node| node.up && node.machine.election().standing() == standing);
        up.map(|node| node.machine.election().me().get()).collect()
    }

    pub(crate) fn run_for(&mut self, millis: u64) {
        let end = self.now + Duration::from_millis(millis);
        loop {
            let packet = self.packets.keys().next().map(|&(at, _)| at);
            let tick = (1..=self.size).filter_map(|id| Some((self.due(id)?, id))).min();
            let next = packet.into_iter().chain(tick.map(|(at, _)| at)).min();
            let Some(next) = next.filter(|next| *next < end) else { break };
            self.now = self.now.max(next);
            if packet == Some(next) {
                self.deliver();
            } else if let Some((_, id)) = tick {
                self.step(id, Input::Tick);
            }
        }
        self.now = end;
    }

    fn due(&self, id: u32) -> Option<Instant> {
        let node = &self.nodes[id as usize - 1];
        let deadline = node.machine.deadline().filter(|_| node.up)?;
        Some(deadline.max(node.paused_until))
    }

    fn deliver(&mut self) {
        let Some((_, (from, to, message))) = self.packets.pop_first() else { return };
        let receiver = &self.nodes[to as usize - 1];
        if !receiver.up || self.side.contains(&from) != self.side.contains(&to) {
            return;
        }
        if receiver.paused_until > self.now {
            self.sent += 1;
            self.packets.insert((receiver.paused_until, self.sent), (from, to, message));
            return;
        }
        self.step(to, Input::Receive { from: node(from), message });
    }

    fn step(&mut self, id: u32, input: Input<Command, Message>) {
        let outputs = self.nodes[id as usize - 1].machine.step(input, self.now);
        for output in outputs {
            self.tell(id, &output);
            match output {
                Output::Persist(record) => self.nodes[id as usize - 1].durable = Some(record),
                Output::Send { to, message } => self.send(id, to, message),
                Output::Event(_) => {}
            }
        }
    }

    fn send(&mut self, from: u32, to: To, message: Message) {
        for peer in (1..=self.size).filter(|peer| *peer != from && to.includes(node(*peer))) {
            self.sent += 1;
            // Every link has a delay of its own, from 1.0 to 1.8 ms.
            let delay = Duration::from_micros(1_000 + u64::from((from * 7 + peer * 3) % 5) * 200);
            self.packets.insert((self.now + delay, self.sent), (from, peer, message));
        }
    }

    /// Writes down everything but heartbeats and the repetitions that renew a lease.
    fn tell(&mut self, id: u32, output: &Output<Message, Record, Event>) {
        let text = match output {
            Output::Persist(Record { epoch, vote }) => {
                let vote = vote.map_or_else(|| String::from("nobody"), |vote| format!("node {vote}"));
                format!("writes down: epoch {epoch}, {vote}")
            }
            Output::Send { to, message: Message::Election(message) } => {
                let to = match to {
                    To::Node(to) => to.to_string(),
                    To::Peers => String::from("all"),
                };
                match describe(message) {
                    Some(text) => format!("→ {to}: {text}"),
                    None => return,
                }
            }
            Output::Event(Event::Election(event)) => describe_event(event),
            Output::Event(Event::Monitor(detector::Event::Suspected { peer, .. })) => format!("suspects node {peer}"),
            Output::Event(Event::Monitor(detector::Event::Trusted { peer, .. })) => format!("trusts node {peer} again"),
            Output::Event(Event::Monitor(detector::Event::Paused { by })) => {
                format!("notices a pause of its own: {by:?}")
            }
            Output::Send { message: Message::Heartbeat(_), .. } | Output::Event(Event::Monitor(_)) => return,
        };
        let micros = self.now.as_nanos() / 1_000;
        let _ = writeln!(self.lines, "{:>3}.{:04} {id} {text}", micros / 1_000_000, micros % 1_000_000 / 100);
    }
}

fn describe(message: &Said) -> Option<String> {
    Some(match message {
        Said::PreVote { epoch, challenge: false, .. } => format!("would you elect me for epoch {epoch}?"),
        Said::PreVote { epoch, challenge: true, .. } => format!("may I take over, in epoch {epoch}?"),
        Said::Election { epoch, .. } => format!("I stand for epoch {epoch}"),
        Said::Answer { epoch, verdict } => match verdict {
            Verdict::Would => format!("I would, for epoch {epoch}"),
            Verdict::Granted => format!("you have my vote for epoch {epoch}"),
            Verdict::Higher => String::from("I rank higher and stand myself"),
            Verdict::Wait(wait) => format!("not for {} ms yet", wait.as_millis()),
            Verdict::Stale(current) => format!("I have been in epoch {current}"),
        },
        Said::Resign { epoch, successor: Some(to) } => format!("I give up epoch {epoch}; node {to} is to be next"),
        Said::Resign { epoch, successor: None } => format!("I give up epoch {epoch}"),
        Said::Challenge { epoch } => format!("hand over, leader of epoch {epoch}"),
        Said::Recall { .. } => String::from("how far have you got?"),
        Said::Recalled { epoch, .. } => format!("to epoch {epoch}"),
        Said::Coordinator { .. } | Said::Acknowledge { .. } => return None,
    })
}

fn describe_event(event: &election::Event) -> String {
    use election::Event::*;
    match event {
        Elected { epoch, .. } => format!("LEADS epoch {epoch}"),
        Doubtful { epoch, until } => format!("doubts that it leads epoch {epoch}; until {until}"),
        Assured { epoch, .. } => format!("is sure again that it leads epoch {epoch}"),
        Stopping { epoch, why, .. } => format!("is giving up epoch {epoch}: {why}"),
        Lost { epoch, why, until } => format!("LEADS NO MORE, epoch {epoch}: {why}; valid until {until}"),
        Following { leader, epoch } => format!("follows node {leader} in epoch {epoch}"),
        Leaderless { epoch, why } => format!("has no leader, epoch {epoch}: {why}"),
        Recalled { epoch } => format!("has caught up to epoch {epoch}"),
        Rejected { from, reason } => format!("rejects node {from}: {reason}"),
        Refused(error) => format!("refuses: {error}"),
        Exhausted => String::from("has no epochs left"),
    }
}
