//! What is explored.

use crate::world::Simulated;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Debug;
use core::hash::Hash;
use core::time::Duration;
use quorate::{Instant, Machine};

/// How much may happen: part of what a complete exploration shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Bounds {
    /// How much time passes at once. All timings should be multiples of it; a deadline in between is served at the next.
    pub quantum: Duration,
    /// How many quanta a message takes at most, from 1 to 3; it takes one at least.
    pub delay: u8,
    /// How many quanta before the present anything looks back, at most 255: what lies further back is one and the same.
    pub past: u8,
    /// How many messages are lost.
    pub losses: u8,
    /// How many messages arrive twice.
    pub duplications: u8,
    /// How many times a node crashes.
    pub crashes: u8,
    /// How many times a node that crashed starts again.
    pub restarts: u8,
    /// How many times a node is cut off from all others. It comes back whenever it likes.
    pub cuts: u8,
    /// How many commands local users give, out of those that [`Model::commands`] offers.
    pub commands: u8,
}

impl Bounds {
    /// The present, in every state: far enough from the origin that what is counted back from it and still matters has room.
    #[must_use]
    pub fn present(&self) -> Instant {
        Instant::ORIGIN.after(self.quantum.saturating_mul(u32::from(self.past)))
    }

    /// Messages take one quantum, and arrive in any order; nothing goes wrong.
    #[must_use]
    pub const fn quiet(quantum: Duration) -> Self {
        Self { quantum, delay: 1, past: 32, losses: 0, duplications: 0, crashes: 0, restarts: 0, cuts: 0, commands: 0 }
    }
}

/// A state of the group, as predicates see it.
#[derive(Debug)]
pub struct View<'a, M: Machine, G> {
    /// The present: the same in every state.
    pub now: Instant,
    /// The machine at each place, if its node is up.
    pub nodes: &'a [Option<&'a M>],
    /// What is durable at each place.
    pub durable: &'a [Option<&'a M::Record>],
    /// Which places are cut off from all others.
    pub cut: &'a [bool],
    /// What the model remembers of the past.
    pub memory: &'a G,
}

type CommandOf<T> = <<T as Model>::Machine as Machine>::Command;
type EventOf<T> = <<T as Model>::Machine as Machine>::Event;
type MessageOf<T> = <<T as Model>::Machine as Machine>::Message;
type RecordOf<T> = <<T as Model>::Machine as Machine>::Record;

/// A small group and what is promised of it. See [`Explorer`](super::Explorer) for an example.
pub trait Model: Sync {
    /// What runs.
    type Machine: Simulated<
            Command: Eq + Hash + Send + Sync,
            Message: Eq + Send + Sync,
            Record: Eq + Send + Sync,
            Event: Eq + Send + Sync,
        > + Send
        + Sync;
    /// What is remembered of the past and is not in any machine, such as who led which epoch. `()` if nothing is.
    type Memory: Clone + Eq + Hash + Debug + Default + Send + Sync;

    /// Its name.
    fn name(&self) -> String;

    /// How many nodes there are, at most 8. They are nodes 1, 2, 3 … by place.
    fn size(&self) -> usize;

    /// How much may happen.
    fn bounds(&self) -> Bounds;

    /// The machine at a place when it starts, with what is durable there. `life` is 1 at first, and greater after each
    /// restart of any node.
    fn start(&self, place: usize, life: u64, record: Option<&RecordOf<Self>>, now: Instant) -> Self::Machine;

    /// Counts all instants of a machine from so much later: see [`Rebase`](quorate::Rebase).
    fn rebase(&self, machine: &mut Self::Machine, now: Instant, by: Duration);

    /// Counts all instants in a message from so much later.
    fn rebase_message(&self, message: &mut MessageOf<Self>, now: Instant, by: Duration) {
        let _ = (message, now, by);
    }

    /// How many ways chance can go in one step.
    fn choices(&self) -> u32 {
        1
    }

    /// Makes chance go one of these ways in the next step, and the same way for each machine in each state.
    fn choose(&self, machine: &mut Self::Machine, choice: u32) {
        let _ = (machine, choice);
    }

    /// What the local user of a place may ask for in this state.
    fn commands(&self, place: usize, view: &View<'_, Self::Machine, Self::Memory>) -> Vec<CommandOf<Self>> {
        let _ = (place, view);
        Vec::new()
    }

    /// Remembers an event. Those of different places within a quantum come in the order of the places, so it must not make a
    /// difference in which. If it already shows that a promise is broken, the memory can say so to [`check`](Model::check).
    fn remember(&self, memory: &mut Self::Memory, place: usize, event: &EventOf<Self>) {
        let _ = (memory, place, event);
    }

    /// Whether a state is one that may be.
    ///
    /// # Errors
    ///
    /// The promise that is broken in it, and how.
    fn check(&self, view: &View<'_, Self::Machine, Self::Memory>) -> Result<(), String>;

    /// Whether it is a state that is to be reached.
    fn is_good(&self, view: &View<'_, Self::Machine, Self::Memory>) -> bool;

    /// Whether to go on from this state. Those where that is not so are counted, and nothing is claimed of what lies
    /// beyond.
    fn is_within(&self, view: &View<'_, Self::Machine, Self::Memory>) -> bool {
        let _ = view;
        true
    }
}
