//! One detector of the five, chosen at run time.

use super::{
    Bertier, BertierConfig, Chen, ChenConfig, Detector, PhiExponential, PhiExponentialConfig, PhiNormal,
    PhiNormalConfig, Threshold, Timeout, TimeoutConfig,
};
use crate::Instant;
use core::time::Duration;

/// Whichever detector its configuration names. It is as large as the largest of them.
///
/// ```
/// use quorate::Instant;
/// use quorate::detector::{AnyConfig, AnyDetector, ChenConfig, Detector, TimeoutConfig};
/// use core::time::Duration;
///
/// let config = match "timeout" {
///     "timeout" => AnyConfig::Timeout(TimeoutConfig::new(Duration::from_secs(3))?),
///     _ => AnyConfig::Chen(ChenConfig::new(Duration::from_secs(1), Duration::from_millis(500))?),
/// };
/// let peer = AnyDetector::<16>::new(&config, Instant::ORIGIN);
/// assert_eq!(peer.deadline(), Instant::from_secs(3));
/// # Ok::<(), quorate::detector::ConfigError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AnyDetector<const W: usize> {
    /// A fixed silence.
    Timeout(Timeout),
    /// The normal law.
    PhiNormal(PhiNormal<W>),
    /// The exponential law.
    PhiExponential(PhiExponential<W>),
    /// The expected arrival and a fixed margin.
    Chen(Chen<W>),
    /// The expected arrival and a margin that learns.
    Bertier(Bertier<W>),
}

/// Which detector an [`AnyDetector`] is, and its settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum AnyConfig {
    /// [`Timeout`]'s.
    Timeout(TimeoutConfig),
    /// [`PhiNormal`]'s.
    PhiNormal(PhiNormalConfig),
    /// [`PhiExponential`]'s.
    PhiExponential(PhiExponentialConfig),
    /// [`Chen`]'s.
    Chen(ChenConfig),
    /// [`Bertier`]'s.
    Bertier(BertierConfig),
}

/// Calls a method of whichever detector it is.
macro_rules! whichever {
    ($any:expr, $detector:ident => $call:expr) => {
        match $any {
            AnyDetector::Timeout($detector) => $call,
            AnyDetector::PhiNormal($detector) => $call,
            AnyDetector::PhiExponential($detector) => $call,
            AnyDetector::Chen($detector) => $call,
            AnyDetector::Bertier($detector) => $call,
        }
    };
}

/// Calls a method of whichever detector it is with that one's settings; settings of another kind do `$otherwise`.
macro_rules! configured {
    ($any:expr, $configs:expr, ($detector:ident, $config:ident) => $call:expr, $otherwise:expr) => {
        match ($any, $configs) {
            (AnyDetector::Timeout($detector), AnyConfig::Timeout($config)) => $call,
            (AnyDetector::PhiNormal($detector), AnyConfig::PhiNormal($config)) => $call,
            (AnyDetector::PhiExponential($detector), AnyConfig::PhiExponential($config)) => $call,
            (AnyDetector::Chen($detector), AnyConfig::Chen($config)) => $call,
            (AnyDetector::Bertier($detector), AnyConfig::Bertier($config)) => $call,
            _ => $otherwise,
        }
    };
}

/// Handed settings of another kind than those that it was made with, it starts anew as that kind at the next heartbeat, and
/// until then reports 0 or the threshold as its level.
impl<const W: usize> Detector for AnyDetector<W> {
    type Config = AnyConfig;

    fn new(config: &AnyConfig, now: Instant) -> Self {
        match config {
            AnyConfig::Timeout(config) => Self::Timeout(Timeout::new(config, now)),
            AnyConfig::PhiNormal(config) => Self::PhiNormal(PhiNormal::new(config, now)),
            AnyConfig::PhiExponential(config) => Self::PhiExponential(PhiExponential::new(config, now)),
            AnyConfig::Chen(config) => Self::Chen(Chen::new(config, now)),
            AnyConfig::Bertier(config) => Self::Bertier(Bertier::new(config, now)),
        }
    }

    fn heartbeat(&mut self, config: &AnyConfig, steps: u32, now: Instant) {
        configured!(&mut *self, config, (detector, config) => return detector.heartbeat(config, steps, now), {});
        *self = Self::new(config, now.max(self.since()));
    }

    fn pause(&mut self, shift: Duration, now: Instant) {
        whichever!(self, detector => detector.pause(shift, now));
    }

    fn since(&self) -> Instant {
        whichever!(self, detector => detector.since())
    }

    fn deadline(&self) -> Instant {
        whichever!(self, detector => detector.deadline())
    }

    fn level(&self, config: &AnyConfig, now: Instant) -> f64 {
        let otherwise = if self.is_suspected(now) { Self::threshold(config).level() } else { 0.0 };
        configured!(self, config, (detector, config) => detector.level(config, now), otherwise)
    }

    fn threshold(config: &AnyConfig) -> Threshold {
        match config {
            AnyConfig::PhiNormal(config) => config.threshold(),
            AnyConfig::PhiExponential(config) => config.threshold(),
            AnyConfig::Timeout(_) | AnyConfig::Chen(_) | AnyConfig::Bertier(_) => Threshold::ONE,
        }
    }
}
