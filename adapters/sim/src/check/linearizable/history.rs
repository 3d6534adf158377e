//! Calls and returns.

use super::search::{Entry, Found, Search};
use super::{Explanation, Specification};
use crate::check::Violation;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::{self, Debug};
use quorate::{Instant, NodeId};

/// A call of a [`History`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CallId(u64);

/// How a call ended.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub enum Ending<R> {
    /// It has not, and can have its effect at any time.
    Open,
    /// It returned.
    Returned {
        /// When.
        at: Instant,
        /// With what.
        outcome: R,
    },
    /// It can have an effect no longer; whether it has had one is unknown.
    Gone {
        /// Since when.
        at: Instant,
    },
}

/// What was called, by whom, and how it ended.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Call<O, R> {
    /// Who called.
    pub client: NodeId,
    /// What.
    pub operation: O,
    /// When.
    pub called: Instant,
    /// How it ended.
    pub ending: Ending<R>,
}

impl<O, R> Call<O, R> {
    /// With what it returned, if it has.
    #[must_use]
    pub const fn outcome(&self) -> Option<&R> {
        match &self.ending {
            Ending::Returned { outcome, .. } => Some(outcome),
            Ending::Open | Ending::Gone { .. } => None,
        }
    }
}

impl<O: Debug, R: Debug> fmt::Display for Call<O, R> {
    /// `Read by node 2 from 5.000s until 6.000s returned Value(0)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { client, operation, called, ending } = self;
        write!(f, "{operation:?} by node {client} from {called} ")?;
        match ending {
            Ending::Open => f.write_str("on, of unknown outcome"),
            Ending::Returned { at, outcome } => write!(f, "until {at} returned {outcome:?}"),
            Ending::Gone { at } => write!(f, "until {at}, of unknown outcome"),
        }
    }
}

/// One key's calls since the last quiet moment.
#[derive(Clone, Debug)]
struct Object<S: Specification> {
    /// The states in which it can have been then; nothing, if it is as at first.
    settled: Vec<S::State>,
    calls: Vec<Recorded<S>>,
    /// How many of them are open.
    open: usize,
}

#[derive(Clone, Debug)]
struct Recorded<S: Specification> {
    id: CallId,
    call: Call<S::Operation, S::Outcome>,
    /// The calls and returns of a history are numbered as they are told.
    begun: u64,
    ended: Option<u64>,
}

/// The calls to objects of one kind, told apart by key, as they were made and as they returned.
///
/// See the [module](super) for an example. Order is that in which it is told.
#[derive(Clone, Debug)]
pub struct History<K, S: Specification> {
    specification: S,
    limit: usize,
    objects: BTreeMap<K, Object<S>>,
    /// Where each open call is.
    open: BTreeMap<CallId, K>,
    told: u64,
}

/// So many states at most are kept for an object whose past is forgotten.
const SETTLED: usize = 64;

impl<K: Ord + Clone + Debug, S: Specification> History<K, S> {
    /// A history without calls.
    #[must_use]
    pub const fn new(specification: S) -> Self {
        Self { specification, limit: 4_000_000, objects: BTreeMap::new(), open: BTreeMap::new(), told: 0 }
    }

    /// The same, which looks at so many configurations (a set of calls and a state) of a key before it gives up. At first that is
    /// four million.
    #[must_use]
    pub fn with_limit(self, configurations: usize) -> Self {
        Self { limit: configurations, ..self }
    }

    /// A client calls.
    pub fn call(&mut self, at: Instant, client: NodeId, key: K, operation: S::Operation) -> CallId {
        let id = CallId(self.told);
        let object = self.objects.entry(key.clone()).or_insert_with(|| Object {
            settled: Vec::new(),
            calls: Vec::new(),
            open: 0,
        });
        let call = Call { client, operation, called: at, ending: Ending::Open };
        object.calls.push(Recorded { id, call, begun: self.told, ended: None });
        object.open += 1;
        self.open.insert(id, key);
        self.told += 1;
        id
    }

    /// A call returns. A call that is not open stays as it is.
    pub fn returns(&mut self, at: Instant, id: CallId, outcome: S::Outcome) {
        self.end(id, |call, now| {
            call.call.ending = Ending::Returned { at, outcome };
            call.ended = Some(now);
        });
    }

    /// A call whose outcome is unknown will have no effect from now on, if it has had none so far.
    pub fn gone(&mut self, at: Instant, id: CallId) {
        self.end(id, |call, now| {
            call.call.ending = Ending::Gone { at };
            call.ended = Some(now);
        });
    }

    /// A call has certainly had no effect.
    pub fn failed(&mut self, id: CallId) {
        let Some(key) = self.open.remove(&id) else { return };
        let Some(object) = self.objects.get_mut(&key) else { return };
        object.calls.retain(|call| call.id != id);
        object.open -= 1;
    }

    fn end(&mut self, id: CallId, how: impl FnOnce(&mut Recorded<S>, u64)) {
        let Some(key) = self.open.remove(&id) else { return };
        let Some(object) = self.objects.get_mut(&key) else { return };
        // Calls are in the order of their numbers.
        if let Ok(position) = object.calls.binary_search_by_key(&id, |call| call.id) {
            how(&mut object.calls[position], self.told);
            object.open -= 1;
            self.told += 1;
        }
    }

    /// How many calls are remembered.
    #[must_use]
    pub fn len(&self) -> usize {
        self.objects.values().map(|object| object.calls.len()).sum()
    }

    /// Whether none is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The calls of one key that are remembered, in the order in which they were made.
    pub fn calls(&self, key: &K) -> impl Iterator<Item = &Call<S::Operation, S::Outcome>> {
        self.objects.get(key).into_iter().flat_map(|object| &object.calls).map(|call| &call.call)
    }

    /// Whether the calls of every key can have taken effect one at a time.
    ///
    /// # Errors
    ///
    /// Those of a key cannot, or that was not decided within the limit. The promise is `linearizable`; `at` is when the
    /// call returned with which it broke.
    pub fn check(&self) -> Result<(), Violation> {
        self.objects.iter().try_for_each(|(key, object)| self.check_object(key, object))
    }

    /// The same, and forgets the calls of each key that has none open.
    ///
    /// # Errors
    ///
    /// As for [`check`](History::check); nothing is forgotten of a key to which that happens.
    pub fn settle(&mut self) -> Result<(), Violation> {
        let mut objects = core::mem::take(&mut self.objects);
        let settled = objects.iter_mut().try_for_each(|(key, object)| {
            if object.open > 0 || object.calls.is_empty() {
                return self.check_object(key, object);
            }
            let entries = object.entries(u64::MAX);
            let mut search = Search::new(&self.specification, &entries, self.limit);
            let starts = object.starts(&self.specification);
            match search.all_ends(&starts, SETTLED) {
                Some(ends) if !ends.is_empty() => {
                    object.settled = ends;
                    object.calls = Vec::new();
                    Ok(())
                }
                // Too many, or none: remember, or tell.
                _ => self.check_object(key, object),
            }
        });
        self.objects = objects;
        settled
    }

    /// Why the calls of a key cannot have taken effect one at a time; `None` if they can, or if that is undecided.
    #[must_use]
    pub fn explain(&self, key: &K) -> Option<Explanation<S>> {
        let object = self.objects.get(key)?;
        match self.search(object, u64::MAX) {
            Found::Never => self.explain_object(object),
            _ => None,
        }
    }

    fn check_object(&self, key: &K, object: &Object<S>) -> Result<(), Violation> {
        let decided = match self.search(object, u64::MAX) {
            Found::Order(_) => return Ok(()),
            Found::Never => String::new(),
            Found::Undecided => {
                format!(" (so far: within {} configurations no order was found, and not all were tried)", self.limit)
            }
        };
        let Some(explanation) = self.explain_object(object) else {
            let because = format!("of {key:?}, the calls fit no order{decided}");
            return Err(Violation::new("linearizable", because, Instant::FAR_FUTURE));
        };
        let because = format!("of {key:?}, {explanation}{decided}");
        let client = explanation.misplaced.client;
        Err(Violation::new("linearizable", because, explanation.at()).with_node(client))
    }

    /// Looks for an order of what was told before number `until`.
    fn search(&self, object: &Object<S>, until: u64) -> Found {
        Search::new(&self.specification, &object.entries(until), self.limit)
            .one_order(&object.starts(&self.specification))
    }

    /// The first return with which no order was found. What comes before a return and fits no order fits none after it, so it can be
    /// found by halving.
    fn explain_object(&self, object: &Object<S>) -> Option<Explanation<S>> {
        let mut ends: Vec<u64> = object.calls.iter().filter_map(|call| call.ended).collect();
        ends.sort_unstable();
        let broken = ends.partition_point(|end| matches!(self.search(object, end + 1), Found::Order(_)));
        let end = *ends.get(broken)?;
        let misplaced = object.calls.iter().find(|call| call.ended == Some(end))?;
        let Found::Order(order) = self.search(object, end) else { return None };
        let known = |&call: &usize| {
            let call = &object.calls[call];
            let is_known = call.ended.is_some_and(|ended| ended < end);
            let ending = if is_known { call.call.ending.clone() } else { Ending::Open };
            Call { ending, ..call.call.clone() }
        };
        let calls = order.calls.iter().map(known).collect();
        let start = object.starts(&self.specification).into_iter().nth(order.start)?;
        Some(Explanation::new(&self.specification, start, calls, misplaced.call.clone()))
    }
}

impl<S: Specification> Object<S> {
    /// The calls as they were before number `until`.
    fn entries(&self, until: u64) -> Vec<Entry<'_, S>> {
        let begun = self.calls.iter().take_while(|call| call.begun < until);
        begun
            .map(|call| {
                let ended = call.ended.filter(|ended| *ended < until);
                let outcome = call.call.outcome().filter(|_| ended.is_some());
                Entry { operation: &call.call.operation, outcome, begun: call.begun, ended }
            })
            .collect()
    }

    /// The states from which they may have begun.
    fn starts(&self, specification: &S) -> Vec<S::State> {
        if self.settled.is_empty() { Vec::from([specification.initial()]) } else { self.settled.clone() }
    }
}
