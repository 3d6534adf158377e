//! A study as a text.

use super::{Curve, Measured, Study, Traced};
use crate::lesson::table::Table;
use alloc::format;
use alloc::string::String;
use core::fmt;
use core::time::Duration;
use quorate::detector::AnyConfig;

/// The setting that tells a point from its neighbours: `1.5 s`, `φ 8`, `margin 0.25 s`.
pub(super) fn setting(config: &AnyConfig) -> String {
    let phi = |thousandths: u32| format!("φ {}", f64::from(thousandths) / 1_000.0);
    match config {
        AnyConfig::Timeout(config) => format!("{} s", config.timeout().as_secs_f64()),
        AnyConfig::PhiNormal(config) => phi(config.threshold().thousandths()),
        AnyConfig::PhiExponential(config) => phi(config.threshold().thousandths()),
        AnyConfig::Chen(config) => format!("margin {} s", config.margin().as_secs_f64()),
        AnyConfig::Bertier(config) => format!("floor {} s", config.floor().as_secs_f64()),
    }
}

impl Measured {
    /// What was set, for people: `1.5 s`, `φ 8`, `margin 0.25 s`.
    #[must_use]
    pub fn setting(&self) -> String {
        setting(&self.config)
    }
}

/// Seconds with two decimals, or more of them if it is short; hours if it is long.
fn time(duration: Option<Duration>) -> String {
    match duration.map(|duration| duration.as_secs_f64()) {
        None => String::from("–"),
        Some(secs) if secs >= 3_600.0 => format!("{:.1} h", secs / 3_600.0),
        Some(secs) if secs >= 120.0 => format!("{:.1} min", secs / 60.0),
        Some(secs) if secs < 1.0 => format!("{secs:.3} s"),
        Some(secs) => format!("{secs:.2} s"),
    }
}

/// The short form of a [`Study`]: for each trace what it costs each detector to be wrong so rarely.
#[derive(Clone, Copy, Debug)]
pub struct Summary<'a>(&'a Study);

impl Study {
    /// The short form: for each trace what it costs each detector to be wrong so rarely.
    #[must_use]
    pub const fn summary(&self) -> Summary<'_> {
        Summary(self)
    }
}

impl fmt::Display for Study {
    /// The [summary](Study::summary), then all settings on each trace.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.summary())?;
        self.traces.iter().try_for_each(|traced| write!(f, "\n{traced}"))
    }
}

impl fmt::Display for Summary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let study = self.0;
        let hours = study.length.as_secs_f64() / 3_600.0;
        writeln!(f, "Every detector on the same traces of {hours:.1} h each; seed {}.\n", study.seed)?;
        writeln!(
            f,
            "How soon a crash is noticed, on average, with the quickest setting that is wrong at most so often:\n"
        )?;
        let mut summary = Table::new(&["trace", "detector", ">60 an hour", ">6 an hour", ">1 an hour", ">never"]);
        for traced in &study.traces {
            for (number, curve) in traced.curves.iter().enumerate() {
                let trace = if number == 0 { traced.behaviour.name() } else { "" };
                let within = [60.0, 6.0, 1.0, 0.0].map(|most| time(curve.soonest(most).map(|point| point.detection)));
                summary.row([trace.into(), curve.detector.name().into()].into_iter().chain(within));
            }
        }
        summary.fmt(f)
    }
}

impl fmt::Display for Traced {
    /// A table of every detector's settings.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: {}\n", self.behaviour.name(), self.behaviour.description())?;
        let headings =
            ["detector", ">setting", ">noticed after", ">at most", ">mistakes/h", ">every", ">lasting", ">right"];
        let mut table = Table::new(&headings);
        for curve in &self.curves {
            for (number, point) in curve.points.iter().enumerate() {
                table.row([
                    String::from(if number == 0 { curve.detector.name() } else { "" }),
                    point.setting(),
                    time(Some(point.detection)),
                    time(Some(point.longest_detection)),
                    format!("{:.1}", point.mistakes_per_hour()),
                    time(point.mistake_recurrence),
                    time(point.mistake_duration),
                    format!("{}.{:04} %", point.query_accuracy / 10_000, point.query_accuracy % 10_000),
                ]);
            }
        }
        table.fmt(f)
    }
}

impl Curve {
    /// Of the settings with at most so many mistakes in an hour, that which notices a crash soonest.
    #[must_use]
    pub fn soonest(&self, mistakes_per_hour: f64) -> Option<&Measured> {
        let right = self.points.iter().filter(|point| point.mistakes_per_hour() <= mistakes_per_hour);
        right.min_by_key(|point| point.detection)
    }
}

/// With times in seconds, and with what follows from the figures.
#[cfg(feature = "serde")]
impl serde::Serialize for Measured {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;
        let seconds = |duration: Option<Duration>| duration.map(|duration| duration.as_secs_f64());
        let mut fields = serializer.serialize_struct("Measured", 9)?;
        fields.serialize_field("setting", &self.setting())?;
        fields.serialize_field("detection_seconds", &self.detection.as_secs_f64())?;
        fields.serialize_field("longest_detection_seconds", &self.longest_detection.as_secs_f64())?;
        fields.serialize_field("mistakes", &self.mistakes)?;
        fields.serialize_field("mistakes_per_hour", &self.mistakes_per_hour())?;
        fields.serialize_field("mistake_recurrence_seconds", &seconds(self.mistake_recurrence))?;
        fields.serialize_field("mistake_duration_seconds", &seconds(self.mistake_duration))?;
        fields.serialize_field("query_accuracy_ppm", &self.query_accuracy)?;
        fields.serialize_field("measured_seconds", &self.measured.as_secs_f64())?;
        fields.end()
    }
}
