//! Durations and numbers as people write and read them.

use core::time::Duration;

/// The units that a duration may have, with their nanoseconds.
const UNITS: [(&str, u64); 6] =
    [("ns", 1), ("us", 1_000), ("µs", 1_000), ("ms", 1_000_000), ("s", 1_000_000_000), ("min", 60_000_000_000)];

/// A duration such as `200ms`, `1.5s` or `2min`.
///
/// # Errors
///
/// A sentence, if there is no number, no unit or another unit, or if it is longer than can be counted.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let unit = unit.trim_start();
    let wrong = || format!("`{text}` is no duration; write a number and a unit, such as 200ms, 1.5s or 2min");
    if unit.is_empty() && number == "0" {
        return Ok(Duration::ZERO);
    }
    let (_, nanos) = UNITS.iter().find(|(name, _)| *name == unit).ok_or_else(wrong)?;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() || fraction.contains('.') || fraction.len() > 9 {
        return Err(wrong());
    }
    let too_long = || format!("`{text}` is longer than the 584 years that can be counted");
    let whole = whole.parse::<u64>().map_err(|_| too_long())?.checked_mul(*nanos).ok_or_else(too_long)?;
    let fraction = match fraction {
        "" => 0,
        digits => {
            let scale = 10_u128.pow(digits.len() as u32);
            (digits.parse::<u128>().map_err(|_| wrong())? * u128::from(*nanos) / scale) as u64
        }
    };
    Ok(Duration::from_nanos(whole.checked_add(fraction).ok_or_else(too_long)?))
}

/// A duration to be read at a glance: three digits that matter, one unit.
pub(crate) fn brief(duration: Duration) -> String {
    let nanos = duration.as_nanos();
    let (unit, name): (u64, _) = match nanos {
        0 => return "0".to_owned(),
        1..1_000 => (1, "ns"),
        1_000..1_000_000 => (1_000, "µs"),
        1_000_000..1_000_000_000 => (1_000_000, "ms"),
        1_000_000_000..120_000_000_000 => (1_000_000_000, "s"),
        _ => (60_000_000_000, "min"),
    };
    let value = nanos as f64 / unit as f64;
    let places = if value >= 99.95 || value.fract() == 0.0 {
        0
    } else if value >= 9.995 {
        1
    } else {
        2
    };
    format!("{value:.places$} {name}")
}

/// A number with a comma between its thousands.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A large number to be read at a glance: three digits that matter, and a word.
pub(crate) fn rough(number: f64) -> String {
    let (value, name) = match number {
        1e9.. => (number / 1e9, " billion"),
        1e6.. => (number / 1e6, " million"),
        1e4.. => return grouped((number / 1e3).round() as u64 * 1_000),
        _ => return grouped(number.round() as u64),
    };
    let places = if value >= 99.95 {
        0
    } else if value >= 9.995 {
        1
    } else {
        2
    };
    format!("{value:.places$}{name}")
}

/// Nanoseconds as milliseconds.
pub(crate) fn millis(nanos: u64) -> f64 {
    nanos as f64 / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read() {
        for (text, nanos) in [
            ("200ms", 200_000_000),
            ("1.5s", 1_500_000_000),
            ("2min", 120_000_000_000),
            ("0", 0),
            ("0.25 ms", 250_000),
            ("7us", 7_000),
            ("7µs", 7_000),
            ("3ns", 3),
        ] {
            assert_eq!(duration(text), Ok(Duration::from_nanos(nanos)), "{text}");
        }
        for text in
            ["", "ms", "200", "1..5s", ".5s", "1.5.2s", "-1s", "1h", "five s", "1.5e3s", "99999999999999999999s"]
        {
            let error = duration(text).unwrap_err();
            assert!(error.starts_with(&format!("`{text}` is ")), "{error}");
        }
        assert!(duration("9999999999min").unwrap_err().contains("584 years"));
    }

    #[test]
    fn numbers_are_grouped_and_rounded() {
        for (number, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (12_345_678, "12,345,678")] {
            assert_eq!(grouped(number), text);
        }
        for (number, text) in [
            (0.0, "0"),
            (9_876.4, "9,876"),
            (45_678.0, "46,000"),
            (1_754_321.0, "1.75 million"),
            (2.5e10, "25.0 billion"),
        ] {
            assert_eq!(rough(number), text);
        }
    }

    #[test]
    fn durations_are_shown_briefly() {
        for (nanos, text) in [
            (0, "0"),
            (950, "950 ns"),
            (1_500, "1.50 µs"),
            (12_340_000, "12.3 ms"),
            (380_000_000, "380 ms"),
            (1_250_000_000, "1.25 s"),
            (99_960_000_000, "100 s"),
            (600_000_000_000, "10 min"),
        ] {
            assert_eq!(brief(Duration::from_nanos(nanos)), text);
        }
    }
}
