//! What a member counts of events.

use core::sync::atomic::{AtomicU64, Ordering::Relaxed};
use serde::{Deserialize, Serialize};

/// What a member has counted of events, since it started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tallied {
    /// How often it was elected.
    pub elections_won: u64,
    /// How often it learnt of a new leader, itself or another.
    pub leader_changes: u64,
    /// How often it began to suspect a peer.
    pub suspicions: u64,
    /// How often it was itself held up.
    pub pauses: u64,
    /// How often it granted a lock.
    pub locks_granted: u64,
    /// How often it took back a lock that a leader before it had granted.
    pub locks_reclaimed: u64,
    /// How often a lease of a lock ran out.
    pub locks_expired: u64,
    /// Messages of members that were not acted on: late, or out of place.
    pub messages_rejected: u64,
}

/// The same while it is counted.
#[derive(Debug, Default)]
pub(super) struct Tallies {
    elections_won: AtomicU64,
    leader_changes: AtomicU64,
    suspicions: AtomicU64,
    pauses: AtomicU64,
    locks_granted: AtomicU64,
    locks_reclaimed: AtomicU64,
    locks_expired: AtomicU64,
    messages_rejected: AtomicU64,
}

impl Tallies {
    pub(super) fn elected(&self) {
        self.elections_won.fetch_add(1, Relaxed);
    }

    pub(super) fn leader_changed(&self) {
        self.leader_changes.fetch_add(1, Relaxed);
    }

    pub(super) fn suspected(&self) {
        self.suspicions.fetch_add(1, Relaxed);
    }

    pub(super) fn paused(&self) {
        self.pauses.fetch_add(1, Relaxed);
    }

    pub(super) fn granted(&self, reclaimed: bool) {
        let count = if reclaimed { &self.locks_reclaimed } else { &self.locks_granted };
        count.fetch_add(1, Relaxed);
    }

    pub(super) fn expired(&self) {
        self.locks_expired.fetch_add(1, Relaxed);
    }

    pub(super) fn rejected(&self) {
        self.messages_rejected.fetch_add(1, Relaxed);
    }

    pub(super) fn tallied(&self) -> Tallied {
        Tallied {
            elections_won: self.elections_won.load(Relaxed),
            leader_changes: self.leader_changes.load(Relaxed),
            suspicions: self.suspicions.load(Relaxed),
            pauses: self.pauses.load(Relaxed),
            locks_granted: self.locks_granted.load(Relaxed),
            locks_reclaimed: self.locks_reclaimed.load(Relaxed),
            locks_expired: self.locks_expired.load(Relaxed),
            messages_rejected: self.messages_rejected.load(Relaxed),
        }
    }
}
