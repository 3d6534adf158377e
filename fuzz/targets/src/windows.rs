//! The detectors against lists that keep every heartbeat, and compute everything from scratch.

use core::time::Duration;
use quorate::Instant;
use quorate::detector::{
    Chen, ChenConfig, Detector, PhiExponential, PhiExponentialConfig, PhiNormal, PhiNormalConfig, Threshold, Timeout,
    TimeoutConfig,
};

const INTERVAL: u64 = 1_000_000;
const LONGEST: u64 = 20_000_000;
const FLOOR: u64 = 7_000;
const MARGIN: u64 = 300_000;
/// The z at which the normal law's tail is 10⁻⁸.
const Z: f64 = 5.612_001_244_174_788;

/// Heartbeats, three bytes each: so many units of 50 µs or of 5 ms after the one before, so many numbers after it; or a pause of the observer.
/// The first byte says how long the windows are.
pub fn windows(data: &[u8]) {
    let Some((&window, rest)) = data.split_first() else { return };
    match window % 4 {
        0 => compare::<2>(rest),
        1 => compare::<5>(rest),
        2 => compare::<16>(rest),
        _ => compare::<64>(rest),
    }
}

/// All that was ever heard of a peer, in microseconds.
struct Heard {
    now: u64,
    /// When the last burst began, or the observer went on.
    base: u64,
    /// Whether a heartbeat has come since then.
    anchored: bool,
    /// Each time from one burst to the next.
    intervals: Vec<u64>,
    /// For Chen's: each span with how many numbers it went on by; and whether the newest ends with the last arrival.
    spans: Vec<(u64, u64)>,
    open: bool,
}

impl Heard {
    fn heartbeat(&mut self, after: u64, numbers: u64) {
        self.now += after;
        let interval = self.now - self.base;
        let in_burst = interval < INTERVAL / 2;
        if in_burst && self.anchored {
            // Those of a burst belong to the span that its first one ended.
            if let Some((span, steps)) = self.spans.last_mut() {
                self.open &= *steps + numbers <= 255;
                if self.open {
                    (*span, *steps) = (*span + after, *steps + numbers);
                }
            }
        } else if in_burst {
            self.open = false;
        } else {
            self.base = self.now;
            let is_sample = core::mem::replace(&mut self.anchored, true);
            self.open = is_sample && numbers <= 255 && after <= LONGEST * numbers;
            self.intervals.extend(is_sample.then_some(interval.min(LONGEST)));
            self.spans.extend(self.open.then_some((after, numbers)));
        }
    }

    fn pause(&mut self, after: u64) {
        self.now += after;
        (self.base, self.anchored) = (self.now, false);
    }
}

fn last<T: Copy>(all: &[T], most: usize) -> Vec<T> {
    all.iter().skip(all.len().saturating_sub(most)).copied().collect()
}

fn mean(samples: &[u64]) -> f64 {
    samples.iter().sum::<u64>() as f64 / samples.len() as f64
}

fn deviation(samples: &[u64]) -> f64 {
    let n = samples.len() as u128;
    let sum = samples.iter().map(|&sample| u128::from(sample)).sum::<u128>();
    let scatter = samples.iter().map(|&sample| (n * u128::from(sample)).abs_diff(sum).pow(2)).sum::<u128>() / n;
    (scatter as f64).sqrt() / n as f64
}

/// How long after the last arrival the next one is expected: the line of least squares through (number, arrival), exactly.
fn expected(spans: &[(u64, u64)], anchored: bool) -> f64 {
    let (mut time, mut number) = (0_i128, 0_i128);
    let mut points = vec![(time, number)];
    for &(span, numbers) in spans {
        (time, number) = (time + i128::from(span), number + i128::from(numbers));
        points.push((time, number));
    }
    let n = points.len() as i128;
    let (times, numbers) = points.iter().fold((0, 0), |(times, numbers), (t, s)| (times + t, numbers + s));
    let (rise, run) = points
        .iter()
        .map(|(t, s)| (n * t - times, n * s - numbers))
        .fold((0, 0), |(rise, run), (t, s)| (rise + t * s, run + s * s));
    let ahead = times * run + rise * (n * (number + 1) - numbers) - time * n * run;
    if anchored { (ahead as f64 / (n * run) as f64).max(0.0) } else { rise as f64 / run as f64 }
}

fn compare<const W: usize>(data: &[u8]) {
    let micros = Duration::from_micros;
    let (interval, longest) = (micros(INTERVAL), micros(LONGEST));
    let normal = PhiNormalConfig::new(interval, Threshold::EIGHT)
        .and_then(|config| config.with_floor(micros(FLOOR))?.with_longest(longest))
        .expect("good settings");
    let exponential = PhiExponentialConfig::new(interval, Threshold::EIGHT)
        .and_then(|config| config.with_longest(longest))
        .expect("good settings");
    let chen = ChenConfig::new(interval, micros(MARGIN))
        .and_then(|config| config.with_longest(longest))
        .expect("good settings");
    let timeout = TimeoutConfig::new(interval * 3).expect("good settings");

    let start = Instant::from_secs(3);
    let mut one = PhiNormal::<W>::new(&normal, start);
    let mut two = PhiExponential::<W>::new(&exponential, start);
    let mut three = Chen::<W>::new(&chen, start);
    let mut four = Timeout::new(&timeout, start);

    // A window begins with two samples that stand for what is configured, or with eight spans.
    let mut heard = Heard {
        now: 0,
        base: 0,
        anchored: false,
        intervals: Vec::new(),
        spans: vec![(INTERVAL, 1); W.min(8)],
        open: false,
    };
    let begun = |first: [u64; 2], intervals: &[u64]| last(&[&first[..], intervals].concat(), W);
    for bytes in data.as_chunks::<3>().0.iter().take(400) {
        let &[low, high, numbers] = bytes;
        let fine = u64::from(u16::from_le_bytes([low, high & 0x7f]));
        let after = if high & 0x80 == 0x80 { fine * 5_000 } else { fine * 50 };
        if numbers == 0 {
            heard.pause(after);
            let now = start.after(micros(heard.now));
            let shift = now.since(one.since());
            one.pause(shift, now);
            two.pause(shift, now);
            three.pause(shift, now);
            four.pause(shift, now);
            continue;
        }
        heard.heartbeat(after, numbers.into());
        let now = start.after(micros(heard.now));
        one.heartbeat(&normal, numbers.into(), now);
        two.heartbeat(&exponential, numbers.into(), now);
        three.heartbeat(&chen, numbers.into(), now);
        four.heartbeat(&timeout, numbers.into(), now);

        let quarter = INTERVAL / 4;
        let normals = begun([INTERVAL - quarter, INTERVAL + quarter], &heard.intervals);
        let level_of_eight = mean(&normals) + Z * deviation(&normals).max(FLOOR as f64);
        let exponentials = mean(&begun([INTERVAL; 2], &heard.intervals)) * 8.0 * core::f64::consts::LN_10;
        let arrival = expected(&last(&heard.spans, W), heard.anchored) + MARGIN as f64;
        for (what, since, deadline, wait, most) in [
            ("phi by the normal law", one.since(), one.deadline(), level_of_eight, 1.01),
            ("phi by the exponential law", two.since(), two.deadline(), exponentials, 1.01),
            ("Chen", three.since(), three.deadline(), arrival, 1.5),
            ("a timeout", four.since(), four.deadline(), 3.0 * INTERVAL as f64, 1.01),
        ] {
            assert_eq!(since, now, "{what} did not hear it");
            let ours = deadline.since(since).as_nanos() as f64 / 1e3;
            let late = ours - wait;
            let good = (-0.5..most).contains(&late) || late.abs() < 1e-9 * wait;
            assert!(good, "{what}, window {W}: waits {ours} µs, not {wait}");
        }
    }
}
