//! Everything that states are made of, kept once and named by a number.

use super::Model;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::hash::Hash;
use quorate::{Machine, NodeId, To};
use std::collections::HashMap;
use std::sync::RwLock;

/// A node: its machine if it is up, and what it made durable.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Local<M: Machine<Record: Eq + Hash>> {
    pub(super) machine: Option<M>,
    pub(super) durable: Option<M::Record>,
}

/// What a step does.
#[derive(Clone, Debug)]
pub(super) struct Transition<E> {
    /// The node after it.
    pub(super) after: u32,
    /// The node if it crashes behind the last record, before what follows has left.
    pub(super) crashed: Option<u32>,
    /// Messages, and to which places.
    pub(super) sends: Vec<(u8, u32)>,
    pub(super) events: Vec<E>,
}

/// Values by number.
#[derive(Debug)]
pub(super) struct Table<T> {
    numbers: HashMap<Arc<T>, u32>,
    values: Vec<Arc<T>>,
}

impl<T: Eq + Hash> Table<T> {
    fn new() -> Self {
        Self { numbers: HashMap::new(), values: Vec::new() }
    }

    fn number(&mut self, value: T) -> u32 {
        if let Some(number) = self.numbers.get(&value) {
            return *number;
        }
        let (number, value) = (self.values.len() as u32, Arc::new(value));
        self.values.push(Arc::clone(&value));
        self.numbers.insert(value, number);
        number
    }
}

/// A [`Table`] that several threads share.
#[derive(Debug)]
pub(super) struct Shared<T>(RwLock<Table<T>>);

impl<T: Eq + Hash> Shared<T> {
    pub(super) fn new() -> Self {
        Self(RwLock::new(Table::new()))
    }

    #[allow(clippy::expect_used)]
    pub(super) fn number(&self, value: T) -> u32 {
        if let Some(number) = self.0.read().expect("no thread panics").numbers.get(&value) {
            return *number;
        }
        self.0.write().expect("no thread panics").number(value)
    }

    #[allow(clippy::expect_used)]
    pub(super) fn get(&self, number: u32) -> Arc<T> {
        Arc::clone(&self.0.read().expect("no thread panics").values[number as usize])
    }

    #[allow(clippy::expect_used)]
    pub(super) fn len(&self) -> usize {
        self.0.read().expect("no thread panics").values.len()
    }
}

/// What was worked out before. Each thread has its own, since numbers are the same for all.
pub(super) struct Known<K, V>(HashMap<K, V>);

impl<K: Eq + Hash, V: Clone> Known<K, V> {
    pub(super) fn new() -> Self {
        Self(HashMap::new())
    }

    pub(super) fn get_or(&mut self, key: K, work_out: impl FnOnce() -> V) -> V {
        self.0.entry(key).or_insert_with(work_out).clone()
    }
}

pub(super) type LocalOf<T> = Local<<T as Model>::Machine>;
pub(super) type TransitionOf<T> = Arc<Transition<<<T as Model>::Machine as Machine>::Event>>;

/// The tables of a model.
pub(super) struct Tables<T: Model> {
    pub(super) locals: Shared<LocalOf<T>>,
    pub(super) messages: Shared<<T::Machine as Machine>::Message>,
    pub(super) memories: Shared<T::Memory>,
}

impl<T: Model> Tables<T> {
    pub(super) fn new() -> Self {
        Self { locals: Shared::new(), messages: Shared::new(), memories: Shared::new() }
    }
}

/// The places that a message is for, as bits.
pub(super) fn recipients(to: To, peers: &[NodeId]) -> u8 {
    let bit = |id: NodeId| 1_u8.checked_shl(id.get().wrapping_sub(1)).unwrap_or(0);
    match to {
        To::Node(id) => bit(id),
        To::Peers => peers.iter().fold(0, |bits, id| bits | bit(*id)),
    }
}
