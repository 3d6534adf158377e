//! When the next heartbeat is expected, from when the last ones came: what Chen's and Bertier's detectors share.

use super::arrivals::{Arrivals, Interval};
use super::config::Rhythm;
use super::window::{FRACTION_BITS, MAX_WINDOW};
use crate::Instant;
use core::time::Duration;

/// Chen's estimate over the last `W` intervals, kept up at the same cost whatever the window.
///
/// If the heartbeats with the numbers sᵢ arrived at Aᵢ, and one is sent each η, the next is expected at
/// EA = 1/n · Σ(Aᵢ − η·sᵢ) + (s + 1)·η. Chen knows η; here it is estimated too, from the ends of the window, so that a sender that
/// has become slower is understood. Seen from the last arrival, with the *ages* T = Σ(A − Aᵢ) and G = Σ(s − sᵢ), this is
/// EA − A = η·(1 + G/n) − T/n; and a new arrival adds n times the new interval to T, and takes away the age of the oldest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Expected<const W: usize> {
    pub(super) arrivals: Arrivals,
    /// The time between one sampled arrival and the next, in microseconds.
    intervals: [u32; W],
    /// How many heartbeats later it was sent.
    gaps: [u8; W],
    interval_sum: u64,
    /// T
    interval_ages: u64,
    gap_sum: u32,
    /// G
    gap_ages: u32,
    /// How many heartbeats were sent since the last sampled arrival.
    steps: u32,
    /// The oldest interval, once the window is full.
    next: u16,
    len: u16,
}

/// A time in 1/1024 µs.
pub(super) type Fractions = u64;

impl<const W: usize> Expected<W> {
    /// As if two heartbeats had come as they should.
    pub(super) fn new(rhythm: &Rhythm, now: Instant) -> Self {
        const { assert!(W >= 2 && W <= MAX_WINDOW, "a window holds 2 to 1,024 samples") };
        let mut new = Self {
            arrivals: Arrivals::new(now, 0),
            intervals: [0; W],
            gaps: [0; W],
            interval_sum: 0,
            interval_ages: 0,
            gap_sum: 0,
            gap_ages: 0,
            steps: 0,
            next: 0,
            len: 0,
        };
        new.push(rhythm.interval_micros(), 1);
        new
    }

    /// A heartbeat arrives. If it is a sample: how much later than it was expected, in 1/1024 µs.
    pub(super) fn arrive(&mut self, rhythm: &Rhythm, steps: u32, now: Instant) -> Option<i64> {
        self.steps = self.steps.saturating_add(steps.max(1));
        let interval = match self.arrivals.arrive(rhythm, now) {
            Interval::GoesOn => return None,
            Interval::Begins => None,
            Interval::Ended(micros) => Some(micros),
        };
        let steps = core::mem::take(&mut self.steps);
        // After a gap that is too long to count, times begin anew.
        let (interval, gap) = (interval?, u8::try_from(steps).ok()?);
        let interval = interval.min(rhythm.longest_micros().saturating_mul(u32::from(gap)));
        let expected = self.ahead(steps);
        self.push(interval, gap);
        Some((u64::from(interval) << FRACTION_BITS).wrapping_sub(expected).cast_signed())
    }

    fn push(&mut self, interval: u32, gap: u8) {
        let full = usize::from(self.len) == W;
        let position = usize::from(if full { self.next } else { self.len });
        let (Some(interval_slot), Some(gap_slot)) = (self.intervals.get_mut(position), self.gaps.get_mut(position))
        else {
            return;
        };
        let arrivals = u32::from(self.len).saturating_add(1);
        let (oldest, oldest_gap) = (u64::from(*interval_slot), u32::from(*gap_slot));
        (*interval_slot, *gap_slot) = (interval, gap);
        let (interval, gap) = (u64::from(interval), u32::from(gap));
        self.interval_ages = self.interval_ages.wrapping_add(interval.wrapping_mul(u64::from(arrivals)));
        self.gap_ages = self.gap_ages.wrapping_add(gap.wrapping_mul(arrivals));
        self.interval_sum = self.interval_sum.wrapping_add(interval);
        self.gap_sum = self.gap_sum.wrapping_add(gap);
        if full {
            // The oldest arrival is as old as all intervals together.
            self.interval_ages = self.interval_ages.wrapping_sub(self.interval_sum);
            self.gap_ages = self.gap_ages.wrapping_sub(self.gap_sum);
            self.interval_sum = self.interval_sum.wrapping_sub(oldest);
            self.gap_sum = self.gap_sum.wrapping_sub(oldest_gap);
            self.next = if position.saturating_add(1) == W { 0 } else { self.next.saturating_add(1) };
        } else {
            self.len = self.len.saturating_add(1);
        }
    }

    /// η, the sender's interval.
    fn interval(&self) -> Fractions {
        (self.interval_sum << FRACTION_BITS).checked_div(u64::from(self.gap_sum)).unwrap_or(0)
    }

    /// How long after the last sampled arrival the heartbeat sent `steps` later (one or more) is expected.
    fn ahead(&self, steps: u32) -> Fractions {
        let n = u64::from(self.len).saturating_add(1);
        let interval = self.interval();
        let behind = self.interval_ages << FRACTION_BITS;
        let forward = interval.saturating_mul(n.saturating_add(u64::from(self.gap_ages)));
        let first =
            forward.cast_signed().saturating_sub(behind.cast_signed()).checked_div(n.cast_signed()).unwrap_or(0);
        let later = interval.saturating_mul(u64::from(steps.saturating_sub(1)));
        u64::try_from(first.saturating_add_unsigned(later)).unwrap_or(0)
    }

    /// Waits until the next expected arrival and a margin. What is expected is never earlier than what has just arrived.
    pub(super) fn wait_with(&mut self, margin: Fractions) {
        let expected = match self.arrivals.lead() {
            Some(micros) => self.ahead(self.steps.saturating_add(1)).saturating_sub(micros << FRACTION_BITS),
            None => self.interval(),
        };
        let rest = (1_u64 << FRACTION_BITS).wrapping_sub(1);
        let micros = expected.saturating_add(margin).saturating_add(rest) >> FRACTION_BITS;
        self.arrivals.set_wait(u32::try_from(micros).unwrap_or(u32::MAX));
    }

    pub(super) const fn pause(&mut self, shift: Duration, now: Instant) {
        self.arrivals.pause(shift, now);
    }
}
