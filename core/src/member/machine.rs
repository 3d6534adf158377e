//! The composite: it routes, and nothing else.

use super::{Config, Event, Message};
use crate::detector::{self, Detector, Monitor};
use crate::election::{self, Command, Election, Start};
use crate::laws::Restart;
use crate::{Group, GroupError, Incarnation, Input, InputOf, Instant, Machine, NodeId, Output, Step, StepOf};

/// A member of a cluster. See the [module](super).
///
/// `D` is its failure detector, `N` how many peers there can be.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Member<D: Detector, const N: usize> {
    monitor: Monitor<D, N>,
    election: Election<N>,
    latest: Instant,
}

const _: () = assert!(size_of::<Step<Message, election::Record, Event>>() <= 264, "a step must stay cheap to return");

impl<D: Detector, const N: usize> Member<D, N> {
    /// A member of `group` that starts at `now`, in this incarnation. All vote but those named in `observers`; whether this
    /// member does, its role says.
    ///
    /// # Errors
    ///
    /// [`GroupError::Unknown`] if one of `observers` is not a peer.
    pub fn new(
        config: Config<D>,
        group: Group<N>,
        observers: &[NodeId],
        incarnation: Incarnation,
        start: Start,
        now: Instant,
    ) -> Result<Self, GroupError> {
        let election = Election::new(config.election, group.clone(), observers, start, now)?;
        let monitor = Monitor::new(config.monitor, config.detector, group, incarnation, now);
        Ok(Self { monitor, election, latest: now })
    }

    /// The part that watches the peers.
    #[must_use]
    pub const fn monitor(&self) -> &Monitor<D, N> {
        &self.monitor
    }

    /// The part that elects the leader.
    #[must_use]
    pub const fn election(&self) -> &Election<N> {
        &self.election
    }

    /// Passes the monitor's outputs on, and its suspicions to the election. That takes them without an answer: what
    /// follows from them comes with the election's next tick.
    fn pass_on(&mut self, outputs: StepOf<Monitor<D, N>>, now: Instant, step: &mut StepOf<Self>) {
        if outputs.is_empty() {
            return; // as mostly, and to move no outputs costs as much as to move four
        }
        for output in outputs {
            match output {
                Output::Persist(never) => match never {},
                Output::Send { to, message } => step.send(to, Message::Heartbeat(message)),
                Output::Event(event) => {
                    step.event(Event::Monitor(event));
                    let hint = match event {
                        detector::Event::Suspected { peer, .. } => Command::Suspect(peer),
                        detector::Event::Trusted { peer, .. } => Command::Trust(peer),
                        _ => continue,
                    };
                    let outputs = self.election.step(Input::Command(hint), now);
                    Self::hand_out(outputs, step);
                }
            }
        }
    }

    fn hand_out(outputs: StepOf<Election<N>>, step: &mut StepOf<Self>) {
        if outputs.is_empty() {
            return;
        }
        for output in outputs {
            step.push(match output {
                Output::Persist(record) => Output::Persist(record),
                Output::Send { to, message } => Output::Send { to, message: Message::Election(message) },
                Output::Event(event) => Output::Event(Event::Election(event)),
            });
        }
    }

    fn command(&mut self, command: Command, now: Instant, step: &mut StepOf<Self>) {
        let outputs = self.election.step(Input::Command(command), now);
        let refused = outputs.events().any(|event| matches!(event, election::Event::Refused(_)));
        Self::hand_out(outputs, step);
        let watch = match command {
            _ if refused => return,
            Command::AddVoter(peer) | Command::AddObserver(peer) => detector::Command::Watch(peer),
            Command::Remove(peer) => detector::Command::Unwatch(peer),
            _ => return,
        };
        let outputs = self.monitor.step(Input::Command(watch), now);
        self.pass_on(outputs, now, step);
    }
}

impl<D: Detector, const N: usize> Machine for Member<D, N> {
    type Command = Command;
    type Message = Message;
    type Record = election::Record;
    type Event = Event;

    fn step(&mut self, input: InputOf<Self>, now: Instant) -> StepOf<Self> {
        let now = now.max(self.latest);
        let is_due = |deadline: Option<Instant>| deadline.is_some_and(|deadline| deadline <= now);
        if matches!(input, Input::Tick) && !is_due(self.deadline()) {
            return Step::new();
        }
        let mut step = Step::new();
        match input {
            Input::Tick => {
                if is_due(self.election.deadline()) {
                    Self::hand_out(self.election.step(Input::Tick, now), &mut step);
                }
                // One part's outputs a tick, so that they fit. If the monitor is due too, its turn is next.
                if step.is_empty() {
                    let outputs = self.monitor.step(Input::Tick, now);
                    self.pass_on(outputs, now, &mut step);
                }
            }
            Input::Command(command) => self.command(command, now, &mut step),
            Input::Receive { from, message: Message::Heartbeat(message) } => {
                let outputs = self.monitor.step(Input::Receive { from, message }, now);
                self.pass_on(outputs, now, &mut step);
            }
            Input::Receive { from, message: Message::Election(message) } => {
                Self::hand_out(self.election.step(Input::Receive { from, message }, now), &mut step);
            }
        }
        self.latest = now;
        step
    }

    fn deadline(&self) -> Option<Instant> {
        match (self.election.deadline(), self.monitor.deadline()) {
            (Some(election), Some(monitor)) => Some(election.min(monitor)),
            (either, None) | (None, either) => either,
        }
    }

    fn peers(&self) -> &[NodeId] {
        self.election.peers()
    }
}

impl<D: Detector, const N: usize> Restart for Member<D, N> {
    fn restart(&self, record: Option<&election::Record>, now: Instant) -> Self {
        let monitor = Monitor::new(
            *self.monitor.config(),
            self.monitor.detector_config().clone(),
            self.monitor.group().clone(),
            self.monitor.incarnation().next().unwrap_or(self.monitor.incarnation()),
            now,
        );
        Self { monitor, election: self.election.restart(record, now), latest: now }
    }

    fn is_kept_by(&self, after: &Self, now: Instant) -> bool {
        self.election.is_kept_by(&after.election, now)
    }
}
