//! Taking part again without memory, after the recovery protocol of Viewstamped Replication (Liskov and Cowling 2012, §4.3).
//!
//! Whatever this member's former life promised for a time has run out by then. What it promised for ever, to vote only
//! once in an epoch, is kept by voting only above every epoch that it can have voted in: if its vote made a leader, then
//! a majority of the *other* voters includes one that knows of that epoch.

use super::electorate::{Answer, Peer};
use super::machine::{Phase, Timer};
use super::{Election, Event, Message, Record};
use crate::{Epoch, Instant, NodeId, StepOf, To};

impl<const N: usize> Election<N> {
    /// Asks, and asks again, how far the others have got.
    pub(super) fn recall(&mut self, nonce: u64, now: Instant, step: &mut StepOf<Self>) {
        self.set(Timer::Answers, now + self.config.timing.timeout);
        if self.has_recalled() {
            self.take_part(now, step);
        } else {
            step.send(To::Peers, Message::Recall { nonce });
        }
    }

    pub(super) fn asked_to_recall(&mut self, from: NodeId, nonce: u64, step: &mut StepOf<Self>) {
        if self.votes() {
            let remembers = !matches!(self.phase, Phase::Recalling { .. });
            step.send_to(from, Message::Recalled { nonce, epoch: self.record.epoch, remembers });
        }
    }

    pub(super) fn helped_to_recall(
        &mut self,
        from: NodeId,
        nonce: u64,
        epoch: Epoch,
        remembers: bool,
        now: Instant,
        step: &mut StepOf<Self>,
    ) {
        if self.phase != (Phase::Recalling { nonce }) {
            return;
        }
        if let Some(peer) = self.electorate.get_mut(from) {
            peer.answer = if remembers { Answer::Granted } else { Answer::Other };
        }
        if epoch > self.record.epoch {
            self.record = Record { epoch, vote: None };
            self.seen = self.seen.max(epoch);
        }
        if self.has_recalled() {
            self.take_part(now, step);
        }
    }

    /// Whether a majority's worth of the others remember, or all of them have answered, none being left to ask.
    fn has_recalled(&self) -> bool {
        let remembering = self.electorate.in_favour();
        remembering.saturating_add(usize::from(planted!(RecallTooFew))) > self.electorate.others_needed()
            || self.electorate.voters().all(Peer::has_answered)
    }

    fn take_part(&mut self, now: Instant, step: &mut StepOf<Self>) {
        self.phase = Phase::Following;
        self.clear(Timer::Answers);
        self.electorate.clear_answers();
        step.event(Event::Recalled { epoch: self.record.epoch });
        if self.leader.is_none() {
            self.campaign_in(core::time::Duration::ZERO, now);
        } else if self.timers.get(Timer::Preempt as usize).is_none() {
            // The time after which to challenge a lower rank came while this member could not.
            self.watch_rank(now);
        }
    }
}
