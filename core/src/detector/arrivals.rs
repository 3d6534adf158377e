//! When a peer was last heard, how long the next heartbeat may take, and which intervals are samples.

use super::MAX_LEVEL;
use super::config::Rhythm;
use crate::Instant;
use core::time::Duration;

/// The clockwork that all adaptive detectors share: 24 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Arrivals {
    /// The last arrival, or when waiting began.
    last: Instant,
    /// Where the interval under way began.
    base: Instant,
    /// How long after `last` the peer is suspected, in microseconds.
    wait: u32,
    /// Whether `base` is an arrival; if not, the interval under way is no sample.
    anchored: bool,
}

/// What a heartbeat does to the interval under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Interval {
    /// Nothing: it came too soon after the one before.
    GoesOn,
    /// It begins the first that can be trusted.
    Begins,
    /// It ends it after so many microseconds, and begins the next.
    Ended(u32),
}

impl Arrivals {
    pub(super) const fn new(now: Instant, wait: u32) -> Self {
        Self { last: now, base: now, wait, anchored: false }
    }

    /// A heartbeat arrives.
    pub(super) fn arrive(&mut self, rhythm: &Rhythm, now: Instant) -> Interval {
        self.last = now.max(self.last);
        // Differences of rounded times, so that rounding does not add up over a window.
        let micros = whole_micros(self.last).saturating_sub(whole_micros(self.base));
        if micros < u64::from(rhythm.interval_micros() / 2) {
            return Interval::GoesOn;
        }
        self.base = self.last;
        if !self.anchored || (planted!(LateNoSample) && micros > u64::from(self.wait)) {
            self.anchored = true;
            self.wait = if planted!(FirstHeartbeatIsLife) { u32::MAX } else { self.wait };
            return Interval::Begins;
        }
        Interval::Ended(u32::try_from(micros).unwrap_or(u32::MAX))
    }

    pub(super) const fn pause(&mut self, shift: Duration, now: Instant) {
        self.last = self.last.after(shift);
        self.base = now;
        self.anchored = false;
    }

    /// Makes the peer suspected so many microseconds after its last arrival, and not at once.
    pub(super) const fn set_wait(&mut self, micros: u32) {
        self.wait = if micros == 0 { 1 } else { micros };
    }

    pub(super) const fn instants_mut(&mut self) -> (&mut Instant, &mut Instant) {
        (&mut self.last, &mut self.base)
    }

    pub(super) const fn since(&self) -> Instant {
        self.last
    }

    /// Whether the interval under way can be a sample.
    pub(super) const fn is_anchored(&self) -> bool {
        self.anchored
    }

    /// Microseconds since the last arrival, rounded as those of the intervals are.
    pub(super) const fn since_last(&self, now: Instant) -> u64 {
        whole_micros(now).saturating_sub(whole_micros(self.last))
    }

    pub(super) const fn deadline(&self) -> Instant {
        // Without the detour of a `Duration`, which divides: every heartbeat comes through here.
        Instant::from_nanos(self.last.as_nanos().saturating_add((self.wait as u64).saturating_mul(1_000)))
    }

    /// The silence so far, in microseconds and parts of one.
    pub(super) fn silence(&self, now: Instant) -> f64 {
        now.since(self.last).as_nanos() as f64 / 1e3
    }

    /// The silence so far as a share of the wait.
    pub(super) fn share(&self, now: Instant) -> f64 {
        self.agreeing(self.silence(now) / f64::from(self.wait), 1.0, now)
    }

    /// A level that was computed in floats, held to the side of the threshold on which the deadline says it is.
    pub(super) fn agreeing(&self, level: f64, threshold: f64, now: Instant) -> f64 {
        if now >= self.deadline() {
            level.max(threshold).min(MAX_LEVEL)
        } else {
            level.max(0.0).min(threshold.next_down())
        }
    }
}

const fn whole_micros(instant: Instant) -> u64 {
    instant.as_nanos() / 1_000
}
