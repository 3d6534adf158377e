//! The process that stamps its events.

use super::{Clock, Command, CommandError, Config, Event, HybridClock, LamportClock, Message, Physical};
use super::{Rejection, VectorClock};
use crate::laws::Restart;
use crate::{Input, InputOf, Instant, Machine, NodeId, Step, StepOf, To};
use core::fmt::Debug;
use core::hash::Hash;
use core::marker::PhantomData;

/// A process of at most `N` peers that stamps its local events, its sends and its receipts with the clock `C`.
///
/// Its messages carry the stamp and a payload `P` of the user's, which should be small (a number, a slot, a handle).
/// A record is the ceiling that no stamp exceeds until the next record (see [`Config`]); it precedes in its step
/// what it is needed for, so at most three outputs come of one input, and there is never a deadline.
///
/// With four bytes of payload, a step is 208 bytes for Lamport's clock, 176 for the hybrid one and 592 for a
/// `VectorClock<8>`.
///
/// ```
/// use quorate::clock::{Command, Config, Event, LamportClock, Process};
/// use quorate::{Group, Input, Instant, Machine, NodeId, Output, To};
///
/// let [a, b] = [1, 2].map(NodeId::new);
/// let config = Config::new(Group::<4>::new(a, &[b])?, LamportClock::new(a), 100)?;
/// let now = Instant::from_secs(1);
/// let mut process = Process::<_, u32, 4>::new(config, None, (), now);
///
/// let step = process.step(Input::Command(Command::Send { to: To::Node(b), payload: 7 }), now);
/// let outputs: Vec<_> = step.into_iter().collect();
/// assert!(matches!(outputs[0], Output::Persist(ceiling) if ceiling.time == 101));
/// assert!(matches!(outputs[1], Output::Send { message, .. } if message.stamp.time == 1));
/// assert!(matches!(outputs[2], Output::Event(Event::Sent { stamp }) if stamp.time == 1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Process<C: Clock, P, const N: usize> {
    config: Config<C, N>,
    clock: C,
    /// No stamp above this is issued before a higher one is durable.
    ceiling: C::Stamp,
    /// The latest reading of the clock on the wall, and when it was given.
    reading: C::Physical,
    read_at: Instant,
    latest: Instant,
    payload: PhantomData<P>,
}

const _: () = assert!(size_of::<StepOf<Process<LamportClock, u32, 8>>>() <= 208);
const _: () = assert!(size_of::<StepOf<Process<HybridClock, u32, 8>>>() <= 176);
const _: () = assert!(size_of::<StepOf<Process<VectorClock<8>, u32, 8>>>() <= 592);

impl<C: Clock, P, const N: usize> Process<C, P, N> {
    /// A process that starts at `now`, when the clock on the wall shows `physical`. `record` is the last that its former
    /// self made durable, or `None` if there was never one; with a record that is not the last, C4 does not hold.
    #[must_use]
    pub fn new(config: Config<C, N>, record: Option<&C::Stamp>, physical: C::Physical, now: Instant) -> Self {
        let record = record.filter(|_| !planted!(CeilingIgnored));
        let clock = if record.is_some() { config.clock().restored(record) } else { config.clock().clone() };
        let ceiling = clock.latest();
        Self { config, clock, ceiling, reading: physical, read_at: now, latest: now, payload: PhantomData }
    }

    /// What it was set up with.
    #[must_use]
    pub const fn config(&self) -> &Config<C, N> {
        &self.config
    }

    /// Its clock.
    #[must_use]
    pub const fn clock(&self) -> &C {
        &self.clock
    }

    /// The stamp that is durable: none above it has been issued.
    #[must_use]
    pub const fn ceiling(&self) -> &C::Stamp {
        &self.ceiling
    }

    /// What the clock on the wall shows at `now`, as far as was told.
    #[must_use]
    pub fn physical(&self, now: Instant) -> C::Physical {
        self.reading.after(now.since(self.read_at))
    }

    /// Sees to it that `stamp`, the clock's latest, is issued below a durable ceiling.
    fn cover<M, E>(&mut self, stamp: &C::Stamp, physical: C::Physical, step: &mut Step<M, C::Stamp, E>) {
        let covered = *stamp <= self.ceiling;
        if !covered {
            self.ceiling = self.clock.ceiling(self.config.reserve(), physical);
            if !planted!(CeilingNotStored) {
                step.persist(self.ceiling.clone());
            }
        }
    }
}

impl<C, P, const N: usize> Machine for Process<C, P, N>
where
    C: Clock,
    P: Clone + Eq + Hash + Debug,
{
    type Command = Command<P, C::Physical>;
    type Message = Message<C::Stamp, P>;
    type Record = C::Stamp;
    type Event = Event<C::Stamp, P>;

    fn step(&mut self, input: InputOf<Self>, now: Instant) -> StepOf<Self> {
        if let Input::Tick = input {
            return Step::new();
        }
        let mut step = Step::new();
        let now = now.max(self.latest);
        self.latest = now;
        let physical = self.physical(now);
        match input {
            Input::Tick => {}
            Input::Command(Command::Physical(reading)) => {
                self.reading = reading;
                self.read_at = now;
            }
            Input::Command(Command::Send { to: To::Node(node), .. })
                if self.config.group().position(node).is_none() =>
            {
                step.event(Event::Refused(CommandError::NotAPeer { node }));
            }
            Input::Command(command) => match self.clock.advance(physical) {
                Ok(stamp) => {
                    self.cover(&stamp, physical, &mut step);
                    if let Command::Send { to, payload } = command {
                        step.send(to, Message { stamp: stamp.clone(), payload });
                        step.event(Event::Sent { stamp });
                    } else {
                        step.event(Event::Local { stamp });
                    }
                }
                Err(error) => step.event(Event::Refused(CommandError::Clock(error))),
            },
            Input::Receive { from, .. } if self.config.group().position(from).is_none() => {
                step.event(Event::Rejected { from, reason: Rejection::NotAPeer });
            }
            Input::Receive { from, message: Message { stamp: sent, payload } } => {
                match self.clock.receive(from, &sent, physical) {
                    Ok(stamp) => {
                        self.cover(&stamp, physical, &mut step);
                        step.event(Event::Received { from, sent, stamp, payload });
                    }
                    Err(error) => step.event(Event::Rejected { from, reason: Rejection::Clock(error) }),
                }
            }
        }
        step
    }

    fn deadline(&self) -> Option<Instant> {
        None
    }

    fn peers(&self) -> &[NodeId] {
        self.config.group().peers()
    }
}

impl<C, P, const N: usize> Restart for Process<C, P, N>
where
    C: Clock,
    P: Clone + Eq + Hash + Debug,
{
    fn restart(&self, record: Option<&C::Stamp>, now: Instant) -> Self {
        Self::new(self.config.clone(), record, self.physical(now), now)
    }

    /// Whether the next stamp of `after` will be above all that this one has issued, if there will be one at all.
    fn is_kept_by(&self, after: &Self, now: Instant) -> bool {
        let mut clock = after.clock.clone();
        match clock.advance(after.physical(now)) {
            Ok(stamp) => stamp > self.clock.latest(),
            Err(_) => true,
        }
    }
}
