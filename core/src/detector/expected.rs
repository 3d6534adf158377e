//! When the next heartbeat is expected, from when the last ones came: what Chen's and Bertier's detectors share.

use super::arrivals::{Arrivals, Interval};
use super::config::Rhythm;
use super::window::{FRACTION_BITS, MAX_WINDOW};
use crate::Instant;
use core::time::Duration;

/// Chen's estimate over the last `W` intervals, kept up at the same cost whatever the window.
///
/// If the heartbeats with the numbers sᵢ arrived at Aᵢ, and one is sent each η, the next is expected at
/// EA = 1/n · Σ(Aᵢ − η·sᵢ) + (s + 1)·η. Chen knows η; here it is estimated, too, so that a sender that has become slower is
/// understood: as the slope of the line that fits the arrivals best (least squares), on which EA then lies.
/// One late arrival among n moves it by 4/n of its lateness. (A slope from the ends of the window would be simpler, but move it by
/// half the lateness, however large the window.)
///
/// Seen from the last arrival, with the ages aᵢ = A − Aᵢ and gᵢ = s − sᵢ, this is
///
/// ```text
///     η = (n·Σag − Σa·Σg) / (n·Σg² − (Σg)²)      EA − A = (η·(n + Σg) − Σa) / n
/// ```
///
/// and a new arrival makes all ages grow by the same, from which the new sums follow without looking at the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Expected<const W: usize> {
    pub(super) arrivals: Arrivals,
    /// The time between one sampled arrival and the next, in microseconds.
    intervals: [u32; W],
    /// How many heartbeats later it was sent.
    gaps: [u8; W],
    interval_sum: u64,
    gap_sum: u32,
    /// Σg
    gap_ages: u32,
    /// Σa
    interval_ages: u64,
    /// Σg²
    gap_squares: u64,
    /// Σag has at most 70 bits. A `u128` would take 16 bytes and align everything to 16.
    products_low: u64,
    products_high: u16,
    /// EA − A in 1/1024 µs.
    first: Fractions,
    /// The oldest interval, once the window is full.
    next: u16,
    len: u16,
    /// Whether the newest interval ends with the last arrival.
    open: bool,
}

/// A time in 1/1024 µs.
pub(super) type Fractions = u64;

const FINE_BITS: u32 = 2 * FRACTION_BITS;

/// As if so many heartbeats had come as they should, so that the first real ones do not move the line too far.
const PRIOR_INTERVALS: usize = 8;

impl<const W: usize> Expected<W> {
    pub(super) fn new(rhythm: &Rhythm, now: Instant) -> Self {
        const { assert!(W >= 2 && W <= MAX_WINDOW, "a window holds 2 to 1,024 samples") };
        let mut new = Self {
            arrivals: Arrivals::new(now, 0),
            intervals: [0; W],
            gaps: [0; W],
            interval_sum: 0,
            gap_sum: 0,
            gap_ages: 0,
            interval_ages: 0,
            gap_squares: 0,
            products_low: 0,
            products_high: 0,
            first: 0,
            next: 0,
            len: 0,
            open: false,
        };
        for _ in 0..PRIOR_INTERVALS.min(W) {
            new.push(rhythm.interval_micros(), 1);
        }
        new.fit();
        new
    }

    /// A heartbeat arrives. If it is a sample: how much later than it was expected, in 1/1024 µs.
    ///
    /// One that comes too soon to be a sample takes the place of the last arrival: out of a burst, it is the last that was
    /// least delayed. After a silence that is too long to count, for time or for heartbeats, the line goes on as it was from
    /// the new arrival.
    pub(super) fn arrive(&mut self, rhythm: &Rhythm, steps: u32, now: Instant) -> Option<i64> {
        let counts = self.arrivals.is_anchored();
        let micros = self.arrivals.since_last(now);
        let sample = matches!(self.arrivals.arrive(rhythm, now), Interval::Ended(_));
        if !counts {
            self.open = false;
            return None;
        }
        let steps = steps.max(1);
        if !sample {
            self.open = self.open && self.lengthen(micros, steps);
            if self.open {
                self.fit();
            }
            return None;
        }
        let short = micros <= u64::from(rhythm.longest_micros()).saturating_mul(u64::from(steps));
        let (Ok(interval), Ok(gap), true) = (u32::try_from(micros), u8::try_from(steps), short) else {
            self.open = false;
            return None;
        };
        let expected = self.ahead(steps);
        self.push(interval, gap);
        self.open = true;
        self.fit();
        Some((u64::from(interval) << FRACTION_BITS).wrapping_sub(expected).cast_signed())
    }

    /// Takes in an interval; the oldest goes if there is no room. All sums are exact, and fit: see [`MAX_WINDOW`].
    fn push(&mut self, interval: u32, gap: u8) {
        let full = usize::from(self.len) == W;
        let position = usize::from(if full { self.next } else { self.len });
        let (Some(interval_slot), Some(gap_slot)) = (self.intervals.get_mut(position), self.gaps.get_mut(position))
        else {
            return;
        };
        let (oldest, oldest_gap) = (*interval_slot, *gap_slot);
        (*interval_slot, *gap_slot) = (interval, gap);
        self.age(u64::from(interval), u64::from(gap), u64::from(self.len).wrapping_add(1));
        if full {
            // The oldest arrival, which goes, is as old as all intervals together.
            let age = u64::from(self.gap_sum);
            self.set_products(self.products().wrapping_sub(wide(age, self.interval_sum)));
            self.gap_squares = self.gap_squares.wrapping_sub(age.wrapping_mul(age));
            self.interval_ages = self.interval_ages.wrapping_sub(self.interval_sum);
            self.gap_ages = self.gap_ages.wrapping_sub(self.gap_sum);
            self.interval_sum = self.interval_sum.wrapping_sub(u64::from(oldest));
            self.gap_sum = self.gap_sum.wrapping_sub(u32::from(oldest_gap));
            self.next = if position.saturating_add(1) == W { 0 } else { self.next.saturating_add(1) };
        } else {
            self.len = self.len.saturating_add(1);
        }
    }

    /// Moves the last arrival: the newest interval gets longer. If that is more than can be counted, it stays, and says so.
    fn lengthen(&mut self, micros: u64, steps: u32) -> bool {
        let full = usize::from(self.len) == W;
        let after = usize::from(if full && self.next > 0 { self.next } else { self.len });
        let position = after.saturating_sub(1);
        let (Some(interval), Some(gap)) = (self.intervals.get_mut(position), self.gaps.get_mut(position)) else {
            return false;
        };
        let longer = u32::try_from(micros).ok().and_then(|micros| interval.checked_add(micros));
        let wider = u8::try_from(steps).ok().and_then(|steps| gap.checked_add(steps));
        let (Some(longer), Some(wider)) = (longer, wider) else { return false };
        (*interval, *gap) = (longer, wider);
        self.age(micros, u64::from(steps), u64::from(self.len));
        true
    }

    /// All but the last arrival, of which there are `n`, get older by a time and by a number of heartbeats.
    fn age(&mut self, a: u64, g: u64, n: u64) {
        let gap_ages = u64::from(self.gap_ages);
        let grown =
            wide(g, self.interval_ages).wrapping_add(wide(a, gap_ages)).wrapping_add(wide(a, g.wrapping_mul(n)));
        self.set_products(self.products().wrapping_add(grown));
        self.gap_squares =
            self.gap_squares.wrapping_add(g.wrapping_mul(gap_ages.wrapping_mul(2).wrapping_add(n.wrapping_mul(g))));
        self.interval_ages = self.interval_ages.wrapping_add(a.wrapping_mul(n));
        self.gap_ages = self.gap_ages.wrapping_add(g.wrapping_mul(n) as u32);
        self.interval_sum = self.interval_sum.wrapping_add(a);
        self.gap_sum = self.gap_sum.wrapping_add(g as u32);
    }

    const fn set_products(&mut self, products: u128) {
        (self.products_low, self.products_high) = (products as u64, (products >> 64) as u16);
    }

    const fn products(&self) -> u128 {
        (self.products_high as u128) << 64 | self.products_low as u128
    }

    /// η in 2⁻²⁰ µs, for it will be multiplied by a window's worth of heartbeats: the slope of the line through the window. It
    /// cannot be negative, for both kinds of ages grow together.
    fn interval(&self) -> u64 {
        let n = u64::from(self.len).wrapping_add(1);
        let gap_ages = u64::from(self.gap_ages);
        let rise = u128::from(n).wrapping_mul(self.products()).wrapping_sub(wide(gap_ages, self.interval_ages));
        let run = n.wrapping_mul(self.gap_squares).wrapping_sub(gap_ages.wrapping_mul(gap_ages));
        let interval = (rise << FINE_BITS).checked_div(u128::from(run)).unwrap_or(0);
        u64::try_from(interval).unwrap_or(u64::MAX)
    }

    /// Continues that line to the next heartbeat.
    fn fit(&mut self) {
        let n = u64::from(self.len).wrapping_add(1);
        let forward = times(self.interval(), n.wrapping_add(u64::from(self.gap_ages))).cast_signed();
        let first = forward.saturating_sub_unsigned(self.interval_ages << FRACTION_BITS).checked_div(n.cast_signed());
        self.first = u64::try_from(first.unwrap_or(0)).unwrap_or(0);
    }

    /// How long after the last arrival the heartbeat sent `steps` later (one or more) is expected.
    fn ahead(&self, steps: u32) -> Fractions {
        match steps {
            0 | 1 => self.first,
            _ => self.first.saturating_add(times(self.interval(), u64::from(steps.saturating_sub(1)))),
        }
    }

    /// Waits until the next expected arrival and a margin. What is expected is never earlier than what has just arrived.
    pub(super) fn wait_with(&mut self, margin: Fractions) {
        let expected = if self.arrivals.is_anchored() { self.first } else { times(self.interval(), 1) };
        let rest = (1_u64 << FRACTION_BITS).wrapping_sub(1);
        let micros = expected.saturating_add(margin).saturating_add(rest) >> FRACTION_BITS;
        self.arrivals.set_wait(u32::try_from(micros).unwrap_or(u32::MAX));
    }

    pub(super) const fn pause(&mut self, shift: Duration, now: Instant) {
        self.arrivals.pause(shift, now);
    }
}

/// So many intervals, given in 2⁻²⁰ µs.
fn times(interval: u64, count: u64) -> Fractions {
    let time = wide(interval, count) >> FINE_BITS.wrapping_sub(FRACTION_BITS);
    u64::try_from(time).unwrap_or(u64::MAX).min(u64::MAX >> 1)
}

/// The whole product.
fn wide(one: u64, other: u64) -> u128 {
    u128::from(one).wrapping_mul(u128::from(other))
}
