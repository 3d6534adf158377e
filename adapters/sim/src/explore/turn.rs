//! What can become of one node in one quantum.

use super::model::{Bounds, Model};
use super::report::{Deed, Passage};
use super::state::{Flight, Used};
use super::tables::{Case, CommandOf, Copy, EventOf, Local, LocalOf, MessageOf, NOTHING_TOLD, Tables};
use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use hashbrown::HashMap;
use quorate::{Input, Instant, Machine, NodeId, Output, To};

/// A node within its turn, or at the end of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Stage {
    pub(super) local: u32,
    /// What is still on its way to it.
    pub(super) inbox: Vec<Flight>,
    /// What it has sent in this turn: to which places (a bit each), and what. Sorted.
    pub(super) sent: Vec<(u8, u32)>,
    /// What its user was told in this turn.
    pub(super) told: u32,
    /// What went wrong in this turn.
    pub(super) used: Used,
}

/// All that can become of a node in a quantum.
#[derive(Debug)]
pub(super) struct Turn {
    /// Every stage, each once.
    pub(super) stages: Vec<Stage>,
    /// Those with which the turn may end.
    pub(super) ends: Vec<u32>,
}

/// Works out turns. Each thread has its own; the tables are shared.
pub(super) struct Turns<'a, T: Model> {
    model: &'a T,
    bounds: Bounds,
    now: Instant,
    locals: Copy<'a, LocalOf<T>>,
    messages: Copy<'a, MessageOf<T>>,
    tidings: Copy<'a, Vec<EventOf<T>>>,
    /// Steps that were worked out before: of which node, with which message, by which chance.
    steps: HashMap<StepKey, Stepped>,
}

/// The node, the message and whose it is, unless it is a tick, and the way that chance goes.
type StepKey = (u32, Option<(u8, u32)>, u32);

/// What a step does.
#[derive(Clone, Debug)]
struct Stepped {
    after: u32,
    /// The node if it crashes behind the last record, before what follows has left.
    crashed: Option<u32>,
    sent: Vec<(u8, u32)>,
    told: u32,
}

/// How a stage was reached: from which, by what, and what the user was told.
pub(super) type Way = (u32, Deed, Vec<String>);

/// A turn that is being worked out.
struct Draft {
    stages: Vec<Stage>,
    numbers: HashMap<Stage, u32>,
    /// For each stage the way to it, if somebody asks.
    ways: Option<Vec<Option<Way>>>,
}

impl Draft {
    fn add(&mut self, stage: Stage, from: u32, by: impl FnOnce() -> (Deed, Vec<String>)) {
        if self.numbers.contains_key(&stage) {
            return;
        }
        self.numbers.insert(stage.clone(), self.stages.len() as u32);
        self.stages.push(stage);
        if let Some(ways) = &mut self.ways {
            let (deed, told) = by();
            ways.push(Some((from, deed, told)));
        }
    }
}

impl<'a, T: Model> Turns<'a, T> {
    pub(super) fn new(model: &'a T, tables: &'a Tables<T>) -> Self {
        let bounds = model.bounds();
        Self {
            model,
            bounds,
            now: bounds.present(),
            locals: Copy::new(&tables.locals),
            messages: Copy::new(&tables.messages),
            tidings: Copy::new(&tables.tidings),
            steps: HashMap::new(),
        }
    }

    /// Works out a turn, and on request how each of its stages is reached.
    pub(super) fn work_out(&mut self, case: &Case<CommandOf<T>>, tell: bool) -> (Turn, Option<Vec<Option<Way>>>) {
        let begin = Stage {
            local: case.local,
            inbox: case.inbox.clone(),
            sent: Vec::new(),
            told: NOTHING_TOLD,
            used: Used::default(),
        };
        let mut draft = Draft {
            numbers: HashMap::from_iter([(begin.clone(), 0)]),
            stages: alloc::vec![begin],
            ways: tell.then(|| alloc::vec![None]),
        };
        let mut ends = Vec::new();
        let mut at = 0;
        while let Some(stage) = draft.stages.get(at as usize).cloned() {
            if self.may_end(&stage) {
                ends.push(at);
            }
            if self.locals.get(stage.local).machine.is_some() {
                self.while_up(case, &stage, at, &mut draft);
            } else {
                self.while_down(case, &stage, at, &mut draft);
            }
            at += 1;
        }
        (Turn { stages: draft.stages, ends }, draft.ways)
    }

    /// Whether time can go on.
    fn may_end(&mut self, stage: &Stage) -> bool {
        stage.inbox.iter().all(|flight| flight.age < self.bounds.delay) && !self.is_due(stage.local)
    }

    fn is_due(&mut self, local: u32) -> bool {
        let now = self.now;
        let deadline = self.locals.get(local).machine.as_ref().and_then(Machine::deadline);
        deadline.is_some_and(|deadline| deadline <= now)
    }

    fn while_up(&mut self, case: &Case<CommandOf<T>>, stage: &Stage, at: u32, draft: &mut Draft) {
        let left = case.left.less(stage.used);
        for (index, flight) in arrivals(&stage.inbox) {
            let mut without = stage.clone();
            without.inbox.remove(index);
            let message = (**self.messages.get(flight.message)).clone();
            let passage = self.passage(&flight, format_if(draft.ways.is_some(), &message));
            let deed = Deed::Took(passage.clone());
            let input = Input::Receive { from: NodeId::new(u32::from(flight.from) + 1), message };
            self.take(case, &without, at, input, Some((flight.from, flight.message)), deed, draft);
            if left.losses > 0 {
                without.used.losses += 1;
                draft.add(without, at, || (Deed::Lost(passage.clone()), Vec::new()));
            }
            if left.duplications > 0 {
                let mut twice = stage.clone();
                twice.used.duplications += 1;
                twice.inbox.insert(index, flight);
                draft.add(twice, at, || (Deed::Doubled(passage), Vec::new()));
            }
        }
        if self.is_due(stage.local) {
            self.take(case, stage, at, Input::Tick, None, Deed::Ticked, draft);
        }
        if stage.used.commands == 0 && left.commands > 0 {
            for command in &case.commands {
                let mut asked = stage.clone();
                asked.used.commands += 1;
                let deed = Deed::Asked(format_if(draft.ways.is_some(), command));
                self.take(case, &asked, at, Input::Command(command.clone()), None, deed, draft);
            }
        }
        if left.crashes > 0 {
            let durable = self.locals.get(stage.local).durable.clone();
            let local = self.locals.number(Local { machine: None, durable });
            draft.add(crashed(stage, local), at, || (Deed::Crashed, Vec::new()));
        }
    }

    fn while_down(&mut self, case: &Case<CommandOf<T>>, stage: &Stage, at: u32, draft: &mut Draft) {
        let place = usize::from(case.place);
        for (index, flight) in arrivals(&stage.inbox) {
            let mut without = stage.clone();
            without.inbox.remove(index);
            let message = format_if(draft.ways.is_some(), &**self.messages.get(flight.message));
            let passage = self.passage(&flight, message);
            draft.add(without, at, || (Deed::Missed(passage), Vec::new()));
        }
        // Nobody comes back in the quantum of the crash.
        if case.left.restarts > 0 && stage.used == Used::default() {
            let durable = self.locals.get(stage.local).durable.clone();
            let life = u64::from(case.restarts) + 2;
            let machine = Some(self.model.start(place, life, durable.as_ref(), self.now));
            let recovered = format_if(draft.ways.is_some(), &durable);
            let local = self.locals.number(Local { machine, durable });
            let used = Used { restarts: 1, ..stage.used };
            draft.add(Stage { local, used, ..stage.clone() }, at, || (Deed::Started(recovered), Vec::new()));
        }
    }

    /// A step, for each way that chance can go, and with a crash behind its record.
    #[allow(clippy::too_many_arguments)]
    fn take(
        &mut self,
        case: &Case<CommandOf<T>>,
        stage: &Stage,
        at: u32,
        input: Input<CommandOf<T>, MessageOf<T>>,
        message: Option<(u8, u32)>,
        deed: Deed,
        draft: &mut Draft,
    ) {
        for choice in 0..self.model.choices() {
            let stepped = self.stepped(stage.local, &input, message, choice);
            let mut sent = stage.sent.clone();
            sent.extend(&stepped.sent);
            sent.sort_unstable();
            let told = self.told(stage.told, stepped.told);
            let next = Stage { local: stepped.after, inbox: stage.inbox.clone(), sent, told, used: stage.used };
            let events = || self.tidings.known(stepped.told).iter().map(|event| format!("{event:?}")).collect();
            draft.add(next, at, || (deed.clone(), events()));
            if let Some(local) = stepped.crashed
                && case.left.less(stage.used).crashes > 0
            {
                let deed = || (Deed::CrashedAfter(Box::new(deed.clone())), Vec::new());
                draft.add(crashed(stage, local), at, deed);
            }
        }
    }

    fn stepped(
        &mut self,
        local: u32,
        input: &Input<CommandOf<T>, MessageOf<T>>,
        message: Option<(u8, u32)>,
        choice: u32,
    ) -> Stepped {
        if matches!(input, Input::Command(_)) {
            return self.step(local, input.clone(), choice);
        }
        let key = (local, message, choice);
        if let Some(stepped) = self.steps.get(&key) {
            return stepped.clone();
        }
        let stepped = self.step(local, input.clone(), choice);
        self.steps.insert(key, stepped.clone());
        stepped
    }

    /// One step of the machine itself.
    fn step(&mut self, local: u32, input: Input<CommandOf<T>, MessageOf<T>>, choice: u32) -> Stepped {
        let mut local = (**self.locals.get(local)).clone();
        let (mut sent, mut events, mut crashed) = (Vec::new(), Vec::new(), None);
        if let Some(machine) = &mut local.machine {
            self.model.choose(machine, choice);
            let outputs = machine.step(input, self.now);
            self.model.choose(machine, 0);
            for output in outputs {
                match output {
                    Output::Persist(record) => {
                        crashed = Some(record.clone());
                        local.durable = Some(record);
                    }
                    Output::Send { to, message } => {
                        sent.push((recipients(to, machine.peers()), self.messages.number(message)));
                    }
                    Output::Event(event) => events.push(event),
                }
            }
        }
        let crashed = crashed.map(|durable| self.locals.number(Local { machine: None, durable: Some(durable) }));
        let told = self.tidings.number(events);
        self.tidings.learn(told);
        Stepped { after: self.locals.number(local), crashed, sent, told }
    }

    fn passage(&self, flight: &Flight, message: String) -> Passage {
        let took = self.bounds.quantum.saturating_mul(u32::from(flight.age));
        Passage { from: usize::from(flight.from), took, message }
    }

    /// Two tidings, one after the other.
    fn told(&mut self, first: u32, second: u32) -> u32 {
        if second == NOTHING_TOLD {
            return first;
        }
        let mut both = (**self.tidings.get(first)).clone();
        both.extend(self.tidings.get(second).iter().cloned());
        self.tidings.number(both)
    }
}

/// The messages that may arrive now, each once however many there are of it.
fn arrivals(inbox: &[Flight]) -> impl Iterator<Item = (usize, Flight)> + use<> {
    let is_twin = |index: usize| index > 0 && inbox.get(index - 1) == inbox.get(index);
    let arrive = (0..).zip(inbox).filter(|(index, flight)| flight.age > 0 && !is_twin(*index));
    arrive.map(|(index, flight)| (index, *flight)).collect::<Vec<_>>().into_iter()
}

/// A node that is down from here on. What it has sent in this turn has left.
fn crashed(stage: &Stage, local: u32) -> Stage {
    let used = Used { crashes: stage.used.crashes + 1, ..stage.used };
    Stage { local, used, ..stage.clone() }
}

fn format_if(wanted: bool, value: &impl core::fmt::Debug) -> String {
    if wanted { format!("{value:?}") } else { String::new() }
}

/// The places that a message is for, as bits.
fn recipients(to: To, peers: &[NodeId]) -> u8 {
    let bit = |id: NodeId| 1_u8.checked_shl(id.get().wrapping_sub(1)).unwrap_or(0);
    match to {
        To::Node(id) => bit(id),
        To::Peers => peers.iter().fold(0, |bits, id| bits | bit(*id)),
    }
}
