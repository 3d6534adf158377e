//! What runs in a world.

use super::Fate;
use core::fmt::Debug;
use core::hash::Hash;
use core::marker::PhantomData;
use quorate::{Incarnation, Instant, Machine, NodeId, Random, Seed};

/// A [`Machine`] whose inputs and outputs can be compared, hashed and printed: what a world asks of the machines that run
/// in it. Every machine whose types derive the usual traits is one by itself.
pub trait Simulated:
    Machine<
        Command: Clone + PartialEq + Debug,
        Message: PartialEq + Hash + Debug,
        Record: PartialEq + Hash + Debug,
        Event: PartialEq + Hash + Debug,
    >
{
}

impl<M> Simulated for M where
    M: Machine<
            Command: Clone + PartialEq + Debug,
            Message: PartialEq + Hash + Debug,
            Record: PartialEq + Hash + Debug,
            Event: PartialEq + Hash + Debug,
        >
{
}

/// All that a machine may know when it starts.
#[derive(Debug)]
pub struct Birth<'a, R> {
    /// Where the node stands among all of the world's, from 0. Two nodes can claim one identity, but no two one place.
    pub place: usize,
    /// The node.
    pub node: NodeId,
    /// Which of its lives begins, from 1.
    pub incarnation: Incarnation,
    /// What was durable when the life before ended; nothing if it stored nothing, or if its storage was lost.
    pub record: Option<&'a R>,
    /// Randomness of its own.
    pub seed: Seed,
    /// What its clock shows.
    pub now: Instant,
}

/// What runs in a world: how a node's machine starts, and how one that lies would lie.
///
/// A closure from a [`Birth`] to a machine becomes one by [`from_fn`].
pub trait Subject {
    /// The machine.
    type Machine: Simulated;

    /// The machine of a node that starts, for the first time or again.
    fn start(&mut self, birth: Birth<'_, <Self::Machine as Machine>::Record>) -> Self::Machine;

    /// What a Byzantine node could say in place of this, if it can say anything else. By default it cannot.
    fn lie(
        &mut self,
        message: &<Self::Machine as Machine>::Message,
        random: &mut Random,
    ) -> Option<<Self::Machine as Machine>::Message> {
        let _ = (message, random);
        None
    }

    /// What becomes of a message that is being sent: by default what the network says. For tests that lose or delay
    /// this one message and not that one.
    #[inline]
    fn intercept(&mut self, passing: Passing<'_, <Self::Machine as Machine>::Message>) -> Fate {
        passing.fate
    }
}

/// A message on its way from one node to another, one copy of it.
#[derive(Clone, Copy, Debug)]
pub struct Passing<'a, M> {
    /// When it was sent, in true time.
    pub at: Instant,
    /// From which place.
    pub from: usize,
    /// To which place.
    pub to: usize,
    /// What it says.
    pub message: &'a M,
    /// What becomes of it if nobody interferes.
    pub fate: Fate,
}

/// A [`Subject`] made of a closure. See [`from_fn`].
#[derive(Clone, Copy, Debug)]
pub struct FromFn<M, F> {
    start: F,
    machine: PhantomData<fn() -> M>,
}

/// The subject whose machines are made by a closure. See [`World`](super::World) for an example.
pub const fn from_fn<M, F>(start: F) -> FromFn<M, F>
where
    M: Simulated,
    F: FnMut(Birth<'_, M::Record>) -> M,
{
    FromFn { start, machine: PhantomData }
}

impl<M, F> Subject for FromFn<M, F>
where
    M: Simulated,
    F: FnMut(Birth<'_, M::Record>) -> M,
{
    type Machine = M;

    fn start(&mut self, birth: Birth<'_, M::Record>) -> M {
        (self.start)(birth)
    }
}
