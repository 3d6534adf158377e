//! The composite: it routes, and nothing else.

use super::{Command, Config, Event, Message};
use crate::barrier::{Coordinator, coordinator};
use crate::detector::Detector;
use crate::election::{self, Standing, Start};
use crate::laws::Restart;
use crate::lease::{Authority, authority};
use crate::member::Member;
use crate::{Epoch, Group, GroupError, Incarnation, Input, InputOf, Instant, Machine, NodeId, Output, Step, StepOf};
use core::fmt::Debug;
use core::hash::Hash;

/// A member of a cluster that hosts services while it leads. See the [module](super).
///
/// `D` is its failure detector, `R` what resources are known by. There can be `N` peers, `C` claims at once on all locks together, and
/// `B` barriers of up to `P` parties each.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Host<D: Detector, R, const N: usize, const C: usize, const B: usize, const P: usize> {
    member: Member<D, N>,
    authority: Authority<R, C>,
    coordinator: Coordinator<R, B, P>,
    hosts: bool,
    /// What the services have been told last.
    told: Told,
    /// The tokens of the epoch are used up: it gives the leadership up, so that another epoch comes.
    exhausted: bool,
    latest: Instant,
    /// When it is to be ticked, as it was after the last step: to ask all parts costs more than an early tick may.
    deadline: Option<Instant>,
}

/// Whether the services are to be open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Told {
    Open(Epoch),
    Closed(Option<NodeId>),
}

const _: () = assert!(
    size_of::<Step<Message<crate::Name>, election::Record, Event<crate::Name>>>() <= 480,
    "a step must stay cheap to return"
);

impl<D: Detector, R: Copy + Eq + Hash + Debug, const N: usize, const C: usize, const B: usize, const P: usize>
    Host<D, R, N, C, B, P>
{
    /// A host that starts at `now`, in this incarnation. All members of the group vote but those named in `observers`; whether
    /// this one does, its role says.
    ///
    /// # Errors
    ///
    /// [`GroupError::Unknown`] if one of `observers` is not a peer.
    pub fn new(
        config: Config<D>,
        group: Group<N>,
        observers: &[NodeId],
        incarnation: Incarnation,
        start: Start,
        now: Instant,
    ) -> Result<Self, GroupError> {
        let Config { member, leases, barriers, hosts } = config;
        let member = Member::new(member, group, observers, incarnation, start, now)?;
        let (authority, coordinator) = (Authority::new(leases, now), Coordinator::new(barriers, now));
        Ok(Self::starting(member, authority, coordinator, hosts, now))
    }

    fn starting(
        member: Member<D, N>,
        authority: Authority<R, C>,
        coordinator: Coordinator<R, B, P>,
        hosts: bool,
        now: Instant,
    ) -> Self {
        let told = Told::Closed(None);
        let mut host =
            Self { member, authority, coordinator, hosts, told, exhausted: false, latest: now, deadline: None };
        host.deadline = host.earliest();
        host
    }

    /// The part that watches the peers and elects the leader.
    #[must_use]
    pub const fn member(&self) -> &Member<D, N> {
        &self.member
    }

    /// The part that grants leases.
    #[must_use]
    pub const fn authority(&self) -> &Authority<R, C> {
        &self.authority
    }

    /// The part that sees to barriers.
    #[must_use]
    pub const fn coordinator(&self) -> &Coordinator<R, B, P> {
        &self.coordinator
    }

    /// Whether it hosts services while it leads.
    #[must_use]
    pub const fn hosts(&self) -> bool {
        self.hosts
    }

    /// Whether the services are to be open. Not after the end of the leadership's lease, even if the election has not been
    /// stepped since, and not while it is being given up: then somebody else may lead at any time.
    fn due(&self, now: Instant) -> Told {
        let election = self.member.election();
        let leader = election.leader();
        match (election.standing(), leader) {
            (Standing::Leading, Some(leader))
                if self.hosts && (!election.time_left(now).is_zero() || planted!(HostsPastItsLease)) =>
            {
                Told::Open(leader.epoch)
            }
            (Standing::Leading | Standing::Stopping, _) | (_, None) => Told::Closed(None),
            (_, Some(leader)) => Told::Closed(Some(leader.id)),
        }
    }

    /// The earliest deadline of a part; or now, if the services are to be opened or closed.
    fn earliest(&self) -> Option<Instant> {
        if self.due(self.latest) != self.told || self.exhausted {
            return Some(self.latest);
        }
        [self.member.deadline(), self.authority.deadline(), self.coordinator.deadline()].into_iter().flatten().min()
    }

    /// Opens or closes the services, if that is due.
    fn settle(&mut self, now: Instant, step: &mut StepOf<Self>) {
        let due = self.due(now);
        if due == self.told {
            return;
        }
        self.told = due;
        let (authority, coordinator) = match due {
            Told::Open(epoch) => (authority::Command::Open { epoch }, coordinator::Command::Open { epoch }),
            Told::Closed(leader) => (authority::Command::Close { leader }, coordinator::Command::Close { leader }),
        };
        self.lease(Input::Command(authority), now, step);
        self.barrier(Input::Command(coordinator), now, step);
    }

    fn member_step(&mut self, input: InputOf<Member<D, N>>, now: Instant, step: &mut StepOf<Self>) {
        let outputs = self.member.step(input, now);
        if outputs.is_empty() {
            return; // as mostly, and to move no outputs costs as much as to move four
        }
        for output in outputs {
            step.push(match output {
                Output::Persist(record) => Output::Persist(record),
                Output::Send { to, message } => Output::Send { to, message: Message::Member(message) },
                Output::Event(event) => Output::Event(Event::Member(event)),
            });
        }
    }

    fn lease(&mut self, input: InputOf<Authority<R, C>>, now: Instant, step: &mut StepOf<Self>) {
        let outputs = self.authority.step(input, now);
        self.exhausted |= outputs.events().any(|event| matches!(event, authority::Event::Exhausted { .. }));
        step.take_over(outputs, Message::Lease, Event::Lease);
    }

    fn barrier(&mut self, input: InputOf<Coordinator<R, B, P>>, now: Instant, step: &mut StepOf<Self>) {
        step.take_over(self.coordinator.step(input, now), Message::Barrier, Event::Barrier);
    }

    /// One part's outputs a tick, so that they fit. If another one is due too, its turn is next.
    fn tick(&mut self, now: Instant, step: &mut StepOf<Self>) {
        let is_due = |deadline: Option<Instant>| deadline.is_some_and(|deadline| deadline <= now);
        if is_due(self.member.deadline()) {
            self.member_step(Input::Tick, now, step);
        }
        if step.is_empty() {
            self.settle(now, step);
        }
        if step.is_empty() && core::mem::take(&mut self.exhausted) {
            self.member_step(Input::Command(election::Command::Resign), now, step);
        }
        if step.is_empty() && is_due(self.authority.deadline()) {
            self.lease(Input::Tick, now, step);
        }
        if step.is_empty() && is_due(self.coordinator.deadline()) {
            self.barrier(Input::Tick, now, step);
        }
    }
}

impl<D: Detector, R: Copy + Eq + Hash + Debug, const N: usize, const C: usize, const B: usize, const P: usize> Machine
    for Host<D, R, N, C, B, P>
{
    type Command = Command<R>;
    type Message = Message<R>;
    type Record = election::Record;
    type Event = Event<R>;

    fn step(&mut self, input: InputOf<Self>, now: Instant) -> StepOf<Self> {
        let now = now.max(self.latest);
        if matches!(input, Input::Tick) && self.deadline().is_none_or(|deadline| now < deadline) {
            return Step::new();
        }
        let mut step = Step::new();
        self.latest = now;
        match input {
            Input::Tick => self.tick(now, &mut step),
            Input::Command(Command::Election(command)) => self.member_step(Input::Command(command), now, &mut step),
            Input::Receive { from, message: Message::Member(message) } => {
                self.member_step(Input::Receive { from, message }, now, &mut step);
            }
            // What has just been opened or closed has nothing to say but that, and answers: all of it fits into a step.
            Input::Command(Command::Break(resource)) => {
                self.settle(now, &mut step);
                self.lease(Input::Command(authority::Command::Break(resource)), now, &mut step);
            }
            Input::Command(Command::Reset(resource)) => {
                self.settle(now, &mut step);
                self.barrier(Input::Command(coordinator::Command::Reset(resource)), now, &mut step);
            }
            Input::Receive { from, message: Message::Lease(message) } => {
                self.settle(now, &mut step);
                self.lease(Input::Receive { from, message }, now, &mut step);
            }
            Input::Receive { from, message: Message::Barrier(message) } => {
                self.settle(now, &mut step);
                self.barrier(Input::Receive { from, message }, now, &mut step);
            }
        }
        self.deadline = self.earliest();
        step
    }

    fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    fn peers(&self) -> &[NodeId] {
        self.member.peers()
    }
}

impl<D: Detector, R: Copy + Eq + Hash + Debug, const N: usize, const C: usize, const B: usize, const P: usize> Restart
    for Host<D, R, N, C, B, P>
{
    fn restart(&self, record: Option<&election::Record>, now: Instant) -> Self {
        let (authority, coordinator) = (*self.authority.config(), *self.coordinator.config());
        let (authority, coordinator) = (Authority::new(authority, now), Coordinator::new(coordinator, now));
        Self::starting(self.member.restart(record, now), authority, coordinator, self.hosts, now)
    }

    fn is_kept_by(&self, after: &Self, now: Instant) -> bool {
        self.member.is_kept_by(&after.member, now)
    }
}
