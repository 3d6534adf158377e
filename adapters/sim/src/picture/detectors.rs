//! The chart of detectors: how soon a crash is noticed, against how often they are wrong.

use super::Colour;
use super::svg::{Anchor, GRID, INK, MUTED, PAPER, Svg};
use crate::lesson::detectors::{Kind, Series, Study, Traced};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

const WIDTH: f64 = 1_200.0;
const HEIGHT: f64 = 780.0;
const COLUMNS: usize = 3;
const WIDE: f64 = 308.0;
const HIGH: f64 = 232.0;

/// Draws a study: for each trace a panel with a curve for each detector.
///
/// Both axes are logarithmic, and the same in all panels: lower and further left is better. Settings with which a detector was never
/// wrong stand on a line of their own at the bottom.
///
/// ```
/// use quorate_sim::lesson::detectors;
/// use quorate_sim::picture;
/// use core::time::Duration;
///
/// let svg = picture::detectors(&detectors::study(1, Duration::from_secs(1_800)));
/// assert!(svg.starts_with("<svg") && svg.contains("bursty"));
/// ```
#[must_use]
pub fn detectors(study: &Study) -> String {
    let all: Vec<Vec<Series>> = study.traces.iter().map(Traced::series).collect();
    let points = || all.iter().flatten().flat_map(|series| &series.points);
    let seconds = round_bounds(points().map(|(seconds, _)| *seconds));
    let mistakes = decades(points().map(|(_, mistakes)| *mistakes));
    let title = "How soon a crash is noticed, and how often a detector is wrong";
    let mut svg =
        Svg::new(WIDTH, HEIGHT, title, "Curves of detection time against mistakes in an hour, a panel for each trace.");
    svg.text(24.0, 34.0, Anchor::Start, "font-size=\"19\" font-weight=\"600\"", title);
    let hours = study.length.as_secs_f64() / 3_600.0;
    let subtitle = format!(
        "Each detector from impatient to patient, all on the same heartbeats: {hours:.1} h of each kind, seed {}",
        study.seed
    );
    svg.text(24.0, 54.0, Anchor::Start, &format!("font-size=\"12.5\" fill=\"{MUTED}\""), &subtitle);
    for (index, (traced, series)) in study.traces.iter().zip(&all).enumerate() {
        let panel = Panel { left: left_of(index), top: top_of(index), seconds, mistakes };
        panel.draw(&mut svg, traced, series);
    }
    draw_legend(&mut svg, left_of(study.traces.len()), top_of(study.traces.len()));
    svg.finish()
}

fn left_of(index: usize) -> f64 {
    72.0 + (index % COLUMNS) as f64 * (WIDE + 76.0)
}

fn top_of(index: usize) -> f64 {
    112.0 + (index / COLUMNS) as f64 * (HIGH + 112.0)
}

/// The powers of ten that all of these lie between; zeros and what is no number are left aside.
fn decades(values: impl Iterator<Item = f64>) -> (i32, i32) {
    let logs = values.filter(|value| *value > 0.0 && value.is_finite()).map(libm::log10);
    let (least, most) = logs.fold((f64::MAX, f64::MIN), |(least, most), log| (least.min(log), most.max(log)));
    if least > most {
        return (0, 1);
    }
    let (floor, ceiling) = (libm::floor(least) as i32, libm::ceil(most) as i32);
    (floor, ceiling.max(floor + 1))
}

/// The round numbers that all of these lie between.
fn round_bounds(values: impl Iterator<Item = f64> + Clone) -> (f64, f64) {
    let (first, last) = decades(values.clone());
    let round = (first..=last).flat_map(rounds);
    let values = values.filter(|value| *value > 0.0 && value.is_finite());
    let (least, most) =
        values.fold((f64::MAX, 0.0), |(least, most), value| (f64::min(least, value), f64::max(most, value)));
    let below = round.clone().filter(|round| *round <= least).fold(ten_to(first), f64::max);
    let above = round.filter(|round| *round >= most && *round > below).fold(ten_to(last), f64::min);
    (below, above)
}

/// 1, 2 and 5 times a power of ten.
fn rounds(power: i32) -> [f64; 3] {
    // The negative powers of ten are no numbers that floats have; quotients come closest.
    [1.0, 2.0, 5.0].map(|times| if power < 0 { times / ten_to(-power) } else { times * ten_to(power) })
}

/// One trace.
struct Panel {
    left: f64,
    top: f64,
    seconds: (f64, f64),
    mistakes: (i32, i32),
}

/// How far below the least power of ten zero stands.
const ZERO: f64 = 24.0;

impl Panel {
    fn x(&self, seconds: f64) -> f64 {
        let (least, most) = (libm::log10(self.seconds.0), libm::log10(self.seconds.1));
        self.left + (libm::log10(seconds.max(1e-9)) - least) / (most - least) * WIDE
    }

    fn y(&self, mistakes: f64) -> f64 {
        if mistakes <= 0.0 {
            return self.top + HIGH;
        }
        let (least, most) = self.mistakes;
        let part = (libm::log10(mistakes) - f64::from(least)) / f64::from(most - least);
        self.top + (HIGH - ZERO) * (1.0 - part)
    }

    fn draw(&self, svg: &mut Svg, traced: &Traced, series: &[Series]) {
        let Self { left, top, .. } = *self;
        svg.text(left, top - 26.0, Anchor::Start, "font-size=\"14\" font-weight=\"600\"", traced.behaviour.name());
        let what = traced.behaviour.description();
        svg.text(left, top - 10.0, Anchor::Start, &format!("font-size=\"10.5\" fill=\"{MUTED}\""), what);
        self.draw_axes(svg);
        for (kind, series) in Kind::ALL.into_iter().zip(series) {
            let mut points: Vec<(f64, f64)> = series.points.clone();
            points.retain(|(seconds, mistakes)| *seconds > 0.0 && seconds.is_finite() && mistakes.is_finite());
            let style = Style::of(kind);
            let way: Vec<String> = points
                .iter()
                .enumerate()
                .map(|(index, (s, m))| {
                    format!("{}{:.1} {:.1}", if index == 0 { 'M' } else { 'L' }, self.x(*s), self.y(*m))
                })
                .collect();
            if way.is_empty() {
                continue;
            }
            svg.put(format_args!(
                "<path d=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"1.8\" stroke-linejoin=\"round\"/>\n",
                way.concat(),
                style.colour.code()
            ));
            for (seconds, mistakes) in points {
                let title = format!("{}: noticed after {seconds:.3} s, {mistakes:.1} mistakes an hour", series.name);
                style.draw(svg, self.x(seconds), self.y(mistakes), &title);
            }
        }
    }

    fn draw_axes(&self, svg: &mut Svg) {
        let Self { left, top, .. } = *self;
        let (right, bottom) = (left + WIDE, top + HIGH);
        let small = format!("font-size=\"11\" fill=\"{MUTED}\"");
        let (least, most) = self.seconds;
        for seconds in (-9..=9).flat_map(rounds).filter(|seconds| (least..=most).contains(seconds)) {
            let x = self.x(seconds);
            svg.put(format_args!("<path d=\"M{x:.1} {top:.1}V{bottom:.1}\" stroke=\"{GRID}\"/>\n"));
            svg.text(x, bottom + 17.0, Anchor::Middle, &small, &format!("{seconds} s"));
        }
        for power in self.mistakes.0..=self.mistakes.1 {
            let y = self.y(ten_to(power));
            svg.put(format_args!("<path d=\"M{left:.1} {y:.1}H{right:.1}\" stroke=\"{GRID}\"/>\n"));
            svg.text(left - 8.0, y + 4.0, Anchor::End, &small, &power_of_ten(power));
        }
        svg.put(format_args!(
            "<path d=\"M{left:.1} {bottom:.1}H{right:.1}\" stroke=\"#7d8895\" stroke-width=\"1.5\"/>\n"
        ));
        svg.text(left - 8.0, bottom + 4.0, Anchor::End, &small, "never");
        svg.text(right, bottom + 34.0, Anchor::End, &small, "a crash is noticed after, on average");
        svg.put(format_args!(
            "<text transform=\"translate({:.1} {:.1}) rotate(-90)\" text-anchor=\"middle\" {small}>mistakes an hour</text>\n",
            left - 50.0,
            top + HIGH / 2.0
        ));
    }
}

fn ten_to(power: i32) -> f64 {
    libm::pow(10.0, f64::from(power))
}

/// Written in full.
fn power_of_ten(power: i32) -> String {
    match usize::try_from(power) {
        Ok(zeros @ 3..6) => format!("1{:0>1$},000", "", zeros - 3),
        Ok(zeros) => format!("1{:0>1$}", "", zeros),
        Err(_) => format!("{:.*}", power.unsigned_abs() as usize, ten_to(power)),
    }
}

/// How the curve of a detector looks: a colour, and a shape for those who do not see it.
struct Style {
    colour: Colour,
    shape: Shape,
}

#[derive(Clone, Copy)]
enum Shape {
    Circle,
    Square,
    Triangle,
    Diamond,
    Ring,
}

impl Style {
    const fn of(kind: Kind) -> Self {
        let (colour, shape) = match kind {
            Kind::Timeout => (Colour::Grey, Shape::Square),
            Kind::PhiNormal => (Colour::Blue, Shape::Circle),
            Kind::PhiExponential => (Colour::Sky, Shape::Ring),
            Kind::Chen => (Colour::Vermilion, Shape::Triangle),
            Kind::Bertier => (Colour::Green, Shape::Diamond),
        };
        Self { colour, shape }
    }

    fn draw(&self, svg: &mut Svg, x: f64, y: f64, title: &str) {
        let code = self.colour.code();
        let shape = match self.shape {
            Shape::Circle => {
                format!("<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3.2\" fill=\"{code}\" stroke=\"{PAPER}\"")
            }
            Shape::Ring => {
                format!(
                    "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3.2\" fill=\"{PAPER}\" stroke=\"{code}\" stroke-width=\"1.6\""
                )
            }
            Shape::Square => format!(
                "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"6\" height=\"6\" fill=\"{code}\" stroke=\"{PAPER}\"",
                x - 3.0,
                y - 3.0
            ),
            Shape::Triangle => {
                format!("<path d=\"M{:.1} {:.1}h8l-4 -7z\" fill=\"{code}\" stroke=\"{PAPER}\"", x - 4.0, y + 3.2)
            }
            Shape::Diamond => {
                format!("<path d=\"M{:.1} {y:.1}l4 -4l4 4l-4 4z\" fill=\"{code}\" stroke=\"{PAPER}\"", x - 4.0)
            }
        };
        let end = shape.trim_start_matches('<').split(' ').next().unwrap_or("path");
        svg.put(format_args!("{shape}><title>{}</title></{end}>\n", super::svg::Escaped(title)));
    }
}

fn draw_legend(svg: &mut Svg, left: f64, top: f64) {
    for (row, kind) in Kind::ALL.into_iter().enumerate() {
        let y = top + 10.0 + row as f64 * 24.0;
        let style = Style::of(kind);
        svg.put(format_args!(
            "<path d=\"M{left:.1} {y:.1}h34\" stroke=\"{}\" stroke-width=\"1.8\"/>\n",
            style.colour.code()
        ));
        style.draw(svg, left + 17.0, y, kind.name());
        svg.text(left + 46.0, y + 4.0, Anchor::Start, &format!("font-size=\"13\" fill=\"{INK}\""), kind.name());
    }
    let small = format!("font-size=\"12\" fill=\"{MUTED}\"");
    for (row, line) in
        ["Lower and further left is better.", "A mark is a setting; \u{201c}never\u{201d} is no mistake at all."]
            .iter()
            .enumerate()
    {
        svg.text(left, top + 152.0 + row as f64 * 18.0, Anchor::Start, &small, line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_of_ten_are_written_in_full() {
        let written: Vec<String> = [-2, -1, 0, 1, 2, 3, 4].map(power_of_ten).into();
        assert_eq!(written, ["0.01", "0.1", "1", "10", "100", "1,000", "10,000"]);
    }

    #[test]
    fn decades_hold_all_and_leave_zero_aside() {
        assert_eq!(decades([0.0, 0.3, 42.0, f64::NAN].into_iter()), (-1, 2));
        assert_eq!(decades([1.0].into_iter()), (0, 1));
        assert_eq!(decades([0.0].into_iter()), (0, 1));
        assert_eq!(round_bounds([0.3, 42.0].into_iter()), (0.2, 50.0));
        assert_eq!(round_bounds([1.0].into_iter()), (1.0, 2.0));
    }

    #[test]
    fn zero_lies_below_everything_else() {
        let panel = Panel { left: 0.0, top: 0.0, seconds: (0.1, 100.0), mistakes: (-1, 4) };
        assert!(panel.y(0.0) >= panel.y(0.1) + ZERO - 0.001 && panel.y(0.1) > panel.y(1.0));
        assert!(panel.x(0.1).abs() < 0.001 && (panel.x(100.0) - WIDE).abs() < 0.001);
    }
}
