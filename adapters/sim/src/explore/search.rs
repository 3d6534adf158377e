//! Breadth-first search, on all cores.

use super::expand::Expander;
use super::state::State;
use super::tables::Tables;
use super::visited::{Print, Visited, fingerprint};
use super::{Counterexample, Model, Report};
use crate::Answer;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::sync::atomic::{AtomicUsize, Ordering};
use core::time::Duration;
use std::sync::Mutex;
use std::thread;

/// Explores models.
///
/// ```
/// use core::time::Duration;
/// use quorate::clock::{Config, LamportClock, Process};
/// use quorate::{Group, Instant, NodeId};
/// use quorate_sim::explore::{Bounds, Explorer, Model, View};
///
/// /// Two processes that say nothing.
/// struct Silence;
///
/// impl Model for Silence {
///     type Machine = Process<LamportClock, (), 1>;
///     type Memory = ();
///     fn name(&self) -> String { "silence".into() }
///     fn size(&self) -> usize { 2 }
///     fn bounds(&self) -> Bounds { Bounds { crashes: 1, ..Bounds::quiet(Duration::from_millis(10)) } }
///     fn start(&self, place: usize, _: u64, _: Option<&quorate::clock::LamportStamp>, now: Instant) -> Self::Machine {
///         let [me, other] = [[1, 2], [2, 1]][place].map(NodeId::new);
///         let config = Config::new(Group::new(me, &[other]).unwrap(), LamportClock::new(me), 0).unwrap();
///         Process::new(config, None, (), now)
///     }
///     fn rebase(&self, _: &mut Self::Machine, _: Instant, _: Duration) {} // it never looks at the time
///     fn check(&self, _: &View<'_, Self::Machine, ()>) -> Result<(), String> { Ok(()) }
///     fn is_good(&self, _: &View<'_, Self::Machine, ()>) -> bool { true }
/// }
///
/// let report = Explorer::default().explore(&Silence, |_| ());
/// assert!(report.is_good());
/// assert_eq!(report.states, 3); // both are up, or one of them
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Explorer {
    /// After how many states to stop. An exploration that stops does not pass.
    pub most_states: usize,
    /// On how many threads; as many as there are cores, if 0.
    pub threads: usize,
}

impl Default for Explorer {
    /// Up to a hundred million states, on all cores.
    fn default() -> Self {
        Self { most_states: 100_000_000, threads: 0 }
    }
}

/// How far an exploration is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// How many states have been reached.
    pub states: usize,
    /// How many quanta they are away from the first.
    pub depth: u64,
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} states, {} quanta deep", self.states, self.depth)
    }
}

/// How many states of a layer are expanded before their successors are entered, so that what waits for that stays small.
const SLICE: usize = 1 << 13;

/// What follows from a state.
struct Expanded {
    successors: Vec<Found>,
    /// What is wrong between the state and its successors.
    midway: Option<String>,
}

/// A successor that was found.
struct Found {
    print: Print,
    /// Its encoding, and what is to be said of it; nothing if it was known already.
    new: Option<New>,
}

struct New {
    bytes: Vec<u8>,
    wrong: Option<String>,
    good: bool,
    within: bool,
}

/// An exploration under way.
struct Search {
    visited: Visited,
    /// The states of the next layer, encoded. Those at the edge are entered with nothing to expand.
    frontier: Vec<Vec<u8>>,
    report: Report,
    /// The first thing that was wrong: in which state or just behind it, and what.
    wrong: Option<(u32, String)>,
    fullest: usize,
}

impl Explorer {
    /// Explores all that can be reached. `progress` hears now and then how far it is, and may [end](Answer) it; it is not complete then.
    pub fn explore<T: Model, A: Answer>(&self, model: &T, progress: impl Fn(Progress) -> A) -> Report {
        let begun = std::time::Instant::now();
        let tables = Tables::new();
        let cores = thread::available_parallelism().map_or(1, core::num::NonZero::get);
        let threads = if self.threads == 0 { cores } else { self.threads };
        let mut expanders: Vec<Expander<'_, T>> = (0..threads).map(|_| Expander::new(model, &tables)).collect();
        let mut search = Search::new(model);
        if let Some(expander) = expanders.first_mut() {
            let initial = expander.initial();
            let new = judge(expander, &initial);
            search.enter(0, 0, Found { print: fingerprint(&new.bytes), new: Some(new) });
        }
        let goes_on = |so_far: Progress| progress(so_far).goes_on() && so_far.states <= self.most_states;
        while !search.frontier.is_empty() && search.report.complete {
            search.layer(&mut expanders, &goes_on);
        }
        search.report.local_states = tables.locals.len() as u64;
        let mut report = search.end(expanders.first_mut());
        report.seconds = begun.elapsed().as_secs_f64();
        report.states_per_second = report.states as f64 / report.seconds.max(1e-9);
        report
    }
}

impl Search {
    fn new<T: Model>(model: &T) -> Self {
        let report = Report {
            model: model.name(),
            bounds: model.bounds(),
            states: 0,
            transitions: 0,
            at_the_edge: 0,
            local_states: 0,
            depth: 0,
            complete: true,
            violations: 0,
            traps: 0,
            good: 0,
            counterexample: None,
            seconds: 0.0,
            states_per_second: 0.0,
            bytes_per_state: 0.0,
        };
        Self { visited: Visited::default(), frontier: Vec::new(), report, wrong: None, fullest: 0 }
    }

    /// Expands all states of the frontier, unless it is told not to go on.
    fn layer<T: Model>(&mut self, expanders: &mut [Expander<'_, T>], goes_on: &impl Fn(Progress) -> bool) {
        let layer = core::mem::take(&mut self.frontier);
        let mut numbers = Vec::new();
        for states in layer.chunks(SLICE) {
            for Expanded { successors, midway } in expand(expanders, states, &self.visited) {
                let parent = self.visited.expanded() as u32;
                if let Some(because) = midway {
                    self.report.violations += 1;
                    self.wrong.get_or_insert((parent, because));
                }
                self.report.transitions += successors.len() as u64;
                numbers.clear();
                for (ordinal, found) in (0..).zip(successors) {
                    numbers.push(self.enter(parent, ordinal, found));
                }
                self.visited.expand(&mut numbers);
            }
            if !goes_on(Progress { states: self.visited.len(), depth: self.report.depth + 1 }) {
                self.report.complete = false;
                break;
            }
        }
        let waiting = layer.iter().chain(&self.frontier).map(|bytes| bytes.capacity() + size_of::<Vec<u8>>());
        self.fullest = self.fullest.max(self.visited.bytes() + waiting.sum::<usize>());
        self.report.depth += 1;
    }

    /// Enters a successor, and returns its number.
    fn enter(&mut self, parent: u32, ordinal: u32, found: Found) -> u32 {
        if let Some(number) = self.visited.number(&found.print) {
            return number;
        }
        let New { bytes, wrong, good, within } = found.new.unwrap_or_else(|| unreachable!("it was not known"));
        let number = self.visited.add(found.print, parent, ordinal, good || !within);
        self.report.at_the_edge += u64::from(!within);
        if let Some(because) = wrong {
            self.report.violations += 1;
            self.wrong.get_or_insert((number, because));
        }
        self.frontier.push(if within { bytes } else { Vec::new() });
        number
    }

    /// What was found in the end.
    fn end<T: Model>(self, expander: Option<&mut Expander<'_, T>>) -> Report {
        let Self { visited, mut report, mut wrong, fullest, .. } = self;
        report.states = visited.len() as u64;
        report.good = visited.good() - report.at_the_edge;
        report.bytes_per_state = fullest as f64 / report.states.max(1) as f64;
        if report.complete && wrong.is_none() {
            let trapped = visited.trapped();
            report.traps = trapped.len() as u64;
            wrong = trapped.first().map(|first| (*first, String::from("no good state can be reached any more")));
        }
        report.counterexample =
            wrong.zip(expander).map(|((number, because), expander)| tell(expander, &visited.way(number), because));
        report
    }
}

/// How a state was reached: its way is walked again, this time with a word on each move.
fn tell<T: Model>(expander: &mut Expander<'_, T>, way: &[u32], because: String) -> Counterexample {
    let mut state = expander.initial();
    let mut at = Duration::ZERO;
    let mut moves = Vec::new();
    for ordinal in way {
        let Some((next, then, more)) = expander.moves(&state, at, *ordinal) else { break };
        moves.extend(more);
        (state, at) = (next, then);
    }
    Counterexample { because, nodes: state.locals.len(), moves }
}

fn judge<T: Model>(expander: &mut Expander<'_, T>, state: &State) -> New {
    let mut bytes = Vec::new();
    state.encode(&mut bytes);
    bytes.shrink_to_fit();
    let (wrong, good, within) =
        expander.view(state, |model, view| (model.check(view).err(), model.is_good(view), model.is_within(view)));
    New { bytes, wrong, good, within }
}

/// What follows from each of these states.
fn expand<T: Model>(expanders: &mut [Expander<'_, T>], states: &[Vec<u8>], visited: &Visited) -> Vec<Expanded> {
    const AT_ONCE: usize = 64;
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<(usize, Vec<Expanded>)>> = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for expander in expanders.iter_mut() {
            let (next, done) = (&next, &done);
            scope.spawn(move || {
                loop {
                    let chunk = next.fetch_add(1, Ordering::Relaxed);
                    let Some(states) = states.chunks(AT_ONCE).nth(chunk) else { return };
                    let expanded = states.iter().map(|state| successors(expander, state, visited)).collect();
                    if let Ok(mut done) = done.lock() {
                        done.push((chunk, expanded));
                    }
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_default();
    done.sort_unstable_by_key(|(chunk, _)| *chunk);
    done.into_iter().flat_map(|(_, expanded)| expanded).collect()
}

fn successors<T: Model>(expander: &mut Expander<'_, T>, state: &[u8], visited: &Visited) -> Expanded {
    let Some(state) = State::decode(state) else { return Expanded { successors: Vec::new(), midway: None } };
    let (mut successors, mut fresh, mut bytes) = (Vec::new(), Vec::new(), Vec::new());
    let midway = expander.expand(&state, |successor| {
        bytes.clear();
        successor.encode(&mut bytes);
        let print = fingerprint(&bytes);
        if visited.number(&print).is_none() {
            fresh.push((successors.len(), successor.clone()));
        }
        successors.push(Found { print, new: None });
    });
    for (index, successor) in fresh {
        let new = judge(expander, &successor);
        if let Some(found) = successors.get_mut(index) {
            found.new = Some(new);
        }
    }
    Expanded { successors, midway }
}
