//! Figures as people read them.

use crate::race::Unit;

/// With three digits, and the unit that fits.
pub(super) fn figure(value: f64, unit: Unit) -> String {
    match unit {
        Unit::Nanoseconds if value < 1e3 => format!("{} ns", digits(value)),
        Unit::Nanoseconds if value < 1e6 => format!("{} µs", digits(value / 1e3)),
        Unit::Nanoseconds => format!("{} ms", digits(value / 1e6)),
        Unit::Bytes => format!("{value:.0} B"),
        Unit::Allocations => digits(value),
    }
}

/// A ratio.
pub(super) fn times(ratio: Option<f64>) -> String {
    ratio.map(digits).unwrap_or_default()
}

fn digits(value: f64) -> String {
    match value {
        _ if value.fract() == 0.0 && value < 1e6 => format!("{value:.0}"),
        ..9.995 => format!("{value:.2}"),
        ..99.95 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_have_three_digits() {
        assert_eq!(figure(1.234, Unit::Nanoseconds), "1.23 ns");
        assert_eq!(figure(12.34, Unit::Nanoseconds), "12.3 ns");
        assert_eq!(figure(123_400.0, Unit::Nanoseconds), "123 µs");
        assert_eq!(figure(0.0, Unit::Allocations), "0");
        assert_eq!(times(None), "");
    }
}
