//! One diagram: where everything is, and what stands around the lines of the nodes.

use super::arrows::Arrows;
use super::bands::bands;
use super::labels::{Area, Labels};
use super::news::News;
use super::{Detail, Options};
use crate::picture::svg::{Anchor, Escaped, GRID, INK, MUTED, PAPER, Svg, width};
use crate::picture::{Class, Lane, Recording, Scale, Span, axis};
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;
use quorate::Instant;

/// Where a panel is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) left: f64,
    pub(super) right: f64,
    pub(super) top: f64,
}

/// A diagram of a stretch of time.
pub(super) struct Panel<'a> {
    pub(super) recording: &'a Recording,
    pub(super) news: &'a News,
    /// For each lane the classes of what lasts there: each has a track of its own.
    tracks: Vec<Vec<Class>>,
    pub(super) from: Instant,
    pub(super) until: Instant,
    pub(super) place: Place,
    headings: Vec<Heading>,
    rows: usize,
    /// Whether messages that are no news are drawn, and how many there are.
    pub(super) draws_routine: bool,
    pub(super) routine: usize,
    pub(super) has_labels: bool,
    pub(super) has_full_names: bool,
    pub(super) letter: Option<char>,
}

/// A word above the lines: a note, or what is cut.
struct Heading {
    x: f64,
    text: String,
    row: usize,
    left: f64,
    is_note: bool,
}

const ROW: f64 = 17.0;
const TRACK: f64 = 15.0;
/// Half as high as a bar.
pub(super) const BAR: f64 = 6.5;

impl<'a> Panel<'a> {
    pub(super) fn new(
        recording: &'a Recording,
        news: &'a News,
        tracks: &[Class],
        options: &Options,
        (from, until): (Instant, Instant),
        place: Place,
    ) -> Self {
        let mut panel = Self {
            recording,
            news,
            tracks: recording.lanes.iter().map(|lane| tracks_of(lane, tracks)).collect(),
            from,
            until,
            place,
            headings: Vec::new(),
            rows: 0,
            draws_routine: false,
            routine: 0,
            has_labels: false,
            has_full_names: false,
            letter: None,
        };
        panel.look_at_routine(options.routine);
        panel.place_headings();
        panel
    }

    /// Whether routine messages would be a fog.
    fn look_at_routine(&mut self, detail: Detail) {
        let mut bursts = BTreeSet::new();
        for (flight, is_news) in self.recording.flights.iter().zip(&self.news.is_news) {
            let overlaps = flight.sent <= self.until && flight.ended().unwrap_or(flight.sent) >= self.from;
            if !is_news && overlaps {
                self.routine += 1;
                bursts.insert(self.x(flight.sent) as u64 / 2);
            }
        }
        let room = (self.place.right - self.place.left) / bursts.len().max(1) as f64;
        self.draws_routine = match detail {
            Detail::All => true,
            Detail::None => false,
            Detail::Auto => room >= 7.0 && self.routine <= 2_000,
        };
    }

    /// In how few rows the words above have room.
    fn place_headings(&mut self) {
        let bands = bands(&self.recording.cuts, &self.recording.lanes, self.from, self.until);
        let cuts = bands.into_iter().map(|band| (band.from, format!("cut {}", band.name), false));
        let notes = self.recording.notes.iter().filter(|note| self.from <= note.at && note.at <= self.until);
        let mut words: Vec<_> = cuts.chain(notes.map(|note| (note.at, note.text.clone(), true))).collect();
        words.sort_by_key(|(at, _, is_note)| (*at, *is_note));
        let mut ends: Vec<f64> = Vec::new();
        for (at, text, is_note) in words {
            let x = self.x(at);
            let wide = width(&text, 11.0) + 8.0;
            let left = f64::max(f64::min(x, self.place.right - wide), self.place.left - 60.0);
            let row = ends.iter().position(|end| *end <= left).unwrap_or(ends.len());
            match ends.get_mut(row) {
                Some(end) => *end = left + wide,
                None => ends.push(left + wide),
            }
            self.headings.push(Heading { x, text, row, left, is_note });
        }
        self.rows = ends.len();
    }

    pub(super) fn x(&self, at: Instant) -> f64 {
        let whole = self.until.since(self.from).as_nanos().max(1) as f64;
        let nanos = at.as_nanos() as f64 - self.from.as_nanos() as f64;
        self.place.left + nanos / whole * (self.place.right - self.place.left)
    }

    pub(super) fn x_within(&self, at: Instant) -> f64 {
        self.x(at.max(self.from).min(self.until))
    }

    fn spacing(&self) -> f64 {
        let base = match self.recording.lanes.len() {
            0..=3 => 70.0,
            4..=5 => 58.0,
            6..=8 => 48.0,
            9..=16 => 36.0,
            _ => 26.0,
        };
        base + self.below_line()
    }

    /// How much room the tracks below the line of a node take.
    fn below_line(&self) -> f64 {
        let most = self.tracks.iter().map(Vec::len).max().unwrap_or(0);
        TRACK * most.saturating_sub(1) as f64
    }

    fn lanes_top(&self) -> f64 {
        self.place.top + self.rows as f64 * ROW + 4.0
    }

    /// Where the line of a node is.
    pub(super) fn y(&self, place: usize) -> f64 {
        self.lanes_top() + 26.0 + place as f64 * self.spacing()
    }

    /// Where the bars of a class are.
    pub(super) fn track(&self, place: usize, span: &Span) -> f64 {
        let track = self.tracks.get(place).and_then(|tracks| tracks.iter().position(|track| *track == span.class));
        self.y(place) + TRACK * track.unwrap_or(0) as f64
    }

    fn lanes_bottom(&self) -> f64 {
        let last = self.recording.lanes.len().saturating_sub(1);
        self.y(last) + 16.0 + self.below_line()
    }

    pub(super) fn bottom(&self) -> f64 {
        self.lanes_bottom() + if self.letter.is_some() { 22.0 } else { 38.0 }
    }

    pub(super) fn draw(&self, svg: &mut Svg, number: usize, spots: &[(Instant, Instant, char)]) {
        let Place { left, right, .. } = self.place;
        let (top, bottom) = (self.lanes_top(), self.lanes_bottom());
        let bounds = Area { left: left - 8.0, top, right: right + 20.0, bottom };
        let mut labels = Labels::new(bounds);
        svg.put(format_args!(
            "<clipPath id=\"panel-{number}\"><rect x=\"{:.1}\" y=\"{top:.1}\" width=\"{:.1}\" height=\"{:.1}\"/></clipPath>\n",
            left - 8.0,
            right - left + 16.0,
            bottom - top
        ));
        self.draw_title(svg);
        self.draw_bands(svg);
        self.draw_axis(svg);
        self.draw_spots(svg, spots);
        self.draw_headings(svg);
        for (place, lane) in self.recording.lanes.iter().enumerate() {
            self.draw_lane(svg, place, lane);
        }
        let arrows = Arrows { panel: self };
        arrows.draw(svg, number);
        for (place, lane) in self.recording.lanes.iter().enumerate() {
            self.draw_ends(svg, place, lane, &mut labels);
            self.draw_marks(svg, self.y(place), lane, &mut labels);
        }
        for (place, lane) in self.recording.lanes.iter().enumerate() {
            self.draw_words(svg, place, lane, &mut labels);
        }
        arrows.draw_words(svg, &mut labels);
    }

    fn draw_title(&self, svg: &mut Svg) {
        let Some(letter) = self.letter else { return };
        let (x, y) = (self.place.left, self.place.top - 14.0);
        badge(svg, x + 1.0, y - 4.0, letter);
        let text = format!("{} from {:.3} s on", brief(self.until.since(self.from)), secs(self.from));
        svg.text(x + 16.0, y, Anchor::Start, &format!("font-size=\"12\" fill=\"{MUTED}\""), &text);
    }

    fn draw_bands(&self, svg: &mut Svg) {
        let (top, bottom) = (self.lanes_top(), self.lanes_bottom());
        for band in bands(&self.recording.cuts, &self.recording.lanes, self.from, self.until) {
            let (x, wide) = (self.x(band.from), self.x(band.until) - self.x(band.from));
            svg.put(format_args!(
                "<g><title>cut {} from {} to {}</title><rect x=\"{x:.1}\" y=\"{top:.1}\" width=\"{wide:.1}\" height=\"{:.1}\" \
                 fill=\"#f6ecd6\"/><path d=\"M{x:.1} {top:.1}V{bottom:.1}M{:.1} {top:.1}V{bottom:.1}\" stroke=\"#d9bd84\"/></g>\n",
                Escaped(&band.name),
                band.from,
                band.until,
                bottom - top,
                x + wide
            ));
        }
    }

    fn draw_axis(&self, svg: &mut Svg) {
        let (top, bottom) = (self.lanes_top(), self.lanes_bottom());
        let room = ((self.place.right - self.place.left) / 76.0) as u64;
        let steps = self.recording.scale == Scale::Steps;
        for (at, label) in axis::ticks(self.from, self.until, room.max(2)) {
            if steps && label.contains('.') {
                continue;
            }
            let x = self.x(at);
            svg.put(format_args!("<path d=\"M{x:.1} {top:.1}V{:.1}\" stroke=\"{GRID}\"/>\n", bottom + 4.0));
            let label = if steps { label } else { format!("{label} s") };
            svg.text(x, bottom + 17.0, Anchor::Middle, &format!("font-size=\"11\" fill=\"{MUTED}\""), &label);
        }
    }

    /// Where the moments are that are drawn once more.
    fn draw_spots(&self, svg: &mut Svg, spots: &[(Instant, Instant, char)]) {
        let (top, bottom) = (self.lanes_top(), self.lanes_bottom());
        let mut last = f64::MIN;
        for (from, until, letter) in spots {
            let (x, wide) = (self.x(*from), f64::max(self.x(*until) - self.x(*from), 3.0));
            svg.put(format_args!(
                "<rect x=\"{x:.1}\" y=\"{top:.1}\" width=\"{wide:.1}\" height=\"{:.1}\" fill=\"#0069a6\" fill-opacity=\"0.10\"/>\n",
                bottom + 26.0 - top
            ));
            let middle = f64::max(x + wide / 2.0, last + 18.0);
            badge(svg, middle, bottom + 30.0, *letter);
            last = middle;
        }
    }

    fn draw_headings(&self, svg: &mut Svg) {
        for Heading { x, text, row, left, is_note } in &self.headings {
            let y = self.place.top + *row as f64 * ROW + 10.0;
            let (colour, dash) = if *is_note { (INK, " stroke-dasharray=\"2 3\"") } else { ("#b98d33", "") };
            let end = if *is_note { self.lanes_bottom() } else { self.lanes_top() };
            svg.put(format_args!(
                "<path d=\"M{x:.1} {:.1}V{end:.1}\" stroke=\"{colour}\" stroke-opacity=\"0.6\"{dash}/>\n",
                y + 4.0
            ));
            let words = if *is_note { INK } else { "#7a5500" };
            svg.text(*left, y, Anchor::Start, &format!("font-size=\"11\" fill=\"{words}\""), text);
        }
    }
}

/// Which of these classes there are in a lane.
fn tracks_of(lane: &Lane, tracks: &[Class]) -> Vec<Class> {
    let has = |class: &&Class| lane.spans.iter().any(|span| span.class == **class);
    tracks.iter().filter(has).copied().collect()
}

/// Paper behind a word, so that lines do not run through it.
pub(super) fn backing(svg: &mut Svg, left: f64, top: f64, wide: f64) {
    svg.put(format_args!(
        "<rect x=\"{:.1}\" y=\"{top:.1}\" width=\"{wide:.1}\" height=\"13\" rx=\"2\" fill=\"{PAPER}\" fill-opacity=\"0.85\"/>\n",
        left - 1.0
    ));
}

fn badge(svg: &mut Svg, x: f64, y: f64, letter: char) {
    svg.put(format_args!("<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"8.5\" fill=\"#0069a6\"/>\n"));
    let mut text = [0; 4];
    let style = "font-size=\"11\" font-weight=\"700\" fill=\"#ffffff\"";
    svg.text(x, y + 4.0, Anchor::Middle, style, letter.encode_utf8(&mut text));
}

fn secs(at: Instant) -> f64 {
    at.as_nanos() as f64 / 1e9
}

fn brief(duration: Duration) -> String {
    match duration.as_millis() {
        10_000.. => format!("{:.0} s", duration.as_secs_f64()),
        1_000.. => format!("{:.1} s", duration.as_secs_f64()),
        10.. => format!("{:.0} ms", duration.as_secs_f64() * 1e3),
        _ => format!("{:.1} ms", duration.as_secs_f64() * 1e3),
    }
}
