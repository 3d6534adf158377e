//! Leading, and ceasing to.

use super::machine::{Leader, Lease, Phase, Timer};
use super::{Election, Event, Guarantee, Message, Preempt, Reason, Verdict, Why};
use crate::{Epoch, Instant, NodeId, StepOf, To};
use core::time::Duration;

impl<const N: usize> Election<N> {
    /// Starts to lead.
    pub(super) fn lead(&mut self, lease: Lease, now: Instant, step: &mut StepOf<Self>) {
        let epoch = self.record.epoch;
        self.phase = Phase::Leading(lease);
        self.leader = Some(Leader { id: self.me(), epoch, priority: self.config.priority });
        (self.blind, self.gone) = (false, None);
        self.electorate.clear_deferrals();
        for timer in [Timer::Answers, Timer::Campaign, Timer::Silence, Timer::Preempt, Timer::Report] {
            self.clear(timer);
        }
        self.watch_lease(&lease);
        step.event(Event::Elected { epoch, until: lease.until });
        self.renew(now, step);
    }

    /// Repeats the coordinator message. A leader whom nobody need renew has nobody to ask, but tells observers.
    pub(super) fn renew(&mut self, now: Instant, step: &mut StepOf<Self>) {
        let Phase::Leading(mut lease) = self.phase else { return };
        if !planted!(CoordinatorOnce) {
            self.set(Timer::Renew, now + self.config.timing.renew);
        }
        if self.electorate.others_needed() == 0 && self.config.guarantee == Guarantee::Majority {
            self.extend(&mut lease, now, step);
        }
        if !self.electorate.ids().is_empty() {
            let (epoch, priority) = (self.record.epoch, self.config.priority);
            step.send(To::Peers, Message::Coordinator { epoch, priority, sent: now });
        }
    }

    /// A voter stands by this leader, from when the message that it answers was sent.
    pub(super) fn acknowledged(
        &mut self,
        from: NodeId,
        epoch: Epoch,
        sent: Instant,
        (priority, eligible): (u16, bool),
        now: Instant,
        step: &mut StepOf<Self>,
    ) {
        let Phase::Leading(mut lease) = self.phase else { return };
        if epoch != self.record.epoch {
            return; // An answer to an earlier leadership of this member, or to none of its.
        }
        if sent > now || sent < lease.since {
            step.event(Event::Rejected { from, reason: Reason::NeverSent { sent } });
            return;
        }
        let Some(voter) = self.electorate.get_mut(from) else { return };
        (voter.priority, voter.eligible) = (priority, eligible);
        if sent <= voter.acked {
            return;
        }
        let counted = voter.acked > lease.from;
        voter.acked = sent;
        let is_stopping = lease.stopping.is_some() && !planted!(RenewedWhileStopping);
        if self.config.guarantee == Guarantee::PerPartition || is_stopping {
            return;
        }
        if sent > lease.from && !counted {
            lease.newer = lease.newer.saturating_add(1);
            self.phase = Phase::Leading(lease);
        }
        // Only when as many have moved as are needed is the majority's time worked out again: constant on average.
        if lease.newer >= self.electorate.others_needed() {
            let from = if planted!(LeaseFromReply) { now } else { self.electorate.supported_from() };
            self.extend(&mut lease, from, step);
        }
    }

    /// The lease counts from `from` on, if that is later than before.
    fn extend(&mut self, lease: &mut Lease, from: Instant, step: &mut StepOf<Self>) {
        lease.from = lease.from.max(from);
        lease.until = lease.from + self.validity();
        lease.newer = self.electorate.acknowledged_after(lease.from);
        if core::mem::take(&mut lease.doubtful) {
            step.event(Event::Assured { epoch: self.record.epoch, until: lease.until });
        }
        self.watch_lease(lease);
        self.phase = Phase::Leading(*lease);
    }

    /// How long a lease lasts from when it was asked for.
    pub(super) fn validity(&self) -> Duration {
        if planted!(DriftForgotten) { self.config.timing.lease } else { self.config.validity }
    }

    fn watch_lease(&mut self, lease: &Lease) {
        if self.config.guarantee == Guarantee::Majority {
            if !planted!(LeadsAfterLease) {
                self.set(Timer::Lease, lease.until);
            }
            let timing = &self.config.timing;
            self.set(Timer::Doubt, lease.from + timing.renew.saturating_add(timing.timeout));
        }
    }

    /// A renewal is overdue.
    pub(super) fn doubt(&mut self, step: &mut StepOf<Self>) {
        if let Phase::Leading(lease) = &mut self.phase
            && lease.stopping.is_none()
        {
            lease.doubtful = true;
            step.event(Event::Doubtful { epoch: self.record.epoch, until: lease.until });
        }
    }

    /// If the leadership is over by the clock, says so, and that before anything else. At a tick there is also room to name
    /// the successor, if there is one to be.
    pub(super) fn end_if_over(&mut self, is_tick: bool, now: Instant, step: &mut StepOf<Self>) -> bool {
        let Phase::Leading(lease) = self.phase else { return false };
        let over = self.timers.get(Timer::Lease as usize).is_some_and(|end| end <= now);
        match lease.stopping {
            Some(why) if over && is_tick => self.release(why, now, step),
            Some(why) if over => self.lose(why, now, step),
            None if over => self.lose(Why::LeaseExpired, now, step),
            _ => {}
        }
        over
    }

    /// Begins to give the leadership up. The lease is renewed no more, so it ends by itself if nobody says that the
    /// work has stopped.
    pub(super) fn stop(&mut self, why: Why, now: Instant, step: &mut StepOf<Self>) {
        let Phase::Leading(lease) = &mut self.phase else { return };
        if self.config.guarantee == Guarantee::PerPartition && lease.stopping.is_none() {
            lease.until = now + self.config.validity;
        }
        lease.stopping = Some(why);
        let until = lease.until;
        self.set(Timer::Lease, until);
        self.clear(Timer::Doubt);
        if self.config.guarantee == Guarantee::Majority {
            self.clear(Timer::Renew);
        }
        step.event(Event::Stopping { epoch: self.record.epoch, why, until });
        if planted!(ReleasedBeforeStopped) {
            step.send(To::Peers, Message::Resign { epoch: self.record.epoch, successor: None });
        }
    }

    /// Gives the leadership up by choice: tells its own user first, then the others, whom that frees at once.
    pub(super) fn release(&mut self, why: Why, now: Instant, step: &mut StepOf<Self>) {
        let epoch = self.record.epoch;
        self.lose(why, now, step);
        let successor = match why {
            Why::Transferred(to) | Why::Preempted(to) => Some(to),
            _ => None,
        };
        step.send(To::Peers, Message::Resign { epoch, successor });
    }

    /// Leads no longer, if it did.
    pub(super) fn lose(&mut self, why: Why, now: Instant, step: &mut StepOf<Self>) {
        let Phase::Leading(lease) = self.phase else { return };
        let epoch = self.record.epoch;
        self.phase = Phase::Following;
        (self.leader, self.support) = (None, None);
        for timer in [Timer::Lease, Timer::Renew, Timer::Doubt] {
            self.clear(timer);
        }
        step.event(Event::Lost { epoch, why, until: lease.until.min(now) });
        if let Why::LeaseExpired | Why::Superseded(_) | Why::Merged(_) = why {
            self.campaign_in(Duration::ZERO, now);
        } else {
            // By choice: for as long as a successor may need, it stays aside.
            self.over = self.over.max(epoch);
            let timing = &self.config.timing;
            self.aside = now + timing.lease.saturating_add(timing.timeout);
            self.set(Timer::Campaign, self.aside);
        }
    }

    /// A voter has taken part in a later epoch than this leader's, so it cannot follow. The leader stands again, above
    /// that epoch: the others still stand by it. So it does if under [`Guarantee::PerPartition`] its own epoch is over for
    /// the voter, who knew another leader of that epoch, which has resigned.
    pub(super) fn told_to_be_stale(&mut self, epoch: Epoch, verdict: Verdict, now: Instant, step: &mut StepOf<Self>) {
        match verdict {
            Verdict::Stale(current)
                if epoch == self.record.epoch
                    && (current > epoch || self.config.guarantee == Guarantee::PerPartition && current == epoch) =>
            {
                self.lose(Why::Superseded(current), now, step);
            }
            _ => {}
        }
    }

    /// A member that outranks this leader asks it to hand over.
    pub(super) fn challenged(&mut self, from: NodeId, epoch: Epoch, now: Instant, step: &mut StepOf<Self>) {
        let Phase::Leading(lease) = self.phase else { return };
        let Some(peer) = self.electorate.get(from) else { return };
        let may = peer.eligible && !peer.suspected && !self.outranks(from, peer.priority);
        let yields = epoch == self.record.epoch && lease.stopping.is_none() && self.config.preempt != Preempt::Never;
        if may && yields {
            self.stop(Why::Preempted(from), now, step);
        }
    }
}
