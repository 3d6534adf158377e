//! Judging elections: E1, E2, E5 and E6 at every happening, E3 and E4 at the end.

use crate::check::{Epochs, Leaders, Leases, Violation, Who};
use crate::swarm::Judge;
use crate::world::{Carrier, Happening, LocalClock, Observer, Simulated, Subject, What, World};
use alloc::format;
use alloc::vec::Vec;
use core::time::Duration;
use quorate::election::{Election, Event, Gone, Guarantee, Message, Reason, Record, Standing, Verdict, Why};
use quorate::{Epoch, Input, Instant, NodeId};

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
    /// Until when it leads by its own clock, and in true time.
    until: Option<Instant>,
    ends: Instant,
    /// It is stopping, and said that it would lead no longer than so, by its own clock.
    stops_by: Option<Instant>,
    /// The epoch of the leader that it followed last.
    follows: Epoch,
    /// Its present step is a tick.
    ticked: bool,
    /// It is in a step: what leaves now its machine has said, and nobody has put it into its mouth.
    speaks: bool,
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

    fn told(&mut self, event: &Event, at: Instant, who: Who) -> Result<(), Violation> {
        let Some(node) = self.nodes.get_mut(who.place) else { return Ok(()) };
        match event {
            Event::Stopping { until, .. } => node.stops_by = Some(*until),
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
            Event::Following { epoch, leader } => {
                // E5, for what its user is told.
                let reached = node.stored.map_or(Epoch::ZERO, |record| record.epoch).max(node.follows);
                if *epoch < reached {
                    let because = format!("it follows node {leader} in epoch {epoch} after having reached {reached}");
                    return Err(Violation::new("E5", because, at).with_nodes([*leader, who.node]));
                }
                node.follows = *epoch;
                let since = node.leaderless_since.take();
                if since.is_some_and(|since| at.since(since) > Duration::from_secs(60)) {
                    self.mark(9);
                }
            }
            Event::Recalled { .. } => self.mark(13),
            Event::Rejected { reason: Reason::StaleEpoch { .. }, .. } => self.mark(12),
            _ => {}
        }
        Ok(())
    }

    fn said(&mut self, message: &Message, to: NodeId, who: Who, at: Instant) -> Result<(), Violation> {
        match message {
            Message::Answer { verdict: Verdict::Higher, .. } => self.mark(10),
            Message::Answer { verdict: Verdict::Wait(_), .. } => self.mark(11),
            Message::Answer { verdict: Verdict::Granted, epoch } => return self.votes(*epoch, to, who, at),
            Message::Election { epoch, .. } => return self.votes(*epoch, who.node, who, at),
            _ => {}
        }
        Ok(())
    }

    /// E6: the vote that leaves is the vote that is durable; that of a candidate for itself, too.
    fn votes(&self, epoch: Epoch, candidate: NodeId, who: Who, at: Instant) -> Result<(), Violation> {
        let Some(Node { speaks: true, stored, .. }) = self.nodes.get(who.place) else { return Ok(()) };
        let vote = Record { epoch, vote: Some(candidate) };
        if stored.is_some_and(|record| record.epoch > epoch || record == vote) {
            return Ok(());
        }
        let because = format!("its vote for node {candidate} in epoch {epoch} left while {stored:?} was durable");
        Err(Violation::new("E6", because, at).with_node(who.node))
    }

    /// E5, and of E6 that there is one vote in an epoch.
    fn stores(&mut self, record: Record, who: Who, at: Instant) -> Result<(), Violation> {
        if record.epoch > Epoch::new(20) {
            self.mark(16);
        }
        let Some(node) = self.nodes.get_mut(who.place) else { return Ok(()) };
        let before = node.stored.replace(record);
        if let Some(before) = before
            && before.epoch == record.epoch
            && before.vote.is_some_and(|vote| record.vote != Some(vote))
        {
            let because = format!("it stored {record:?} after {before:?}: two votes in one epoch");
            return Err(Violation::new("E6", because, at).with_node(who.node));
        }
        self.epochs.reaches(at, who, record.epoch)
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
        node.speaks = false;
        let (epoch, until) = (election.record().epoch, election.valid_until());
        if until == node.until {
            // E2, for those who ask the machine whether it leads and not until when. (What is not about the election, such as a
            // heartbeat, does not come to it; the tick that is due at the end does.)
            if until.is_some() && at > node.ends && node.ticked {
                let because = format!("it still leads epoch {epoch}, though its lease was over at {}", node.ends);
                return Err(Violation::new("E2", because, at).with_node(who.node));
            }
            return Ok(());
        }
        node.until = until;
        let Some(until) = until else {
            (node.leads, node.stops_by) = (None, None);
            self.leases.gone(who.place);
            return Ok(());
        };
        node.ends = clock.when(until);
        if let Some(promised) = node.stops_by.filter(|promised| until > *promised) {
            let because = format!("it said that it would stop by its {promised}, and now leads until {until}");
            return Err(Violation::new("E2", because, at).with_node(who.node));
        }
        let ends = node.ends;
        if node.leads != Some(epoch) {
            node.leads = Some(epoch);
            match self.guarantee {
                Guarantee::Majority => self.leaders.leads(at, who, epoch)?,
                Guarantee::PerPartition if self.diskless => {} // without storage the promise is for one life
                Guarantee::PerPartition => {
                    let trusted: Vec<NodeId> = election.voters().filter(|peer| !election.suspects(*peer)).collect();
                    self.leaders.leads_among(at, who, epoch, &trusted)?;
                }
            }
        }
        if self.guarantee == Guarantee::Majority && self.is_fair {
            self.leases.holds(at, who, ends, &())?;
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
            What::Took { input, .. } => {
                if let Some(node) = self.nodes.get_mut(place) {
                    (node.ticked, node.speaks) = (matches!(input, Input::Tick), true);
                }
                Ok(())
            }
            What::Sent { message, to, .. } => match M::says(message) {
                Some(message) => self.said(message, to, who, at),
                None => Ok(()),
            },
            What::Told(event) => M::about(event).map_or(Ok(()), |event| self.told(event, at, who)),
            What::Persisted(record) => self.stores(M::stored(record), who, at),
            What::Started { recovered, .. } => {
                if let Some(node) = self.nodes.get_mut(place) {
                    *node = Node {
                        stored: node.stored.filter(|_| recovered && !self.diskless),
                        lives: node.lives + 1,
                        ..Node::default()
                    };
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
                    (node.until, node.leads, node.stops_by) = (None, None, None);
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
