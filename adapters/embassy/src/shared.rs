//! What the driver's task and those of the application share.

use crate::driver::Observer;
use core::cell::RefCell;
use core::fmt;
use core::task::Waker;
use embassy_sync::blocking_mutex::Mutex;
use embassy_sync::blocking_mutex::raw::RawMutex;
use embassy_sync::channel::Channel;
use embassy_sync::pubsub::{Error, ImmediatePublisher, PubSubChannel, Subscriber};
use embassy_sync::signal::Signal;
use embassy_sync::waitqueue::MultiWakerRegistration;
use quorate::{Input, InputOf, Instant, Machine, StepOf};
use quorate_wire::Rejected;

/// How many tasks can wait for something to change at once. When there are more, all of them look again: that costs time only.
const WAITERS: usize = 8;

/// A machine that one task [drives](crate::drive) and others use. It belongs into a static.
///
/// `R` says who shares it: `NoopRawMutex` for the tasks of one executor, `CriticalSectionRawMutex` for all of a board. There is room
/// for so many `COMMANDS` that the driver has not come to, and for the last so many `EVENTS`, for so many `LISTENERS`: who is slower
/// misses the oldest, and is told how many.
///
/// A machine is stepped while the mutex is held, and so is [looked at](Shared::look): with a critical section, interrupts wait for
/// that long.
///
/// ```
/// use embassy_sync::blocking_mutex::raw::CriticalSectionRawMutex;
/// use quorate::detector::{Monitor, MonitorConfig, Timeout, TimeoutConfig};
/// use quorate::{Group, Incarnation, Instant, NodeId};
/// use quorate_embassy::Shared;
/// use core::time::Duration;
///
/// let [one, two] = [1, 2].map(NodeId::new);
/// let monitor = Monitor::<Timeout, 4>::new(
///     MonitorConfig::new(Duration::from_millis(250))?,
///     TimeoutConfig::new(Duration::from_secs(1))?,
///     Group::new(one, &[two])?,
///     Incarnation::new(1),
///     Instant::ORIGIN,
/// );
/// let shared = Shared::<CriticalSectionRawMutex, _, (), 2, 8, 1>::new(monitor);
/// assert_eq!(shared.look(|monitor| monitor.healths().count()), 1);
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
pub struct Shared<
    R: RawMutex,
    M: Machine,
    O,
    const COMMANDS: usize = 2,
    const EVENTS: usize = 8,
    const LISTENERS: usize = 1,
> {
    inner: Mutex<R, RefCell<Inner<M, O>>>,
    commands: Channel<R, M::Command, COMMANDS>,
    events: PubSubChannel<R, (Instant, M::Event), EVENTS, LISTENERS, 0>,
    nudge: Signal<R, ()>,
}

/// What is under the mutex.
pub(crate) struct Inner<M, O> {
    pub(crate) machine: M,
    pub(crate) observer: O,
    waiters: MultiWakerRegistration<WAITERS>,
    traffic: Traffic,
}

impl<M, O> Inner<M, O> {
    pub(crate) fn register(&mut self, waker: &Waker) {
        self.waiters.register(waker);
    }
}

/// How many frames came and went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Traffic {
    /// Frames that were taken.
    pub received: u64,
    /// Frames that were handed to the link.
    pub sent: u64,
    /// Frames that the link did not take.
    pub unsent: u64,
    /// Frames, or messages in them, that were dropped.
    pub dropped: u64,
    /// Why the last one was.
    pub last: Option<Rejected>,
}

/// Receives a machine's events, each with the time of the step that it happened in.
pub type Listener<'a, R, M, const EVENTS: usize, const LISTENERS: usize> =
    Subscriber<'a, R, (Instant, <M as Machine>::Event), EVENTS, LISTENERS, 0>;

impl<R: RawMutex, M: Machine, O: Observer<M>, const COMMANDS: usize, const EVENTS: usize, const LISTENERS: usize>
    Shared<R, M, O, COMMANDS, EVENTS, LISTENERS>
{
    /// For this machine. Nothing happens before it is driven.
    #[must_use]
    pub fn new(machine: M) -> Self
    where
        O: Default,
    {
        let inner = Inner {
            machine,
            observer: O::default(),
            waiters: MultiWakerRegistration::new(),
            traffic: Traffic::default(),
        };
        Self {
            inner: Mutex::new(RefCell::new(inner)),
            commands: Channel::new(),
            events: PubSubChannel::new(),
            nudge: Signal::new(),
        }
    }

    /// Looks at the machine.
    pub fn look<T>(&self, look: impl FnOnce(&M) -> T) -> T {
        self.with(|inner| look(&inner.machine))
    }

    /// Has the machine carry a command out, as soon as there is room for another one. What comes of it is told as an event.
    pub async fn send(&self, command: M::Command) {
        self.commands.send(command).await;
    }

    /// The same without waiting.
    ///
    /// # Errors
    ///
    /// The command, if there is no room for it.
    pub fn try_send(&self, command: M::Command) -> Result<(), M::Command> {
        let sent = self.commands.try_send(command);
        sent.map_err(|embassy_sync::channel::TrySendError::Full(command)| command)
    }

    /// Receives what happens from now on.
    ///
    /// # Errors
    ///
    /// If there are as many `LISTENERS` as can be.
    pub fn listen(&self) -> Result<Listener<'_, R, M, EVENTS, LISTENERS>, Error> {
        self.events.subscriber()
    }

    /// How many frames came and went.
    pub fn traffic(&self) -> Traffic {
        self.with(|inner| inner.traffic)
    }

    pub(crate) fn with<T>(&self, look: impl FnOnce(&mut Inner<M, O>) -> T) -> T {
        self.inner.lock(|inner| look(&mut inner.borrow_mut()))
    }

    /// Takes one step. Whoever waits for something to change looks again.
    pub(crate) fn step(&self, input: InputOf<M>, now: Instant) -> StepOf<M> {
        self.with(|inner| {
            // What was asked for can end without an event: a stall is left.
            let mut happened = matches!(input, Input::Command(_));
            let step = inner.machine.step(input, now);
            for event in step.events() {
                inner.observer.happened(event, now);
                happened = true;
            }
            if happened {
                inner.waiters.wake();
            }
            step
        })
    }

    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.with(|inner| inner.machine.deadline())
    }

    /// What the observer wants to be done next.
    pub(crate) fn follow_up(&self, now: Instant) -> Option<M::Command> {
        self.with(|inner| inner.observer.stepped(&inner.machine, now))
    }

    pub(crate) fn publish(&self, at: Instant, event: M::Event) {
        let publisher: ImmediatePublisher<'_, _, _, EVENTS, LISTENERS, 0> = self.events.immediate_publisher();
        publisher.publish_immediate((at, event));
    }

    pub(crate) fn count(&self, count: impl FnOnce(&mut Traffic)) {
        self.with(|inner| count(&mut inner.traffic));
    }

    /// Has the driver look at what the observer wants.
    pub(crate) fn nudge(&self) {
        self.nudge.signal(());
    }

    pub(crate) async fn nudged(&self) {
        self.nudge.wait().await;
    }

    pub(crate) async fn command(&self) -> M::Command {
        self.commands.receive().await
    }
}

impl<R: RawMutex, M: Machine, O, const COMMANDS: usize, const EVENTS: usize, const LISTENERS: usize> fmt::Debug
    for Shared<R, M, O, COMMANDS, EVENTS, LISTENERS>
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}
