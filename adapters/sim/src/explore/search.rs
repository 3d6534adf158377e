//! Breadth-first search, on all cores.

use super::expand::{Expander, State};
use super::tables::Tables;
use super::{Counterexample, Model, Report};
use crate::Answer;
use crate::world::Digest;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::hash::{BuildHasherDefault, Hasher};
use core::sync::atomic::{AtomicUsize, Ordering};
use std::collections::HashMap;
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
    /// How many steps they are away from the first.
    pub depth: u64,
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} states, {} steps deep", self.states, self.depth)
    }
}

/// A fingerprint, as four words so that it does not ask for more room than it has.
type Print = [u32; 4];

#[derive(Default)]
struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        if let Some(first) = bytes.first_chunk::<8>() {
            self.0 = u64::from_le_bytes(*first);
        }
    }
    fn write_usize(&mut self, _: usize) {}
}

fn fingerprint(bytes: &[u8]) -> Print {
    let (mut first, mut second) = (Digest::new(), Digest::new());
    second.word(0x452_821e_638d_0137);
    for half in [&mut first, &mut second] {
        half.write(bytes);
        half.word(bytes.len() as u64);
    }
    let (a, b) = (first.value(), second.value());
    [a as u32, (a >> 32) as u32, b as u32, (b >> 32) as u32]
}

/// A successor that was found.
struct Found {
    print: Print,
    ordinal: u16,
    /// Its encoding, and what is to be said of it; nothing if it was known already.
    new: Option<New>,
}

struct New {
    bytes: Vec<u8>,
    wrong: Option<String>,
    good: bool,
    within: bool,
}

/// All that is kept of the states that were visited.
#[derive(Default)]
struct Visited {
    numbers: HashMap<Print, u32, BuildHasherDefault<AsItIs>>,
    /// For each state, from which it was first reached, and as its how-manieth successor.
    parents: Vec<u32>,
    ordinals: Vec<u16>,
    /// Successors, one state's behind another's, and where each one's begin.
    successors: Vec<u32>,
    begins: Vec<u32>,
    good: Vec<bool>,
    fullest: usize,
}

impl Visited {
    fn bytes(&self, frontier: usize) -> usize {
        // A map keeps an entry and a byte beside it for each of its buckets, of which it fills seven eighths at most.
        let buckets = (self.numbers.capacity() * 8 / 7).next_power_of_two();
        buckets * (size_of::<(Print, u32)>() + 1)
            + (self.parents.capacity() + self.begins.capacity() + self.successors.capacity()) * size_of::<u32>()
            + self.ordinals.capacity() * size_of::<u16>()
            + self.good.capacity()
            + frontier
    }
}

impl Explorer {
    /// Explores all that can be reached. `progress` hears now and then how far it is, and may [end](Answer) it; it is not complete then.
    pub fn explore<T: Model, A: Answer>(&self, model: &T, progress: impl Fn(Progress) -> A) -> Report {
        let begun = std::time::Instant::now();
        let tables = Tables::new();
        let cores = thread::available_parallelism().map_or(1, core::num::NonZero::get);
        let threads = if self.threads == 0 { cores } else { self.threads };
        let mut expanders: Vec<Expander<'_, T>> = (0..threads).map(|_| Expander::new(model, &tables)).collect();
        let mut visited = Visited::default();
        let mut report = Report {
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

        let mut wrong: Option<(u32, String)> = None;
        let mut frontier: Vec<Vec<u8>> = Vec::new();
        if let Some(expander) = expanders.first() {
            let initial = expander.initial();
            let new = judge(expander, &initial);
            let found = Found { print: fingerprint(&new.bytes), ordinal: 0, new: Some(new) };
            visited.add(0, found, &mut frontier, &mut report, &mut wrong);
        }
        visited.begins.clear();
        visited.successors.clear();
        while !frontier.is_empty() && report.complete {
            let first = visited.begins.len() as u32;
            let layer = core::mem::take(&mut frontier);
            // A slice of the layer at a time, so that what waits to be entered stays small.
            for (slice, states) in layer.chunks(1 << 14).enumerate() {
                let found = expand(&mut expanders, states, &visited.numbers);
                for (index, successors) in found.into_iter().enumerate() {
                    visited.begins.push(visited.successors.len() as u32);
                    let parent = first + (slice << 14) as u32 + index as u32;
                    for found in successors {
                        let number = visited.add(parent, found, &mut frontier, &mut report, &mut wrong);
                        visited.successors.push(number);
                    }
                }
                // Also within a layer: those of a large model take minutes.
                let so_far = Progress { states: visited.parents.len(), depth: report.depth + 1 };
                if !progress(so_far).goes_on() || so_far.states > self.most_states {
                    report.complete = false;
                    break;
                }
            }
            let waiting: usize =
                layer.iter().chain(&frontier).map(|bytes| bytes.capacity() + size_of::<Vec<u8>>()).sum();
            visited.fullest = visited.fullest.max(visited.bytes(waiting));
            report.depth += 1;
        }
        report.states = visited.parents.len() as u64;
        report.transitions = visited.successors.len() as u64;
        report.local_states = tables.locals.len() as u64;
        report.good = visited.good.iter().filter(|good| **good).count() as u64;
        report.bytes_per_state = visited.fullest as f64 / report.states.max(1) as f64;
        if report.complete && wrong.is_none() {
            let trapped = visited.trapped();
            report.traps = trapped.len() as u64;
            wrong = trapped.first().map(|first| (*first, String::from("no good state can be reached any more")));
        }
        report.counterexample = wrong
            .zip(expanders.first_mut())
            .map(|((number, because), expander)| Counterexample { because, steps: visited.path(number, expander) });
        report.seconds = begun.elapsed().as_secs_f64();
        report.states_per_second = report.states as f64 / report.seconds.max(1e-9);
        report
    }
}

impl Visited {
    /// Enters a successor, and returns its number.
    fn add(
        &mut self,
        parent: u32,
        found: Found,
        frontier: &mut Vec<Vec<u8>>,
        report: &mut Report,
        wrong: &mut Option<(u32, String)>,
    ) -> u32 {
        if let Some(number) = self.numbers.get(&found.print) {
            return *number;
        }
        let number = self.parents.len() as u32;
        self.numbers.insert(found.print, number);
        self.parents.push(parent);
        self.ordinals.push(found.ordinal);
        let Some(new) = found.new else { return number };
        // What lies beyond the edge is not known, so it is not held against the state at the edge.
        self.good.push(new.good || !new.within);
        report.at_the_edge += u64::from(!new.within);
        if let Some(because) = new.wrong {
            report.violations += 1;
            wrong.get_or_insert((number, because));
        }
        // States keep their order, so an edge state is entered with nothing to expand.
        frontier.push(if new.within { new.bytes } else { Vec::new() });
        number
    }

    /// The states from which no good one can be reached, in the order in which they were found.
    fn trapped(&self) -> Vec<u32> {
        let mut free = self.good.clone();
        loop {
            let mut changed = false;
            for number in (0..self.begins.len()).rev() {
                if free.get(number) != Some(&false) {
                    continue;
                }
                let begin = self.begins.get(number).copied().unwrap_or(0) as usize;
                let end = self.begins.get(number + 1).map_or(self.successors.len(), |end| *end as usize);
                let successors = self.successors.get(begin..end).unwrap_or_default();
                if successors.iter().any(|next| free.get(*next as usize) == Some(&true)) {
                    free[number] = true;
                    changed = true;
                }
            }
            if !changed {
                return (0..).zip(&free).filter(|(_, free)| !**free).map(|(number, _)| number).collect();
            }
        }
    }

    /// How a state was reached: its way is walked again, this time with a word on each step.
    fn path<T: Model>(&self, number: u32, expander: &mut Expander<'_, T>) -> Vec<String> {
        let mut ordinals = Vec::new();
        let mut at = number;
        while at != 0 {
            ordinals.extend(self.ordinals.get(at as usize).copied());
            at = self.parents.get(at as usize).copied().unwrap_or(0);
        }
        let mut steps = Vec::new();
        let mut state = expander.initial();
        for ordinal in ordinals.into_iter().rev() {
            let (mut next, mut count) = (None, 0);
            expander.expand(&state, true, |successor, text| {
                if count == ordinal {
                    next = Some((successor, text.unwrap_or_default()));
                }
                count += 1;
            });
            let Some((successor, text)) = next else { break };
            state = successor;
            steps.push(text);
        }
        steps
    }
}

fn judge<T: Model>(expander: &Expander<'_, T>, state: &State) -> New {
    let mut bytes = Vec::new();
    state.encode(&mut bytes);
    bytes.shrink_to_fit();
    let (wrong, good, within) = expander.view(state, |view| {
        let model = expander.model;
        (model.check(view).err(), model.is_good(view), model.is_within(view))
    });
    New { bytes, wrong, good, within }
}

/// The successors of each of these states.
fn expand<T: Model>(
    expanders: &mut [Expander<'_, T>],
    states: &[Vec<u8>],
    known: &HashMap<Print, u32, BuildHasherDefault<AsItIs>>,
) -> Vec<Vec<Found>> {
    const AT_ONCE: usize = 256;
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<(usize, Vec<Vec<Found>>)>> = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for expander in expanders.iter_mut() {
            let (next, done) = (&next, &done);
            scope.spawn(move || {
                let mut bytes = Vec::new();
                loop {
                    let chunk = next.fetch_add(1, Ordering::Relaxed);
                    let Some(states) = states.chunks(AT_ONCE).nth(chunk) else { return };
                    let found = states.iter().map(|state| successors(expander, state, known, &mut bytes)).collect();
                    if let Ok(mut done) = done.lock() {
                        done.push((chunk, found));
                    }
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_default();
    done.sort_unstable_by_key(|(chunk, _)| *chunk);
    done.into_iter().flat_map(|(_, found)| found).collect()
}

fn successors<T: Model>(
    expander: &mut Expander<'_, T>,
    state: &[u8],
    known: &HashMap<Print, u32, BuildHasherDefault<AsItIs>>,
    bytes: &mut Vec<u8>,
) -> Vec<Found> {
    let Some(state) = State::decode(state) else { return Vec::new() };
    let mut states = Vec::new();
    expander.expand(&state, false, |successor, _| states.push(successor));
    let describe = |(ordinal, successor): (usize, State)| {
        bytes.clear();
        successor.encode(bytes);
        let print = fingerprint(bytes);
        let new = (!known.contains_key(&print)).then(|| judge(expander, &successor));
        Found { print, ordinal: ordinal as u16, new }
    };
    states.into_iter().enumerate().map(describe).collect()
}
