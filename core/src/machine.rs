//! The contract that every protocol keeps.

use crate::{Instant, NodeId, Step};
use core::fmt::Debug;
use core::hash::Hash;

/// A protocol as a state machine.
///
/// The whole of it is [`step`](Machine::step): an input and the time go in, outputs come out, nothing else happens.
/// Machines are plain values. Cloning one forks its history, comparing two compares protocols' states, and the same
/// machine given the same inputs at the same times does the same things, on every platform.
///
/// # Duties of whoever drives a machine
///
/// 1. Carry the outputs out in order. What follows an [`Output::Persist`] leaves the node only after that record is
///    durable; if the record cannot be made durable, what follows must never leave.
/// 2. Call `step` with [`Input::Tick`] when the time that [`deadline`](Machine::deadline) names has come. Calling
///    earlier is harmless, calling later is safe but slower.
/// 3. Take `now` from one clock that also counts while the machine is suspended.
/// 4. Deliver a message only as from the node that sent it. A machine trusts `from`; that is what the frame's
///    authentication is for.
///
/// The six laws that every machine obeys in return are listed, and checked, in [`laws`](crate::laws).
///
/// # Example
///
/// The smallest useful machine reports when an alarm that was set has rung:
///
/// ```
/// use quorate::{Infallible, Input, InputOf, Instant, Machine, NodeId, Step, StepOf};
/// use core::time::Duration;
///
/// #[derive(Clone, Debug, PartialEq, Eq, Hash)]
/// struct Alarm { at: Option<Instant>, latest: Instant }
///
/// impl Machine for Alarm {
///     type Command = Duration; // ring after so long
///     type Message = Infallible;
///     type Record = Infallible;
///     type Event = Instant; // rang, and was due then
///
///     fn step(&mut self, input: InputOf<Self>, now: Instant) -> StepOf<Self> {
///         let mut step = Step::new();
///         let now = now.max(self.latest); // a clock that runs backwards is clamped
///         match input {
///             Input::Command(after) => {
///                 self.latest = now;
///                 self.at = Some(now + after);
///             }
///             Input::Tick if self.at.is_some_and(|at| at <= now) => {
///                 self.latest = now;
///                 if let Some(at) = self.at.take() {
///                     step.event(at);
///                 }
///             }
///             Input::Tick => {}
///         }
///         step
///     }
///     fn deadline(&self) -> Option<Instant> { self.at }
///     fn peers(&self) -> &[NodeId] { &[] }
/// }
///
/// let mut alarm = Alarm { at: None, latest: Instant::ORIGIN };
/// alarm.step(Input::Command(Duration::from_secs(3)), Instant::from_secs(10));
/// assert_eq!(alarm.deadline(), Some(Instant::from_secs(13)));
/// assert_eq!(alarm.step(Input::Tick, Instant::from_secs(12)).len(), 0);
/// assert_eq!(alarm.step(Input::Tick, Instant::from_secs(13)).len(), 1);
/// ```
pub trait Machine: Clone + Eq + Hash + Debug {
    /// What the local user asks for.
    type Command;
    /// What peers exchange: plain data, and small, for a step carries up to four.
    type Message: Clone;
    /// What must survive a restart; [`Infallible`] where nothing must.
    type Record: Clone;
    /// What the local user learns.
    type Event: Clone;

    /// Takes one input at the time `now` and returns what is to be done about it.
    ///
    /// Total: it returns for every input at every `now`, however absurd. What a peer sends wrongly and what the local
    /// user asks for wrongly both come back as events that say so.
    #[must_use = "outputs that are not carried out are lost"]
    fn step(&mut self, input: InputOf<Self>, now: Instant) -> StepOf<Self>;

    /// When to step with [`Input::Tick`] if nothing else happens before; `None`: not before another input.
    ///
    /// Constant time. It may lie in the past, which means at once.
    fn deadline(&self) -> Option<Instant>;

    /// The other members of the group, sorted: whom [`To::Peers`] names.
    fn peers(&self) -> &[NodeId];
}

/// The [`Input`] that a machine of type `M` takes.
pub type InputOf<M> = Input<<M as Machine>::Command, <M as Machine>::Message>;
/// One [`Output`] of a machine of type `M`.
pub type OutputOf<M> = Output<<M as Machine>::Message, <M as Machine>::Record, <M as Machine>::Event>;
/// The [`Step`] that a machine of type `M` returns.
pub type StepOf<M> = Step<<M as Machine>::Message, <M as Machine>::Record, <M as Machine>::Event>;

/// What can happen to a machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Input<C, M> {
    /// Time passed. Before the deadline this changes nothing.
    Tick,
    /// The local user asks for something.
    Command(C),
    /// A message arrived.
    Receive {
        /// Who sent it.
        from: NodeId,
        /// What it says.
        message: M,
    },
}

/// What a machine asks its driver to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Output<M, R, E> {
    /// Make this record durable, replacing the one before, and only then go on with the outputs behind it.
    Persist(R),
    /// Send a message.
    Send {
        /// To whom.
        to: To,
        /// What.
        message: M,
    },
    /// Tell the local user.
    Event(E),
}

/// Who is to get a message. A broadcast is one output, so a step costs the same in a group of three and of a thousand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum To {
    /// One node.
    Node(NodeId),
    /// All of [`Machine::peers`].
    Peers,
}

impl To {
    /// Whether `peer`, one of the machine's peers, is among those meant.
    ///
    /// ```
    /// use quorate::{NodeId, To};
    /// assert!(To::Peers.includes(NodeId::new(3)));
    /// assert!(!To::Node(NodeId::new(2)).includes(NodeId::new(3)));
    /// ```
    #[must_use]
    pub fn includes(self, peer: NodeId) -> bool {
        match self {
            To::Node(node) => node == peer,
            To::Peers => true,
        }
    }
}

/// The type of what never is: a machine that stores nothing has it as its [`Machine::Record`].
///
/// ```
/// # fn f(record: quorate::Infallible) {
/// match record {} // no case to handle
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Infallible {}

impl core::fmt::Display for Infallible {
    fn fmt(&self, _: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match *self {}
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for Infallible {
    fn format(&self, _: defmt::Formatter<'_>) {
        match *self {}
    }
}
