//! What the authority says.

use super::machine::{Hold, Phase, Timer, Want};
use super::{Event, Failure, Holder, Loss, Reason};
use crate::lease::{Message, Refusal};
use crate::total::minus;
use crate::{FencingToken, Instant, NodeId, StepOf};
use core::fmt::Debug;
use core::hash::Hash;
use core::time::Duration;

impl<R: Copy + Eq + Hash + Debug, const N: usize> Holder<R, N> {
    pub(super) fn receive(&mut self, from: NodeId, message: Message<R>, now: Instant, step: &mut StepOf<Self>) {
        if let Some(reason) = self.objection(from, &message, now) {
            step.event(Event::Rejected { from, reason });
            return;
        }
        let claim = message.claim();
        if claim != self.claim || self.phase == Phase::Idle {
            // Who has lost a lease says nothing more: its work may still be under way, and the lease runs out by itself.
            if self.lost != Some(claim)
                && let Some(disclaimed) = message.disclaimed()
            {
                step.send_to(from, disclaimed);
            }
            return;
        }
        match message {
            Message::Granted { token, lease, sent, .. } => self.granted(from, token, lease, sent, now, step),
            Message::Waiting { ahead, sent, .. } => self.is_in_line(from, ahead, sent, now, step),
            Message::Refused { refusal, sent, .. } => self.refused(from, refusal, sent, now, step),
            Message::Released { .. } => self.released(from, step),
            Message::Acquire { .. } | Message::Renew { .. } | Message::Release { .. } => {}
        }
    }

    /// Why a message is not even looked at.
    fn objection(&self, from: NodeId, message: &Message<R>, now: Instant) -> Option<Reason> {
        if self.group.position(from).is_none() {
            return Some(Reason::Stranger);
        }
        match *message {
            Message::Acquire { .. } | Message::Renew { .. } | Message::Release { .. } => Some(Reason::NotForHolders),
            Message::Granted { sent, .. } | Message::Waiting { sent, .. } | Message::Refused { sent, .. }
                if sent > now =>
            {
                Some(Reason::FromTheFuture)
            }
            Message::Granted { token, .. } if token == FencingToken::ZERO || token > FencingToken::MAX => {
                Some(Reason::InvalidToken(token))
            }
            Message::Granted { claim, lease, .. }
                if claim == self.claim && self.phase != Phase::Idle && self.config.validity(lease).is_zero() =>
            {
                Some(Reason::TooShort(lease))
            }
            Message::Granted { claim, token, .. } if claim == self.claim => match self.phase {
                Phase::Holding(hold) if hold.token != token => Some(Reason::OtherToken(token)),
                _ => None,
            },
            _ => None,
        }
    }

    /// The authority has been found.
    fn heard_of(&mut self, from: NodeId) {
        self.authority = Some(from);
        (self.answered, self.redirects) = (true, 0);
    }

    fn granted(
        &mut self,
        from: NodeId,
        token: FencingToken,
        lease: Duration,
        sent: Instant,
        now: Instant,
        step: &mut StepOf<Self>,
    ) {
        let lease = lease.min(self.config.timing().lease);
        let sent = if planted!(HolderCountsFromReply) { now } else { sent };
        match self.phase {
            Phase::Wanting(want) => {
                self.heard_of(from);
                let until = sent + self.config.validity(lease);
                if until.since(now) < self.period(lease) && !planted!(DeadLeaseTaken) {
                    self.phase = Phase::Wanting(Want { late: true, ..want });
                    if !want.late {
                        self.ask_afresh(now, step);
                    }
                    return;
                }
                let depth = 1;
                let hold = Hold { token, from: sent, lease, depth, doubtful: false, draining: false, ending: None };
                self.phase = Phase::Holding(hold);
                self.clear(Timer::Patience);
                self.count_from(&hold);
                step.event(Event::Acquired { token });
            }
            Phase::Holding(hold) => {
                self.heard_of(from);
                if sent <= hold.from || hold.ending.is_some() {
                    return;
                }
                let renewed = Hold { from: sent, lease, doubtful: false, ..hold };
                self.phase = Phase::Holding(renewed);
                self.count_from(&renewed);
                if hold.doubtful {
                    let left = self.time_left(now);
                    step.event(Event::Sound { left });
                }
            }
            // What was asked before it gave the lease up came late, and was granted anew.
            Phase::Releasing { token: given_up } if token != given_up => {
                step.send_to(from, Message::Release { claim: self.claim, token: Some(token) });
            }
            Phase::Releasing { token } if planted!(RenewalOutlivesRelease) => {
                let depth = 1;
                let hold = Hold { token, from: sent, lease, depth, doubtful: false, draining: false, ending: None };
                self.phase = Phase::Holding(hold);
                self.count_from(&hold);
            }
            Phase::Idle | Phase::Releasing { .. } => {}
        }
    }

    /// The lease counts from another request: so do the renewal after it, doubt, and its end.
    fn count_from(&mut self, hold: &Hold) {
        let period = self.period(hold.lease);
        self.wait = self.config.timing().retry;
        let early = self.random.up_to(period.checked_div(8).unwrap_or_default());
        self.set(Timer::Ask, hold.from + minus(period, early));
        self.set(Timer::Doubt, hold.from + period.saturating_mul(2));
        self.set(Timer::Lease, self.end(hold));
    }

    fn is_in_line(&mut self, from: NodeId, ahead: u32, sent: Instant, now: Instant, step: &mut StepOf<Self>) {
        let Phase::Wanting(want) = &mut self.phase else { return };
        if !want.wait {
            return;
        }
        let is_new = want.ahead.replace(ahead) != Some(ahead);
        self.heard_of(from);
        // From here on it only repeats itself, so that it keeps its place.
        self.wait = self.config.timing().retry;
        let period = self.config.timing().renew;
        let early = self.random.up_to(period.checked_div(8).unwrap_or_default());
        self.set(Timer::Ask, now.max(sent + minus(period, early)));
        if is_new {
            step.event(Event::Waiting { ahead });
        }
    }

    fn released(&mut self, from: NodeId, step: &mut StepOf<Self>) {
        if let Phase::Releasing { token } = self.phase {
            self.heard_of(from);
            step.event(Event::Released { token, confirmed: true });
            self.end_claim();
        }
    }

    fn refused(&mut self, from: NodeId, refusal: Refusal, sent: Instant, now: Instant, step: &mut StepOf<Self>) {
        if let Refusal::Elsewhere(hint) = refusal {
            if planted!(DropsOnError)
                && let Phase::Holding(hold) = self.phase
            {
                return self.lose(hold.token, Loss::Ended(refusal), step);
            }
            return self.sent_elsewhere(from, hint, now, step);
        }
        match self.phase {
            Phase::Wanting(want) => self.want_refused(from, want, refusal, now, step),
            Phase::Holding(hold) => self.hold_refused(from, hold, refusal, sent, step),
            Phase::Idle | Phase::Releasing { .. } => {}
        }
    }

    /// Who is not the authority says who is, perhaps.
    fn sent_elsewhere(&mut self, from: NodeId, hint: Option<NodeId>, now: Instant, step: &mut StepOf<Self>) {
        let hint = hint.filter(|hint| *hint != from && self.group.position(*hint).is_some());
        match self.authority {
            // Everybody was asked: the authority among them. It is known whom to ask next time, if it should not answer.
            None => self.authority = hint,
            Some(asked) if asked == from => {
                self.authority = hint;
                if hint.is_some() && self.redirects < Self::REDIRECTS {
                    self.redirects = self.redirects.saturating_add(1);
                    self.ask_in_turn(now, step);
                }
            }
            Some(_) => {}
        }
    }

    fn want_refused(&mut self, from: NodeId, want: Want, refusal: Refusal, now: Instant, step: &mut StepOf<Self>) {
        self.heard_of(from);
        match refusal {
            Refusal::NotHeld | Refusal::Broken | Refusal::CapReached => {
                // It was granted and is over already, before it was told: from the beginning, as another claim.
                self.claim = self.claim.next();
                self.phase = Phase::Wanting(Want { ahead: None, late: false, ..want });
                self.ask_afresh(now, step);
            }
            // Another epoch comes.
            Refusal::Exhausted if want.wait => {}
            _ => self.failed(Failure::Refused(refusal), step),
        }
    }

    fn hold_refused(&mut self, from: NodeId, hold: Hold, refusal: Refusal, sent: Instant, step: &mut StepOf<Self>) {
        if sent < hold.from {
            return; // it has been renewed since
        }
        match refusal {
            Refusal::NotHeld => self.lose(hold.token, Loss::Ended(refusal), step),
            Refusal::Broken => {
                let claim = self.claim;
                self.lose(hold.token, Loss::Ended(refusal), step);
                // So that the next need not wait until it has run out.
                step.send_to(from, Message::Release { claim, token: Some(hold.token) });
            }
            Refusal::CapReached => {
                self.heard_of(from);
                self.clear(Timer::Ask);
                if hold.ending.is_none() {
                    let doubtful = true;
                    self.phase = Phase::Holding(Hold { ending: Some(refusal), doubtful, ..hold });
                    self.clear(Timer::Doubt);
                    let left = self.time_left(self.latest);
                    step.event(Event::Doubtful { left });
                }
            }
            // Not about what is held: it may be otherwise next time.
            _ => {}
        }
    }
}

impl<R> Message<R> {
    /// What a node answers to a grant that it has no holder for: one that gave up before it was granted, for example.
    #[must_use]
    pub const fn disclaimed(&self) -> Option<Self> {
        match *self {
            Self::Granted { claim, token, .. } => Some(Self::Release { claim, token: Some(token) }),
            Self::Waiting { claim, .. } => Some(Self::Release { claim, token: None }),
            _ => None,
        }
    }
}
