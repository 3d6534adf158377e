//! An authority that is always the same node.

use super::{Authority, ClaimView, Command, Config, Event, Misuse, Record};
use crate::laws::Restart;
use crate::lease::Message;
use crate::{Epoch, Input, InputOf, Instant, Machine, NodeId, Rebase, Step, StepOf};
use core::convert::identity;
use core::fmt::Debug;
use core::hash::Hash;
use core::time::Duration;

/// An [`Authority`] of a single node, without a cluster: it opens by itself at each start, in an epoch of its own, which it stores
/// before anything is granted in it.
///
/// A node that has run before, with what it stored, grants nothing new for the [grace period](Config::grace). One that has
/// lost what it stored must not start as if for the first time: tokens would repeat.
///
/// Of its commands only [`Command::Break`] is for the local user.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Fixed<R, const N: usize> {
    authority: Authority<R, N>,
    record: Option<Record>,
    /// Whether it is open: it is not before its first step.
    is_open: bool,
}

impl<R: Copy + Eq + Hash + Debug, const N: usize> Fixed<R, N> {
    /// An authority that starts at `now`, with what it stored last; `None` if it has never run before.
    #[must_use]
    pub const fn new(config: Config, record: Option<Record>, now: Instant) -> Self {
        Self { authority: Authority::new(config, now), record, is_open: false }
    }

    /// The authority.
    #[must_use]
    pub const fn authority(&self) -> &Authority<R, N> {
        &self.authority
    }

    /// Everybody who holds something or waits for something, in no order.
    pub fn claims(&self, now: Instant) -> impl Iterator<Item = ClaimView<R>> {
        self.authority.claims(now)
    }

    /// Opens in the next epoch, if there is one.
    fn open(&mut self, now: Instant, step: &mut StepOf<Self>) {
        (self.is_open, self.authority.latest) = (true, now);
        let last = self.record.map_or(Epoch::ZERO, |record| record.epoch);
        let Some(epoch) = last.next() else {
            step.event(Event::Exhausted { epoch: last });
            return;
        };
        if planted!(EpochNotStored) {
            self.authority.epoch = last;
        } else {
            step.persist(Record { epoch });
        }
        if self.record.replace(Record { epoch }).is_none() {
            let mut inner = Step::new();
            self.authority.open_as_first(epoch, &mut inner);
            step.take_over(inner, identity, identity);
        } else {
            step.take_over(self.authority.step(Input::Command(Command::Open { epoch }), now), identity, identity);
        }
    }
}

impl<R: Copy + Eq + Hash + Debug, const N: usize> Machine for Fixed<R, N> {
    type Command = Command<R>;
    type Message = Message<R>;
    type Record = Record;
    type Event = Event<R>;

    fn step(&mut self, input: InputOf<Self>, now: Instant) -> StepOf<Self> {
        // Before it is open, time has not begun, and is not taken to have gone on.
        let at = if self.is_open { now.max(self.authority.latest) } else { now };
        if matches!(input, Input::Tick) && self.deadline().is_none_or(|deadline| at < deadline) {
            return Step::new();
        }
        let mut step = Step::new();
        if !self.is_open {
            // What this outputs and what the input can lead to fit into one step.
            self.open(now.max(self.authority.latest), &mut step);
        }
        match input {
            Input::Command(Command::Open { .. } | Command::Close { .. }) => {
                self.authority.latest = self.authority.latest.max(now);
                step.event(Event::Refused(Misuse::Fixed));
            }
            input => step.take_over(self.authority.step(input, now), identity, identity),
        }
        step
    }

    fn deadline(&self) -> Option<Instant> {
        if self.is_open { self.authority.deadline() } else { Some(self.authority.latest) }
    }

    /// Nobody: it answers whoever asks.
    fn peers(&self) -> &[NodeId] {
        &[]
    }
}

impl<R: Copy + Eq + Hash + Debug, const N: usize> Restart for Fixed<R, N> {
    fn restart(&self, record: Option<&Record>, now: Instant) -> Self {
        Self::new(self.authority.config, record.copied(), now)
    }

    /// L2: nothing is granted again in an epoch in which something may have been granted.
    fn is_kept_by(&self, after: &Self, _: Instant) -> bool {
        let last = self.authority.epoch().unwrap_or(Epoch::ZERO);
        after.record.map_or(Epoch::ZERO, |record| record.epoch) >= last
    }
}

impl<R, const N: usize> Rebase for Fixed<R, N> {
    fn rebase(&mut self, now: Instant, by: Duration) {
        self.authority.rebase(now, by);
    }
}
