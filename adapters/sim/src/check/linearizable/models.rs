//! What registers, counters, queues and locks do.

use super::Specification;
use crate::world::Digest;
use alloc::collections::{BTreeMap, VecDeque};
use alloc::vec::Vec;
use core::fmt::Debug;
use core::hash::Hash;
use quorate::NodeId;

/// A value that is read and written.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Register<V> {
    initial: V,
}

impl<V> Register<V> {
    /// A register that holds this at first.
    #[must_use]
    pub const fn new(initial: V) -> Self {
        Self { initial }
    }
}

/// What can be asked of a [`Register`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum RegisterCall<V> {
    /// What does it hold?
    Read,
    /// It is to hold this.
    Write(V),
    /// If it holds `old`, it is to hold `new`.
    CompareAndSet {
        /// What it must hold.
        old: V,
        /// What it is to hold.
        new: V,
    },
}

/// What a [`Register`] answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum RegisterOutcome<V> {
    /// To a read: what it holds.
    Value(V),
    /// To a write: it holds that.
    Done,
    /// To a comparison: whether it held `old`, and so holds `new`.
    Set(bool),
}

impl<V: Clone + Eq + Hash + Debug> Specification for Register<V> {
    type State = V;
    type Operation = RegisterCall<V>;
    type Outcome = RegisterOutcome<V>;

    fn initial(&self) -> V {
        self.initial.clone()
    }

    fn after(&self, held: &V, operation: &RegisterCall<V>, outcome: Option<&RegisterOutcome<V>>) -> Option<V> {
        let (new, answer) = match operation {
            RegisterCall::Read => (held, RegisterOutcome::Value(held)),
            RegisterCall::Write(new) => (new, RegisterOutcome::Done),
            RegisterCall::CompareAndSet { old, new } if old == held => (new, RegisterOutcome::Set(true)),
            RegisterCall::CompareAndSet { .. } => (held, RegisterOutcome::Set(false)),
        };
        let fits = match (outcome, answer) {
            (None, _) | (Some(RegisterOutcome::Done), RegisterOutcome::Done) => true,
            (Some(RegisterOutcome::Value(told)), RegisterOutcome::Value(held)) => told == held,
            (Some(RegisterOutcome::Set(told)), RegisterOutcome::Set(set)) => *told == set,
            _ => false,
        };
        fits.then(|| new.clone())
    }
}

/// A number that is added to; it wraps around.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Counter;

/// What can be asked of a [`Counter`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum CounterCall {
    /// Add this, which can be negative.
    Add(i64),
    /// How much is it?
    Read,
}

/// What a [`Counter`] answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum CounterOutcome {
    /// To an addition: it is added.
    Added,
    /// To either: so much it is, after what was asked.
    Value(i64),
}

impl Specification for Counter {
    type State = i64;
    type Operation = CounterCall;
    type Outcome = CounterOutcome;

    fn initial(&self) -> i64 {
        0
    }

    fn after(&self, count: &i64, operation: &CounterCall, outcome: Option<&CounterOutcome>) -> Option<i64> {
        let new = match operation {
            CounterCall::Add(more) => count.wrapping_add(*more),
            CounterCall::Read => *count,
        };
        let fits = match outcome {
            None => true,
            Some(CounterOutcome::Added) => matches!(operation, CounterCall::Add(_)),
            Some(CounterOutcome::Value(told)) => *told == new,
        };
        fits.then_some(new)
    }
}

/// First in, first out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Queue<V> {
    values: core::marker::PhantomData<fn() -> V>,
}

impl<V> Queue<V> {
    /// A queue that is empty at first.
    #[must_use]
    pub const fn new() -> Self {
        Self { values: core::marker::PhantomData }
    }
}

impl<V> Default for Queue<V> {
    fn default() -> Self {
        Self::new()
    }
}

/// What can be asked of a [`Queue`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum QueueCall<V> {
    /// Append this.
    Enqueue(V),
    /// Take out the first.
    Dequeue,
}

/// What a [`Queue`] answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum QueueOutcome<V> {
    /// It is in.
    Enqueued,
    /// It is out; `None`: there was none.
    Dequeued(Option<V>),
}

impl<V: Clone + Eq + Hash + Debug> Specification for Queue<V> {
    type State = VecDeque<V>;
    type Operation = QueueCall<V>;
    type Outcome = QueueOutcome<V>;

    fn initial(&self) -> VecDeque<V> {
        VecDeque::new()
    }

    fn after(
        &self,
        queue: &VecDeque<V>,
        operation: &QueueCall<V>,
        outcome: Option<&QueueOutcome<V>>,
    ) -> Option<VecDeque<V>> {
        let fits = match (operation, outcome) {
            (_, None) | (QueueCall::Enqueue(_), Some(QueueOutcome::Enqueued)) => true,
            (QueueCall::Dequeue, Some(QueueOutcome::Dequeued(value))) => value.as_ref() == queue.front(),
            _ => false,
        };
        fits.then(|| {
            let mut queue = queue.clone();
            match operation {
                QueueCall::Enqueue(value) => queue.push_back(value.clone()),
                QueueCall::Dequeue => drop(queue.pop_front()),
            }
            queue
        })
    }

    /// What is taken out first was put in first.
    fn ranks(&self, calls: &[(&QueueCall<V>, Option<&QueueOutcome<V>>)]) -> Vec<usize> {
        let digest = |value: &V| {
            let mut digest = Digest::new();
            digest.add(value);
            digest.value()
        };
        let taken = calls.iter().enumerate().filter_map(|(number, (_, outcome))| match outcome {
            Some(QueueOutcome::Dequeued(Some(value))) => Some((digest(value), number + 1)),
            _ => None,
        });
        let taken: BTreeMap<u64, usize> = taken.collect();
        let rank = |(operation, _): &(&QueueCall<V>, _)| match operation {
            QueueCall::Enqueue(value) => taken.get(&digest(value)).copied().unwrap_or(usize::MAX),
            QueueCall::Dequeue => 0,
        };
        calls.iter().map(rank).collect()
    }
}

/// A lock with fencing tokens that grow with every new holder, and a lease that can run out.
///
/// A lease that *can* run out is a call of [`LockCall::Expire`] beside the call that acquires it, made by whoever would take the
/// lock away and with no outcome: it may take effect at any time, or never. When it has certainly run out, let that call return
/// [`LockOutcome::Released`], or be [gone](super::History::gone) if the holder may have released the lock itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Lock;

/// What can be asked of a [`Lock`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum LockCall {
    /// This client wants it.
    Acquire {
        /// Who.
        client: NodeId,
    },
    /// This client gives it up.
    Release {
        /// Who.
        client: NodeId,
        /// With which token it holds it.
        token: u64,
    },
    /// This client's lease runs out.
    Expire {
        /// Whose.
        client: NodeId,
    },
}

/// What a [`Lock`] answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum LockOutcome {
    /// The client holds it, with this token: a new one, or the one with which it already held it.
    Granted(u64),
    /// Another one holds it.
    Busy,
    /// It is free.
    Released,
    /// The client does not hold it with that token.
    NotHeld,
}

/// What a [`Lock`] is like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct LockState {
    /// Who holds it, and with which token, if anybody but the lock knows.
    pub holder: Option<(NodeId, Option<u64>)>,
    /// The highest token that anybody was told.
    pub highest: u64,
}

impl Specification for Lock {
    type State = LockState;
    type Operation = LockCall;
    type Outcome = LockOutcome;

    fn initial(&self) -> LockState {
        LockState::default()
    }

    fn after(&self, lock: &LockState, operation: &LockCall, outcome: Option<&LockOutcome>) -> Option<LockState> {
        let LockState { holder, highest } = *lock;
        let held_by = |client: &NodeId| holder.is_some_and(|(holder, _)| holder == *client);
        let free = LockState { holder: None, highest };
        match (operation, outcome) {
            (LockCall::Acquire { client }, None) if holder.is_none() => {
                Some(LockState { holder: Some((*client, None)), highest })
            }
            (LockCall::Acquire { client }, Some(LockOutcome::Granted(token))) => match holder {
                Some((other, _)) if other != *client => None,
                Some((_, Some(same))) => (same == *token).then_some(*lock),
                Some((_, None)) | None => {
                    let granted = LockState { holder: Some((*client, Some(*token))), highest: *token };
                    (*token > highest).then_some(granted)
                }
            },
            (LockCall::Acquire { client }, Some(LockOutcome::Busy)) => {
                (holder.is_some() && !held_by(client)).then_some(*lock)
            }
            (LockCall::Release { client, token }, None | Some(LockOutcome::Released)) => {
                (holder == Some((*client, Some(*token)))).then_some(free)
            }
            (LockCall::Release { client, token }, Some(LockOutcome::NotHeld)) => {
                (holder != Some((*client, Some(*token)))).then_some(*lock)
            }
            (LockCall::Expire { client }, None | Some(LockOutcome::Released)) => held_by(client).then_some(free),
            (LockCall::Expire { client }, Some(LockOutcome::NotHeld)) => (!held_by(client)).then_some(*lock),
            _ => None,
        }
    }
}
