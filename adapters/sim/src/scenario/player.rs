//! The machines that can play in a scenario, and what a scenario must know of them.

use super::story::{Forged, Machines, Meddling, Order, Rules};
use super::summary::Services;
use crate::swarm::trials::Leadership;
use crate::transcript::Worded;
use crate::world::{Birth, Fate, Loss, Observer, Passing, Subject};
use alloc::vec::Vec;
use core::marker::PhantomData;
use quorate::detector::{AnyDetector, Heartbeat, Monitor};
use quorate::election::{self, Command, Message as Said, Record, Start, Verdict};
use quorate::member::{Member, Message};
use quorate::{Epoch, Group, Incarnation, Instant, Machine, NodeId, Random};

/// The most nodes that a scenario can have.
pub const MOST_NODES: usize = 9;

/// The members that play in scenarios.
pub type MemberMachine = Member<AnyDetector<16>, 8>;
/// The monitors that play in scenarios.
pub type MonitorMachine = Monitor<AnyDetector<16>, 8>;

/// Who plays.
pub(super) trait Player: Worded {
    const MACHINES: Machines;
    /// Who judges it.
    type Judge: Observer<Self>;

    fn judge(rules: &Rules) -> Self::Judge;
    fn start(rules: &Rules, birth: Birth<'_, Self::Record>) -> Self;
    /// What is stored if all remember a former life.
    fn remembers(epoch: Epoch) -> Option<Self::Record>;
    fn order(order: &Order, node: impl Fn() -> Option<NodeId>) -> Option<Self::Command>;
    fn forge(what: Forged, epoch: Epoch, now: Instant) -> Option<Self::Message>;
    fn lie(message: &Self::Message, random: &mut Random) -> Option<Self::Message>;
    /// Whether it is a member: others follow nobody.
    fn is_member(&self) -> bool {
        true
    }
    /// Whom it takes for the leader.
    fn follows(&self) -> Option<(NodeId, Epoch)>;
    fn suspects(&self, peer: NodeId) -> bool;
    /// Counts what an event says of locks and barriers.
    fn counts(event: &Self::Event, services: &mut Services) {
        let _ = (event, services);
    }
}

impl Player for MemberMachine {
    const MACHINES: Machines = Machines::Members;
    type Judge = Leadership<8>;

    fn judge(rules: &Rules) -> Leadership<8> {
        Leadership::new(rules.size, rules.guarantee, rules.diskless, true)
    }

    fn start(rules: &Rules, birth: Birth<'_, Record>) -> Self {
        let Birth { place, node, incarnation, record, seed, now } = birth;
        let start = match record {
            _ if rules.diskless => Start::Forgetful,
            Some(record) => Start::Recovered(*record),
            None => Start::First,
        };
        let (priority, role) = rules.parts.get(place).copied().unwrap_or_default();
        let made = rules.profile.config::<16>(rules.detector, rules.guarantee, seed).ok().and_then(|mut config| {
            config.election = config.election.with_priority(priority).with_role(role);
            let group = Group::new(node, &rules.others(node)).ok()?;
            Self::new(config, group, &rules.observers(node), incarnation, start, now).ok()
        });
        #[allow(clippy::expect_used)]
        made.expect("rules are valid once they are read")
    }

    fn remembers(epoch: Epoch) -> Option<Record> {
        Some(Record { epoch, vote: None })
    }

    fn order(order: &Order, node: impl Fn() -> Option<NodeId>) -> Option<Command> {
        Some(match order {
            Order::Resign => Command::Resign,
            Order::Transfer(_) => Command::Transfer(node()?),
            Order::Release => Command::Release,
            Order::Priority(priority) => Command::SetPriority(*priority),
            Order::Eligible(eligible) => Command::SetEligible(*eligible),
            Order::Wish(_) | Order::Break(_) | Order::Reset(_) => return None,
        })
    }

    fn forge(what: Forged, epoch: Epoch, now: Instant) -> Option<Message> {
        let said = match what {
            Forged::Coordinator => Said::Coordinator { epoch, priority: 0, sent: now },
            Forged::Election => Said::Election { epoch, priority: 0 },
            Forged::Vote => Said::Answer { epoch, verdict: Verdict::Granted },
            Forged::Acknowledge => Said::Acknowledge { epoch, sent: now, priority: 0, eligible: true },
            Forged::Resign => Said::Resign { epoch, successor: None },
            Forged::Heartbeat => return MonitorMachine::forge(what, epoch, now).map(Message::Heartbeat),
        };
        Some(Message::Election(said))
    }

    /// Says it of the next epoch, or gives every vote that it is asked for.
    fn lie(message: &Message, random: &mut Random) -> Option<Message> {
        let Message::Election(said) = message else { return None };
        let mut later = |epoch: Epoch| Epoch::new(epoch.get().saturating_add(1 + random.below(3)));
        Some(Message::Election(match *said {
            Said::Answer { epoch, .. } => Said::Answer { epoch, verdict: Verdict::Granted },
            Said::Coordinator { epoch, priority, sent } => Said::Coordinator { epoch: later(epoch), priority, sent },
            Said::Election { epoch, priority } => Said::Election { epoch: later(epoch), priority },
            _ => return None,
        }))
    }

    fn follows(&self) -> Option<(NodeId, Epoch)> {
        self.election().leader().map(|election::Leader { id, epoch, .. }| (id, epoch))
    }

    fn suspects(&self, peer: NodeId) -> bool {
        self.monitor().is_suspected(peer)
    }
}

impl Player for MonitorMachine {
    const MACHINES: Machines = Machines::Monitors;
    type Judge = ();

    fn judge(_: &Rules) {}

    fn start(rules: &Rules, birth: Birth<'_, Self::Record>) -> Self {
        let Birth { node, incarnation, seed, now, .. } = birth;
        let made = rules.profile.config::<16>(rules.detector, rules.guarantee, seed).ok().and_then(|config| {
            let group = Group::new(node, &rules.others(node)).ok()?;
            Some(Self::new(config.monitor, config.detector, group, incarnation, now))
        });
        #[allow(clippy::expect_used)]
        made.expect("rules are valid once they are read")
    }

    fn remembers(_: Epoch) -> Option<Self::Record> {
        None
    }

    fn order(_: &Order, _: impl Fn() -> Option<NodeId>) -> Option<Self::Command> {
        None
    }

    fn forge(what: Forged, _: Epoch, _: Instant) -> Option<Heartbeat> {
        // The next life that the victim could have.
        (what == Forged::Heartbeat).then_some(Heartbeat { incarnation: Incarnation::new(2), sequence: 1 })
    }

    fn lie(_: &Heartbeat, _: &mut Random) -> Option<Heartbeat> {
        None
    }

    fn follows(&self) -> Option<(NodeId, Epoch)> {
        None
    }

    fn suspects(&self, peer: NodeId) -> bool {
        self.is_suspected(peer)
    }
}

/// The company that plays: it starts nodes, lies, and meddles with messages.
#[derive(Debug)]
pub(super) struct Company<M> {
    rules: Rules,
    meddlers: Vec<Meddler>,
    machine: PhantomData<fn() -> M>,
}

/// Loses or delays certain messages.
#[derive(Clone, Debug)]
pub(super) struct Meddler {
    /// What they are called; `any` means all.
    pub(super) kind: &'static str,
    /// From which places to which, as bits.
    pub(super) from: u64,
    pub(super) to: u64,
    pub(super) how: Meddling,
    /// How many more.
    pub(super) left: u32,
    /// Until when.
    pub(super) until: Instant,
}

impl<M> Company<M> {
    pub(super) const fn new(rules: Rules) -> Self {
        Self { rules, meddlers: Vec::new(), machine: PhantomData }
    }

    pub(super) fn meddle(&mut self, now: Instant, meddler: Meddler) {
        self.meddlers.retain(|meddler| meddler.until >= now && meddler.left > 0);
        self.meddlers.push(meddler);
    }
}

impl<M: Player> Subject for Company<M> {
    type Machine = M;

    fn start(&mut self, birth: Birth<'_, M::Record>) -> M {
        M::start(&self.rules, birth)
    }

    fn lie(&mut self, message: &M::Message, random: &mut Random) -> Option<M::Message> {
        M::lie(message, random)
    }

    #[inline]
    fn intercept(&mut self, passing: Passing<'_, <M as Machine>::Message>) -> Fate {
        let Passing { at, from, to, message, fate } = passing;
        if self.meddlers.is_empty() {
            return fate;
        }
        let kind = M::kind(message);
        let meddler = self.meddlers.iter_mut().find(|meddler| {
            let here = meddler.from >> from & meddler.to >> to & 1 == 1;
            here && at <= meddler.until && meddler.left > 0 && (meddler.kind == "any" || meddler.kind == kind)
        });
        match (meddler, fate) {
            (Some(meddler), Fate::Arrives(arrival)) => {
                meddler.left -= 1;
                match meddler.how {
                    Meddling::Lose => Fate::Lost(Loss::Intercepted),
                    Meddling::Delay(by) => Fate::Arrives(arrival.after(by)),
                    Meddling::Hold => Fate::Arrives(arrival.max(meddler.until)),
                }
            }
            _ => fate,
        }
    }
}
