//! What can become of the group in a quantum.

use super::model::{Bounds, Model, View};
use super::report::{Deed, Move};
use super::state::{Flight, State, Used};
use super::tables::{Case, CommandOf, Copy, EventOf, Local, LocalOf, MessageOf, NOTHING_TOLD, Tables};
use super::turn::{Turn, Turns};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::time::Duration;
use hashbrown::HashMap;
use quorate::Instant;

/// Works out successors. Each thread has its own; the tables are shared.
pub(super) struct Expander<'a, T: Model> {
    pub(super) model: &'a T,
    bounds: Bounds,
    most: Used,
    now: Instant,
    locals: Copy<'a, LocalOf<T>>,
    messages: Copy<'a, MessageOf<T>>,
    memories: Copy<'a, T::Memory>,
    tidings: Copy<'a, Vec<EventOf<T>>>,
    turn: Turns<'a, T>,
    worked_out: HashMap<Case<CommandOf<T>>, Arc<Turn>>,
    later: HashMap<u32, u32>,
    settled: HashMap<u32, u32>,
    messages_later: HashMap<u32, u32>,
    remembered: HashMap<(u32, u8, u32), u32>,
}

/// How many turns a thread remembers before it forgets them all: they can be worked out again.
const MOST_TURNS: usize = 1 << 19;

impl<'a, T: Model> Expander<'a, T> {
    pub(super) fn new(model: &'a T, tables: &'a Tables<T>) -> Self {
        let bounds = model.bounds();
        Self {
            model,
            bounds,
            most: Used::of(&bounds),
            now: bounds.present(),
            locals: Copy::new(&tables.locals),
            messages: Copy::new(&tables.messages),
            memories: Copy::new(&tables.memories),
            tidings: Copy::new(&tables.tidings),
            turn: Turns::new(model, tables),
            worked_out: HashMap::new(),
            later: HashMap::new(),
            settled: HashMap::new(),
            messages_later: HashMap::new(),
            remembered: HashMap::new(),
        }
    }

    /// All nodes start at once.
    pub(super) fn initial(&self) -> State {
        let start = |place| {
            let machine = Some(self.model.start(place, 1, None, self.now));
            self.locals.number(Local { machine, durable: None })
        };
        State {
            locals: (0..self.model.size()).map(start).collect(),
            memory: self.memories.number(T::Memory::default()),
            ..State::default()
        }
    }

    /// Shows a state to `see`.
    pub(super) fn view<R>(&mut self, state: &State, see: impl FnOnce(&T, &View<'_, T::Machine, T::Memory>) -> R) -> R {
        self.show(&state.locals, state.memory, state.cut, see)
    }

    fn show<R>(
        &mut self,
        locals: &[u32],
        memory: u32,
        cut: u8,
        see: impl FnOnce(&T, &View<'_, T::Machine, T::Memory>) -> R,
    ) -> R {
        locals.iter().for_each(|local| self.locals.learn(*local));
        self.memories.learn(memory);
        let (mut nodes, mut durable, mut cuts) = ([None; 8], [None; 8], [false; 8]);
        for (place, local) in locals.iter().enumerate().take(8) {
            let local = self.locals.known(*local);
            nodes[place] = local.machine.as_ref();
            durable[place] = local.durable.as_ref();
            cuts[place] = cut >> place & 1 == 1;
        }
        let size = locals.len().min(8);
        let view = View {
            now: self.now,
            nodes: &nodes[..size],
            durable: &durable[..size],
            cut: &cuts[..size],
            memory: self.memories.known(memory),
        };
        see(self.model, &view)
    }

    /// Gives every successor to `take`, always in the same order. If a quantum can end in none of them without passing through
    /// a state that may not be, `wrong` says so.
    pub(super) fn expand(&mut self, state: &State, mut take: impl FnMut(&State)) -> Option<String> {
        self.cuts(state, |_, next| take(next));
        let later = self.later(state);
        let turns = self.turns(&later);
        self.combine(&later, &turns, |_, next| take(next));
        self.midway(&later, &turns)
    }

    /// What happens on the way from a state, reached at a time, to its successor of this number, and when that is reached.
    pub(super) fn moves(&mut self, state: &State, at: Duration, ordinal: u32) -> Option<(State, Duration, Vec<Move>)> {
        let (mut found, mut count) = (None, 0);
        let mut take = |next: &State, moved: Option<&[u32]>, place| {
            if count == ordinal {
                found = Some((next.clone(), moved.map(<[u32]>::to_vec), place));
            }
            count += 1;
        };
        self.cuts(state, |place, next| take(next, None, place));
        let later = self.later(state);
        let turns = self.turns(&later);
        self.combine(&later, &turns, |ends, next| take(next, Some(ends), 0));
        let (next, ends, place) = found?;
        let Some(ends) = ends else {
            let deed = if next.cut >> place & 1 == 1 { Deed::CutOff } else { Deed::Joined };
            return Some((next, at, alloc::vec![Move { at, place, deed, told: Vec::new() }]));
        };
        let at = at + self.bounds.quantum;
        let moves = ends.into_iter().enumerate().flat_map(|(place, end)| self.way(&later, at, place, end)).collect();
        Some((next, at, moves))
    }

    /// What happens at a place until a stage of its turn.
    fn way(&mut self, later: &State, at: Duration, place: usize, mut stage: u32) -> Vec<Move> {
        let case = self.case(later, place);
        let ways = self.turn.work_out(&case, true).1.unwrap_or_default();
        let mut moves = Vec::new();
        while let Some((from, deed, told)) = ways.get(stage as usize).and_then(Clone::clone) {
            moves.push(Move { at, place, deed, told });
            stage = from;
        }
        moves.reverse();
        moves
    }

    /// Nodes are cut off and connected again between two quanta.
    fn cuts(&mut self, state: &State, mut take: impl FnMut(usize, &State)) {
        for place in 0..state.locals.len() {
            let bit = 1 << place;
            if state.cut & bit != 0 {
                take(place, &State { cut: state.cut & !bit, ..state.clone() });
            } else if state.used.cuts < self.bounds.cuts {
                let mut next = State { cut: state.cut | bit, ..state.clone() };
                next.used.cuts += 1;
                self.forget_the_gone(&mut next);
                if next.cut & bit != 0 {
                    take(place, &next);
                }
            }
        }
    }

    /// A quantum later, before anybody has had a turn.
    fn later(&mut self, state: &State) -> State {
        let (model, by, now) = (self.model, self.bounds.quantum, self.now + self.bounds.quantum);
        let mut next = state.clone();
        for local in &mut next.locals {
            *local = *self.later.entry(*local).or_insert_with(|| rebased(model, &mut self.locals, *local, now, by));
        }
        for flight in &mut next.flights {
            flight.age += 1;
            flight.message = *self.messages_later.entry(flight.message).or_insert_with(|| {
                let mut later = (**self.messages.get(flight.message)).clone();
                model.rebase_message(&mut later, now, by);
                self.messages.number(later)
            });
        }
        next.flights.sort_unstable();
        next
    }

    fn case(&mut self, later: &State, place: usize) -> Case<CommandOf<T>> {
        let commands = if later.used.commands < self.bounds.commands {
            self.view(later, |model, view| model.commands(place, view))
        } else {
            Vec::new()
        };
        Case {
            place: place as u8,
            local: later.locals.get(place).copied().unwrap_or(0),
            left: self.most.less(later.used),
            inbox: later.flights.iter().filter(|flight| usize::from(flight.to) == place).copied().collect(),
            commands,
            restarts: later.used.restarts,
        }
    }

    fn turns(&mut self, later: &State) -> Vec<Arc<Turn>> {
        (0..later.locals.len()).map(|place| self.turn(later, place)).collect()
    }

    fn turn(&mut self, later: &State, place: usize) -> Arc<Turn> {
        let case = self.case(later, place);
        if let Some(turn) = self.worked_out.get(&case) {
            return Arc::clone(turn);
        }
        let turn = Arc::new(self.turn.work_out(&case, false).0);
        if self.worked_out.len() >= MOST_TURNS {
            self.worked_out.clear();
        }
        self.worked_out.insert(case, Arc::clone(&turn));
        turn
    }

    /// All ways in which the turns of all nodes can end together.
    fn combine(&mut self, later: &State, turns: &[Arc<Turn>], mut take: impl FnMut(&[u32], &State)) {
        let mut odometer = alloc::vec![0_usize; turns.len()];
        let mut ends = alloc::vec![0_u32; turns.len()];
        let mut next = State::default();
        loop {
            for ((end, turn), index) in ends.iter_mut().zip(turns).zip(&odometer) {
                let Some(found) = turn.ends.get(*index) else { return };
                *end = *found;
            }
            if self.put_together(later, turns, &ends, &mut next) {
                take(&ends, &next);
            }
            let mut place = 0;
            loop {
                let (Some(index), Some(turn)) = (odometer.get_mut(place), turns.get(place)) else { return };
                *index += 1;
                if *index < turn.ends.len() {
                    break;
                }
                *index = 0;
                place += 1;
            }
        }
    }

    /// The group after these stages; whether so much may happen.
    fn put_together(&mut self, later: &State, turns: &[Arc<Turn>], ends: &[u32], next: &mut State) -> bool {
        (next.memory, next.used, next.cut) = (later.memory, later.used, later.cut);
        next.locals.clear();
        next.flights.clear();
        for (place, (turn, end)) in turns.iter().zip(ends).enumerate() {
            let Some(stage) = turn.stages.get(*end as usize) else { return false };
            next.used = next.used.plus(stage.used);
            next.locals.push(self.settled(stage.local));
            next.flights.extend(&stage.inbox);
            for &(to, message) in &stage.sent {
                for other in 0..turns.len() {
                    let is_cut = (later.cut >> place | later.cut >> other) & 1 == 1;
                    if to >> other & 1 == 1 && other != place && !is_cut {
                        next.flights.push(Flight { to: other as u8, from: place as u8, age: 0, message });
                    }
                }
            }
            if stage.told != NOTHING_TOLD {
                next.memory = self.remember(next.memory, place, stage.told);
            }
        }
        if !next.used.is_within(self.most) {
            return false;
        }
        next.flights.sort_unstable();
        self.forget_the_gone(next);
        true
    }

    /// A node at the end of its turn, without what makes no difference any more.
    fn settled(&mut self, local: u32) -> u32 {
        let (model, now) = (self.model, self.now);
        *self.settled.entry(local).or_insert_with(|| rebased(model, &mut self.locals, local, now, Duration::ZERO))
    }

    fn remember(&mut self, memory: u32, place: usize, told: u32) -> u32 {
        *self.remembered.entry((memory, place as u8, told)).or_insert_with(|| {
            let mut after = (**self.memories.get(memory)).clone();
            self.tidings.get(told).iter().for_each(|event| self.model.remember(&mut after, place, event));
            self.memories.number(after)
        })
    }

    /// What is on its way to somebody who never comes back makes no difference any more.
    fn forget_the_gone(&mut self, state: &mut State) {
        if state.used.restarts < self.bounds.restarts || state.used.crashes == 0 {
            return;
        }
        for (place, local) in state.locals.iter().enumerate() {
            if self.locals.get(*local).machine.is_none() {
                state.flights.retain(|flight| usize::from(flight.to) != place);
                state.cut &= !(1 << place);
            }
        }
    }

    /// Whether the group passes through a state that may not be while its nodes have their turns, in whatever order they have
    /// them: one at any stage of its turn, or two at the end of theirs, and the others still before.
    fn midway(&mut self, later: &State, turns: &[Arc<Turn>]) -> Option<String> {
        let mut locals = later.locals.clone();
        for (place, turn) in turns.iter().enumerate() {
            for number in 0..turn.stages.len() as u32 {
                let wrong = self.wrong_with(later, &mut locals, &[(place, turn, number)]);
                if wrong.is_some() {
                    return wrong;
                }
            }
            for (other, second) in turns.iter().enumerate().skip(place + 1) {
                for one in &turn.ends {
                    for two in &second.ends {
                        let wrong = self.wrong_with(later, &mut locals, &[(place, turn, *one), (other, second, *two)]);
                        if wrong.is_some() {
                            return wrong;
                        }
                    }
                }
            }
        }
        None
    }

    fn wrong_with(&mut self, later: &State, locals: &mut [u32], moved: &[(usize, &Arc<Turn>, u32)]) -> Option<String> {
        let (mut memory, mut used) = (later.memory, later.used);
        for &(place, turn, number) in moved {
            let stage = turn.stages.get(number as usize)?;
            *locals.get_mut(place)? = stage.local;
            used = used.plus(stage.used);
            if stage.told != NOTHING_TOLD {
                memory = self.remember(memory, place, stage.told);
            }
        }
        let wrong = used
            .is_within(self.most)
            .then(|| self.show(locals, memory, later.cut, |model, view| model.check(view).err()))
            .flatten();
        for &(place, ..) in moved {
            *locals.get_mut(place)? = *later.locals.get(place)?;
        }
        let because = wrong?;
        let mut told = alloc::vec![format!("{because}, within the next quantum, when")];
        for &(place, _, number) in moved {
            told.extend(self.way(later, Duration::ZERO, place, number).iter().map(ToString::to_string));
        }
        Some(told.join("\n             "))
    }
}

fn rebased<T: Model>(model: &T, locals: &mut Copy<'_, LocalOf<T>>, local: u32, now: Instant, by: Duration) -> u32 {
    let mut later = (**locals.get(local)).clone();
    if let Some(machine) = &mut later.machine {
        model.rebase(machine, now, by);
    }
    locals.number(later)
}
