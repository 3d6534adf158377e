//! All timings of a member together.

use crate::detector::{
    self, AnyConfig, BertierConfig, ChenConfig, Detector, MonitorConfig, PhiExponentialConfig, PhiNormalConfig,
    Threshold, TimeoutConfig,
};
use crate::election::{self, Guarantee, Preempt, Timing};
use crate::time::nanos;
use crate::total::minus;
use crate::{DriftBound, Seed};
use core::fmt;
use core::time::Duration;

/// The settings of a [`Member`](super::Member): those of its parts, each of which is valid by itself.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Config<D: Detector> {
    /// How often heartbeats are sent.
    pub monitor: MonitorConfig,
    /// When silence becomes suspicious.
    pub detector: D::Config,
    /// The rules of the election.
    pub election: election::Config,
}

/// Which failure detector a program chooses by name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "kebab-case"))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum DetectorKind {
    /// [`Timeout`](crate::detector::Timeout): suspects after the profile's detection time, always.
    #[default]
    Timeout,
    /// [`PhiNormal`](crate::detector::PhiNormal) at a level of 8.
    PhiNormal,
    /// [`PhiExponential`](crate::detector::PhiExponential) at the level that the detection time is at the nominal interval.
    PhiExponential,
    /// [`Chen`](crate::detector::Chen) with what the detection time leaves beyond one interval as its margin.
    Chen,
    /// [`Bertier`](crate::detector::Bertier) with one interval as its least margin.
    Bertier,
}

/// Timings that go together, before they are validated.
///
/// ```
/// use quorate::election::Guarantee;
/// use quorate::member::{DetectorKind, Profile};
/// use quorate::Seed;
/// use core::time::Duration;
///
/// let eager = Profile { detection: Duration::from_millis(100), ..Profile::LAN };
/// let error = eager.config::<16>(DetectorKind::Timeout, Guarantee::Majority, Seed::new(1)).unwrap_err();
/// assert!(error.to_string().contains("2 · interval < detection"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Profile {
    /// How often heartbeats are sent.
    pub interval: Duration,
    /// After how much silence a peer is suspected.
    pub detection: Duration,
    /// The timings of the election.
    pub timing: Timing,
    /// Whether a higher-ranked member takes over from a leader that does well.
    pub preempt: Preempt,
}

impl Profile {
    /// Machines in one building: a dead leader is replaced within half a second.
    pub const LAN: Self = Self {
        interval: Duration::from_millis(80),
        detection: Duration::from_millis(400),
        timing: Timing {
            lease: Duration::from_millis(400),
            renew: Duration::from_millis(100),
            timeout: Duration::from_millis(60),
            jitter: Duration::from_millis(10),
            drift: DriftBound::QUARTZ,
            margin: Duration::from_millis(20),
        },
        preempt: Preempt::After(Duration::from_secs(10)),
    };

    /// Machines on several continents: round trips of up to half a second, and links that stall.
    pub const WAN: Self = Self {
        interval: Duration::from_millis(500),
        detection: Duration::from_secs(4),
        timing: Timing {
            lease: Duration::from_secs(4),
            renew: Duration::from_secs(1),
            timeout: Duration::from_millis(700),
            jitter: Duration::from_millis(200),
            drift: DriftBound::QUARTZ,
            margin: Duration::from_millis(100),
        },
        preempt: Preempt::After(Duration::from_secs(60)),
    };

    /// Boards on one bus: few bytes a second, and clocks that are off by two per cent.
    pub const BUS: Self = Self {
        interval: Duration::from_millis(250),
        detection: Duration::from_secs(1),
        timing: Timing {
            lease: Duration::from_secs(1),
            renew: Duration::from_millis(250),
            timeout: Duration::from_millis(150),
            jitter: Duration::from_millis(50),
            drift: match DriftBound::new(20_000) {
                Ok(drift) => drift,
                Err(_) => DriftBound::QUARTZ,
            },
            margin: Duration::from_millis(50),
        },
        preempt: Preempt::After(Duration::from_secs(5)),
    };

    /// The profile of this name: `lan`, `wan` or `bus`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "lan" => Some(Self::LAN),
            "wan" => Some(Self::WAN),
            "bus" => Some(Self::BUS),
            _ => None,
        }
    }

    /// Validates the timings, and makes of them the settings of a member with a detector of this kind.
    ///
    /// # Errors
    ///
    /// Which inequality does not hold, with the numbers: those of each part, and `2 · interval < detection`, without
    /// which a single lost heartbeat would be a suspicion.
    pub fn config<const W: usize>(
        &self,
        kind: DetectorKind,
        guarantee: Guarantee,
        seed: Seed,
    ) -> Result<Config<detector::AnyDetector<W>>, ConfigError> {
        let Self { interval, detection, timing, preempt } = *self;
        let monitor = MonitorConfig::new(interval).map_err(ConfigError::Detector)?;
        if interval.saturating_mul(2) >= detection {
            return Err(ConfigError::DetectionTooShort { interval, detection });
        }
        let detector = Self::detector(kind, interval, detection).map_err(ConfigError::Detector)?;
        let election = election::Config::new(guarantee, timing, seed).map_err(ConfigError::Election)?;
        Ok(Config { monitor, detector, election: election.with_preempt(preempt) })
    }

    fn detector(
        kind: DetectorKind,
        interval: Duration,
        detection: Duration,
    ) -> Result<AnyConfig, detector::ConfigError> {
        let margin = minus(detection, interval);
        Ok(match kind {
            DetectorKind::Timeout => AnyConfig::Timeout(TimeoutConfig::new(detection)?),
            DetectorKind::PhiNormal => {
                // A floor at which a steady peer is suspected after the detection time: 5.6 deviations are 8 levels.
                let floor = Duration::from_nanos(nanos(margin).saturating_mul(10) / 56);
                AnyConfig::PhiNormal(PhiNormalConfig::new(interval, Threshold::EIGHT)?.with_floor(floor)?)
            }
            DetectorKind::PhiExponential => {
                // φ = t / (mean · ln 10), in thousandths.
                let thousandths = nanos(detection).saturating_mul(1_000).checked_div(nanos(interval)).unwrap_or(0);
                let thousandths = thousandths.saturating_mul(1_000) / 2_303;
                let threshold = Threshold::new(u32::try_from(thousandths).unwrap_or(u32::MAX))?;
                AnyConfig::PhiExponential(PhiExponentialConfig::new(interval, threshold)?)
            }
            DetectorKind::Chen => AnyConfig::Chen(ChenConfig::new(interval, margin)?),
            DetectorKind::Bertier => AnyConfig::Bertier(BertierConfig::new(interval, interval)?),
        })
    }
}

/// Why timings do not go together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum ConfigError {
    /// A single lost heartbeat would be a suspicion.
    DetectionTooShort {
        /// How often heartbeats are sent.
        interval: Duration,
        /// After how much silence a peer is suspected.
        detection: Duration,
    },
    /// The monitor's or the detector's settings are not valid.
    Detector(detector::ConfigError),
    /// The election's settings are not valid.
    Election(election::ConfigError),
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DetectionTooShort { interval, detection } => write!(
                f,
                "2 · interval < detection does not hold: 2 · {interval:?} is not less than {detection:?}, so a single \
                 lost heartbeat would be a suspicion; send heartbeats more often or wait longer"
            ),
            Self::Detector(error) => error.fmt(f),
            Self::Election(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for ConfigError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::DetectionTooShort { .. } => None,
            Self::Detector(error) => Some(error),
            Self::Election(error) => Some(error),
        }
    }
}
