//! A coordinator that is always the same node.

use super::{BarrierView, Command, Config, Coordinator, Event, Misuse, PlaceView, Record};
use crate::barrier::Message;
use crate::laws::Restart;
use crate::{Epoch, Input, InputOf, Instant, Machine, NodeId, Rebase, Step, StepOf};
use core::convert::identity;
use core::fmt::Debug;
use core::hash::Hash;
use core::time::Duration;

/// A [`Coordinator`] of a single node, without a cluster: it opens by itself at each start, in an epoch of its own, which it stores
/// before anything is said in it.
///
/// Of its commands only [`Command::Reset`] is for the local user. One that has lost what it stored must not start as if for the
/// first time: generations would repeat.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Fixed<R, const BARRIERS: usize, const PARTIES: usize> {
    coordinator: Coordinator<R, BARRIERS, PARTIES>,
    record: Option<Record>,
    /// Whether it is open: it is not before its first step.
    is_open: bool,
}

impl<R: Copy + Eq + Hash + Debug, const BARRIERS: usize, const PARTIES: usize> Fixed<R, BARRIERS, PARTIES> {
    /// A coordinator that starts at `now`, with what it stored last; `None` if it has never run before.
    #[must_use]
    pub const fn new(config: Config, record: Option<Record>, now: Instant) -> Self {
        Self { coordinator: Coordinator::new(config, now), record, is_open: false }
    }

    /// The coordinator.
    #[must_use]
    pub const fn coordinator(&self) -> &Coordinator<R, BARRIERS, PARTIES> {
        &self.coordinator
    }

    /// All barriers at which somebody has a place, in no order.
    pub fn barriers(&self) -> impl Iterator<Item = BarrierView<R>> {
        self.coordinator.barriers()
    }

    /// Everybody who has a place, in no order.
    pub fn places(&self, now: Instant) -> impl Iterator<Item = PlaceView<R>> {
        self.coordinator.places(now)
    }

    /// Opens in the next epoch, if there is one.
    fn open(&mut self, now: Instant, step: &mut StepOf<Self>) {
        (self.is_open, self.coordinator.latest) = (true, now);
        let last = self.record.map_or(Epoch::ZERO, |record| record.epoch);
        let Some(epoch) = last.next() else {
            step.event(Event::Exhausted { epoch: last });
            return;
        };
        step.persist(Record { epoch });
        let is_first = self.record.replace(Record { epoch }).is_none();
        let grace = if is_first { now } else { now.after(self.coordinator.config.grace()) };
        let mut inner = Step::new();
        self.coordinator.open(epoch, grace, &mut inner);
        step.take_over(inner, identity, identity);
    }
}

impl<R: Copy + Eq + Hash + Debug, const BARRIERS: usize, const PARTIES: usize> Machine for Fixed<R, BARRIERS, PARTIES> {
    type Command = Command<R>;
    type Message = Message<R>;
    type Record = Record;
    type Event = Event<R>;

    fn step(&mut self, input: InputOf<Self>, now: Instant) -> StepOf<Self> {
        // Before it is open, time has not begun, and is not taken to have gone on.
        let at = if self.is_open { now.max(self.coordinator.latest) } else { now };
        if matches!(input, Input::Tick) && self.deadline().is_none_or(|deadline| at < deadline) {
            return Step::new();
        }
        let mut step = Step::new();
        if !self.is_open {
            // What this outputs and what the first input can lead to fit into one step.
            self.open(now.max(self.coordinator.latest), &mut step);
        }
        match input {
            Input::Command(Command::Open { .. } | Command::Close { .. }) => {
                self.coordinator.latest = self.coordinator.latest.max(now);
                step.event(Event::Refused(Misuse::Fixed));
            }
            input => step.take_over(self.coordinator.step(input, now), identity, identity),
        }
        step
    }

    fn deadline(&self) -> Option<Instant> {
        if self.is_open { self.coordinator.deadline() } else { Some(self.coordinator.latest) }
    }

    /// Nobody: it answers whoever asks.
    fn peers(&self) -> &[NodeId] {
        &[]
    }
}

impl<R: Copy + Eq + Hash + Debug, const BARRIERS: usize, const PARTIES: usize> Restart for Fixed<R, BARRIERS, PARTIES> {
    fn restart(&self, record: Option<&Record>, now: Instant) -> Self {
        Self::new(self.coordinator.config, record.copied(), now)
    }

    /// B4: nothing is settled again in an epoch in which something may have been settled.
    fn is_kept_by(&self, after: &Self, _: Instant) -> bool {
        let last = self.coordinator.epoch().unwrap_or(Epoch::ZERO);
        after.record.map_or(Epoch::ZERO, |record| record.epoch) >= last
    }
}

impl<R, const BARRIERS: usize, const PARTIES: usize> Rebase for Fixed<R, BARRIERS, PARTIES> {
    fn rebase(&mut self, now: Instant, by: Duration) {
        self.coordinator.rebase(now, by);
    }
}
