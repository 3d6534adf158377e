//! Holders, a resource behind a fence, and who grants: a fixed authority, or one that moves from node to node.

use crate::explore::{Bounds, Model, View};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;
use quorate::lease::authority::{self, Authority, Fixed, Record};
use quorate::lease::holder::{self, Holder, Patience, Standing, Timing};
use quorate::lease::{ClaimId, Message, Mode};
use quorate::{
    DriftBound, Epoch, FencingToken, Group, Infallible, Input, InputOf, Instant, Machine, NodeId, Output, Rebase, Seed,
    Step, StepOf,
};

const QUANTUM: Duration = Duration::from_millis(10);
/// A lease is eleven quanta, of which a holder counts ten, renewed every three: an answer takes two.
const LEASE: Duration = Duration::from_millis(110);
const CLAIMS: usize = 2;
/// A seed of a generator whose first number is the least that there is.
const LEAST: u64 = 0x61c8_8646_80b5_83eb;
/// The lock that both holders want.
const LOCK: u8 = 1;

/// Two holders that want one lock, hold it as long as they like, and give it up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leases {
    /// Whether the leader of a group grants: then there are two nodes that may be the authority, and it moves from one to the
    /// other, as an election would have it. Otherwise it is one node, which may crash and start again.
    pub hosted: bool,
    /// How many messages are lost.
    pub losses: u8,
    /// How many arrive twice.
    pub duplications: u8,
    /// How many times a node crashes.
    pub crashes: u8,
    /// How many times one starts again.
    pub restarts: u8,
    /// How many commands local users give: to acquire, to release, and to move the authority.
    pub commands: u8,
}

impl Leases {
    /// A fixed authority, to which nothing happens.
    pub const FIXED: Self = Self { hosted: false, losses: 0, duplications: 0, crashes: 0, restarts: 0, commands: 4 };

    /// An authority that opens at one node, closes, and opens at the other.
    pub const HOSTED: Self = Self { hosted: true, commands: 7, ..Self::FIXED };

    const fn authorities(&self) -> usize {
        if self.hosted { 2 } else { 1 }
    }
}

/// A node of the model.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[allow(clippy::large_enum_variant)]
pub enum Node {
    /// The only authority.
    Fixed(Fixed<u8, CLAIMS>),
    /// One of those that may be the authority.
    Hosted(Authority<u8, CLAIMS>),
    /// A client.
    Holder(Holder<u8, 2>),
}

/// What a local user asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Asked {
    /// Of a node that may be the authority.
    Authority(authority::Command<u8>),
    /// Of a client.
    Holder(holder::Command<u8>),
}

/// What a node tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Told {
    /// Who grants.
    Authority(authority::Event<u8>),
    /// A client.
    Holder(holder::Event),
}

/// What is remembered: the last token that was granted, and whether one came that is not higher.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Granted {
    last: FencingToken,
    repeated: Option<FencingToken>,
    /// The epoch that was opened last.
    epoch: Epoch,
}

fn hand_out<R, E>(
    outputs: Step<Message<u8>, R, E>,
    record: impl Fn(R) -> Record,
    event: impl Fn(E) -> Told,
) -> StepOf<Node> {
    let mut step = Step::new();
    for output in outputs {
        step.push(match output {
            Output::Persist(kept) => Output::Persist(record(kept)),
            Output::Send { to, message } => Output::Send { to, message },
            Output::Event(told) => Output::Event(event(told)),
        });
    }
    step
}

const fn nothing(never: Infallible) -> Record {
    match never {}
}

impl Machine for Node {
    type Command = Asked;
    type Message = Message<u8>;
    type Record = Record;
    type Event = Told;

    fn step(&mut self, input: InputOf<Self>, now: Instant) -> StepOf<Self> {
        let granting = |input: InputOf<Self>| match input {
            Input::Tick => Some(Input::Tick),
            Input::Receive { from, message } => Some(Input::Receive { from, message }),
            Input::Command(Asked::Authority(command)) => Some(Input::Command(command)),
            Input::Command(Asked::Holder(_)) => None,
        };
        match self {
            Self::Fixed(machine) => match granting(input) {
                Some(input) => hand_out(machine.step(input, now), |record| record, Told::Authority),
                None => Step::new(),
            },
            Self::Hosted(machine) => match granting(input) {
                Some(input) => hand_out(machine.step(input, now), nothing, Told::Authority),
                None => Step::new(),
            },
            Self::Holder(machine) => {
                let input = match input {
                    Input::Tick => Input::Tick,
                    Input::Receive { from, message } => Input::Receive { from, message },
                    Input::Command(Asked::Holder(command)) => Input::Command(command),
                    Input::Command(Asked::Authority(_)) => return Step::new(),
                };
                hand_out(machine.step(input, now), nothing, Told::Holder)
            }
        }
    }

    fn deadline(&self) -> Option<Instant> {
        match self {
            Self::Fixed(machine) => machine.deadline(),
            Self::Hosted(machine) => machine.deadline(),
            Self::Holder(machine) => machine.deadline(),
        }
    }

    fn peers(&self) -> &[NodeId] {
        match self {
            Self::Fixed(machine) => machine.peers(),
            Self::Hosted(machine) => machine.peers(),
            Self::Holder(machine) => machine.peers(),
        }
    }
}

impl Model for Leases {
    type Machine = Node;
    type Memory = Granted;

    fn name(&self) -> String {
        let who = if self.hosted { "an authority that moves between two nodes" } else { "a fixed authority" };
        format!("two holders that want one lock of {who}, with {} commands", self.commands)
    }

    fn size(&self) -> usize {
        self.authorities() + 2
    }

    fn bounds(&self) -> Bounds {
        let Self { losses, duplications, crashes, restarts, commands, .. } = *self;
        Bounds { past: 12, losses, duplications, crashes, restarts, commands, ..Bounds::quiet(QUANTUM) }
    }

    fn start(&self, place: usize, life: u64, record: Option<&Record>, now: Instant) -> Node {
        let me = NodeId::new(place as u32 + 1);
        let granting = authority::Config::new(LEASE, DriftBound::ZERO);
        let timing =
            Timing { lease: LEASE, renew: QUANTUM * 3, retry: QUANTUM * 3, margin: QUANTUM, drift: DriftBound::ZERO };
        let holding = holder::Config::new(timing, Seed::new(LEAST));
        #[allow(clippy::expect_used)]
        let (granting, holding) = (granting.expect("it is valid"), holding.expect("it is valid"));
        if place >= self.authorities() {
            let ids: Vec<NodeId> = (1..=self.authorities() as u32).map(NodeId::new).collect();
            #[allow(clippy::expect_used)]
            let group = Group::new(me, &ids).expect("a client is none of them");
            return Node::Holder(Holder::new(holding, group, ClaimId::new(life << 8), None, now));
        }
        if self.hosted {
            Node::Hosted(Authority::new(granting, now))
        } else {
            Node::Fixed(Fixed::new(granting, record.copied(), now))
        }
    }

    fn rebase(&self, machine: &mut Node, now: Instant, by: Duration) {
        match machine {
            Node::Fixed(machine) => machine.rebase(now, by),
            Node::Hosted(machine) => machine.rebase(now, by),
            Node::Holder(machine) => machine.rebase(now, by),
        }
    }

    fn rebase_message(&self, message: &mut Message<u8>, now: Instant, by: Duration) {
        message.rebase(now, by);
    }

    /// Chance goes always one way. It only decides by how much of an eighth of a period, or of a quarter of a wait, holders are
    /// early, and both are less than a quantum.
    fn choose(&self, machine: &mut Node, _: u32) {
        if let Node::Holder(holder) = machine {
            holder.reseed(Seed::new(LEAST));
        }
    }

    /// A holder that has nothing wants the lock, and one that has it leaves. Of those who may be the authority one opens where
    /// none is, in an epoch of its own, and one that is open may close: an election sees to it that this comes first.
    fn commands(&self, place: usize, view: &View<'_, Node, Granted>) -> Vec<Asked> {
        let node = view.nodes.get(place).copied().flatten();
        match node {
            Some(Node::Holder(holder)) => match holder.standing() {
                Standing::Idle => {
                    let wants =
                        holder::Command::Acquire { resource: LOCK, mode: Mode::Exclusive, patience: Patience::Forever };
                    Vec::from([Asked::Holder(wants)])
                }
                Standing::Held | Standing::Doubtful => Vec::from([Asked::Holder(holder::Command::Release)]),
                Standing::Acquiring | Standing::Waiting | Standing::Releasing => Vec::new(),
            },
            Some(Node::Hosted(authority)) => {
                let opened = view
                    .nodes
                    .iter()
                    .flatten()
                    .any(|node| matches!(node, Node::Hosted(other) if other.epoch().is_some()));
                match (authority.epoch(), view.memory.epoch.next()) {
                    (Some(_), _) => Vec::from([Asked::Authority(authority::Command::Close { leader: None })]),
                    // Of two that could open in one quantum it is always the one whose turn it is by the epoch.
                    (None, Some(epoch)) if !opened && epoch.get() as usize % 2 == (place + 1) % 2 => {
                        Vec::from([Asked::Authority(authority::Command::Open { epoch })])
                    }
                    _ => Vec::new(),
                }
            }
            _ => Vec::new(),
        }
    }

    /// L2 is about the order of grants, and in a quantum only one node grants.
    fn remember(&self, memory: &mut Granted, _: usize, event: &Told) {
        match event {
            Told::Authority(authority::Event::Granted { token, reclaimed: false, .. }) => {
                if *token <= memory.last {
                    memory.repeated = Some(*token);
                }
                memory.last = memory.last.max(*token);
            }
            Told::Authority(authority::Event::Opening { epoch, .. }) => memory.epoch = memory.epoch.max(*epoch),
            _ => {}
        }
    }

    /// L1, L2, and that what is held is as fresh as the last grant: so a fence lets it pass (L3).
    fn check(&self, view: &View<'_, Node, Granted>) -> Result<(), String> {
        let holders = || {
            view.nodes.iter().flatten().filter_map(|node| match node {
                Node::Holder(holder) if holder.is_valid(view.now) => Some(holder),
                _ => None,
            })
        };
        if let (2.., tokens) = (holders().count(), holders().filter_map(|holder| holder.token()).collect::<Vec<_>>()) {
            return Err(format!("L1 is broken: two hold the lock at once, with tokens {tokens:?}"));
        }
        if let Some(token) = view.memory.repeated {
            return Err(format!("L2 is broken: token {token} was granted after {}", view.memory.last));
        }
        for holder in holders() {
            let token = holder.token().unwrap_or_default();
            if token != view.memory.last {
                return Err(format!(
                    "L3 is broken: the lock is held with token {token}, and {} was granted since",
                    view.memory.last
                ));
            }
        }
        Ok(())
    }

    /// Nobody waits for anything: who wants the lock has it, or somebody else does.
    fn is_good(&self, view: &View<'_, Node, Granted>) -> bool {
        let mut standings = view.nodes.iter().flatten().filter_map(|node| match node {
            Node::Holder(holder) => Some(holder.standing()),
            _ => None,
        });
        let wants = |standing| matches!(standing, Standing::Acquiring | Standing::Waiting);
        let open = view.nodes.iter().flatten().any(|node| match node {
            Node::Fixed(_) => true,
            Node::Hosted(authority) => authority.epoch().is_some(),
            Node::Holder(_) => false,
        });
        !open || standings.clone().any(|standing| standing == Standing::Held) || !standings.any(wants)
    }
}
