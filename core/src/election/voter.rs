//! Voting.

use super::machine::{Phase, Support, Timer};
use super::{Election, Guarantee, Message, Preempt, Record, Verdict};
use crate::{Epoch, Instant, NodeId, StepOf};
use core::time::Duration;

impl<const N: usize> Election<N> {
    /// "Would you elect me?"
    pub(super) fn asked_whether(
        &mut self,
        from: NodeId,
        epoch: Epoch,
        priority: u16,
        challenge: bool,
        now: Instant,
        step: &mut StepOf<Self>,
    ) {
        if !self.votes() {
            return;
        }
        let verdict = if self.bullies(from, priority) {
            self.stand_too(now);
            Verdict::Higher
        } else if let Some(wait) =
            self.bound_against(from, now).filter(|_| !(challenge && self.yields_to(from, priority)))
        {
            Verdict::Wait(wait)
        } else if epoch <= self.record.epoch {
            Verdict::Stale(self.record.epoch)
        } else {
            if matches!(self.phase, Phase::PreVoting { challenge: false, .. }) && self.defers_to(from) {
                self.make_way(now);
            }
            Verdict::Would
        };
        step.send_to(from, Message::Answer { epoch, verdict });
    }

    /// "I stand."
    pub(super) fn asked_to_elect(
        &mut self,
        from: NodeId,
        epoch: Epoch,
        priority: u16,
        now: Instant,
        step: &mut StepOf<Self>,
    ) {
        if !self.votes() {
            return;
        }
        self.seen = self.seen.max(epoch);
        let voted_for_it = self.record == Record { epoch, vote: Some(from) };
        let may_vote_again = planted!(VoteForgotten) && self.record == Record { epoch, vote: None };
        if self.bullies(from, priority) {
            self.stand_too(now);
            step.send_to(from, Message::Answer { epoch, verdict: Verdict::Higher });
            return;
        }
        let competes = matches!(self.phase, Phase::Standing { .. } | Phase::PreVoting { challenge: false, .. });
        if competes && epoch >= self.record.epoch && self.defers_to(from) {
            self.withdraw(step);
            self.make_way(now);
        }
        let verdict = if let Some(wait) = self.bound_against(from, now).filter(|_| !planted!(PromiseForgotten)) {
            Verdict::Wait(wait)
        } else if epoch > self.record.epoch || voted_for_it || may_vote_again {
            Verdict::Granted
        } else {
            Verdict::Stale(self.record.epoch)
        };
        if verdict == Verdict::Granted {
            self.support = Some(Support { to: Some(from), until: now + self.config.timing.lease });
            if !voted_for_it {
                self.record = Record { epoch, vote: Some(from) };
                if !planted!(VoteNotStored) {
                    step.persist(self.record);
                }
                self.make_way(now);
            }
        }
        step.send_to(from, Message::Answer { epoch, verdict });
    }

    /// Whether this member ranks above a candidate and is about to stand, or could at once.
    fn bullies(&self, from: NodeId, priority: u16) -> bool {
        let can_stand = match self.phase {
            Phase::PreVoting { challenge, .. } => !challenge,
            Phase::Standing { .. } => true,
            Phase::Following => self.leader.is_none() && self.bound_against(self.me(), self.latest).is_none(),
            Phase::Recalling { .. } | Phase::Leading(_) => false,
        };
        let willing = self.eligible && !self.blind && self.aside <= self.latest;
        can_stand && willing && self.outranks(from, priority) && self.seen < Epoch::MAX
    }

    /// As a bully does, unless it has just made way for a yet higher rank.
    fn stand_too(&mut self, now: Instant) {
        if matches!(self.phase, Phase::Following) && self.way <= now {
            self.set(Timer::Campaign, now);
        }
    }

    /// For how long yet this member elects only somebody else than `candidate`; `None` if it is free to.
    pub(super) fn bound_against(&self, candidate: NodeId, now: Instant) -> Option<Duration> {
        let lease = self.config.timing.lease;
        match (self.phase, self.config.guarantee) {
            (Phase::Leading(held), Guarantee::Majority) => return Some(held.until.since(now)),
            (Phase::Leading(_), Guarantee::PerPartition) => return Some(lease),
            (Phase::Recalling { .. }, _) => return Some(self.config.timing.timeout),
            _ => {}
        }
        let support = self.support.filter(|support| support.to != Some(candidate) && support.until > now)?;
        Some(support.until.since(now))
    }

    /// Whether the leader that binds this member, or this member as leader, would hand over to `challenger`.
    fn yields_to(&self, challenger: NodeId, priority: u16) -> bool {
        let Some(leader) = self.leader else { return false };
        let outranked = (priority, challenger) > (leader.priority, leader.id);
        outranked
            && match self.phase {
                Phase::Leading(lease) => lease.stopping.is_none() && self.config.preempt != Preempt::Never,
                Phase::Recalling { .. } => false,
                _ => self.support.is_none_or(|support| support.to == Some(leader.id)),
            }
    }
}
