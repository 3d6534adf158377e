//! What a coordinator says, and what a party makes of it.

use super::machine::{Phase, Timer};
use super::{Event, Party, Reason};
use crate::barrier::{Cause, Generation, Message, Outcome, Refusal};
use crate::{Epoch, Instant, NodeId, StepOf};
use core::fmt::Debug;
use core::hash::Hash;

impl<R: Copy + Eq + Hash + Debug, const N: usize> Party<R, N> {
    pub(super) fn receive(&mut self, from: NodeId, message: Message<R>, now: Instant, step: &mut StepOf<Self>) {
        let (epoch, arrival) = match message {
            Message::Refused { refusal: Refusal::Elsewhere(leader), party, .. }
                if party == self.id && self.group.position(from).is_some() =>
            {
                return self.sent_elsewhere(from, leader, now, step);
            }
            Message::Coordinates { epoch, .. } | Message::Left { epoch, .. } => (epoch, self.arrival),
            Message::Noted { epoch, arrival, .. }
            | Message::Prepare { epoch, arrival, .. }
            | Message::Settled { epoch, arrival, .. }
            | Message::Refused { epoch, arrival, .. } => (epoch, arrival),
            Message::Arrive { .. } | Message::Ready { .. } | Message::Present { .. } | Message::Leave { .. } => {
                return step.event(Event::Rejected { from, reason: Reason::NotForParties });
            }
        };
        if let Some(reason) = self.objection(from, &message, epoch) {
            return step.event(Event::Rejected { from, reason });
        }
        if epoch > self.epoch {
            // From here on it obeys no earlier coordinator, and what it says now is known to be so for good.
            (self.epoch, self.coordinator) = (epoch, Some(from));
            self.visit = if let Message::Coordinates { visit, .. } = message { visit } else { 0 };
            return self.speak_afresh(now, step);
        }
        self.heard(from, now);
        if arrival != self.arrival {
            return; // about an arrival that is settled
        }
        match message {
            Message::Coordinates { visit, .. } if visit > self.visit => {
                self.visit = visit;
                self.speak_afresh(now, step);
            }
            Message::Left { .. } => {
                if matches!(self.phase, Phase::Leaving { .. }) {
                    step.event(Event::Left);
                    self.outside();
                }
            }
            Message::Noted { generation, arrived, .. } => self.noted(from, generation, arrived, step),
            Message::Prepare { generation, .. } => self.prepare(from, generation, now, step),
            Message::Settled { generation, outcome, .. } => self.told(from, generation, outcome, now, step),
            Message::Refused { refusal, .. } => {
                if matches!(self.phase, Phase::Arrived { .. }) {
                    step.event(Event::Failed { why: refusal });
                    self.outside();
                }
            }
            _ => {}
        }
    }

    /// Why a message is not even looked at.
    fn objection(&self, from: NodeId, message: &Message<R>, epoch: Epoch) -> Option<Reason> {
        if self.group.position(from).is_none() {
            Some(Reason::Stranger)
        } else if message.party() != self.id {
            Some(Reason::OtherParty)
        } else if !epoch.is_valid() {
            Some(Reason::InvalidEpoch(epoch))
        } else if epoch < self.epoch && !planted!(DeposedObeyed) {
            Some(Reason::StaleEpoch { said: epoch, current: self.epoch })
        } else {
            None
        }
    }

    /// The coordinator of its epoch has answered: it is found, and hears again as often as is needed to know that this party is
    /// there.
    fn heard(&mut self, from: NodeId, now: Instant) {
        self.coordinator = Some(from);
        if !self.answered {
            self.answered = true;
            self.wait = self.config.timing().retry;
            let pause = self.pause(self.config.timing().repeat);
            self.set_or_clear(Timer::Speak, Some(now + pause));
        }
    }

    /// Another node coordinates. It is asked at once, but not so often that two that send it to each other keep it busy.
    fn sent_elsewhere(&mut self, from: NodeId, leader: Option<NodeId>, now: Instant, step: &mut StepOf<Self>) {
        if self.coordinator.is_some_and(|coordinator| coordinator != from) || matches!(self.phase, Phase::Outside) {
            return; // it has found another one meanwhile
        }
        self.coordinator = leader.filter(|leader| *leader != from && self.group.position(*leader).is_some());
        if self.coordinator.is_some() && self.redirects < Self::REDIRECTS {
            self.redirects = self.redirects.saturating_add(1);
            self.speak(now, step);
        }
    }

    fn noted(&mut self, from: NodeId, generation: Generation, arrived: u16, step: &mut StepOf<Self>) {
        let is_of_epoch = generation.epoch() == self.epoch;
        match self.phase {
            Phase::Arrived { .. } if !is_of_epoch => {
                step.event(Event::Rejected { from, reason: Reason::OtherGeneration(generation) });
            }
            // An older one has overtaken: nothing new.
            Phase::Arrived { generation: Some(known) } if known > generation => {}
            Phase::Arrived { generation: known } => {
                self.phase = Phase::Arrived { generation: Some(generation) };
                self.waits_with(known == Some(generation), generation, arrived, step);
            }
            // The new coordinator is certain that nobody was released from that one, and nobody will be.
            Phase::Bound { generation: bound } if is_of_epoch && bound.epoch() < self.epoch => {
                self.phase = Phase::Arrived { generation: Some(generation) };
                self.set_or_clear(Timer::Patience, self.patience);
                self.waits_with(false, generation, arrived, step);
            }
            // It has a place that was given up.
            Phase::Outside => self.is_not_there(from, step),
            Phase::Bound { .. } | Phase::Present | Phase::Leaving { .. } => {}
        }
    }

    fn waits_with(&mut self, is_same: bool, generation: Generation, arrived: u16, step: &mut StepOf<Self>) {
        if !is_same || self.arrived < arrived {
            self.arrived = arrived;
            step.event(Event::Waiting { generation, arrived });
        }
    }

    /// All have arrived: it is bound from here on.
    fn prepare(&mut self, from: NodeId, generation: Generation, now: Instant, step: &mut StepOf<Self>) {
        let is_of_epoch = generation.epoch() == self.epoch;
        match self.phase {
            Phase::Arrived { generation: Some(known) } if is_of_epoch && known > generation => {}
            Phase::Arrived { .. } if is_of_epoch => {
                self.phase = Phase::Bound { generation };
                let resolve = now + self.config.timing().resolve;
                self.set_or_clear(Timer::Patience, self.patience.map(|patience| patience.max(resolve)));
                self.speak_afresh(now, step);
            }
            Phase::Bound { generation: bound } if bound == generation => self.speak_afresh(now, step),
            // The new coordinator is certain that nobody was released from that one, and all have arrived in this one already.
            Phase::Bound { generation: bound } if is_of_epoch && bound.epoch() < self.epoch => {
                self.phase = Phase::Bound { generation };
                self.speak_afresh(now, step);
            }
            Phase::Arrived { .. } | Phase::Bound { .. } => {
                step.event(Event::Rejected { from, reason: Reason::OtherGeneration(generation) });
            }
            // It has taken that arrival back. The sooner the coordinator hears it, the sooner the others do.
            Phase::Present | Phase::Leaving { .. } => self.speak_afresh(now, step),
            Phase::Outside => self.is_not_there(from, step),
        }
    }

    /// Whoever counts it, although it takes no part, hears so once.
    fn is_not_there(&mut self, from: NodeId, step: &mut StepOf<Self>) {
        step.send_to(from, Message::Leave { ticket: self.ticket(), timed_out: false });
    }

    fn told(&mut self, from: NodeId, generation: Generation, outcome: Outcome, now: Instant, step: &mut StepOf<Self>) {
        match (self.phase, outcome) {
            (Phase::Bound { generation: bound }, _) if bound != generation => {
                step.event(Event::Rejected { from, reason: Reason::OtherGeneration(generation) });
            }
            (Phase::Bound { .. }, Outcome::Released) => self.released(generation, now, step),
            (Phase::Arrived { .. }, Outcome::Released) if planted!(ReleasedUnasked) => {
                self.released(generation, now, step);
            }
            (Phase::Bound { .. } | Phase::Arrived { .. }, Outcome::Broken(cause)) => {
                self.broken(generation, cause, now, step);
            }
            (Phase::Bound { .. }, Outcome::Unknown) => {
                step.event(Event::Unknown { generation });
                self.settled(now, step);
            }
            (Phase::Arrived { .. }, Outcome::Released | Outcome::Unknown) => {
                step.event(Event::Rejected { from, reason: Reason::NotReady(generation) });
            }
            // Once more.
            (Phase::Outside | Phase::Present | Phase::Leaving { .. }, _) => {}
        }
    }

    fn released(&mut self, generation: Generation, now: Instant, step: &mut StepOf<Self>) {
        step.event(Event::Released { generation });
        (self.learnt, self.released) = (Some(generation), true);
        self.settled(now, step);
    }

    fn broken(&mut self, generation: Generation, cause: Cause, now: Instant, step: &mut StepOf<Self>) {
        step.event(Event::Broken { generation: Some(generation), cause });
        (self.learnt, self.released) = (Some(generation), false);
        self.settled(now, step);
    }
}
