//! D7: how well a detector does, measured while it works.

use crate::Instant;
use crate::time::nanos;
use core::time::Duration;

/// A peer's detector judged by the measures of Chen, Toueg and Aguilera (2002), from the peer's first heartbeat on.
///
/// What a suspicion was worth is known only when it ends. If the peer speaks again in the same life, it was a *mistake*,
/// whoever's fault that was. If it comes back in a new life, it had crashed, and the suspicion was a *detection*.
/// A suspicion that still lasts counts as neither.
///
/// * T_D, [`detection_time`](Quality::detection_time): from the crash to the suspicion.
/// * T_MR, [`mistake_recurrence`](Quality::mistake_recurrence): from one mistake to the next.
/// * T_M, [`mistake_duration`](Quality::mistake_duration): how long a mistake lasts.
/// * P_A, [`query_accuracy`](Quality::query_accuracy): how likely a query about a live peer is answered rightly.
///
/// Pauses of the monitor itself are left out of all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Quality {
    /// When the present spell of trust or suspicion began.
    since: Instant,
    /// When the last mistake began; of meaning only if `chained`.
    mistaken_at: Instant,
    /// Sums, in nanoseconds.
    trusted: u64,
    mistaken: u64,
    recurrence: u64,
    detection: u64,
    mistakes: u32,
    recurrences: u32,
    detections: u32,
    suspected: bool,
    chained: bool,
}

const _: () = assert!(size_of::<Quality>() <= 64);

impl Quality {
    /// Of a peer that is trusted from `now` on.
    pub(super) const fn new(now: Instant) -> Self {
        Self {
            since: now,
            mistaken_at: now,
            trusted: 0,
            mistaken: 0,
            recurrence: 0,
            detection: 0,
            mistakes: 0,
            recurrences: 0,
            detections: 0,
            suspected: false,
            chained: false,
        }
    }

    pub(super) const fn is_suspected(&self) -> bool {
        self.suspected
    }

    pub(super) const fn instants_mut(&mut self) -> (&mut Instant, &mut Instant) {
        (&mut self.since, &mut self.mistaken_at)
    }

    pub(super) const fn since(&self) -> Instant {
        self.since
    }

    /// Suspicion begins.
    pub(super) fn suspect(&mut self, now: Instant) {
        self.trusted = self.trusted.saturating_add(between(self.since, now));
        self.since = now;
        self.suspected = true;
    }

    /// Suspicion, if there was one, ends as a mistake: the peer had been alive.
    pub(super) fn trust(&mut self, now: Instant) {
        if !self.suspected {
            return;
        }
        self.mistakes = self.mistakes.saturating_add(1);
        self.mistaken = self.mistaken.saturating_add(between(self.since, now));
        if self.chained {
            self.recurrences = self.recurrences.saturating_add(1);
            self.recurrence = self.recurrence.saturating_add(between(self.mistaken_at, self.since));
        }
        (self.chained, self.mistaken_at) = (true, self.since);
        (self.suspected, self.since) = (false, now);
    }

    /// The peer comes back in a new life, having last been heard in its earlier one at `heard`.
    pub(super) fn restart(&mut self, heard: Instant, now: Instant) {
        if self.suspected {
            self.detections = self.detections.saturating_add(1);
            let unnoticed = between(heard, self.since);
            self.detection = self.detection.saturating_add(unnoticed);
            // It was trusted then, but no longer alive.
            self.trusted = self.trusted.saturating_sub(unnoticed);
        } else {
            self.trusted = self.trusted.saturating_add(between(self.since, heard));
        }
        (self.suspected, self.chained, self.since) = (false, false, now);
    }

    /// The monitor was paused for so long, which is nobody's time.
    pub(super) fn pause(&mut self, by: Duration) {
        self.since = self.since.after(by);
        self.mistaken_at = self.mistaken_at.after(by);
    }

    /// The same, with the spell of trust that may still last counted up to `now`.
    pub(super) fn until(mut self, now: Instant) -> Self {
        if !self.suspected {
            self.trusted = self.trusted.saturating_add(between(self.since, now));
            self.since = self.since.max(now);
        }
        self
    }

    /// T_D: from the last heartbeat before a crash to the suspicion, on average; the crash came later than that heartbeat,
    /// so the true time is shorter. `None` before a peer that was suspected has come back in a new life.
    #[must_use]
    pub const fn detection_time(&self) -> Option<Duration> {
        average(self.detection, self.detections)
    }

    /// T_MR: from the beginning of one mistake to that of the next, on average, within a life of the peer; `None` before
    /// the second mistake.
    #[must_use]
    pub const fn mistake_recurrence(&self) -> Option<Duration> {
        average(self.recurrence, self.recurrences)
    }

    /// T_M: how long a mistake lasts, on average; `None` before the first.
    #[must_use]
    pub const fn mistake_duration(&self) -> Option<Duration> {
        average(self.mistaken, self.mistakes)
    }

    /// P_A: the part of its known lifetime in which the peer was trusted, in parts per million; `None` before any time has
    /// passed.
    #[must_use]
    pub const fn query_accuracy(&self) -> Option<u32> {
        let (trusted, known) = (self.trusted as u128, (self.trusted as u128).saturating_add(self.mistaken as u128));
        match trusted.saturating_mul(1_000_000).checked_div(known) {
            Some(ppm) => Some(ppm as u32),
            None => None,
        }
    }

    /// How many suspicions were mistakes.
    #[must_use]
    pub const fn mistakes(&self) -> u32 {
        self.mistakes
    }

    /// How many suspicions were detections of a crash.
    #[must_use]
    pub const fn detections(&self) -> u32 {
        self.detections
    }
}

fn between(earlier: Instant, later: Instant) -> u64 {
    nanos(later.since(earlier))
}

const fn average(sum: u64, count: u32) -> Option<Duration> {
    match sum.checked_div(count as u64) {
        Some(nanos) => Some(Duration::from_nanos(nanos)),
        None => None,
    }
}
