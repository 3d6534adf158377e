//! How claims end: released, run out, broken (L1, L4, L6).

use super::claims::{Claim, Standing};
use super::slab::Slot;
use super::{Authority, Event, Freed, Misuse};
use crate::lease::{ClaimId, Message, Refusal};
use crate::{FencingToken, Instant, NodeId, StepOf};
use core::fmt::Debug;
use core::hash::Hash;

impl<R: Copy + Eq + Hash + Debug, const N: usize> Authority<R, N> {
    pub(super) fn asked_to_release(
        &mut self,
        from: NodeId,
        id: ClaimId,
        token: Option<FencingToken>,
        step: &mut StepOf<Self>,
    ) {
        step.send_to(from, Message::Released { claim: id });
        let found = self.claims.find(from, id);
        if planted!(ReleaseByName) && found.is_none() {
            let other = self.claims.iter().find(|claim| claim.node == from).map(|claim| claim.id);
            if let Some(other) = other.and_then(|id| self.claims.find(from, id)) {
                self.free(other, Freed::Released, step);
            }
        }
        let Some((slot, claim)) = found.and_then(|slot| Some((slot, self.claims.get(slot)?))) else { return };
        match (claim.standing, token) {
            // Who gives up waiting may have been granted it meanwhile, and not know.
            (Standing::Waiting { .. }, _) | (Standing::Holding { .. }, None) => {}
            (Standing::Holding { token: held, .. } | Standing::Cooling { token: held }, Some(token))
                if token == held => {}
            _ => return,
        }
        self.free(slot, Freed::Released, step);
    }

    /// Removes a claim, and tells so if it held the resource.
    pub(super) fn free(&mut self, slot: Slot, why: Freed, step: &mut StepOf<Self>) {
        let Some((resource, claim)) = self.claims.remove(slot) else { return };
        if let Standing::Holding { token, .. } = claim.standing {
            step.event(Event::Freed { resource, node: claim.node, claim: claim.id, token, why });
        }
    }

    /// The time of a claim is over.
    pub(super) fn run_out(&mut self, slot: Slot, now: Instant, step: &mut StepOf<Self>) {
        let Some(claim) = self.claims.get(slot) else { return };
        let delay = self.config.lock_delay();
        let why = if claim.superseded { Freed::Superseded } else { Freed::Expired };
        match claim.standing {
            Standing::Holding { token, .. }
                if why == Freed::Expired && !delay.is_zero() && !planted!(LockDelayForgotten) =>
            {
                let event = self.key_of(claim).map(|resource| Event::Freed {
                    resource,
                    node: claim.node,
                    claim: claim.id,
                    token,
                    why,
                });
                if let Some(claim) = self.claims.get_mut(slot) {
                    claim.standing = Standing::Cooling { token };
                }
                self.claims.deadlines.set(slot, now + delay);
                event.into_iter().for_each(|event| step.event(event));
            }
            _ => self.free(slot, why, step),
        }
    }

    pub(super) fn break_leases(&mut self, key: &R, step: &mut StepOf<Self>) {
        let resource = self.claims.find_resource(key).filter(|resource| self.claims.is_held(*resource));
        let Some(resource) = resource else {
            step.event(Event::Refused(Misuse::NotHeld));
            return;
        };
        let mut next = self.claims.holders(resource).next().map(|(slot, _)| slot);
        while let Some(slot) = next {
            next = self.claims.next_holder(slot);
            let Some(claim) = self.claims.get_mut(slot) else { break };
            claim.broken = true;
            // As many as fit are told now. The others learn it when they renew.
            if step.room() > 0 && matches!(claim.standing, Standing::Holding { .. }) {
                step.send_to(claim.node, refusal(claim, Refusal::Broken));
            }
        }
    }

    pub(super) fn key_of(&self, claim: &Claim) -> Option<R> {
        self.claims.resource(claim.resource).map(|resource| resource.key)
    }
}

fn refusal<R>(claim: &Claim, refusal: Refusal) -> Message<R> {
    Message::Refused { claim: claim.id, refusal, sent: claim.sent }
}
