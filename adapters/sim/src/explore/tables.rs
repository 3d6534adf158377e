//! Everything that states are made of, kept once and named by a number.

use super::Model;
use super::state::{Flight, Used};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::hash::Hash;
use hashbrown::HashMap;
use quorate::Machine;
use std::sync::{PoisonError, RwLock};

/// A node: its machine if it is up, and what it made durable.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Local<M: Machine<Record: Eq + Hash>> {
    pub(super) machine: Option<M>,
    pub(super) durable: Option<M::Record>,
}

/// Values by number, shared by all threads.
#[derive(Debug)]
pub(super) struct Table<T>(RwLock<Numbered<T>>);

#[derive(Debug)]
struct Numbered<T> {
    numbers: HashMap<Arc<T>, u32>,
    values: Vec<Arc<T>>,
}

impl<T: Eq + Hash> Table<T> {
    pub(super) fn new() -> Self {
        Self(RwLock::new(Numbered { numbers: HashMap::new(), values: Vec::new() }))
    }

    /// The number of a value, which is new if the value is.
    pub(super) fn number(&self, value: T) -> u32 {
        if let Some(number) = self.0.read().unwrap_or_else(PoisonError::into_inner).numbers.get(&value) {
            return *number;
        }
        let mut table = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(number) = table.numbers.get(&value) {
            return *number;
        }
        let (number, value) = (table.values.len() as u32, Arc::new(value));
        table.values.push(Arc::clone(&value));
        table.numbers.insert(value, number);
        number
    }

    pub(super) fn len(&self) -> usize {
        self.0.read().unwrap_or_else(PoisonError::into_inner).values.len()
    }

    /// Puts into `copy` the values that it lacks.
    fn copy_into(&self, copy: &mut Vec<Arc<T>>) {
        let table = self.0.read().unwrap_or_else(PoisonError::into_inner);
        copy.extend(table.values.get(copy.len()..).unwrap_or_default().iter().map(Arc::clone));
    }
}

/// A thread's own copy of a [`Table`], which it reads without asking the others.
#[derive(Debug)]
pub(super) struct Copy<'a, T> {
    table: &'a Table<T>,
    values: Vec<Arc<T>>,
}

impl<'a, T: Eq + Hash> Copy<'a, T> {
    pub(super) const fn new(table: &'a Table<T>) -> Self {
        Self { table, values: Vec::new() }
    }

    pub(super) fn number(&self, value: T) -> u32 {
        self.table.number(value)
    }

    /// The value of a number that the table gave out.
    pub(super) fn get(&mut self, number: u32) -> &Arc<T> {
        let index = number as usize;
        if index >= self.values.len() {
            self.table.copy_into(&mut self.values);
        }
        &self.values[index]
    }

    /// Makes sure that [`known`](Copy::known) finds this number.
    pub(super) fn learn(&mut self, number: u32) {
        let _ = self.get(number);
    }

    /// The value of a number that was [learnt](Copy::learn).
    pub(super) fn known(&self, number: u32) -> &T {
        &self.values[number as usize]
    }
}

pub(super) type LocalOf<T> = Local<<T as Model>::Machine>;
pub(super) type CommandOf<T> = <<T as Model>::Machine as Machine>::Command;
pub(super) type EventOf<T> = <<T as Model>::Machine as Machine>::Event;
pub(super) type MessageOf<T> = <<T as Model>::Machine as Machine>::Message;

/// The tables of a model.
#[derive(Debug)]
pub(super) struct Tables<T: Model> {
    pub(super) locals: Table<LocalOf<T>>,
    pub(super) messages: Table<MessageOf<T>>,
    pub(super) memories: Table<T::Memory>,
    /// What local users are told in a turn, in order.
    pub(super) tidings: Table<Vec<EventOf<T>>>,
}

impl<T: Model> Tables<T> {
    pub(super) fn new() -> Self {
        let tables =
            Self { locals: Table::new(), messages: Table::new(), memories: Table::new(), tidings: Table::new() };
        tables.tidings.number(Vec::new());
        tables
    }
}

/// The number of no tidings at all.
pub(super) const NOTHING_TOLD: u32 = 0;

/// All that a turn depends on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Case<C> {
    pub(super) place: u8,
    pub(super) local: u32,
    /// What may still happen.
    pub(super) left: Used,
    /// What is on its way to the place.
    pub(super) inbox: Vec<Flight>,
    /// What the local user may ask for.
    pub(super) commands: Vec<C>,
    /// How many restarts there were, of any node.
    pub(super) restarts: u8,
}
