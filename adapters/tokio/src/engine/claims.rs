//! What is to be done for which claim.

use quorate::lease::{ClaimId, Message, Mode};
use quorate::{Instant, Name};
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::Notify;

/// All claims that the engine may know something of. `K` is what it keeps for one.
#[derive(Debug)]
pub(super) struct Claims<K> {
    claims: HashMap<ClaimId, Claim<K>>,
    /// With so many, those that have run out unnoticed are forgotten.
    sweep_at: usize,
}

/// A holder that lost its lease does not say so; what it asked for is remembered for so many leases after it last asked.
const REMEMBERED_LEASES: u32 = 2;
const SWEEP_FROM: usize = 64;

#[derive(Debug)]
struct Claim<K> {
    resource: Name,
    mode: Mode,
    /// What its holder said last and has not been done yet.
    next: Option<Message<Name>>,
    /// Who is at work for it waits here for what its holder says.
    said: Arc<Notify>,
    work: Work<K>,
    /// When it can be forgotten, if nothing is heard of it until then.
    until: Instant,
}

#[derive(Debug)]
enum Work<K> {
    /// Nobody is at work for it, and this is kept for whoever will be.
    Idle(K),
    /// Somebody is, and has what is kept.
    Served,
}

/// What became of a message.
#[derive(Debug)]
pub(super) enum Taken<K> {
    /// Nobody is at work for the claim: begin, with what was kept for it.
    Start(K, Arc<Notify>),
    /// It will be done by who is.
    Queued,
    /// There is no such claim, so there is nothing to release.
    Unknown,
}

impl<K> Default for Claims<K> {
    fn default() -> Self {
        Self { claims: HashMap::new(), sweep_at: SWEEP_FROM }
    }
}

impl<K: Default> Claims<K> {
    pub(super) fn take(&mut self, message: Message<Name>, now: Instant) -> Taken<K> {
        let id = message.claim();
        if let Message::Acquire { resource, mode, .. } | Message::Renew { resource, mode, .. } = message
            && !self.claims.contains_key(&id)
        {
            if self.claims.len() >= self.sweep_at {
                self.sweep(now);
            }
            let (said, work) = (Arc::new(Notify::new()), Work::Idle(K::default()));
            self.claims.insert(id, Claim { resource, mode, next: None, said, work, until: now });
        }
        let Some(claim) = self.claims.get_mut(&id) else { return Taken::Unknown };
        if let Message::Acquire { lease, .. } | Message::Renew { lease, .. } = message {
            claim.until = now + lease * REMEMBERED_LEASES;
        }
        // Only what was said last counts: who releases wants nothing else any more, and of two requests the later is answered.
        claim.next = Some(message);
        match core::mem::replace(&mut claim.work, Work::Served) {
            Work::Idle(kept) => Taken::Start(kept, Arc::clone(&claim.said)),
            Work::Served => {
                claim.said.notify_one();
                Taken::Queued
            }
        }
    }
}

impl<K> Claims<K> {
    /// What is to be done next for a claim, if there is something.
    pub(super) fn next(&mut self, id: ClaimId) -> Option<Message<Name>> {
        self.claims.get_mut(&id)?.next.take()
    }

    /// What is to be done next, or else this is kept until there is something.
    pub(super) fn next_or_keep(&mut self, id: ClaimId, kept: K) -> Option<(Message<Name>, K)> {
        let claim = self.claims.get_mut(&id)?;
        match claim.next.take() {
            Some(message) => Some((message, kept)),
            None => {
                claim.work = Work::Idle(kept);
                None
            }
        }
    }

    /// What is to be done next, or else the claim is forgotten, as the engine knows nothing of it any more.
    pub(super) fn next_or_forget(&mut self, id: ClaimId, kept: K) -> Option<(Message<Name>, K)> {
        match self.claims.get_mut(&id)?.next.take() {
            Some(message) => Some((message, kept)),
            None => {
                self.claims.remove(&id);
                None
            }
        }
    }

    /// What the claim is about.
    pub(super) fn about(&self, id: ClaimId) -> Option<(Name, Mode)> {
        self.claims.get(&id).map(|claim| (claim.resource, claim.mode))
    }

    fn sweep(&mut self, now: Instant) {
        self.claims.retain(|_, claim| matches!(claim.work, Work::Served) || now < claim.until);
        self.sweep_at = (2 * self.claims.len()).max(SWEEP_FROM);
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.claims.len()
    }
}
