//! Renewing, and taking back what a predecessor granted.

use super::claims::{Standing, Wish};
use super::machine::Phase;
use super::slab::Slot;
use super::{Authority, Event, Reason};
use crate::lease::{Message, Refusal};
use crate::{FencingToken, Instant, StepOf};
use core::fmt::Debug;
use core::hash::Hash;

impl<R: Copy + Eq + Hash + Debug, const N: usize> Authority<R, N> {
    pub(super) fn asked_to_renew(
        &mut self,
        wish: &Wish<R>,
        token: FencingToken,
        now: Instant,
        step: &mut StepOf<Self>,
    ) {
        let refuse = |refusal| Message::Refused { claim: wish.id, refusal, sent: wish.sent };
        if token.epoch() > self.epoch {
            // Somebody else is the authority by now, and this node does not know it yet.
            step.event(Event::Rejected { from: wish.node, reason: Reason::LaterEpoch(token.epoch()) });
            if step.room() > 0 {
                step.send_to(wish.node, refuse(Refusal::Elsewhere(None)));
            }
            return;
        }
        let is_grace = matches!(self.phase, Phase::Grace { .. }) || planted!(ReclaimAfterGrace);
        let can_be_reclaimed = is_grace && token.epoch() < self.epoch;
        let Some(slot) = self.claims.find(wish.node, wish.id) else {
            if can_be_reclaimed {
                self.reclaim(wish, token, now, step);
            } else {
                step.send_to(wish.node, refuse(Refusal::NotHeld));
            }
            return;
        };
        if let Some(reason) = self.other_claim(slot, wish) {
            step.event(Event::Rejected { from: wish.node, reason });
            return;
        }
        match self.claims.get(slot).map(|claim| claim.standing) {
            Some(Standing::Holding { token: held, since }) if held == token => {
                self.extend(slot, token, since, wish, now, step);
            }
            // It asked here first, and then heard that a predecessor had granted it.
            Some(Standing::Waiting { .. }) if can_be_reclaimed => {
                self.claims.remove(slot);
                self.reclaim(wish, token, now, step);
            }
            Some(Standing::Waiting { .. }) => {
                self.claims.remove(slot);
                step.send_to(wish.node, refuse(Refusal::NotHeld));
            }
            _ => step.send_to(wish.node, refuse(Refusal::NotHeld)),
        }
    }

    /// Renews what a claim holds.
    pub(super) fn extend(
        &mut self,
        slot: Slot,
        token: FencingToken,
        since: Instant,
        wish: &Wish<R>,
        now: Instant,
        step: &mut StepOf<Self>,
    ) {
        let Some(claim) = self.claims.get_mut(slot) else { return };
        let until = now + wish.lease;
        let refusal = if claim.broken && !planted!(BrokenRenewed) {
            Some(Refusal::Broken)
        } else if claim.superseded {
            Some(Refusal::NotHeld)
        } else if self.config.cap().is_some_and(|cap| until > since + cap) {
            Some(Refusal::CapReached)
        } else {
            None
        };
        if let Some(refusal) = refusal {
            step.send_to(wish.node, Message::Refused { claim: wish.id, refusal, sent: wish.sent });
            return;
        }
        claim.sent = claim.sent.max(wish.sent);
        claim.lease = wish.lease;
        // Never earlier than before: an earlier request may have asked for more, and been promised it.
        let until = self.claims.deadlines.get(slot).unwrap_or(until).max(until);
        if !planted!(RenewalNotCounted) {
            self.claims.deadlines.set(slot, until);
        }
        step.send_to(wish.node, Message::Granted { claim: wish.id, token, lease: wish.lease, sent: wish.sent });
    }

    pub(super) fn other_claim(&self, slot: Slot, wish: &Wish<R>) -> Option<Reason> {
        let claim = self.claims.get(slot)?;
        let resource = self.claims.resource(claim.resource)?;
        (resource.key != wish.key || claim.mode != wish.mode).then_some(Reason::OtherClaim(wish.id))
    }

    /// Takes the word of a holder that a predecessor granted it this.
    fn reclaim(&mut self, wish: &Wish<R>, token: FencingToken, now: Instant, step: &mut StepOf<Self>) {
        let refuse = |refusal| Message::Refused { claim: wish.id, refusal, sent: wish.sent };
        let resource = self.claims.find_resource(&wish.key);
        if resource.is_some_and(|resource| !self.make_room(resource, wish, token, now)) {
            step.send_to(wish.node, refuse(Refusal::NotHeld));
            return;
        }
        let Some(slot) = self.claims.add(wish) else {
            step.send_to(wish.node, refuse(Refusal::Full(u32::try_from(N).unwrap_or(u32::MAX))));
            return;
        };
        self.claims.hold(slot, token, now);
        self.claims.deadlines.set(slot, now + wish.lease);
        step.send_to(wish.node, Message::Granted { claim: wish.id, token, lease: wish.lease, sent: wish.sent });
        let Wish { node, id, key, mode, .. } = *wish;
        step.event(Event::Granted { resource: key, node, claim: id, token, mode, reclaimed: true });
    }

    /// Of several who claim what they cannot have held together, those with the lower tokens held it earlier, and hold it no
    /// longer. `false` if that is the one with this token.
    ///
    /// Of more permits than there are, some were given back before their renewal arrived here, and nobody can tell which: all
    /// are taken back, and nothing is granted beside them until so many have run out.
    fn make_room(&mut self, resource: Slot, wish: &Wish<R>, token: FencingToken, now: Instant) -> bool {
        let mut next = self.claims.holders(resource).next().map(|(slot, _)| slot);
        while let Some(slot) = next {
            next = self.claims.next_holder(slot);
            let Some(claim) = self.claims.get_mut(slot) else { break };
            match claim.standing {
                Standing::Holding { .. } if claim.superseded => {}
                Standing::Holding { token: held, .. } if !claim.mode.bears(wish.mode) => {
                    if held > token {
                        return false;
                    }
                    claim.superseded = true;
                    self.claims.deadlines.set(slot, now); // its end is told at the next ticks
                }
                Standing::Holding { .. } | Standing::Waiting { .. } | Standing::Cooling { .. } => {}
            }
        }
        true
    }
}
