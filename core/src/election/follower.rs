//! Following a leader, and losing it.

use super::machine::{Leader, Phase, Support, Timer};
use super::{Election, Event, Gone, Guarantee, Message, Reason, Record, Timing, Verdict, Why};
use crate::{Epoch, Instant, NodeId, StepOf};

impl<const N: usize> Election<N> {
    /// "I lead this epoch."
    pub(super) fn told_who_leads(&mut self, leader: Leader, sent: Instant, now: Instant, step: &mut StepOf<Self>) {
        let Leader { id, epoch, .. } = leader;
        if (epoch < self.record.epoch || epoch <= self.over) && !planted!(StaleCoordinatorAccepted) {
            let current = self.record.epoch.max(self.over);
            step.send_to(id, Message::Answer { epoch, verdict: Verdict::Stale(current) });
            step.event(Event::Rejected { from: id, reason: Reason::StaleEpoch { claimed: epoch, current } });
            return;
        }
        let known = self.leader.filter(|known| known.epoch == epoch);
        let second = known.filter(|known| known.id != id);
        if let Some(known) = second.filter(|known| !self.merges(*known, leader)) {
            let reason = Reason::SecondLeader { epoch, leader: known.id };
            step.event(Event::Rejected { from: id, reason });
            return;
        }
        let is_new = known.is_none_or(|known| known.id != id);
        if is_new {
            self.lose(if second.is_some() { Why::Merged(id) } else { Why::Superseded(epoch) }, now, step);
            if !matches!(self.phase, Phase::Recalling { .. }) {
                self.phase = Phase::Following;
                self.clear(Timer::Answers);
            }
        }
        if epoch > self.record.epoch {
            self.record = Record { epoch, vote: Some(id) };
            step.persist(self.record);
        }
        self.follow(leader, is_new, now);
        if is_new {
            step.event(Event::Following { leader: id, epoch });
        }
        if self.votes() && !matches!(self.phase, Phase::Recalling { .. }) {
            let Timing { lease, renew, timeout, .. } = self.config.timing;
            let lease = if planted!(PromiseTooShort) { renew.saturating_add(timeout) } else { lease };
            self.support = Some(Support { to: Some(id), until: now + lease });
            let (priority, eligible) = (self.config.priority, self.eligible);
            step.send_to(id, Message::Acknowledge { epoch, sent, priority, eligible });
        }
    }

    fn follow(&mut self, leader: Leader, is_new: bool, now: Instant) {
        self.seen = self.seen.max(leader.epoch);
        if !planted!(SilenceUnnoticed) {
            self.set(Timer::Silence, now + self.config.timing.lease);
        }
        let priority_changed = self.leader.is_some_and(|known| known.priority != leader.priority);
        self.leader = Some(leader);
        if is_new || priority_changed {
            self.blind = false;
            self.gone = None;
            self.electorate.clear_deferrals();
            self.clear(Timer::Report);
            self.clear(Timer::Campaign);
            self.watch_rank(now);
        }
    }

    /// Whether two leaders of one epoch are explained by a partition that has healed, and the other one outranks the
    /// known one, which gives way then.
    fn merges(&self, known: Leader, other: Leader) -> bool {
        self.config.guarantee == Guarantee::PerPartition && (other.priority, other.id) > (known.priority, known.id)
    }

    /// "I give this epoch up."
    pub(super) fn told_of_resignation(
        &mut self,
        from: NodeId,
        epoch: Epoch,
        successor: Option<NodeId>,
        now: Instant,
        step: &mut StepOf<Self>,
    ) {
        if epoch == self.record.epoch && self.support.is_some_and(|support| support.to == Some(from)) {
            self.support = None;
        }
        if self.leader.is_none_or(|leader| (leader.id, leader.epoch) != (from, epoch)) {
            return;
        }
        self.over = self.over.max(epoch);
        self.leader_is_gone(Gone::Resigned, now);
        self.report(step);
        if successor == Some(self.me()) {
            self.aside = Instant::ORIGIN;
            self.set(Timer::Campaign, now);
        } else if successor.is_some() {
            // Whatever this member's rank is: somebody has chosen.
            self.aside = now + self.config.timing.timeout.saturating_mul(3);
            self.make_way(now);
        }
    }

    /// The leader that was followed is followed no longer; [`report`](Self::report) tells so.
    pub(super) fn leader_is_gone(&mut self, why: Gone, now: Instant) {
        let Some(leader) = self.leader.take_if(|leader| leader.id != self.electorate.me()) else { return };
        if let Some(peer) = self.electorate.get_mut(leader.id) {
            peer.silent = why == Gone::Silent;
        }
        self.gone = Some((leader.epoch, why));
        if self.config.guarantee == Guarantee::PerPartition {
            self.support = None; // No lease to keep.
        }
        self.set(Timer::Report, now);
        self.clear(Timer::Silence);
        self.clear(Timer::Preempt);
        if let Phase::PreVoting { challenge: true, .. } = self.phase {
            self.phase = Phase::Following;
            self.clear(Timer::Answers);
        }
        if matches!(self.phase, Phase::Following) {
            self.campaign_in(core::time::Duration::ZERO, now);
        }
    }

    pub(super) fn report(&mut self, step: &mut StepOf<Self>) {
        self.clear(Timer::Report);
        if let Some((epoch, why)) = self.gone.take() {
            step.event(Event::Leaderless { epoch, why });
        }
    }
}
