//! Machines whose part in a conversation can be put into words.

use crate::world::Simulated;
use alloc::borrow::Cow;
use alloc::format;
use alloc::string::{String, ToString};
use quorate::{Epoch, Instant, NodeId};

/// A machine whose messages, events and records can be put into words, for a [`Transcript`](super::Transcript) and for
/// labels.
///
/// All of quorate's own are. For a machine of yours an empty `impl` is enough to begin with, and says everything as
/// `Debug` does; then say better what matters.
///
/// ```
/// use quorate_sim::transcript::Worded;
/// # use quorate::{Infallible, InputOf, Instant, Machine, NodeId, Step, StepOf};
/// # #[derive(Clone, Debug, PartialEq, Eq, Hash)]
/// # struct Pinger;
/// # impl Machine for Pinger {
/// #     type Command = Infallible; type Message = Ping; type Record = Infallible; type Event = Infallible;
/// #     fn step(&mut self, _: InputOf<Self>, _: Instant) -> StepOf<Self> { Step::new() }
/// #     fn deadline(&self) -> Option<Instant> { None }
/// #     fn peers(&self) -> &[NodeId] { &[] }
/// # }
/// #[derive(Clone, Debug, PartialEq, Eq, Hash)]
/// enum Ping {
///     Ask,
///     Answer(u32),
/// }
///
/// impl Worded for Pinger {
///     fn kind(message: &Ping) -> &'static str {
///         match message {
///             Ping::Ask => "question",
///             Ping::Answer(_) => "answer",
///         }
///     }
///     fn says(message: &Ping) -> String {
///         match message {
///             Ping::Ask => "are you there?".to_owned(),
///             Ping::Answer(times) => format!("yes, for the {times}th time"),
///         }
///     }
/// }
/// assert_eq!(Pinger::says(&Ping::Answer(7)), "yes, for the 7th time");
/// assert_eq!(Pinger::label(&Ping::Ask), "question");
/// ```
pub trait Worded: Simulated {
    /// What messages like this one are called, such as `coordinator`.
    fn kind(message: &Self::Message) -> &'static str {
        let _ = message;
        "message"
    }

    /// What a message says, in two or three words and a number, such as `coordinator, epoch 3`.
    fn label(message: &Self::Message) -> String {
        Self::kind(message).to_string()
    }

    /// What a message says, in the words of its sender, such as `would you elect me for epoch 1?`.
    fn says(message: &Self::Message) -> String {
        format!("{message:?}")
    }

    /// Whether such messages come all the time, also while nothing changes, so that a reader wants to be spared them.
    fn is_routine(message: &Self::Message) -> bool {
        let _ = message;
        false
    }

    /// Of a message that repeats itself, what is news as long as this has not been said before by its sender: the
    /// leadership that a coordinator message announces. `None` if repetitions are never news.
    fn news(message: &Self::Message) -> Option<u64> {
        let _ = message;
        None
    }

    /// What the local user learns, as told of the node, such as `follows node 5 in epoch 1`; `None` if it is not worth
    /// telling.
    fn tells(event: &Self::Event) -> Option<String> {
        Some(format!("tells its user {event:?}"))
    }

    /// What became durable, as told of the node, such as `writes down: epoch 1, node 5`.
    fn stores(record: &Self::Record) -> String {
        format!("writes down: {record:?}")
    }

    /// What the local user asks for, as told of the node, such as `is asked to resign`.
    fn asks(command: &Self::Command) -> String {
        format!("is asked for {command:?}")
    }

    /// If this machine leads: the epoch, and until when by its own clock.
    fn leadership(&self) -> Option<(Epoch, Instant)> {
        None
    }

    /// What an event says of a peer: that it is suspected from now on, or trusted.
    fn opinion(event: &Self::Event) -> Option<(NodeId, Opinion)> {
        let _ = event;
        None
    }
}

/// What a node thinks of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Opinion {
    /// It is suspected to have failed.
    Suspected,
    /// It is trusted to be alive.
    Trusted,
}

/// `node 5`, or what to say of nobody.
pub(super) fn node_or(nobody: &'static str, node: Option<NodeId>) -> Cow<'static, str> {
    node.map_or(Cow::Borrowed(nobody), |node| Cow::Owned(format!("node {node}")))
}
