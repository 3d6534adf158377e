//! A client: a holder, and a user who wants things, works a while and leaves.

use super::node::{Answer, Deed, Own, RESOURCES, Said, Told};
use super::rules::Habits;
use core::num::NonZeroU16;
use core::time::Duration;
use quorate::lease::holder::{Command, Event, Holder, Patience, Standing};
use quorate::lease::{Message, Mode};
use quorate::{FencingToken, Infallible, Input, Instant, Machine, NodeId, Output, Random, Step, StepOf, To};

type Machine8 = Holder<u8, 8>;

/// The permits of the semaphore.
pub const PERMITS: NonZeroU16 = NonZeroU16::new(3).unwrap();

/// A holder and its user, who wants one thing after another.
///
/// Its user is one of the careless: now and then it looks at its lease, and acts on what it saw a while later.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Client {
    pub(super) holder: Machine8,
    habits: Habits,
    store: NodeId,
    random: Random,
    /// When the user does something next.
    next: Instant,
    /// Until when it wants to work.
    leaves_at: Instant,
    /// Since when it wants what it has not got, by its clock.
    pub(super) wants_since: Option<Instant>,
    /// Whether it will lose patience, and cancel.
    fickle: bool,
    /// What it has decided to do, and does later, whatever has become of its lease meanwhile.
    late: Option<(Instant, u8, FencingToken)>,
    /// The number of the deed that it did last.
    number: u64,
    /// Whether the answer to that is still to come.
    waits: bool,
    latest: Instant,
}

impl Client {
    /// A client that starts. `first` is lower than every number of a deed of this life, and higher than any of an earlier one.
    pub(super) fn new(
        holder: Machine8,
        habits: Habits,
        store: NodeId,
        first: u64,
        mut random: Random,
        now: Instant,
    ) -> Self {
        let next = now.after(random.up_to(habits.think));
        Self {
            holder,
            habits,
            store,
            random,
            next,
            leaves_at: now,
            wants_since: None,
            fickle: false,
            late: None,
            number: first,
            waits: false,
            latest: now,
        }
    }

    /// Its holder.
    #[must_use]
    pub const fn holder(&self) -> &Machine8 {
        &self.holder
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        let late = self.late.map_or(self.next, |(at, ..)| self.next.min(at));
        Some(self.holder.deadline().map_or(late, |holder| holder.min(late)))
    }

    fn pause(&mut self, most: Duration) {
        let pause = self.random.up_to(most);
        self.next = self.latest.after(pause).after(Duration::from_micros(1));
    }

    pub(super) fn receive(&mut self, from: NodeId, message: Message<u8>, now: Instant) -> Own {
        self.latest = self.latest.max(now);
        let mut own = Step::new();
        self.ask(Input::Receive { from, message }, &mut own);
        own
    }

    pub(super) fn drain(&mut self, now: Instant) -> Own {
        self.latest = self.latest.max(now);
        let mut own = Step::new();
        self.ask(Input::Command(Command::Drain), &mut own);
        own
    }

    pub(super) fn answered(&mut self, number: u64, answer: Answer, now: Instant) -> Own {
        self.latest = self.latest.max(now);
        let mut own = Step::new();
        if self.waits && number == self.number {
            self.waits = false;
            own.event(Told::Ends { number, answer });
        }
        own
    }

    pub(super) fn tick(&mut self, now: Instant) -> Own {
        let mut own = Step::new();
        if self.deadline().is_none_or(|deadline| now.max(self.latest) < deadline) {
            return own;
        }
        self.latest = self.latest.max(now);
        let now = self.latest;
        if self.holder.deadline().is_some_and(|deadline| deadline <= now) {
            self.ask(Input::Tick, &mut own);
        } else if let Some((_, resource, token)) = self.late.filter(|(at, ..)| *at <= now) {
            self.late = None;
            self.write(resource, token, &mut own);
        } else {
            self.acts(&mut own);
        }
        own
    }

    /// The user does what is next.
    fn acts(&mut self, own: &mut Own) {
        let Habits { work, think, .. } = self.habits;
        match self.holder.standing() {
            Standing::Idle => self.wishes(own),
            Standing::Acquiring | Standing::Waiting => {
                self.pause(think.saturating_mul(4));
                if core::mem::take(&mut self.fickle) {
                    self.ask(Input::Command(Command::Cancel), own);
                }
            }
            Standing::Held | Standing::Doubtful if self.leaves_at <= self.latest => {
                self.pause(work / 8);
                let (token, resource) = (self.holder.token(), self.holder.wanted());
                if self.random.below(16) == 0 {
                    self.ask(Input::Command(Command::Drain), own);
                }
                if self.random.below(8) == 0
                    && let (Some(token), Some((resource, Mode::Exclusive))) = (token, resource)
                {
                    // It goes on working after it has left.
                    let late = self.random.up_to(self.habits.work.saturating_mul(4));
                    self.late = Some((self.latest.after(late), resource, token));
                }
                self.ask(Input::Command(Command::Release), own);
            }
            Standing::Held | Standing::Doubtful => self.works(own),
            Standing::Releasing => self.pause(think),
        }
    }

    /// Which thing it wants, and how.
    fn wishes(&mut self, own: &mut Own) {
        let resource = self.random.below(RESOURCES as u64) as u8;
        let one = NonZeroU16::MIN;
        let mode = match (resource, self.random.below(4)) {
            (1, 0..=2) => Mode::Shared,
            (2, 0) => Mode::Permits { take: one.saturating_add(1), of: PERMITS },
            (2, 1 | 2) => Mode::Permits { take: one, of: PERMITS },
            (2, _) if self.random.below(4) == 0 => Mode::Permits { take: one, of: one },
            _ => Mode::Exclusive,
        };
        let patience = match self.random.below(4) {
            0 => Patience::Try,
            1 => Patience::For(self.random.up_to(self.habits.work.saturating_mul(4))),
            _ => Patience::Forever,
        };
        self.fickle = self.random.below(8) == 0 && self.habits.fickle;
        self.pause(self.habits.think.saturating_mul(4));
        own.event(Told::Wishes { claim: self.holder.claim(), resource, mode });
        self.wants_since = (patience == Patience::Forever && !self.fickle).then_some(self.latest);
        self.ask(Input::Command(Command::Acquire { resource, mode, patience }), own);
    }

    /// What it does while it holds something.
    fn works(&mut self, own: &mut Own) {
        self.pause(self.habits.work / 4);
        let (Some((resource, mode)), Some(token)) = (self.holder.wanted(), self.holder.token()) else { return };
        match self.random.below(8) {
            0 => self.ask(Input::Command(Command::Acquire { resource, mode, patience: Patience::Try }), own),
            1 => self.ask(Input::Command(Command::Release), own),
            2 if mode == Mode::Exclusive => {
                let late = self.random.up_to(self.habits.work.saturating_mul(4));
                self.late = Some((self.latest.after(late), resource, token));
            }
            3 => self.begins(resource, Deed::Read, own),
            _ if mode != Mode::Exclusive => self.begins(resource, Deed::Read, own),
            // As every careful user: it asks whether it still holds it, and acts at once.
            _ if self.holder.is_valid(self.latest) => self.write(resource, token, own),
            _ => {}
        }
    }

    fn write(&mut self, resource: u8, token: FencingToken, own: &mut Own) {
        let value = self.number.wrapping_add(1);
        self.begins(resource, Deed::Write { token, value }, own);
    }

    fn begins(&mut self, resource: u8, deed: Deed, own: &mut Own) {
        self.number = self.number.wrapping_add(1);
        self.waits = true;
        let number = self.number;
        own.event(Told::Begins { resource, number, deed });
        own.send(To::Node(self.store), Said::Do { resource, number, deed });
    }

    /// Asks the holder, and does as it says.
    fn ask(&mut self, input: Input<Command<u8>, Message<u8>>, own: &mut Own) {
        let was_held = self.holder.token().is_some();
        let outputs: StepOf<Machine8> = self.holder.step(input, self.latest);
        for output in outputs {
            match output {
                Output::Persist(never) => match never {},
                Output::Send { to, message } => own.send(to, Said::Granting(message)),
                Output::Event(event) => {
                    own.event(Told::Holder(event));
                    self.heard(event);
                }
            }
        }
        if was_held && self.holder.standing() == Standing::Releasing {
            own.event(Told::<Infallible>::Leaves);
        }
    }

    fn heard(&mut self, event: Event) {
        let Habits { work, think, .. } = self.habits;
        match event {
            Event::Acquired { .. } => {
                self.wants_since = None;
                let stays = self.random.up_to(work);
                self.leaves_at = self.latest.after(stays);
                self.pause(work / 8);
            }
            Event::Lost { .. } | Event::Released { .. } | Event::Failed { .. } => {
                self.wants_since = None;
                self.pause(think);
            }
            _ => {}
        }
    }
}
