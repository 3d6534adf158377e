//! What can happen in a state.

use super::model::{Bounds, Model, View};
use super::tables::{Known, Local, Tables, Transition, TransitionOf, recipients};
use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use quorate::{Input, Instant, Machine, NodeId, Output};

/// A state of the group.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct State {
    pub(super) locals: Vec<u32>,
    pub(super) memory: u32,
    /// Sorted.
    pub(super) flights: Vec<Flight>,
    pub(super) used: Used,
    /// Bit `i`: place `i` is cut off.
    pub(super) cut: u8,
}

/// A message on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Flight {
    pub(super) message: u32,
    pub(super) from: u8,
    pub(super) to: u8,
    pub(super) age: u8,
}

/// How much has gone wrong so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Used {
    losses: u8,
    duplications: u8,
    crashes: u8,
    restarts: u8,
    cuts: u8,
    commands: u8,
}

impl State {
    /// As bytes, for keeping and for fingerprints.
    pub(super) fn encode(&self, bytes: &mut Vec<u8>) {
        let Used { losses, duplications, crashes, restarts, cuts, commands } = self.used;
        bytes.extend([self.locals.len() as u8, losses, duplications, crashes, restarts, cuts, commands, self.cut]);
        bytes.extend(self.memory.to_le_bytes());
        self.locals.iter().for_each(|local| bytes.extend(local.to_le_bytes()));
        for flight in &self.flights {
            bytes.extend(flight.message.to_le_bytes());
            bytes.extend([flight.from | flight.to << 3 | flight.age << 6]);
        }
    }

    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let (head, rest) = bytes.split_first_chunk::<8>()?;
        let [size, losses, duplications, crashes, restarts, cuts, commands, cut] = *head;
        let (memory, mut rest) = rest.split_first_chunk::<4>()?;
        let mut locals = Vec::with_capacity(usize::from(size));
        for _ in 0..size {
            let (local, behind) = rest.split_first_chunk::<4>()?;
            locals.push(u32::from_le_bytes(*local));
            rest = behind;
        }
        let flights = rest.chunks_exact(5).filter_map(|chunk| {
            let (message, way) = chunk.split_first_chunk::<4>()?;
            let way = *way.first()?;
            let message = u32::from_le_bytes(*message);
            Some(Flight { message, from: way & 7, to: way >> 3 & 7, age: way >> 6 })
        });
        let used = Used { losses, duplications, crashes, restarts, cuts, commands };
        Some(Self { locals, memory: u32::from_le_bytes(*memory), flights: flights.collect(), used, cut })
    }
}

/// Works out successors. Each thread has its own; the tables are shared.
pub(super) struct Expander<'a, T: Model> {
    pub(super) model: &'a T,
    pub(super) tables: &'a Tables<T>,
    bounds: Bounds,
    now: Instant,
    steps: Known<(u32, u64, u32), TransitionOf<T>>,
    later: Known<u32, u32>,
    messages_later: Known<u32, u32>,
    due: Known<u32, bool>,
}

/// How an input is named among what was worked out before.
const TICK: u64 = u64::MAX;

impl<'a, T: Model> Expander<'a, T> {
    pub(super) fn new(model: &'a T, tables: &'a Tables<T>) -> Self {
        let bounds = model.bounds();
        Self {
            model,
            tables,
            bounds,
            now: present(&bounds),
            steps: Known::new(),
            later: Known::new(),
            messages_later: Known::new(),
            due: Known::new(),
        }
    }

    /// All nodes start at once.
    pub(super) fn initial(&self) -> State {
        let start = |place| {
            let machine = Some(self.model.start(place, 1, None, self.now));
            self.tables.locals.number(Local { machine, durable: None })
        };
        State {
            locals: (0..self.model.size()).map(start).collect(),
            memory: self.tables.memories.number(T::Memory::default()),
            flights: Vec::new(),
            used: Used::default(),
            cut: 0,
        }
    }

    /// Shows a state to `see`.
    pub(super) fn view<R>(&self, state: &State, see: impl FnOnce(&View<'_, T::Machine, T::Memory>) -> R) -> R {
        let locals: Vec<_> = state.locals.iter().map(|local| self.tables.locals.get(*local)).collect();
        let nodes: Vec<_> = locals.iter().map(|local| local.machine.as_ref()).collect();
        let durable: Vec<_> = locals.iter().map(|local| local.durable.as_ref()).collect();
        let cut: Vec<bool> = (0..locals.len()).map(|place| state.cut >> place & 1 == 1).collect();
        let memory = self.tables.memories.get(state.memory);
        see(&View { now: self.now, nodes: &nodes, durable: &durable, cut: &cut, memory: &memory })
    }

    /// Gives every successor to `take`, always in the same order, with a description if `tell`.
    pub(super) fn expand(&mut self, state: &State, tell: bool, mut take: impl FnMut(State, Option<String>)) {
        let say = |text: &dyn Fn() -> String| tell.then(text);
        self.messages(state, tell, &mut take);
        for place in 0..state.locals.len() {
            let Some(&local) = state.locals.get(place) else { continue };
            let value = self.tables.locals.get(local);
            let id = place + 1;
            if value.machine.is_none() {
                if state.used.restarts < self.bounds.restarts {
                    let mut next = state.clone();
                    next.used.restarts += 1;
                    let machine = Some(self.model.start(
                        place,
                        u64::from(next.used.restarts) + 1,
                        value.durable.as_ref(),
                        self.now,
                    ));
                    let local = self.tables.locals.number(Local { machine, durable: value.durable.clone() });
                    set(&mut next, place, local);
                    take(next, say(&|| format!("node {id} starts again, with {:?}", value.durable)));
                }
                continue;
            }
            if self.is_due(local) {
                self.choices(state, place, TICK, Input::Tick, None, tell, &mut take);
            }
            if state.used.crashes < self.bounds.crashes {
                let mut next = state.clone();
                next.used.crashes += 1;
                let local = self.tables.locals.number(Local { machine: None, durable: value.durable.clone() });
                set(&mut next, place, local);
                take(next, say(&|| format!("node {id} crashes")));
            }
            if state.used.commands < self.bounds.commands {
                let commands = self.view(state, |view| self.model.commands(place, view));
                for command in commands {
                    let mut asked = state.clone();
                    asked.used.commands += 1;
                    let text = say(&|| format!("node {id} is told {command:?}"));
                    self.choices(&asked, place, 0, Input::Command(command), text, tell, &mut take);
                }
            }
            let bit = 1 << place;
            if state.cut & bit != 0 {
                take(
                    State { cut: state.cut & !bit, ..state.clone() },
                    say(&|| format!("node {id} is connected again")),
                );
            } else if state.used.cuts < self.bounds.cuts {
                let mut next = State { cut: state.cut | bit, ..state.clone() };
                next.used.cuts += 1;
                take(next, say(&|| format!("node {id} is cut off")));
            }
        }
        if let Some(next) = self.time_passes(state) {
            take(next, say(&|| format!("{:?} pass", self.bounds.quantum)));
        }
    }

    /// What can become of messages.
    fn messages(&mut self, state: &State, tell: bool, take: &mut impl FnMut(State, Option<String>)) {
        for (index, flight) in state.flights.iter().enumerate() {
            if index > 0 && state.flights.get(index - 1) == Some(flight) {
                continue; // a twin
            }
            let mut without = state.clone();
            without.flights.remove(index);
            let message = self.tables.messages.get(flight.message);
            let (from, to) = (flight.from + 1, flight.to + 1);
            let place = usize::from(flight.to);
            let is_up = state.locals.get(place).is_some_and(|local| self.tables.locals.get(*local).machine.is_some());
            if is_up {
                let input = Input::Receive { from: NodeId::new(u32::from(from)), message: (*message).clone() };
                let key = u64::from(flight.from) << 32 | u64::from(flight.message);
                let text = tell.then(|| format!("node {to} takes {message:?} of node {from}"));
                self.choices(&without, place, key, input, text, tell, take);
            } else {
                take(without.clone(), tell.then(|| format!("node {to} is down and misses {message:?} of node {from}")));
            }
            if state.used.losses < self.bounds.losses && is_up {
                without.used.losses += 1;
                take(without, tell.then(|| format!("{message:?} of node {from} to node {to} is lost")));
            }
            if state.used.duplications < self.bounds.duplications {
                let mut twice = state.clone();
                twice.used.duplications += 1;
                twice.flights.insert(index, *flight);
                take(twice, tell.then(|| format!("{message:?} of node {from} to node {to} is doubled")));
            }
        }
    }

    /// A step of a machine, for each way that chance can go, and for a crash behind a record.
    #[allow(clippy::too_many_arguments)]
    fn choices(
        &mut self,
        state: &State,
        place: usize,
        key: u64,
        input: Input<<T::Machine as Machine>::Command, <T::Machine as Machine>::Message>,
        text: Option<String>,
        tell: bool,
        take: &mut impl FnMut(State, Option<String>),
    ) {
        let Some(&local) = state.locals.get(place) else { return };
        let mut seen: Vec<u32> = Vec::new();
        for choice in 0..self.model.choices() {
            let (model, tables, now) = (self.model, self.tables, self.now);
            let work_out = || Arc::new(step(model, tables, local, input.clone(), choice, now));
            let transition = match input {
                Input::Command(_) => work_out(),
                _ => self.steps.get_or((local, key, choice), work_out),
            };
            if seen.contains(&transition.after) {
                continue;
            }
            seen.push(transition.after);
            let tell = |end: &str| {
                tell.then(|| {
                    let input = text.clone().unwrap_or_else(|| format!("node {} is ticked", place + 1));
                    let events: Vec<String> = transition.events.iter().map(|event| format!("{event:?}")).collect();
                    let told = if events.is_empty() { String::new() } else { format!("; told: {}", events.join(", ")) };
                    format!("{input}{end}{told}")
                })
            };
            take(self.after(state, place, &transition), tell(""));
            if let Some(crashed) = transition.crashed.filter(|_| state.used.crashes < self.bounds.crashes) {
                let mut next = state.clone();
                next.used.crashes += 1;
                set(&mut next, place, crashed);
                take(next, tell(", and crashes when it has stored its record"));
            }
        }
    }

    /// The group after a step.
    fn after(&self, state: &State, place: usize, transition: &Transition<<T::Machine as Machine>::Event>) -> State {
        let mut next = state.clone();
        set(&mut next, place, transition.after);
        for &(to, message) in &transition.sends {
            for other in 0..state.locals.len() {
                let is_cut = (state.cut >> place | state.cut >> other) & 1 == 1;
                if to >> other & 1 == 1 && other != place && !is_cut {
                    next.flights.push(Flight { message, from: place as u8, to: other as u8, age: 0 });
                }
            }
        }
        next.flights.sort_unstable();
        if !transition.events.is_empty() {
            let mut memory = (*self.tables.memories.get(next.memory)).clone();
            transition.events.iter().for_each(|event| self.model.remember(&mut memory, place, event));
            next.memory = self.tables.memories.number(memory);
        }
        next
    }

    fn is_due(&mut self, local: u32) -> bool {
        let (tables, now) = (self.tables, self.now);
        self.due.get_or(local, || {
            let local = tables.locals.get(local);
            let deadline = local.machine.as_ref().and_then(Machine::deadline);
            deadline.is_some_and(|deadline| deadline <= now)
        })
    }

    /// A quantum later, unless something has to happen before.
    fn time_passes(&mut self, state: &State) -> Option<State> {
        let waits = state.flights.iter().any(|flight| flight.age >= self.bounds.delay);
        if waits || state.locals.iter().any(|local| self.is_due(*local)) {
            return None;
        }
        let mut next = state.clone();
        let (model, tables, by, now) = (self.model, self.tables, self.bounds.quantum, self.now);
        for local in &mut next.locals {
            *local = self.later.get_or(*local, || {
                let mut local = (*tables.locals.get(*local)).clone();
                if let Some(machine) = &mut local.machine {
                    model.rebase(machine, now, by);
                }
                tables.locals.number(local)
            });
        }
        for flight in &mut next.flights {
            flight.age += 1;
            flight.message = self.messages_later.get_or(flight.message, || {
                let mut message = (*tables.messages.get(flight.message)).clone();
                model.rebase_message(&mut message, now, by);
                tables.messages.number(message)
            });
        }
        next.flights.sort_unstable();
        Some(next)
    }
}

fn set(state: &mut State, place: usize, local: u32) {
    if let Some(slot) = state.locals.get_mut(place) {
        *slot = local;
    }
}

/// The present, in every state: far enough from the origin that what is counted back from it and still matters has room.
pub(super) fn present(bounds: &Bounds) -> Instant {
    Instant::ORIGIN.after(bounds.quantum.saturating_mul(u32::from(bounds.past)))
}

/// One step of the machine in a local state.
fn step<T: Model>(
    model: &T,
    tables: &Tables<T>,
    local: u32,
    input: Input<<T::Machine as Machine>::Command, <T::Machine as Machine>::Message>,
    choice: u32,
    now: Instant,
) -> Transition<<T::Machine as Machine>::Event> {
    let mut local = (*tables.locals.get(local)).clone();
    let (mut sends, mut events, mut crashed) = (Vec::new(), Vec::new(), None);
    if let Some(machine) = &mut local.machine {
        model.choose(machine, choice);
        let outputs = machine.step(input, now);
        model.choose(machine, 0);
        for output in outputs {
            match output {
                Output::Persist(record) => {
                    local.durable = Some(record);
                    crashed = local.durable.clone();
                }
                Output::Send { to, message } => {
                    let places = recipients(to, machine.peers());
                    sends.push((places, tables.messages.number(message)));
                }
                Output::Event(event) => events.push(event),
            }
        }
    }
    let crashed = crashed.map(|durable| tables.locals.number(Local { machine: None, durable: Some(durable) }));
    Transition { after: tables.locals.number(local), crashed, sends, events }
}
