//! Where an axis has its ticks.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use quorate::Instant;

/// Round instants between two, at most so many, and how they are written.
pub(super) fn ticks(from: Instant, until: Instant, most: u64) -> Vec<(Instant, String)> {
    let (from, until) = (from.as_nanos(), until.as_nanos());
    let step = step((until.saturating_sub(from)) / most.max(1));
    let decimals = decimals(step);
    let mut ticks = Vec::new();
    let mut at = from.div_ceil(step).saturating_mul(step);
    while at <= until && ticks.len() as u64 <= most {
        ticks.push((Instant::from_nanos(at), seconds(at, decimals)));
        match at.checked_add(step) {
            Some(next) => at = next,
            None => break,
        }
    }
    ticks
}

/// The least of 1, 2, 5, 10, 20 … nanoseconds that is not less.
fn step(least: u64) -> u64 {
    let mut ten = 1_u64;
    loop {
        for times in [1, 2, 5] {
            let step = ten.saturating_mul(times);
            if step >= least {
                return step;
            }
        }
        ten = ten.saturating_mul(10);
    }
}

/// How many decimals of a second tell multiples of this apart.
fn decimals(step: u64) -> usize {
    let mut decimals = 9;
    let mut step = step;
    while decimals > 0 && step.is_multiple_of(10) {
        step /= 10;
        decimals -= 1;
    }
    decimals
}

/// Seconds with so many decimals.
pub(super) fn seconds(nanos: u64, decimals: usize) -> String {
    let whole = nanos / 1_000_000_000;
    let part = format!("{:09}", nanos % 1_000_000_000);
    match part.get(..decimals.min(9)) {
        Some(part) if !part.is_empty() => format!("{whole}.{part}"),
        _ => format!("{whole}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(from: u64, until: u64, most: u64) -> Vec<String> {
        ticks(Instant::from_millis(from), Instant::from_millis(until), most)
            .into_iter()
            .map(|(_, label)| label)
            .collect()
    }

    #[test]
    fn ticks_are_round_and_few() {
        assert_eq!(labels(0, 60_000, 12), ["0", "5", "10", "15", "20", "25", "30", "35", "40", "45", "50", "55", "60"]);
        assert_eq!(labels(1_930, 2_410, 5), ["2.0", "2.1", "2.2", "2.3", "2.4"]);
        assert_eq!(labels(7, 7, 5), ["0.007000000"]);
        for length in (1..100_000).step_by(77) {
            assert!((1..=13).contains(&labels(123, 123 + length, 12).len()), "{length}");
        }
    }

    #[test]
    fn the_end_of_time_has_ticks_too() {
        assert!(!ticks(Instant::ORIGIN, Instant::FAR_FUTURE, 10).is_empty());
    }
}
