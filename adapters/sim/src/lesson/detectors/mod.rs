//! What it costs to notice a crash soon.
//!
//! A detector that is more patient is wrong less often, and notices a crash later. So a single figure says little about it, and a
//! curve much: [`study`] measures each of the five detectors of [`quorate::detector`] with several settings, all on the same traces
//! of heartbeats, and gives for each trace and detector the line of detection time against mistakes in an hour. Lower and further
//! left is better.
//!
//! ```
//! use quorate_sim::lesson::detectors::{self, Behaviour};
//! use core::time::Duration;
//!
//! let study = detectors::study(1, Duration::from_secs(1_800));
//! assert_eq!(study.traces.len(), Behaviour::ALL.len());
//! for series in study.traces[1].series() {
//!     assert!(series.points.len() >= 6); // (seconds, mistakes an hour)
//! }
//! println!("{study}");
//! ```

mod measure;
mod report;
#[cfg(test)]
mod tests;
mod trace;

pub use measure::{Measured, measure};
pub use report::Summary;
pub use trace::{Beat, Behaviour, Trace};

use alloc::vec::Vec;
use core::time::Duration;
use quorate::Seed;
use quorate::detector::{
    AnyConfig, BertierConfig, ChenConfig, ConfigError, PhiExponentialConfig, PhiNormalConfig, Threshold, TimeoutConfig,
};

/// How many heartbeats a detector hears before it is judged.
const SETTLING: usize = 200;

/// Every detector on every trace.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Study {
    /// Where the traces come from.
    pub seed: u64,
    /// How long each trace is (serialised in seconds).
    #[cfg_attr(feature = "serde", serde(rename = "length_seconds", serialize_with = "super::seconds"))]
    pub length: Duration,
    /// The traces.
    pub traces: Vec<Traced>,
}

/// Every detector on one trace.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Traced {
    /// Which.
    pub behaviour: Behaviour,
    /// The detectors.
    pub curves: Vec<Curve>,
}

/// One detector on one trace, from impatient to patient.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Curve {
    /// Which detector.
    pub detector: Kind,
    /// One point for each of its settings.
    pub points: Vec<Measured>,
}

/// One line of a chart.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Series {
    /// What it is called.
    pub name: &'static str,
    /// Its points: the detection time in seconds, and mistakes in an hour.
    pub points: Vec<(f64, f64)>,
}

/// One of the five detectors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Kind {
    /// A fixed timeout.
    Timeout,
    /// φ with the normal law.
    PhiNormal,
    /// φ with the exponential law.
    PhiExponential,
    /// Chen's.
    Chen,
    /// Bertier's.
    Bertier,
}

impl Kind {
    /// All five.
    pub const ALL: [Self; 5] = [Self::Timeout, Self::PhiNormal, Self::PhiExponential, Self::Chen, Self::Bertier];

    /// What people call it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::PhiNormal => "φ normal",
            Self::PhiExponential => "φ exponential",
            Self::Chen => "Chen",
            Self::Bertier => "Bertier",
        }
    }

    /// The settings with which it is studied, from impatient to patient, where heartbeats are expected every `interval`.
    ///
    /// Timeouts from 1.1 to 12 intervals, thresholds, or margins from a fiftieth of an interval up; all else is as it is by default.
    ///
    /// # Errors
    ///
    /// If the interval is none that detectors accept, or so long that a timeout would not be.
    pub fn settings(self, interval: Duration) -> Result<Vec<AnyConfig>, ConfigError> {
        let hundredths = |hundredths: u32| interval * hundredths / 100;
        let threshold = |hundredths: u32| Threshold::new(10 * hundredths);
        let settings: &[u32] = match self {
            Self::Timeout => &[110, 125, 150, 200, 250, 300, 400, 500, 600, 800, 1_200],
            Self::PhiNormal => &[30, 50, 100, 200, 300, 500, 800, 1_200, 2_000, 4_000, 8_000, 20_000],
            Self::PhiExponential => &[48, 55, 65, 80, 100, 130, 170, 220, 300, 500],
            Self::Chen => &[2, 5, 10, 25, 50, 100, 150, 200, 300, 500, 1_000],
            Self::Bertier => &[1, 2, 5, 10, 25, 50, 100, 150, 200, 300, 500, 1_000],
        };
        let config = |&setting: &u32| {
            Ok(match self {
                Self::Timeout => AnyConfig::Timeout(TimeoutConfig::new(hundredths(setting))?),
                Self::PhiNormal => AnyConfig::PhiNormal(PhiNormalConfig::new(interval, threshold(setting)?)?),
                Self::PhiExponential => {
                    AnyConfig::PhiExponential(PhiExponentialConfig::new(interval, threshold(setting)?)?)
                }
                Self::Chen => AnyConfig::Chen(ChenConfig::new(interval, hundredths(setting))?),
                Self::Bertier => AnyConfig::Bertier(BertierConfig::new(interval, hundredths(setting))?),
            })
        };
        settings.iter().map(config).collect()
    }
}

/// Measures every detector on traces of this length (six hours are good) that come from this seed.
#[must_use]
pub fn study(seed: u64, length: Duration) -> Study {
    let traced = |behaviour| {
        let trace = Trace::new(behaviour, Seed::new(seed), length);
        let curve = |detector: Kind| {
            // The interval of all traces, a second, is one that every detector accepts.
            let settings = detector.settings(trace.interval()).unwrap_or_default();
            Curve { detector, points: settings.iter().map(|config| measure(&trace, config)).collect() }
        };
        Traced { behaviour, curves: Kind::ALL.map(curve).into() }
    };
    Study { seed, length, traces: Behaviour::ALL.map(traced).into() }
}

impl Traced {
    /// The lines of a chart of this trace, in the order of [`Kind::ALL`].
    #[must_use]
    pub fn series(&self) -> Vec<Series> {
        let point = |point: &Measured| (point.detection.as_secs_f64(), point.mistakes_per_hour());
        let series =
            |curve: &Curve| Series { name: curve.detector.name(), points: curve.points.iter().map(point).collect() };
        self.curves.iter().map(series).collect()
    }
}
