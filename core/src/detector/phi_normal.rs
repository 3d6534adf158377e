//! The φ accrual detector with the normal law.

use super::arrivals::{Arrivals, Interval};
use super::config::{Rhythm, micros, serialised_through};
use super::window::{FRACTION_BITS, Window, scaled_root};
use super::{ConfigError, Detector, MAX_LEVEL, Threshold, tail};
use crate::Instant;
use core::time::Duration;

/// The φ accrual failure detector of Hayashibara, Défago, Yared and Katayama (2004), over the last `W` intervals, which it
/// takes to be normally distributed.
///
/// Its level is φ = −log₁₀ P(interval > silence), with the normal law's own tail; what often stands for it, a logistic curve,
/// reads 8 where 7.06 is true. The crossing needs no tail at heartbeat time: the z at which the tail falls to 10^−threshold is found
/// once, in the configuration, and the peer is suspected at μ + z·σ after its last heartbeat. That takes integers only.
///
/// `W` is from 2 to 1,024; a peer takes 4·`W` + 48 bytes.
///
/// ```
/// use quorate::Instant;
/// use quorate::detector::{Detector, PhiNormal, PhiNormalConfig, Threshold};
/// use core::time::Duration;
///
/// let config = PhiNormalConfig::new(Duration::from_secs(1), Threshold::EIGHT)?.with_floor(Duration::from_millis(50))?;
/// let mut peer = PhiNormal::<100>::new(&config, Instant::ORIGIN);
/// for second in 1..200 {
///     peer.heartbeat(&config, 1, Instant::from_secs(second));
/// }
/// // Regular to the microsecond, so the floor stands for the deviation: 1 s + 5.612 · 50 ms.
/// assert_eq!(peer.deadline(), Instant::from_secs(199) + Duration::from_micros(1_280_601));
/// assert!(peer.level(&config, Instant::from_secs(200)) < 0.302); // half of all intervals are longer
/// # Ok::<(), quorate::detector::ConfigError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PhiNormal<const W: usize> {
    arrivals: Arrivals,
    window: Window<W>,
}

const _: () = assert!(size_of::<PhiNormal<100>>() <= 448);

/// What [`PhiNormal`] expects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Raw", into = "Raw"))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct PhiNormalConfig {
    rhythm: Rhythm,
    floor: u32,
    threshold: Threshold,
    /// The z at which the level is at the threshold, times 2⁴⁰.
    crossing: i64,
}

const CROSSING_BITS: u32 = 40;

impl PhiNormalConfig {
    /// Heartbeats every `interval`, and suspicion at `threshold`. The floor of the deviation is a quarter of the interval: then
    /// the first suspicion at a threshold of 8 is due after 2.4 intervals, and one lost heartbeat is forgiven.
    ///
    /// It finds the crossing here, by a few steps of Newton's method in floats.
    ///
    /// # Errors
    ///
    /// If the interval is not between [`MIN_INTERVAL`](super::MIN_INTERVAL) and [`MAX_INTERVAL`](super::MAX_INTERVAL).
    pub fn new(interval: Duration, threshold: Threshold) -> Result<Self, ConfigError> {
        let rhythm = Rhythm::new(interval)?;
        let crossing = tail::crossing(threshold.level()) * (1_u64 << CROSSING_BITS) as f64;
        Ok(Self { rhythm, floor: rhythm.interval_micros() / 4, threshold, crossing: libm::round(crossing) as i64 })
    }

    /// The same, with a deviation that is never taken to be less than `floor`, which may be zero.
    ///
    /// # Errors
    ///
    /// If it is more than [`MAX_WAIT`](super::MAX_WAIT).
    pub const fn with_floor(self, floor: Duration) -> Result<Self, ConfigError> {
        match micros(floor) {
            Some(floor) => Ok(Self { floor, ..self }),
            None => Err(ConfigError::Floor { floor }),
        }
    }

    /// The same, with another longest interval that counts; a longer silence is a sample of this length. At first it is
    /// eight intervals.
    ///
    /// # Errors
    ///
    /// If it is less than the interval, or more than [`MAX_WAIT`](super::MAX_WAIT).
    pub const fn with_longest(self, longest: Duration) -> Result<Self, ConfigError> {
        match self.rhythm.with_longest(longest) {
            Ok(rhythm) => Ok(Self { rhythm, ..self }),
            Err(error) => Err(error),
        }
    }

    /// The interval expected before anything is known.
    #[must_use]
    pub const fn interval(&self) -> Duration {
        self.rhythm.interval()
    }

    /// The level at which a peer is suspected.
    #[must_use]
    pub const fn threshold(&self) -> Threshold {
        self.threshold
    }

    /// The least deviation.
    #[must_use]
    pub const fn floor(&self) -> Duration {
        Duration::from_micros(self.floor as u64)
    }

    /// The longest interval that counts.
    #[must_use]
    pub const fn longest(&self) -> Duration {
        self.rhythm.longest()
    }
}

serialised_through! {
    PhiNormalConfig = "PhiNormalConfig" { interval: Duration, threshold: Threshold, floor: Duration, longest: Duration }
    |raw| Self::new(raw.interval, raw.threshold)?.with_floor(raw.floor)?.with_longest(raw.longest)
}

impl<const W: usize> PhiNormal<W> {
    /// μ + z·σ of what is in the window.
    fn wait(&self, config: &PhiNormalConfig) -> u32 {
        let n = u64::from(self.window.len());
        let floor = u64::from(config.floor).saturating_mul(n);
        let scatter = self.window.scatter();
        // The root is needed only where the floor does not stand for it.
        let deviation = if scatter <= u128::from(floor).saturating_mul(u128::from(floor)) {
            floor << FRACTION_BITS
        } else {
            scaled_root(scatter)
        };
        let beyond = i128::from(deviation).saturating_mul(i128::from(config.crossing)) >> CROSSING_BITS;
        let wait = i128::from(self.window.sum() << FRACTION_BITS).saturating_add(beyond).max(0);
        self.window.average(u64::try_from(wait).unwrap_or(u64::MAX))
    }
}

impl<const W: usize> Detector for PhiNormal<W> {
    type Config = PhiNormalConfig;

    fn new(config: &PhiNormalConfig, now: Instant) -> Self {
        let interval = config.rhythm.interval_micros();
        let mut new = Self { arrivals: Arrivals::new(now, 0), window: Window::of_two(interval, interval / 4) };
        new.arrivals.set_wait(new.wait(config));
        new
    }

    fn heartbeat(&mut self, config: &PhiNormalConfig, _steps: u32, now: Instant) {
        if let Interval::Ended(micros) = self.arrivals.arrive(&config.rhythm, now) {
            self.window.push(micros.min(config.rhythm.longest_micros()));
            self.arrivals.set_wait(self.wait(config));
        }
    }

    fn pause(&mut self, shift: Duration, now: Instant) {
        self.arrivals.pause(shift, now);
    }

    fn since(&self) -> Instant {
        self.arrivals.since()
    }

    fn deadline(&self) -> Instant {
        self.arrivals.deadline()
    }

    fn level(&self, config: &PhiNormalConfig, now: Instant) -> f64 {
        let n = f64::from(self.window.len());
        let mean = self.window.sum() as f64 / n;
        let deviation = (libm::sqrt(self.window.scatter() as f64) / n).max(f64::from(config.floor));
        let beyond = self.arrivals.silence(now) - mean;
        let level = if deviation > 0.0 {
            tail::level(beyond / deviation)
        } else if beyond < 0.0 {
            0.0
        } else {
            MAX_LEVEL
        };
        self.arrivals.agreeing(level, config.threshold.level(), now)
    }

    fn threshold(config: &PhiNormalConfig) -> Threshold {
        config.threshold
    }
}
