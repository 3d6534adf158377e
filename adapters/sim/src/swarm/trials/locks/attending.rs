//! A node whose user meets others at a barrier, again and again.

use super::node::{Own, Said, Told};
use crate::swarm::trials::barrier::BARRIER;
use core::time::Duration;
use quorate::barrier::party::{Command, Config, Party, Standing, Timing};
use quorate::barrier::{Message, PartyId};
use quorate::{Group, Infallible, Input, Instant, Machine, NodeId, Output, Random, Seed, Step, StepOf};

type Machine8 = Party<u8, 8>;

/// A party and its user, who arrives again soon after each end.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Attending {
    pub(super) party: Machine8,
    /// How long the user thinks between one thing and the next, at most.
    pace: Duration,
    random: Random,
    /// When the user does something next.
    next: Instant,
    /// Whether the user waits for as long as it takes, from now on.
    patient: bool,
    latest: Instant,
}

impl Attending {
    pub(super) fn new(
        parties: u16,
        timing: Timing,
        group: Group<8>,
        id: PartyId,
        seed: Seed,
        now: Instant,
    ) -> Option<Self> {
        let mut random = seed.random();
        let config = Config::new(parties, timing, Seed::new(random.number())).ok()?;
        let party = Party::new(config, BARRIER, group, id, None, now);
        let pace = timing.repeat * (1 << random.below(5));
        let next = now.after(random.up_to(pace));
        Some(Self { party, pace, random, next, patient: false, latest: now })
    }

    /// The longest that any user thinks.
    pub(super) const fn longest_pace(timing: &Timing) -> Duration {
        timing.repeat.saturating_mul(16)
    }

    /// The party.
    #[must_use]
    pub const fn party(&self) -> &Machine8 {
        &self.party
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        Some(self.party.deadline().map_or(self.next, |party| party.min(self.next)))
    }

    pub(super) fn receive(&mut self, from: NodeId, message: Message<u8>, now: Instant) -> Own {
        self.latest = self.latest.max(now);
        let mut own = Step::new();
        self.ask(Input::Receive { from, message }, &mut own);
        own
    }

    pub(super) fn be_patient(&mut self, now: Instant) -> Own {
        self.latest = self.latest.max(now);
        self.patient = true;
        Step::new()
    }

    pub(super) fn tick(&mut self, now: Instant) -> Own {
        let mut own = Step::new();
        if self.deadline().is_none_or(|deadline| now.max(self.latest) < deadline) {
            return own;
        }
        self.latest = self.latest.max(now);
        if self.party.deadline().is_some_and(|deadline| deadline <= self.latest) {
            self.ask(Input::Tick, &mut own);
        } else {
            self.acts(&mut own);
        }
        own
    }

    /// The user does what is next.
    fn acts(&mut self, own: &mut Own) {
        let pause = self.random.up_to(self.pace);
        self.next = self.latest.after(pause).after(Duration::from_millis(1));
        let patience = self.random.up_to(self.pace.saturating_mul(4));
        let patience = (!self.patient && self.random.below(4) > 0).then_some(patience);
        let command = match (self.party.standing(), self.random.below(16)) {
            (Standing::Outside | Standing::Present, 0) if !self.patient => Command::Leave { patience },
            (Standing::Outside | Standing::Present, _) => Command::Arrive { patience },
            (Standing::Arriving | Standing::Waiting | Standing::Bound, 0) if !self.patient => Command::Cancel,
            _ => return,
        };
        self.ask(Input::Command(command), own);
    }

    /// Asks the party, and does as it says.
    fn ask(&mut self, input: Input<Command, Message<u8>>, own: &mut Own) {
        let outputs: StepOf<Machine8> = self.party.step(input, self.latest);
        for output in outputs {
            match output {
                Output::Persist(never) => match never {},
                Output::Send { to, message } => own.send(to, Said::Meeting(message)),
                Output::Event(event) => own.event(Told::<Infallible>::Attends(event)),
            }
        }
    }
}
