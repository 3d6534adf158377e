//! What authorities grant, free and say: L2, L4, L5, and the lock-delay.

use super::marks::Mark;
use super::{ALONE, Claim, GRANTED, Locksmith};
use crate::check::{Violation, Who};
use crate::swarm::trials::locks::node::{CLAIMS, Grants};
use alloc::format;
use alloc::vec::Vec;
use quorate::lease::authority::{ClaimState, ClaimView, Event as Granting, Freed};
use quorate::lease::{Authority, ClaimId, Message, Refusal};
use quorate::{Epoch, FencingToken, Instant, NodeId};

impl<A: Grants> Locksmith<A> {
    /// An authority tells something.
    pub(super) fn granting(&mut self, event: &Granting<u8>, at: Instant, authority: Who) -> Result<(), Violation> {
        match *event {
            Granting::Granted { resource, node, claim, token, reclaimed, .. } => {
                self.granted.push((node, claim));
                let who = self.who(node);
                if reclaimed {
                    self.mark(Mark::Reclaimed);
                    if self.nodes.get(authority.place).is_some_and(|seen| seen.grants_new) {
                        let because = format!("{resource} was taken back for node {node} after the grace period");
                        return Err(Violation::new("grace", because, at).with_node(authority.node));
                    }
                    self.line.leaves(&resource, who, claim);
                    let holds = self.nodes.get(who.place).and_then(|seen| seen.holds);
                    if holds.is_some_and(|held| held.claim == claim) {
                        self.mark(Mark::Kept);
                    }
                    // A claim that ended and was granted anew, by a request that came late, has two.
                    let grants = self.nodes.get(who.place).map(|seen| &seen.granted);
                    let oldest = grants.and_then(|grants| grants.front()).map(|(_, token)| *token);
                    let grants = grants.into_iter().flatten();
                    let mut known = grants.filter(|(granted, _)| *granted == claim).map(|(_, token)| *token).peekable();
                    // One that is older than all that are remembered may have been forgotten.
                    let is_forgotten = oldest.is_none_or(|oldest| token < oldest);
                    if !is_forgotten && known.peek().is_some() && known.all(|known| known != token) {
                        let because = format!("claim {claim} was reclaimed with token {token}, not its own");
                        return Err(Violation::new("L2", because, at).with_nodes([authority.node, node]));
                    }
                    return Ok(());
                }
                if A::HOSTED && !self.is_fair {
                    self.by_epoch.granted(at, who, token, &(resource, token.epoch()))?;
                } else {
                    self.tokens.granted(at, who, token, &resource)?;
                }
                self.is_not_delayed(resource, at, who)?;
                for passed in self.line.served(&resource, who, claim) {
                    self.passed.push((resource, passed, (who, claim)));
                }
                let Some(seen) = self.nodes.get_mut(who.place) else { return Ok(()) };
                if seen.granted.len() == GRANTED {
                    seen.granted.pop_front();
                }
                seen.granted.push_back((claim, token));
                if core::mem::take(&mut seen.waits) {
                    let failed_over = core::mem::take(&mut seen.failed_over);
                    self.mark(Mark::HandedOver);
                    if failed_over {
                        self.mark(Mark::WaitedThrough);
                    }
                }
            }
            Granting::Freed { resource, node, claim, token, why } => {
                if let Some(seen) = self.nodes.get_mut(authority.place) {
                    seen.broken.retain(|broken| *broken != (node, claim));
                }
                self.freed(resource, (self.who(node), claim), token, why, at, authority)?;
            }
            Granting::Opening { epoch, .. } | Granting::Opened { epoch } => {
                if let Some(seen) = self.nodes.get_mut(authority.place) {
                    (seen.grants_new, seen.broken) = (matches!(event, Granting::Opened { .. }), Vec::new());
                }
                if self.line_of != authority.place {
                    self.is_over();
                    self.line_of = authority.place;
                }
                if epoch > Epoch::new(2) {
                    self.mark(Mark::ThirdEpoch);
                }
            }
            Granting::Closed { .. } if self.line_of == authority.place => self.is_over(),
            _ => {}
        }
        Ok(())
    }

    /// Nobody is granted what ran out before the lock-delay is over.
    fn is_not_delayed(&mut self, resource: u8, at: Instant, who: Who) -> Result<(), Violation> {
        let delay = self.lock_delay;
        let Some(((before, _), since)) = self.delayed.get_mut(usize::from(resource)).and_then(Option::take) else {
            return Ok(());
        };
        // Others could hold a shared resource beside the one whose lease ran out, and can still.
        if delay.is_zero() || resource != ALONE || !self.is_fair {
            return Ok(());
        }
        if at < since.after(delay) {
            let because = format!(
                "node {before}'s lease of {resource} ran out at {since}, and it was granted anew before the lock-delay of {delay:?} was over"
            );
            return Err(Violation::new("lock-delay", because, at).with_nodes([before.node, who.node]));
        }
        self.mark(Mark::Delayed);
        Ok(())
    }

    /// L4, that a release ends what it names, and L1, that nothing is freed before its holder has lost it.
    fn freed(
        &mut self,
        resource: u8,
        (who, claim): Claim,
        token: FencingToken,
        why: Freed,
        at: Instant,
        authority: Who,
    ) -> Result<(), Violation> {
        match why {
            Freed::Expired => {
                self.mark(Mark::Expired);
                if let Some(delayed) = self.delayed.get_mut(usize::from(resource)) {
                    *delayed = Some(((who, claim), at));
                }
            }
            Freed::Superseded => self.mark(Mark::Superseded),
            Freed::Released => {}
        }
        let Some(seen) = self.nodes.get_mut(who.place) else { return Ok(()) };
        if core::mem::take(&mut seen.crashed_holding) {
            self.mark(Mark::CrashedHolding);
        }
        let Some(seen) = self.nodes.get(who.place) else { return Ok(()) };
        let still = seen.holds.filter(|held| (held.claim, held.token) == (claim, token) && held.ends > at);
        match (still, why) {
            (Some(held), Freed::Released | Freed::Superseded) if self.is_fair || why == Freed::Released => {
                let because = format!(
                    "its lease of {resource} with token {token} was ended ({why}), and it holds it until {}",
                    held.ends
                );
                Err(Violation::new("L4", because, at).with_nodes([who.node, authority.node]))
            }
            (Some(held), Freed::Expired) if self.is_fair => {
                let because = format!(
                    "its lease of {resource} with token {token} was taken for expired, and is valid until {}",
                    held.ends
                );
                Err(Violation::new("L1", because, at).with_nodes([who.node, authority.node]))
            }
            _ => Ok(()),
        }
    }

    /// An authority has stepped. L5: of those who were passed over nobody may still be in line.
    pub(super) fn stepped(
        &mut self,
        authority: &Authority<u8, CLAIMS>,
        at: Instant,
        local: Instant,
    ) -> Result<(), Violation> {
        self.asked = None;
        if core::mem::take(&mut self.ticked) && !self.line.is_empty() {
            // Whose time in line has run out is not told.
            let waits = |who: Who, claim: ClaimId| is_in_line(authority, local, who, claim);
            self.line.retain(waits);
        }
        for (resource, passed, served) in core::mem::take(&mut self.passed) {
            // Of two leaders, which there can be where clocks are set, each has a line of its own.
            let one = self.is_fair || !A::HOSTED;
            if one && is_in_line(authority, local, passed.0, passed.1) {
                return Err(self.line.waits(at, &resource, passed, served));
            }
        }
        Ok(())
    }

    /// An authority says something.
    pub(super) fn said(
        &mut self,
        message: &Message<u8>,
        to: NodeId,
        place: usize,
        at: Instant,
    ) -> Result<(), Violation> {
        match *message {
            Message::Granted { claim, token, .. }
                if self.nodes.get(place).is_some_and(|seen| seen.broken.contains(&(to, claim))) =>
            {
                let because = format!("its lease with token {token} was renewed after it had been broken");
                return Err(Violation::new("break", because, at).with_node(to));
            }
            Message::Waiting { claim, .. } => {
                let who = self.who(to);
                if let Some((asked, resource)) = self.asked
                    && asked == claim
                {
                    self.line.joins(&resource, who, claim);
                    if let Some(seen) = self.nodes.get_mut(who.place) {
                        seen.waits = true;
                    }
                }
            }
            Message::Refused { refusal, .. } => match refusal {
                Refusal::Grace(_) => self.mark(Mark::Grace),
                Refusal::OtherPermits(_) => self.mark(Mark::OtherPermits),
                Refusal::Full(_) => self.mark(Mark::Full),
                Refusal::Elsewhere(Some(_)) => self.mark(Mark::Elsewhere),
                _ => {}
            },
            _ => {}
        }
        Ok(())
    }

    /// An administrator has broken all leases of a resource.
    pub(super) fn broken(&mut self, resource: u8, authority: &Authority<u8, CLAIMS>, local: Instant, place: usize) {
        let Some(seen) = self.nodes.get_mut(place) else { return };
        // Who came after them is beside them, in the same step, and holds what was not broken.
        let granted = &self.granted;
        let held = authority.claims(local).filter(|claim| claim.resource == resource);
        let held = held.filter(|claim| matches!(claim.state, ClaimState::Holding(_)));
        let held = held.map(|claim| (claim.node, claim.claim)).filter(|held| !granted.contains(held));
        seen.broken.extend(held);
    }
}

fn is_in_line(authority: &Authority<u8, CLAIMS>, local: Instant, who: Who, claim: ClaimId) -> bool {
    let is_it = |view: &ClaimView<u8>| (view.node, view.claim) == (who.node, claim);
    authority.claims(local).find(is_it).is_some_and(|view| matches!(view.state, ClaimState::Waiting(_)))
}
