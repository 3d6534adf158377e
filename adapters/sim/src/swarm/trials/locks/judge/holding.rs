//! What clients do with their leases: L1, and of L4 that a claim is acquired once.

use super::marks::Mark;
use super::{Held, Locksmith, SEMAPHORE};
use crate::check::{self, Leases, Violation, Who};
use crate::swarm::trials::locks::client::Client;
use crate::swarm::trials::locks::node::Grants;
use crate::world::LocalClock;
use alloc::format;
use quorate::Instant;
use quorate::lease::holder::{Event as Holding, Failure, Loss, Standing};
use quorate::lease::{Mode, Refusal};

/// How a mode is counted: who takes two permits counts as two.
const fn counted(mode: Mode) -> (check::Mode, usize) {
    match mode {
        Mode::Exclusive => (check::Mode::Exclusive, 1),
        Mode::Permits { of, .. } if of.get() == 1 => (check::Mode::Exclusive, 1),
        Mode::Shared => (check::Mode::Shared, 1),
        Mode::Permits { take, .. } => (check::Mode::Shared, take.get() as usize),
    }
}

const fn as_one_of(who: Who, time: usize) -> Who {
    Who::new(who.place * 4 + time, who.node)
}

impl<A: Grants> Locksmith<A> {
    /// A client's holder tells something.
    pub(super) fn holding(&mut self, event: &Holding, who: Who, at: Instant) -> Result<(), Violation> {
        let Some(seen) = self.nodes.get_mut(who.place) else { return Ok(()) };
        match event {
            Holding::Acquired { token } => {
                (seen.acquires, seen.waits) = (Some(*token), false);
                self.histories.acquired(at, who, *token);
                self.mark(Mark::Acquired);
            }
            Holding::Released { confirmed, .. } => {
                self.histories.released(at, who, *confirmed);
                if !confirmed {
                    self.mark(Mark::Unconfirmed);
                }
            }
            Holding::Lost { why, .. } => {
                match why {
                    Loss::Ended(Refusal::Broken) => self.mark(Mark::Broken),
                    Loss::Ended(Refusal::CapReached) => self.mark(Mark::Capped),
                    Loss::Ended(Refusal::NotHeld) | Loss::Expired => {}
                    Loss::Ended(refusal) => {
                        let because =
                            format!("it dropped a good lease because of an answer that says nothing of it: {refusal}");
                        return Err(Violation::new("keep", because, at).with_node(who.node));
                    }
                }
                self.histories.lost(at, who);
            }
            Holding::Failed { why } => {
                (seen.waits, seen.failed_over) = (false, false);
                match why {
                    Failure::TimedOut => self.mark(Mark::TimedOut),
                    Failure::Cancelled => self.mark(Mark::Cancelled),
                    Failure::Refused(Refusal::Busy) => self.mark(Mark::Busy),
                    Failure::Refused(_) => {}
                }
                self.histories.failed(who);
            }
            Holding::Doubtful { .. } => self.mark(Mark::Doubtful),
            Holding::Sound { .. } => self.mark(Mark::Sound),
            Holding::Entered { depth } if *depth > 1 => self.mark(Mark::Entered),
            _ => {}
        }
        Ok(())
    }

    /// A client has stepped, or its clock was set. L1, and of L4 that a claim is acquired once.
    pub(super) fn client(
        &mut self,
        client: &Client,
        clock: &LocalClock,
        who: Who,
        at: Instant,
    ) -> Result<(), Violation> {
        let holder = client.holder();
        let until = holder.valid_until();
        let Some(seen) = self.nodes.get_mut(who.place) else { return Ok(()) };
        // (What is no tick may not come to the holder, but the tick that is due at the end does.)
        let broken = |promise, because| Err(Violation::new(promise, because, at).with_node(who.node));
        if let (Some(until), Standing::Held | Standing::Doubtful) = (until, holder.standing())
            && until <= clock.at(at)
            && self.ticked
        {
            return broken("L1", format!("it says that it holds its lease, which was over at {until} by its clock"));
        }
        if let Some(token) = seen.acquires.take() {
            let claim = holder.claim();
            if until.is_none_or(|until| until <= clock.at(at)) {
                return broken("L5", format!("claim {claim} was acquired with token {token}, when its lease was over"));
            }
            if seen.acquired.replace(claim) == Some(claim) {
                return broken("L4", format!("claim {claim} was acquired twice"));
            }
            if !seen.granted.contains(&(claim, token)) {
                return broken("L2", format!("claim {claim} was acquired with token {token}, which nobody granted it"));
            }
        }
        if until == seen.holds.map(|held| held.until) {
            return Ok(());
        }
        let (Some(until), Some((resource, mode)), Some(token)) = (until, holder.wanted(), holder.token()) else {
            if let Some(held) = seen.holds.take() {
                self.ends(held, who, at);
            }
            return Ok(());
        };
        let held = Held { claim: holder.claim(), token, resource, mode, until, ends: clock.when(until) };
        let is_new = seen.holds.replace(held).is_none_or(|before| before.claim != held.claim);
        self.histories.holds_until(who, held.ends);
        self.holds(held, is_new, who, at)
    }

    pub(super) fn holds(&mut self, held: Held, is_new: bool, who: Who, at: Instant) -> Result<(), Violation> {
        let mut both = Ok(());
        let resource = held.resource;
        let (kind, times) = counted(held.mode);
        let leases = self.checker(resource);
        for time in 0..times {
            both = both.and(leases.holds_as(kind, at, as_one_of(who, time), held.ends, &resource));
        }
        let together = is_new && leases.holders(at, &resource).count() > times;
        match both {
            Ok(()) if together => self.mark(Mark::Together),
            // Where clocks are set it can be so; the fence is for that.
            Err(_) if !self.is_fair => self.mark(Mark::Overlapped),
            Ok(()) | Err(_) => {}
        }
        if self.is_fair { both } else { Ok(()) }
    }

    const fn checker(&mut self, resource: u8) -> &mut Leases<u8> {
        if resource == SEMAPHORE { &mut self.permits } else { &mut self.leases }
    }

    pub(super) fn ends(&mut self, held: Held, who: Who, at: Instant) {
        let (kind, times) = counted(held.mode);
        let leases = self.checker(held.resource);
        for time in 0..times {
            // What is held no longer overlaps with nothing.
            let _ = leases.holds_as(kind, at, as_one_of(who, time), at, &held.resource);
        }
    }
}
