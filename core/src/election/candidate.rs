//! Standing for election.

use super::electorate::{Answer, Peer};
use super::machine::{Lease, Phase, Support, Timer};
use super::{Election, Event, Guarantee, Message, Preempt, Record, Verdict};
use crate::time::nanos;
use crate::total;
use crate::{Epoch, Instant, NodeId, StepOf, To};
use core::time::Duration;

impl<const N: usize> Election<N> {
    /// Stands in so long, and a little later by chance.
    pub(super) fn campaign_in(&mut self, pause: Duration, now: Instant) {
        let jitter = self.random.up_to(self.config.timing.jitter);
        self.set(Timer::Campaign, now + pause.saturating_add(jitter));
    }

    /// Whether to make way for a higher-ranked member: once, until there is a leader again. It may reach this member and
    /// yet no majority.
    pub(super) fn defers_to(&mut self, peer: NodeId) -> bool {
        self.electorate.get_mut(peer).is_some_and(|peer| !core::mem::replace(&mut peer.deferred_to, true))
    }

    /// Makes way, and stands if in spite of that nobody leads in a while: long enough for a higher-ranked member to ask
    /// twice and be answered.
    pub(super) fn make_way(&mut self, now: Instant) {
        self.phase = Phase::Following;
        self.clear(Timer::Answers);
        let pause = self.config.timing.timeout.saturating_mul(3);
        self.way = now + pause;
        self.campaign_in(pause, now);
    }

    /// Asks the voters whether they would elect this member, if it may stand and is free to.
    pub(super) fn campaign(&mut self, now: Instant, step: &mut StepOf<Self>) {
        if !self.eligible || self.leader.is_some() || !matches!(self.phase, Phase::Following) {
            return;
        }
        let free = self.support.filter(|support| support.to != Some(self.me())).map_or(now, |support| support.until);
        let free = free.max(self.aside);
        if free > now {
            self.set(Timer::Campaign, free);
            return;
        }
        let Some(epoch) = self.seen.max(self.record.epoch).next() else {
            step.event(Event::Exhausted);
            return;
        };
        self.ask(epoch, false, now, step);
        self.count(now, step);
    }

    /// Asks whether this member may take over from a leader that it outranks.
    pub(super) fn challenge(&mut self, now: Instant, step: &mut StepOf<Self>) {
        if self.outranked_leader().is_none() || !matches!(self.phase, Phase::Following) {
            return;
        }
        if let Some(epoch) = self.seen.max(self.record.epoch).next() {
            self.ask(epoch, true, now, step);
        }
    }

    fn ask(&mut self, epoch: Epoch, challenge: bool, now: Instant, step: &mut StepOf<Self>) {
        self.phase = Phase::PreVoting { epoch, challenge };
        self.wait = None;
        self.electorate.clear_answers();
        self.set(Timer::Answers, now + self.config.timing.timeout);
        step.send(To::Peers, Message::PreVote { epoch, priority: self.config.priority, challenge });
    }

    /// The leader that is followed, if this member outranks it, may lead, and takes over at all.
    pub(super) fn outranked_leader(&self) -> Option<NodeId> {
        let leader = self.leader.filter(|leader| leader.id != self.me())?;
        let may = self.eligible && self.config.preempt != Preempt::Never;
        (may && self.outranks(leader.id, leader.priority)).then_some(leader.id)
    }

    pub(super) fn outranks(&self, other: NodeId, priority: u16) -> bool {
        (self.config.priority, self.me()) > (priority, other)
    }

    /// A voter has answered.
    pub(super) fn answered(
        &mut self,
        from: NodeId,
        epoch: Epoch,
        verdict: Verdict,
        now: Instant,
        step: &mut StepOf<Self>,
    ) {
        if let Verdict::Stale(current) = verdict {
            self.seen = self.seen.max(current);
        }
        let asked = match self.phase {
            Phase::PreVoting { epoch, .. } => epoch,
            Phase::Standing { .. } => self.record.epoch,
            Phase::Leading(_) => {
                return self.told_to_be_stale(epoch, verdict, now, step);
            }
            Phase::Recalling { .. } | Phase::Following => return,
        };
        let in_favour = match self.phase {
            Phase::PreVoting { .. } => Verdict::Would,
            _ => Verdict::Granted,
        };
        let Some(voter) = self.electorate.get_mut(from).filter(|_| epoch == asked || planted!(OldAnswerCounts)) else {
            return;
        };
        // A copy of another answer does not take a vote back.
        if !voter.has_granted() {
            voter.answer = Answer::Other;
        }
        match verdict {
            Verdict::Would | Verdict::Granted if verdict == in_favour => voter.answer = Answer::Granted,
            Verdict::Would | Verdict::Granted => {}
            Verdict::Stale(_) => self.wait = Some(Duration::ZERO), // A higher epoch is to be had at once.
            Verdict::Higher => {
                if self.defers_to(from) {
                    self.withdraw(step);
                    self.make_way(now);
                    return;
                }
            }
            Verdict::Wait(wait) => self.wait = Some(self.wait.map_or(wait, |other| other.min(wait))),
        }
        self.count(now, step);
    }

    /// Goes on if enough are in favour; gives up if nobody is left to ask.
    ///
    /// A pre-vote also waits for those who might answer that they rank higher, unless they are thought dead: for one
    /// round trip, and a timeout at most.
    fn count(&mut self, now: Instant, step: &mut StepOf<Self>) {
        let all_heard = self.electorate.voters().all(Peer::has_answered);
        let nobody_missing =
            self.electorate.voters().all(|voter| voter.has_answered() || voter.suspected || voter.silent);
        match self.phase {
            _ if !self.has_quorum() => {
                if all_heard {
                    self.give_up(now, step);
                }
            }
            Phase::PreVoting { challenge: false, .. } if !nobody_missing => {}
            _ => self.go_on(now, step),
        }
    }

    /// Enough are in favour.
    fn go_on(&mut self, now: Instant, step: &mut StepOf<Self>) {
        match self.phase {
            Phase::PreVoting { challenge: true, .. } => self.send_challenge(now, step),
            Phase::PreVoting { epoch, .. } => self.stand(epoch, now, step),
            Phase::Standing { since } => self.win(if planted!(WonFromReply) { now } else { since }, now, step),
            Phase::Recalling { .. } | Phase::Following | Phase::Leading(_) => {}
        }
    }

    /// Whether enough voters are in favour: a majority, or under [`Guarantee::PerPartition`] all that are trusted.
    pub(super) fn has_quorum(&self) -> bool {
        match self.config.guarantee {
            Guarantee::Majority => self.electorate.in_favour() >= self.electorate.others_needed(),
            Guarantee::PerPartition => self.electorate.voters().all(|voter| {
                voter.has_granted() || voter.suspected || (planted!(AnswerTakenForVote) && voter.has_answered())
            }),
        }
    }

    /// The time for answers is over.
    pub(super) fn answers_are_due(&mut self, now: Instant, step: &mut StepOf<Self>) {
        match self.phase {
            Phase::Recalling { nonce } => self.recall(nonce, now, step),
            Phase::PreVoting { .. } | Phase::Standing { .. } if self.has_quorum() => self.go_on(now, step),
            Phase::PreVoting { .. } | Phase::Standing { .. } => self.give_up(now, step),
            Phase::Following | Phase::Leading(_) => {}
        }
    }

    /// Votes for itself and calls the election.
    fn stand(&mut self, epoch: Epoch, now: Instant, step: &mut StepOf<Self>) {
        self.record = Record { epoch, vote: Some(self.me()) };
        self.seen = self.seen.max(epoch);
        self.support = Some(Support { to: Some(self.me()), until: now + self.config.timing.lease });
        self.phase = Phase::Standing { since: now };
        self.wait = None;
        self.electorate.clear_answers();
        self.set(Timer::Answers, now + self.config.timing.timeout);
        if !planted!(OwnVoteNotStored) {
            step.persist(self.record);
        }
        if self.has_quorum() {
            self.win(now, now, step);
        } else {
            step.send(To::Peers, Message::Election { epoch, priority: self.config.priority });
        }
    }

    /// Elected, by voters who were asked at `since`.
    fn win(&mut self, since: Instant, now: Instant, step: &mut StepOf<Self>) {
        let until = match self.config.guarantee {
            Guarantee::Majority => since + self.validity(),
            Guarantee::PerPartition => Instant::FAR_FUTURE,
        };
        if until <= now {
            self.give_up(now, step);
            return;
        }
        self.electorate.start_acknowledgements(since);
        self.lead(Lease { since, from: since, until, newer: 0, doubtful: false, stopping: None }, now, step);
    }

    /// Not elected: tries again when a voter may be free, or after about the time that answers take.
    fn give_up(&mut self, now: Instant, step: &mut StepOf<Self>) {
        self.withdraw(step);
        let is_challenge = matches!(self.phase, Phase::PreVoting { challenge: true, .. });
        self.phase = Phase::Following;
        self.clear(Timer::Answers);
        if is_challenge {
            self.watch_rank(now);
        } else {
            let heard = total::count(self.electorate.voters().filter(|voter| voter.has_answered()));
            self.blind = self.config.guarantee == Guarantee::Majority && heard < self.electorate.others_needed();
            let timeout = self.config.timing.timeout;
            let pause = Duration::from_nanos(nanos(timeout) / 2).saturating_add(self.random.up_to(timeout));
            self.campaign_in(self.wait.map_or(pause, |wait| wait.min(pause)), now);
        }
    }

    /// If this member stands, tells the voters that it does so no longer, so that they need not wait for it.
    pub(super) fn withdraw(&mut self, step: &mut StepOf<Self>) {
        if matches!(self.phase, Phase::Standing { .. }) {
            self.support = None;
            step.send(To::Peers, Message::Resign { epoch: self.record.epoch, successor: None });
        }
    }

    /// A majority would have this member: asks the leader to hand over, and again later if it does not.
    fn send_challenge(&mut self, now: Instant, step: &mut StepOf<Self>) {
        self.phase = Phase::Following;
        self.clear(Timer::Answers);
        self.watch_rank(now);
        if let Some(leader) = self.leader {
            step.send_to(leader.id, Message::Challenge { epoch: leader.epoch });
        }
    }

    /// Starts the time after which an outranked leader is challenged.
    pub(super) fn watch_rank(&mut self, now: Instant) {
        match (self.outranked_leader(), self.config.preempt) {
            (Some(_), Preempt::After(stable)) if !planted!(NeverTakesOver) => {
                let timeout = self.config.timing.timeout;
                let pause = stable.max(timeout).saturating_add(self.random.up_to(timeout));
                self.set(Timer::Preempt, now + pause);
            }
            _ => self.clear(Timer::Preempt),
        }
    }
}
