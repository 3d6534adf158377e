//! All machines of one [`Locks`](super::Locks), and the mail between them. Nothing here waits or is shared.

use super::phase::Phase;
use crate::carrier::MAX_AUTHORITIES;
use crate::schedule::Schedule;
use crate::shared::Machines;
use crate::sync::{Bug, Condvar, planted};
use quorate::lease::authority::{self, Fixed};
use quorate::lease::holder::{Command, Config, Event, Holder, Misuse, Patience, Standing};
use quorate::lease::{ClaimId, Message, Mode};
use quorate::{Group, Input, InputOf, Instant, Machine, Name, NodeId, Output, Random, Seed, To};
use std::collections::VecDeque;
use std::sync::Arc;

/// How many claims there is room for among threads: those who hold locks and those who wait for them, together. Who comes when there
/// are as many is refused ([`Refusal::Full`](quorate::lease::Refusal::Full)). A cluster's leader has its own number.
pub const MAX_CLAIMS: usize = if cfg!(any(loom, shuttle)) { 8 } else { 1_024 };

/// How many bits of a claim tell one acquisition of a holder from the others; those above them are the holder's place.
const SEQUENCE_BITS: u32 = 40;

/// As which node an authority among threads speaks, and as which its holders.
const AUTHORITY: NodeId = NodeId::new(1);
const HOLDERS: NodeId = NodeId::new(2);

type Clockwork = Holder<Name, MAX_AUTHORITIES>;

/// The machines.
pub(super) struct Arena {
    config: Config,
    group: Group<MAX_AUTHORITIES>,
    /// The authority, if it is in this process; otherwise it is elsewhere.
    authority: Option<Box<Fixed<Name, MAX_CLAIMS>>>,
    places: Vec<Place>,
    /// Which holders serve nobody.
    free: Vec<usize>,
    schedule: Schedule,
    /// To an authority in this process, and from it.
    mail: VecDeque<Mail>,
    outgoing: Vec<(To, Message<Name>)>,
    /// Whose phases have changed since it was asked last.
    changed: Vec<usize>,
    /// Which node was the authority last.
    hint: Option<NodeId>,
    random: Random,
    closing: bool,
}

enum Mail {
    ToAuthority(Message<Name>),
    ToHolder(Message<Name>),
}

/// A holder, and how its acquisition stands.
struct Place {
    holder: Clockwork,
    phase: Phase,
    /// How many guards and waits there are of it. It serves the next acquisition when there are none, and the holder is idle.
    users: u32,
    /// Whether it is known to be free.
    listed: bool,
    /// For who waits for the phase to change.
    condition: Arc<Condvar>,
}

impl Arena {
    /// With an authority of its own.
    pub(super) fn alone(config: Config, now: Instant) -> Self {
        let timing = config.timing();
        let rules = authority::Config::new(timing.lease, timing.drift);
        // A holder's lease is neither zero nor longer than a day, and so neither is this one.
        let rules = rules.unwrap_or(SHORTEST);
        let group = Group::new(HOLDERS, &[AUTHORITY]).unwrap_or(Group::alone(HOLDERS));
        Self { authority: Some(Box::new(Fixed::new(rules, None, now))), ..Self::among(config, group) }
    }

    /// Holders that speak as this node, to authorities that are elsewhere.
    pub(super) fn among(config: Config, group: Group<MAX_AUTHORITIES>) -> Self {
        Self {
            config,
            group,
            authority: None,
            places: Vec::new(),
            free: Vec::new(),
            schedule: Schedule::default(),
            mail: VecDeque::new(),
            outgoing: Vec::new(),
            changed: Vec::new(),
            hint: None,
            random: config.seed().random(),
            closing: false,
        }
    }

    pub(super) const fn config(&self) -> &Config {
        &self.config
    }

    /// Begins to acquire something, of which `condition` tells. Returns which holder does; `None` if there are as many as there can
    /// be.
    pub(super) fn begin(
        &mut self,
        (resource, mode): (Name, Mode),
        patience: Patience,
        condition: Arc<Condvar>,
        now: Instant,
    ) -> Option<usize> {
        let index = match self.free.pop() {
            Some(index) => index,
            None => self.another(now)?,
        };
        if self.hint.is_some() && self.places[index].holder.authority() != self.hint {
            // It was idle while the others learnt who is the authority.
            let claim = self.places[index].holder.claim();
            self.places[index].holder = self.holder(claim, now);
        }
        let place = &mut self.places[index];
        (place.phase, place.users, place.listed) = (Phase::Wanted { ahead: None }, 1, false);
        place.condition = condition;
        self.step(index, Input::Command(Command::Acquire { resource, mode, patience }), now);
        Some(index)
    }

    fn another(&mut self, now: Instant) -> Option<usize> {
        let index = self.places.len();
        if index >> (u64::BITS - SEQUENCE_BITS) != 0 {
            return None;
        }
        // Where it begins is drawn at random, so that claims of an earlier life with the same number are others.
        let first = self.random.below(1 << (SEQUENCE_BITS - 1));
        let holder = self.holder(ClaimId::new((index as u64) << SEQUENCE_BITS | first), now);
        let phase = Phase::Released { confirmed: true };
        self.places.push(Place { holder, phase, users: 0, listed: false, condition: Arc::new(Condvar::new()) });
        Some(index)
    }

    fn holder(&mut self, claim: ClaimId, now: Instant) -> Clockwork {
        let config = self.config.with_seed(Seed::new(self.random.number()));
        let hint = self.authority.as_ref().map_or(self.hint, |_| Some(AUTHORITY));
        Holder::new(config, self.group.clone(), claim, hint, now)
    }

    /// Enters what is held once more.
    pub(super) fn enter(&mut self, index: usize, now: Instant) -> Result<(), Misuse> {
        let holder = &self.places[index].holder;
        // It must not be asked for anew, should it be lost by now.
        let (Some((resource, mode)), true) = (holder.wanted(), holder.is_valid(now)) else {
            return Err(Misuse::NotHeld);
        };
        match self.step(index, Input::Command(Command::Acquire { resource, mode, patience: Patience::Try }), now) {
            Some(Event::Entered { .. }) => {
                self.places[index].users += 1;
                Ok(())
            }
            Some(Event::Refused(misuse)) => Err(misuse),
            _ => Err(Misuse::NotHeld),
        }
    }

    /// Cancels the wish, or leaves once.
    pub(super) fn give_up(&mut self, index: usize, now: Instant) {
        let command = match self.places[index].holder.standing() {
            Standing::Acquiring | Standing::Waiting => Some(Command::Cancel),
            Standing::Held | Standing::Doubtful => Some(Command::Release),
            Standing::Idle | Standing::Releasing => None,
        };
        if let Some(command) = command {
            self.step(index, Input::Command(command), now);
            self.settle(now);
        }
    }

    /// One of its users is gone.
    pub(super) fn forget(&mut self, index: usize) {
        let place = &mut self.places[index];
        place.users = place.users.saturating_sub(1);
        if planted(Bug::DoubleRelease) && place.users == 0 {
            place.listed = false;
        }
        self.list(index);
    }

    /// Lets a holder that nobody uses any more serve the next acquisition, once.
    fn list(&mut self, index: usize) {
        let place = &mut self.places[index];
        let is_free = place.users == 0 && place.holder.standing() == Standing::Idle;
        if is_free && !core::mem::replace(&mut place.listed, true) {
            self.free.push(index);
        }
    }

    pub(super) fn condition(&self, index: usize) -> Arc<Condvar> {
        self.places[index].condition.clone()
    }

    pub(super) fn phase(&self, index: usize) -> Phase {
        self.places[index].phase
    }

    /// How it went, once it has been given up; `None` if that is not known yet. What others have entered is still held.
    pub(super) fn outcome(&self, index: usize) -> Option<Phase> {
        let place = &self.places[index];
        (place.holder.standing() != Standing::Releasing).then_some(place.phase)
    }

    pub(super) fn holder_of(&self, index: usize) -> &Clockwork {
        &self.places[index].holder
    }

    /// Steps a holder. Returns the last event that was of no account to its phase.
    fn step(&mut self, index: usize, input: InputOf<Clockwork>, now: Instant) -> Option<Event> {
        let place = &mut self.places[index];
        let mut aside = None;
        for output in place.holder.step(input, now) {
            match output {
                Output::Send { to, message } => match self.authority {
                    Some(_) => self.mail.push_back(Mail::ToAuthority(message)),
                    None => self.outgoing.push((to, message)),
                },
                Output::Persist(never) => match never {},
                Output::Event(event) => match place.phase.after(event, place.holder.token()) {
                    Some(phase) => {
                        place.phase = phase;
                        self.changed.push(index);
                    }
                    None => aside = Some(event),
                },
            }
        }
        self.schedule.note(index, place.holder.deadline());
        self.list(index);
        aside
    }

    fn step_authority(&mut self, input: InputOf<Fixed<Name, MAX_CLAIMS>>, now: Instant) {
        let Some(authority) = &mut self.authority else { return };
        for output in authority.step(input, now) {
            // Its record would be for a next life, and what it tells is what holders tell.
            if let Output::Send { message, .. } = output {
                self.mail.push_back(Mail::ToHolder(message));
            }
        }
    }

    /// Begins nothing any more: who waits is told so, and what is held is given up when its guards are.
    pub(super) fn drain(&mut self, now: Instant) {
        self.closing = true;
        for index in 0..self.places.len() {
            match self.places[index].holder.standing() {
                Standing::Acquiring | Standing::Waiting | Standing::Held | Standing::Doubtful => {
                    self.step(index, Input::Command(Command::Drain), now);
                }
                Standing::Idle | Standing::Releasing => {}
            }
        }
    }

    pub(super) const fn is_closing(&self) -> bool {
        self.closing
    }

    /// Who waits for one that is not idle yet, if there is one.
    pub(super) fn busy(&self) -> Option<Arc<Condvar>> {
        let busy = self.places.iter().find(|place| place.holder.standing() != Standing::Idle);
        busy.map(|place| place.condition.clone())
    }
}

impl Machines for Arena {
    type Message = Message<Name>;
    type Told = Condvar;

    fn receive(&mut self, from: NodeId, message: Message<Name>, now: Instant) {
        let index = usize::try_from(message.claim().get() >> SEQUENCE_BITS).unwrap_or(usize::MAX);
        if index >= self.places.len() {
            return;
        }
        if !matches!(message, Message::Refused { .. }) {
            self.hint = Some(from);
        }
        self.step(index, Input::Receive { from, message }, now);
    }

    fn settle(&mut self, now: Instant) {
        loop {
            if let Some(mail) = self.mail.pop_front() {
                match mail {
                    Mail::ToAuthority(message) => {
                        self.step_authority(Input::Receive { from: HOLDERS, message }, now);
                    }
                    Mail::ToHolder(message) => self.receive(AUTHORITY, message, now),
                }
            } else if self
                .authority
                .as_ref()
                .is_some_and(|authority| authority.deadline().is_some_and(|due| due <= now))
            {
                self.step_authority(Input::Tick, now);
            } else if let Some(index) = self.schedule.take(now) {
                self.step(index, Input::Tick, now);
            } else {
                return;
            }
        }
    }

    fn is_idle(&self) -> bool {
        self.busy().is_none()
    }

    fn due(&self) -> Option<Instant> {
        let authority = self.authority.as_ref().and_then(|authority| authority.deadline());
        self.schedule.next().into_iter().chain(authority).min()
    }

    fn changed(&mut self) -> Vec<Arc<Condvar>> {
        let Self { changed, places, .. } = self;
        changed.drain(..).map(|index| places[index].condition.clone()).collect()
    }

    fn outgoing(&mut self) -> Vec<(To, Message<Name>)> {
        core::mem::take(&mut self.outgoing)
    }
}

/// Stands in for rules that cannot be, which never happens.
const SHORTEST: authority::Config =
    match authority::Config::new(core::time::Duration::from_secs(1), quorate::DriftBound::QUARTZ) {
        Ok(rules) => rules,
        Err(_) => panic!("a second is a valid lease"),
    };
