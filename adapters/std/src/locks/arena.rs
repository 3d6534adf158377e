//! All machines of one [`Locks`](super::Locks), and the mail between them. Nothing here waits or is shared.

use crate::sync::Condvar;
use quorate::lease::authority::{self, Fixed};
use quorate::lease::holder::{Command, Config, Event, Failure, Holder, Loss, Patience};
use quorate::lease::{ClaimId, Message, Mode};
use quorate::{FencingToken, Group, Input, InputOf, Instant, Machine, Name, NodeId, Output, Random};
use std::collections::VecDeque;
use std::sync::Arc;

/// How many claims there is room for: those who hold locks and those who wait for them, together. Who comes when there are as
/// many is refused ([`Refusal::Full`](quorate::lease::Refusal::Full)).
pub const MAX_CLAIMS: usize = if cfg!(any(loom, shuttle)) { 8 } else { 1_024 };

/// As which node the authority speaks. Holders have the numbers after it.
const AUTHORITY: NodeId = NodeId::new(1);

type Clockwork = Holder<Name, 1>;

/// The machines.
pub(super) struct Arena {
    config: Config,
    authority: Box<Fixed<Name, MAX_CLAIMS>>,
    places: Vec<Place>,
    /// Which holders serve nobody.
    free: Vec<usize>,
    /// From whom, to whom, what.
    mail: VecDeque<(NodeId, NodeId, Message<Name>)>,
    /// Whose phases have changed since it was asked last.
    changed: Vec<usize>,
    random: Random,
    closing: bool,
}

/// A holder, and how its acquisition stands.
struct Place {
    holder: Clockwork,
    phase: Phase,
    /// For who waits for the phase to change.
    condition: Arc<Condvar>,
}

/// How an acquisition stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Wanted,
    Held(FencingToken),
    Lost(FencingToken, Loss),
    Failed(Failure),
    Released,
}

impl Arena {
    pub(super) fn new(config: Config, now: Instant) -> Self {
        let timing = config.timing();
        let rules = authority::Config::new(timing.lease, timing.drift);
        // A holder's lease is neither zero nor longer than a day, and so neither is this one.
        let rules = rules.unwrap_or(SHORTEST);
        Self {
            config,
            authority: Box::new(Fixed::new(rules, None, now)),
            places: Vec::new(),
            free: Vec::new(),
            mail: VecDeque::new(),
            changed: Vec::new(),
            random: config.seed().random(),
            closing: false,
        }
    }

    /// Begins to acquire something. Returns which holder does.
    pub(super) fn begin(&mut self, resource: Name, mode: Mode, patience: Patience, now: Instant) -> Option<usize> {
        let index = match self.free.pop() {
            Some(index) => index,
            None => self.another(now)?,
        };
        self.places[index].phase = Phase::Wanted;
        self.step(index, Input::Command(Command::Acquire { resource, mode, patience }), now);
        Some(index)
    }

    fn another(&mut self, now: Instant) -> Option<usize> {
        let index = self.places.len();
        let number = u32::try_from(index).ok()?.checked_add(AUTHORITY.get() + 1)?;
        let group = Group::new(NodeId::new(number), &[AUTHORITY]).ok()?;
        let config = self.config.with_seed(quorate::Seed::new(self.random.number()));
        let holder = Holder::new(config, group, ClaimId::new(1), Some(AUTHORITY), now);
        self.places.push(Place { holder, phase: Phase::Released, condition: Arc::new(Condvar::new()) });
        Some(index)
    }

    /// Gives up whatever this holder wants or holds, and lets it serve others.
    pub(super) fn give_up(&mut self, index: usize, now: Instant) {
        let command = match self.places[index].phase {
            Phase::Wanted => Some(Command::Cancel),
            Phase::Held(_) => Some(Command::Release),
            Phase::Lost(..) | Phase::Failed(_) | Phase::Released => None,
        };
        if let Some(command) = command {
            self.step(index, Input::Command(command), now);
            self.settle(now);
        }
        self.free.push(index);
    }

    pub(super) fn phase(&self, index: usize) -> Phase {
        self.places[index].phase
    }

    pub(super) fn holder(&self, index: usize) -> &Clockwork {
        &self.places[index].holder
    }

    pub(super) fn condition(&self, index: usize) -> Arc<Condvar> {
        self.places[index].condition.clone()
    }

    /// Steps a holder.
    fn step(&mut self, index: usize, input: InputOf<Clockwork>, now: Instant) {
        let place = &mut self.places[index];
        let me = NodeId::new(u32::try_from(index).unwrap_or(u32::MAX).saturating_add(AUTHORITY.get() + 1));
        for output in place.holder.step(input, now) {
            match output {
                Output::Send { message, .. } => self.mail.push_back((me, AUTHORITY, message)),
                Output::Persist(never) => match never {},
                Output::Event(event) => {
                    if let Some(phase) = place.phase.after(event) {
                        place.phase = phase;
                        self.changed.push(index);
                    }
                }
            }
        }
    }

    /// Serves all mail and everything that is due, until the machines have come to rest.
    pub(super) fn settle(&mut self, now: Instant) {
        loop {
            if let Some((from, to, message)) = self.mail.pop_front() {
                let input = Input::Receive { from, message };
                match to.get().checked_sub(AUTHORITY.get() + 1) {
                    None => self.step_authority(input, now),
                    Some(index) => self.step(index as usize, Input::Receive { from, message }, now),
                }
            } else if self.authority.deadline().is_some_and(|due| due <= now) {
                self.step_authority(Input::Tick, now);
            } else if let Some(index) = self.places.iter().position(|place| place.is_due(now)) {
                self.step(index, Input::Tick, now);
            } else {
                return;
            }
        }
    }

    fn step_authority(&mut self, input: InputOf<Fixed<Name, MAX_CLAIMS>>, now: Instant) {
        for output in self.authority.step(input, now) {
            // Its record would be for a next life, and what it tells is what holders tell.
            if let Output::Send { to: quorate::To::Node(node), message } = output {
                self.mail.push_back((AUTHORITY, node, message));
            }
        }
    }

    /// When the next of the machines is due.
    pub(super) fn due(&self) -> Option<Instant> {
        let holders = self.places.iter().filter_map(|place| place.holder.deadline());
        holders.chain(self.authority.deadline()).min()
    }

    /// Who waits for what has changed since this was asked last.
    pub(super) fn changed(&mut self) -> Vec<Arc<Condvar>> {
        let Self { changed, places, .. } = self;
        changed.drain(..).map(|index| places[index].condition.clone()).collect()
    }

    pub(super) fn close(&mut self) {
        self.closing = true;
    }

    pub(super) const fn is_closing(&self) -> bool {
        self.closing
    }
}

/// Stands in for rules that cannot be, which never happens.
const SHORTEST: authority::Config =
    match authority::Config::new(core::time::Duration::from_secs(1), quorate::DriftBound::QUARTZ) {
        Ok(rules) => rules,
        Err(_) => panic!("a second is a valid lease"),
    };

impl Place {
    fn is_due(&self, now: Instant) -> bool {
        self.holder.deadline().is_some_and(|due| due <= now)
    }
}

impl Phase {
    /// The phase that an event leads to, if it leads to another one.
    const fn after(self, event: Event) -> Option<Self> {
        match event {
            Event::Acquired { token } => Some(Self::Held(token)),
            Event::Lost { token, why } => Some(Self::Lost(token, why)),
            Event::Released { .. } => Some(Self::Released),
            Event::Failed { why } => Some(Self::Failed(why)),
            Event::Waiting { .. }
            | Event::Entered { .. }
            | Event::Doubtful { .. }
            | Event::Sound { .. }
            | Event::Rejected { .. }
            | Event::Refused(_) => None,
        }
    }
}
