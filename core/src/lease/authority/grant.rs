//! Granting, and the line of those who wait (L4, L5).

use super::claims::{Standing, Wish};
use super::machine::Phase;
use super::slab::Slot;
use super::{Authority, Event};
use crate::lease::{Message, Refusal};
use crate::{FencingToken, Instant, StepOf};
use core::fmt::Debug;
use core::hash::Hash;

impl<R: Copy + Eq + Hash + Debug, const N: usize> Authority<R, N> {
    pub(super) fn asked_to_grant(&mut self, wish: &Wish<R>, wait: bool, now: Instant, step: &mut StepOf<Self>) {
        if let Some(slot) = self.claims.find(wish.node, wish.id) {
            self.asked_again(slot, wish, now, step);
            return;
        }
        let refuse = |refusal| Message::Refused { claim: wish.id, refusal, sent: wish.sent };
        let resource = self.claims.find_resource(&wish.key);
        if let Some(of) = resource.and_then(|resource| self.claims.other_permits(resource, wish.mode)) {
            step.send_to(wish.node, refuse(Refusal::OtherPermits(of.get())));
            return;
        }
        let has_room = match (resource, self.phase) {
            (_, Phase::Grace { .. } | Phase::Closed { .. }) => false,
            (None, Phase::Open) => true,
            (Some(resource), Phase::Open) => {
                let first = !self.claims.has_line(resource) || planted!(LineJumped);
                first && self.claims.has_room(resource, wish.mode)
            }
        };
        if !has_room && !wait {
            let left = self.grace_left(now);
            let refusal = if left.is_zero() { Refusal::Busy } else { Refusal::Grace(left) };
            step.send_to(wish.node, refuse(refusal));
            return;
        }
        let Some(slot) = self.claims.add(wish) else {
            step.send_to(wish.node, refuse(Refusal::Full(u32::try_from(N).unwrap_or(u32::MAX))));
            return;
        };
        self.claims.deadlines.set(slot, now + wish.lease);
        if has_room {
            if !self.grant(slot, now, step) {
                self.claims.remove(slot);
                step.send_to(wish.node, refuse(Refusal::Exhausted));
            }
            return;
        }
        self.claims.wait(slot);
        self.tell_place(slot, step);
    }

    /// A claim that is known asks once more: it is still there, and may not have heard the answer.
    pub(super) fn asked_again(&mut self, slot: Slot, wish: &Wish<R>, now: Instant, step: &mut StepOf<Self>) {
        if let Some(reason) = self.other_claim(slot, wish) {
            step.event(Event::Rejected { from: wish.node, reason });
            return;
        }
        match self.claims.get(slot).map(|claim| claim.standing) {
            Some(Standing::Waiting { .. }) => {
                if let Some(claim) = self.claims.get_mut(slot) {
                    claim.sent = claim.sent.max(wish.sent);
                    claim.lease = wish.lease;
                }
                self.claims.deadlines.set(slot, now + wish.lease);
                self.tell_place(slot, step);
            }
            Some(Standing::Holding { token, since }) => self.extend(slot, token, since, wish, now, step),
            Some(Standing::Cooling { .. }) | None => {
                let refusal = Refusal::NotHeld;
                step.send_to(wish.node, Message::Refused { claim: wish.id, refusal, sent: wish.sent });
            }
        }
    }

    pub(super) fn tell_place(&self, slot: Slot, step: &mut StepOf<Self>) {
        if let Some(claim) = self.claims.get(slot)
            && let Standing::Waiting { ticket } = claim.standing
        {
            let ahead = self.claims.ahead(claim.resource, ticket);
            step.send_to(claim.node, Message::Waiting { claim: claim.id, ahead, sent: claim.sent });
        }
    }

    /// Grants a claim what it wants; `false` if there is no token left.
    pub(super) fn grant(&mut self, slot: Slot, now: Instant, step: &mut StepOf<Self>) -> bool {
        let next = self.sequence.saturating_add(1);
        let Some(token) = FencingToken::new(self.epoch, next) else {
            if !core::mem::replace(&mut self.exhausted, true) {
                step.event(Event::Exhausted { epoch: self.epoch });
            }
            return false;
        };
        self.sequence = if planted!(TokenRepeated) { next & 3 } else { next };
        self.claims.hold(slot, token, now);
        let Some(claim) = self.claims.get(slot) else { return true };
        let (node, id, lease, sent, mode) = (claim.node, claim.id, claim.lease, claim.sent, claim.mode);
        self.claims.deadlines.set(slot, now + lease);
        step.send_to(node, Message::Granted { claim: id, token, lease, sent });
        if let Some(resource) = self.claims.get(slot).and_then(|claim| self.key_of(claim)) {
            step.event(Event::Granted { resource, node, claim: id, token, mode, reclaimed: false });
        }
        true
    }

    /// Serves those who may be next, as many as fit into the step.
    pub(super) fn serve_lines(&mut self, now: Instant, step: &mut StepOf<Self>) {
        while step.room() >= 2
            && let Some(resource) = self.claims.pending()
        {
            let next = self.claims.first_in_line(resource).map(|(slot, claim)| (slot, claim.mode));
            match next {
                Some((slot, mode))
                    if self.phase == Phase::Open
                        && (self.claims.has_room(resource, mode) || planted!(GrantedBesideOthers))
                        && !self.exhausted =>
                {
                    if !self.grant(slot, now, step) {
                        self.claims.settle(resource);
                    }
                }
                _ => self.claims.settle(resource),
            }
        }
    }
}
