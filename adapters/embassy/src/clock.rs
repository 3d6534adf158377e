//! From `embassy-time`'s ticks, of whatever rate, to the machines' nanoseconds, and back.

use embassy_time::{TICK_HZ, Timer};
use quorate::Instant;

/// Now, in nanoseconds since the time driver's start.
///
/// The time driver must count on in whatever sleep the board uses: see [`Instant`].
#[must_use]
pub fn now() -> Instant {
    Instant::from_nanos(nanos(embassy_time::Instant::now().as_ticks(), TICK_HZ))
}

/// Ends at this time, or at the first tick after it.
pub(crate) fn at(deadline: Instant) -> Timer {
    Timer::at(embassy_time::Instant::from_ticks(ticks(deadline.as_nanos(), TICK_HZ)))
}

const NANOS: u64 = 1_000_000_000;

/// Whole seconds and the rest by themselves, so that nothing overflows before 584 years are over.
const fn nanos(ticks: u64, rate: u64) -> u64 {
    let (Some(seconds), Some(rest)) = (ticks.checked_div(rate), ticks.checked_rem(rate)) else { return 0 };
    let rest = match rest.saturating_mul(NANOS).checked_div(rate) {
        Some(rest) => rest,
        None => 0,
    };
    seconds.saturating_mul(NANOS).saturating_add(rest)
}

/// Rounded up: a machine that is ticked before its deadline does nothing, and would be ticked again at once.
const fn ticks(nanos: u64, rate: u64) -> u64 {
    let rest = (nanos % NANOS).saturating_mul(rate).div_ceil(NANOS);
    (nanos / NANOS).saturating_mul(rate).saturating_add(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_is_never_reached_before_its_tick_and_at_most_one_late() {
        for rate in [1, 100, 1_000, 32_768, 1_000_000, 12_000_000, 1_000_000_000] {
            let tick = NANOS.div_ceil(rate);
            for deadline in [0, 1, 999, 1_000, 30_517, 30_518, NANOS - 1, NANOS, 3_600 * NANOS + 123_456_789] {
                let reached = nanos(ticks(deadline, rate), rate);
                // A tick of 1/32,768 s is no whole number of nanoseconds: what is cut off of one is made up by the next.
                assert!(reached + 1 >= deadline, "{deadline} at {rate} Hz: {reached}");
                assert!(reached < deadline + tick, "{deadline} at {rate} Hz: {reached}");
            }
        }
    }

    #[test]
    fn the_last_tick_is_the_far_future() {
        assert_eq!(nanos(u64::MAX, 1), u64::MAX);
        assert_eq!(nanos(u64::MAX, 1_000_000_000), u64::MAX);
        assert!(ticks(u64::MAX, 1_000) > 18_446_744_073_000);
    }
}
