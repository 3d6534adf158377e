//! The clock on a node's wall, which is not true time.

use core::time::Duration;
use quorate::Instant;

/// How a node's clock shows time: from true time by a rate and an offset, both of which may change.
///
/// All in integers (a fixed point of 32 fractional bits), so that it shows the same everywhere.
///
/// ```
/// use quorate::Instant;
/// use quorate_sim::world::LocalClock;
///
/// let mut clock = LocalClock::new(250_000, Instant::from_secs(10)); // a quarter too fast, and ten seconds ahead
/// assert_eq!(clock.at(Instant::from_secs(1_000)), Instant::from_millis(1_260_000));
/// let due = clock.when(Instant::from_millis(1_260_000));
/// assert_eq!(clock.at(due), Instant::from_millis(1_260_000));
///
/// // From true time 2,000 s on it is an hour behind what it was.
/// clock.step_back(Instant::from_secs(2_000), core::time::Duration::from_secs(1_000));
/// assert_eq!(clock.at(Instant::from_secs(2_000)), Instant::from_secs(1_510));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LocalClock {
    /// Where true time and local time last were set against each other.
    base: Instant,
    shown: Instant,
    /// Local nanoseconds in a true one, with 32 fractional bits.
    rate: u64,
    /// Its inverse, with 60 fractional bits.
    inverse: u64,
    ppm: i32,
}

const ONE: u64 = 1 << 32;

impl LocalClock {
    /// True time itself.
    pub const TRUE: Self = Self { base: Instant::ORIGIN, shown: Instant::ORIGIN, rate: ONE, inverse: 1 << 60, ppm: 0 };

    /// A clock that is fast by so many millionths (slow, if negative; at most half a second a second either way), and
    /// that showed `ahead` when true time began.
    #[must_use]
    pub fn new(ppm: i32, ahead: Instant) -> Self {
        let mut clock = Self { shown: ahead, ..Self::TRUE };
        clock.set_rate(Instant::ORIGIN, ppm);
        clock
    }

    /// By how many millionths it is fast.
    #[must_use]
    pub const fn ppm(&self) -> i32 {
        self.ppm
    }

    /// What it shows at a true time.
    #[must_use]
    pub fn at(&self, truth: Instant) -> Instant {
        let passed = truth.as_nanos().saturating_sub(self.base.as_nanos());
        let shown = if self.rate == ONE { passed } else { multiply(passed, self.rate, 32) };
        Instant::from_nanos(self.shown.as_nanos().saturating_add(shown))
    }

    /// The first true time, not before its last change, at which it shows `local` or later.
    #[must_use]
    pub fn when(&self, local: Instant) -> Instant {
        let ahead = local.as_nanos().saturating_sub(self.shown.as_nanos());
        let base = self.base.as_nanos();
        if self.rate == ONE {
            return Instant::from_nanos(base.saturating_add(ahead));
        }
        let mut truth = base.saturating_add(multiply(ahead, self.inverse, 60));
        // The product is right to a nanosecond or two.
        while truth > base && self.at(Instant::from_nanos(truth - 1)) >= local {
            truth -= 1;
        }
        while truth < u64::MAX && self.at(Instant::from_nanos(truth)) < local {
            truth += 1;
        }
        Instant::from_nanos(truth)
    }

    /// From the true time `now` on it is fast by so many millionths.
    pub fn set_rate(&mut self, now: Instant, ppm: i32) {
        let ppm = ppm.clamp(-500_000, 500_000);
        self.rebase(now);
        let millionths = u64::from(ppm.saturating_add(1_000_000).unsigned_abs());
        self.ppm = ppm;
        self.rate = (ONE * millionths + 500_000) / 1_000_000;
        self.inverse = u64::try_from((1_u128 << 92) / u128::from(self.rate)).unwrap_or(u64::MAX);
    }

    /// From the true time `now` on it shows so much more.
    pub fn step_forward(&mut self, now: Instant, by: Duration) {
        self.rebase(now);
        self.shown = self.shown.after(by);
    }

    /// From the true time `now` on it shows so much less, though not less than zero.
    pub fn step_back(&mut self, now: Instant, by: Duration) {
        self.rebase(now);
        self.shown = self.shown.before(by);
    }

    fn rebase(&mut self, now: Instant) {
        self.shown = self.at(now);
        self.base = self.base.max(now);
    }
}

fn multiply(a: u64, b: u64, shift: u32) -> u64 {
    u64::try_from((u128::from(a) * u128::from(b)) >> shift).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use quorate::Seed;

    #[test]
    fn the_inverse_is_exact_over_any_rate_and_time() {
        let mut random = Seed::new(1).random();
        for case in 0..20_000 {
            let ppm = random.below(1_000_001) as i32 - 500_000;
            let clock = LocalClock::new(ppm, Instant::from_nanos(random.below(1 << 50)));
            let local = Instant::from_nanos(random.below(1 << (10 + case % 50)));
            let when = clock.when(local);
            assert!(clock.at(when) >= local, "case {case}: {clock:?} {local:?}");
            let before = when.before(Duration::from_nanos(1));
            assert!(when == Instant::ORIGIN || clock.at(before) < local, "case {case}: {clock:?} {local:?}");
        }
    }

    #[test]
    fn the_far_future_stays_far() {
        let slow = LocalClock::new(-400_000, Instant::ORIGIN);
        assert_eq!(slow.when(Instant::FAR_FUTURE), Instant::FAR_FUTURE);
        assert_eq!(LocalClock::TRUE.when(Instant::FAR_FUTURE), Instant::FAR_FUTURE);
    }
}
