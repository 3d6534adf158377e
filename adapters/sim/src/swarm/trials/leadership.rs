//! Judging elections: E1, E2, E5 and E6 at every happening, E3 and E4 at the end.

use crate::check::{Epochs, Leaders, Leases, Violation, Who};
use crate::swarm::Judge;
use crate::world::{Carrier, Happening, LocalClock, Observer, Simulated, Subject, What, World};
use alloc::format;
use alloc::vec::Vec;
use core::time::Duration;
use quorate::election::{Election, Event, Gone, Guarantee, Message, Reason, Record, Standing, Verdict, Why};
use quorate::{Epoch, Instant, Machine, NodeId};

/// A machine with an election in it.
pub trait HasElection<const N: usize>: Simulated {
    /// The election.
    fn election(&self) -> &Election<N>;
    /// What an event says of the election.
    fn about(event: &Self::Event) -> Option<&Event>;
    /// What a message says of the election.
    fn says(message: &Self::Message) -> Option<&Message>;
    /// What was stored.
    fn stored(record: &Self::Record) -> Record;
}

/// Judges every election of a run.
#[derive(Clone, Debug)]
pub struct Leadership<const N: usize> {
    guarantee: Guarantee,
    diskless: bool,
    /// Whether nothing happens that the promises do not stand against, such as a clock that jumps.
    is_fair: bool,
    leaders: Leaders,
    leases: Leases,
    epochs: Epochs,
    nodes: Vec<Node>,
    marks: u64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Node {
    stored: Option<Record>,
    leads: Option<Epoch>,
    until: Option<Instant>,
    leaderless_since: Option<Instant>,
    lives: u64,
}

const MARKS: &[&str] = &[
    "a leader was elected",
    "a lease ran out",
    "a leader was superseded",
    "a leader resigned",
    "a leadership was transferred",
    "a higher rank took over",
    "a leader was in doubt",
    "a leader in doubt was assured",
    "a node had a third life",
    "a member was leaderless for a minute",
    "a candidate was answered by a higher rank",
    "a vote was refused for a promise",
    "a stale coordinator was rejected",
    "a member remembered with the others' help",
    "a follower suspected its leader",
    "leaders of two partitions met",
    "an epoch beyond the twentieth",
];

impl<const N: usize> Leadership<N> {
    /// A judge of a group of `size`.
    #[must_use]
    pub fn new(size: usize, guarantee: Guarantee, diskless: bool, is_fair: bool) -> Self {
        Self {
            guarantee,
            diskless,
            is_fair,
            leaders: Leaders::new(),
            leases: Leases::new("E2"),
            epochs: Epochs::new(),
            nodes: alloc::vec![Node::default(); size],
            marks: 0,
        }
    }

    const fn mark(&mut self, number: u32) {
        self.marks |= 1 << number;
    }

    fn told(&mut self, event: &Event, at: Instant, place: usize) {
        let Some(node) = self.nodes.get_mut(place) else { return };
        match event {
            Event::Elected { .. } => self.mark(0),
            Event::Lost { why, .. } => match why {
                Why::LeaseExpired => self.mark(1),
                Why::Superseded(_) => self.mark(2),
                Why::Resigned => self.mark(3),
                Why::Transferred(_) => self.mark(4),
                Why::Preempted(_) => self.mark(5),
                Why::Merged(_) => self.mark(15),
                Why::Ineligible => {}
            },
            Event::Doubtful { .. } => self.mark(6),
            Event::Assured { .. } => self.mark(7),
            Event::Leaderless { why, .. } => {
                node.leaderless_since = Some(at);
                if *why == Gone::Suspected {
                    self.mark(14);
                }
            }
            Event::Following { .. } => {
                let since = node.leaderless_since.take();
                if since.is_some_and(|since| at.since(since) > Duration::from_secs(60)) {
                    self.mark(9);
                }
            }
            Event::Recalled { .. } => self.mark(13),
            Event::Rejected { reason: Reason::StaleEpoch { .. }, .. } => self.mark(12),
            _ => {}
        }
    }

    fn said(&mut self, message: &Message, to: NodeId, who: Who, at: Instant) -> Result<(), Violation> {
        match message {
            Message::Answer { verdict: Verdict::Higher, .. } => self.mark(10),
            Message::Answer { verdict: Verdict::Wait(_), .. } => self.mark(11),
            // E6: the vote that leaves is the vote that is durable.
            Message::Answer { verdict: Verdict::Granted, epoch } => {
                let stored = self.nodes.get(who.place).and_then(|node| node.stored);
                if !stored
                    .is_some_and(|record| record.epoch > *epoch || record == Record { epoch: *epoch, vote: Some(to) })
                {
                    let because = format!("its vote for node {to} in epoch {epoch} left while {stored:?} was durable");
                    return Err(Violation::new("E6", because, at).with_node(who.node));
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn became<M: HasElection<N>>(
        &mut self,
        machine: &M,
        clock: &LocalClock,
        who: Who,
        at: Instant,
    ) -> Result<(), Violation> {
        let election = machine.election();
        let Some(node) = self.nodes.get_mut(who.place) else { return Ok(()) };
        let (epoch, until) = (election.record().epoch, election.valid_until());
        if until == node.until {
            return Ok(());
        }
        node.until = until;
        let Some(until) = until else {
            node.leads = None;
            self.leases.gone(who.place);
            return Ok(());
        };
        if node.leads != Some(epoch) {
            node.leads = Some(epoch);
            match self.guarantee {
                Guarantee::Majority => self.leaders.leads(at, who, epoch)?,
                Guarantee::PerPartition if self.diskless => {} // without storage the promise is for one life
                Guarantee::PerPartition => {
                    let peers = election.peers().iter().copied();
                    let trusted: Vec<NodeId> = peers.filter(|peer| !election.suspects(*peer)).collect();
                    self.leaders.leads_among(at, who, epoch, &trusted)?;
                }
            }
        }
        if self.guarantee == Guarantee::Majority && self.is_fair {
            self.leases.holds(at, who, clock.when(until), &())?;
        }
        Ok(())
    }
}

impl<const N: usize, M: HasElection<N>> Observer<M> for Leadership<N> {
    #[inline]
    fn see(&mut self, happening: Happening<'_, M>) -> Result<(), Violation> {
        let Happening { at, place, node, what } = happening;
        let who = Who::new(place, node);
        match what {
            What::Became { machine, clock } => self.became(machine, clock, who, at),
            What::Sent { message, to, .. } => match M::says(message) {
                Some(message) => self.said(message, to, who, at),
                None => Ok(()),
            },
            What::Told(event) => {
                if let Some(event) = M::about(event) {
                    self.told(event, at, place);
                }
                Ok(())
            }
            What::Persisted(record) => {
                let record = M::stored(record);
                if let Some(node) = self.nodes.get_mut(place) {
                    node.stored = Some(record);
                }
                if record.epoch > Epoch::new(20) {
                    self.mark(16);
                }
                self.epochs.reaches(at, who, record.epoch)
            }
            What::Started { recovered, .. } => {
                if let Some(node) = self.nodes.get_mut(place) {
                    *node =
                        Node { stored: node.stored.filter(|_| recovered), lives: node.lives + 1, ..Node::default() };
                    if node.lives > 2 {
                        self.mark(8);
                    }
                }
                if !recovered || self.diskless {
                    self.epochs.forget(place);
                }
                Ok(())
            }
            What::Crashed => {
                if let Some(node) = self.nodes.get_mut(place) {
                    (node.until, node.leads) = (None, None);
                }
                self.leases.gone(place);
                Ok(())
            }
            What::Clock { clock, machine: Some(machine) } => {
                if let Some(node) = self.nodes.get_mut(place) {
                    node.until = None;
                }
                self.became(machine, clock, who, at)
            }
            _ => Ok(()),
        }
    }
}

impl<const N: usize, M: HasElection<N>> Judge<M> for Leadership<N> {
    const MARKS: &'static [&'static str] = MARKS;

    fn marks(&self) -> u64 {
        self.marks
    }
}

/// E4 and, if a higher rank takes over, E3: all agree on one leader, who leads, and who is `highest` if that is given.
///
/// # Errors
///
/// In what it is not so.
pub(super) fn agreed<const N: usize, S, C>(world: &World<S, C>, highest: Option<NodeId>) -> Result<(), Violation>
where
    S: Subject<Machine: HasElection<N>>,
    C: Carrier<S::Machine>,
{
    let now = world.now();
    let mut leader = None;
    let mut leading = 0;
    for place in 0..world.size() {
        let Some(machine) = world.machine(place) else { continue };
        let election = machine.election();
        leading += usize::from(election.standing() == Standing::Leading);
        let Some(found) = election.leader() else {
            let because =
                format!("it knows no leader although the faults have stopped; it is {:?}", election.standing());
            return Err(Violation::new("E4", because, now).with_node(election.me()));
        };
        let first = *leader.get_or_insert(found);
        if (first.id, first.epoch) != (found.id, found.epoch) {
            let because = format!("members follow different leaders, {first:?} and {found:?}");
            return Err(Violation::new("E4", because, now).with_node(election.me()));
        }
    }
    let Some(leader) = leader else { return Ok(()) };
    if leading != 1 {
        let because = format!("all follow node {} and {leading} lead", leader.id);
        return Err(Violation::new("E4", because, now));
    }
    match highest {
        Some(highest) if highest != leader.id => {
            let because = format!("node {} leads, and node {highest} ranks higher and takes over", leader.id);
            Err(Violation::new("E3", because, now).with_node(highest))
        }
        _ => Ok(()),
    }
}
