//! One diagram: the lines of the nodes, and what is on them.

use super::arrows::Arrows;
use super::bands::{self, bands};
use super::labels::{Area, Labels};
use super::news::News;
use super::{Detail, Options};
use crate::picture::svg::{Anchor, Escaped, GRID, INK, MUTED, PAPER, Svg, width};
use crate::picture::{Class, Lane, Recording, Scale, Span, Symbol, axis};
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
    tracks: &'a [Class],
    pub(super) from: Instant,
    pub(super) until: Instant,
    place: Place,
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
        tracks: &'a [Class],
        options: &Options,
        (from, until): (Instant, Instant),
        place: Place,
    ) -> Self {
        let mut panel = Self {
            recording,
            news,
            tracks,
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

    fn x_within(&self, at: Instant) -> f64 {
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
        base + TRACK * self.tracks.len().saturating_sub(1) as f64
    }

    fn lanes_top(&self) -> f64 {
        self.place.top + self.rows as f64 * ROW + 4.0
    }

    /// Where the line of a node is.
    pub(super) fn y(&self, place: usize) -> f64 {
        self.lanes_top() + 26.0 + place as f64 * self.spacing()
    }

    fn lanes_bottom(&self) -> f64 {
        let last = self.recording.lanes.len().saturating_sub(1);
        self.y(last) + 16.0 + TRACK * self.tracks.len().saturating_sub(1) as f64
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

    fn draw_lane(&self, svg: &mut Svg, place: usize, lane: &Lane) {
        let y = self.y(place);
        let (left, right) = (self.place.left, self.place.right);
        let name = if self.has_full_names { lane.name.clone() } else { bands::short(&self.recording.lanes, place) };
        svg.text(left - 14.0, y + 4.0, Anchor::End, "font-size=\"13\" font-weight=\"600\"", &name);
        svg.put(format_args!(
            "<path d=\"M{left:.1} {y:.1}H{right:.1}\" stroke=\"#c3cad2\" stroke-dasharray=\"1 5\" stroke-linecap=\"round\"/>\n"
        ));
        for (from, until) in self.lives(lane) {
            let end = until.map_or(right, |until| self.x_within(until));
            svg.put(format_args!(
                "<path d=\"M{:.1} {y:.1}H{end:.1}\" stroke=\"#7d8895\" stroke-width=\"2\"/>\n",
                self.x_within(from)
            ));
        }
        for span in &lane.spans {
            self.draw_span(svg, self.track(place, span), span);
        }
        for (from, until) in &lane.pauses {
            self.draw_pause(svg, y, *from, *until);
        }
    }

    /// When a node was up, as far as it is in sight.
    fn lives(&self, lane: &'a Lane) -> impl Iterator<Item = (Instant, Option<Instant>)> + 'a {
        let (begin, end) = (self.from, self.until);
        let lives = lane.lives.iter().copied();
        lives.filter(move |(from, until)| *from <= end && until.is_none_or(|until| until >= begin))
    }

    /// Where the bars of a class are.
    fn track(&self, place: usize, span: &Span) -> f64 {
        let track = self.tracks.iter().position(|track| *track == span.class).unwrap_or(0);
        self.y(place) + TRACK * track as f64
    }

    /// Crashes and starts.
    fn draw_ends(&self, svg: &mut Svg, place: usize, lane: &'a Lane, labels: &mut Labels) {
        let y = self.y(place);
        for (from, until) in self.lives(lane) {
            if from > self.recording.from && from >= self.from {
                let x = self.x(from);
                svg.put(format_args!(
                    "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4.5\" fill=\"{PAPER}\" stroke=\"{INK}\" stroke-width=\"2\"><title>starts \
                     at {from}</title></circle>\n"
                ));
                labels.reserve(Area { left: x - 7.0, top: y - 7.0, right: x + 7.0, bottom: y + 7.0 });
            }
            if let Some(until) = until.filter(|until| *until <= self.until) {
                let x = self.x(until);
                let cross =
                    format!("<path d=\"M{:.1} {:.1}l11 11m0 -11l-11 11\" stroke-linecap=\"round\"", x - 5.5, y - 5.5);
                svg.put(format_args!(
                    "<g>{cross} stroke=\"{PAPER}\" stroke-width=\"6\"/>{cross} stroke=\"{INK}\" stroke-width=\"3\"/><title>crashes at \
                     {until}</title></g>\n"
                ));
                labels.reserve(Area { left: x - 7.0, top: y - 7.0, right: x + 7.0, bottom: y + 7.0 });
            }
        }
    }

    /// What bars and pauses are called.
    fn draw_words(&self, svg: &mut Svg, place: usize, lane: &Lane, labels: &mut Labels) {
        for span in &lane.spans {
            let y = self.track(place, span);
            let (valid, _) = self.ends(span);
            if span.from > self.until || valid < self.from {
                continue;
            }
            let (from, to) = (self.x_within(span.from), self.x_within(valid));
            let wide = width(&span.label, 10.5) + 8.0;
            if to - from >= wide {
                let style = "font-size=\"10.5\" font-weight=\"600\" fill=\"#ffffff\"";
                svg.text(from + 5.0, y + 3.8, Anchor::Start, style, &span.label);
            } else {
                let style = format!("font-size=\"10.5\" font-weight=\"600\" fill=\"{}\"", span.class.colour.code());
                self.word_below(svg, from, y, &style, &span.label, labels);
            }
        }
        for (from, until) in &lane.pauses {
            if *from <= self.until && *until >= self.from {
                let style = format!("font-size=\"10.5\" fill=\"{MUTED}\"");
                self.word_below(svg, self.x_within(*from), self.y(place) + 2.0, &style, "paused", labels);
            }
        }
    }

    /// A word under a bar, if there is room.
    fn word_below(&self, svg: &mut Svg, x: f64, y: f64, style: &str, word: &str, labels: &mut Labels) {
        let wide = width(word, 10.5);
        let area = Area { left: x - 2.0, top: y + BAR + 1.0, right: x + wide + 4.0, bottom: y + BAR + 14.0 };
        if labels.take(area) {
            backing(svg, x, y + BAR + 1.0, wide + 1.0);
            svg.text(x, y + BAR + 11.0, Anchor::Start, style, word);
        }
    }

    /// Until when a state was valid, and until when the node, or the others, went by it nevertheless.
    fn ends(&self, span: &Span) -> (Instant, Instant) {
        let closed = span.closed.unwrap_or(self.recording.until);
        let valid = span.until.map_or(closed, |until| until.min(closed));
        let rest = if span.crashed { span.until.unwrap_or(closed).max(closed) } else { closed };
        (valid, rest)
    }

    fn draw_span(&self, svg: &mut Svg, y: f64, span: &Span) {
        let (valid, rest) = self.ends(span);
        let (low, high) = (y - BAR, 2.0 * BAR);
        let colour = span.class.colour.code();
        if span.from > self.until || rest < self.from {
            return;
        }
        let end = span.closed.map(|closed| format!(" to {closed}")).unwrap_or_default();
        let until = span.until.map(|until| format!(", valid until {until}")).unwrap_or_default();
        svg.put(format_args!(
            "<g><title>{} {}, from {}{end}{until}</title>\n",
            span.class.name,
            Escaped(&span.label),
            span.from
        ));
        let (from, to) = (self.x_within(span.from), self.x_within(valid));
        if rest > valid && rest > self.from {
            let from = f64::max(from, to);
            svg.put(format_args!(
                "<rect x=\"{from:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" fill=\"{colour}\" fill-opacity=\"0.16\" \
                 stroke=\"{colour}\" stroke-dasharray=\"3 2\"/>\n",
                low + 0.5,
                f64::max(self.x_within(rest) - from, 0.5),
                high - 1.0
            ));
        }
        if valid >= self.from {
            svg.put(format_args!(
                "<rect x=\"{from:.1}\" y=\"{low:.1}\" width=\"{:.1}\" height=\"{high:.1}\" rx=\"2\" fill=\"{colour}\"/>\n",
                f64::max(to - from, 1.5)
            ));
        }
        svg.put(format_args!("</g>\n"));
    }

    fn draw_pause(&self, svg: &mut Svg, y: f64, from: Instant, until: Instant) {
        if from > self.until || until < self.from {
            return;
        }
        let (left, right) = (self.x_within(from), self.x_within(until));
        svg.put(format_args!(
            "<rect x=\"{left:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" fill=\"url(#paused)\" stroke=\"{INK}\" \
             stroke-width=\"0.8\"><title>paused from {from} to {until}</title></rect>\n",
            y - BAR - 2.0,
            f64::max(right - left, 1.5),
            2.0 * BAR + 4.0
        ));
    }

    /// Marks of one shape that are close to each other are one mark with several words.
    fn draw_marks(&self, svg: &mut Svg, y: f64, lane: &Lane, labels: &mut Labels) {
        let mut groups: Vec<(f64, Symbol, Vec<usize>)> = Vec::new();
        // Where the words of the last mark of each shape end.
        let mut ends: Vec<f64> = Vec::new();
        for (index, (at, mark)) in lane.marks.iter().enumerate() {
            if *at < self.from || *at > self.until {
                continue;
            }
            let x = self.x(*at);
            let wide = width(&mark.label, 10.0) + 4.0;
            let near = groups.iter_mut().zip(&mut ends).rev().find(|((_, symbol, _), _)| *symbol == mark.symbol);
            match near.filter(|(_, end)| x < **end) {
                Some(((_, _, marks), end)) => {
                    marks.push(index);
                    *end += wide;
                }
                None => {
                    groups.push((x, mark.symbol, Vec::from([index])));
                    ends.push(x + 12.0 + wide);
                }
            }
        }
        for (x, symbol, marks) in groups {
            let marks: Vec<_> = marks.iter().filter_map(|index| lane.marks.get(*index)).collect();
            let mut words: Vec<&str> =
                marks.iter().map(|(_, mark)| mark.label.as_str()).filter(|word| !word.is_empty()).collect();
            words.dedup();
            let all: Vec<String> = marks.iter().map(|(at, mark)| format!("{at}: {}", mark.text)).collect();
            let y = y - BAR - 6.0;
            svg.put(format_args!(
                "<g><title>{}</title><circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"6\" fill=\"{PAPER}\" fill-opacity=\"0.8\"/>{}</g>\n",
                Escaped(&all.join("; ")),
                shape(symbol, x, y)
            ));
            let text = words.join(" ");
            let area = Area { left: x - 4.5, top: y - 6.0, right: x + 7.0 + width(&text, 10.0), bottom: y + 5.0 };
            if labels.take(area) {
                if !text.is_empty() {
                    backing(svg, x + 5.0, y - 6.0, width(&text, 10.0) + 2.0);
                }
                svg.text(x + 6.0, y + 3.5, Anchor::Start, &format!("font-size=\"10\" fill=\"{INK}\""), &text);
            } else {
                labels.reserve(Area { right: x + 4.5, ..area });
            }
        }
    }
}

pub(super) fn shape(symbol: Symbol, x: f64, y: f64) -> String {
    match symbol {
        Symbol::Suspicion => format!("<path d=\"M{:.1} {:.1}h8l-4 7z\" fill=\"#c64500\"/>", x - 4.0, y - 3.5),
        Symbol::Trust => {
            format!(
                "<path d=\"M{:.1} {:.1}h7l-3.5 -6z\" fill=\"{PAPER}\" stroke=\"#00795a\" stroke-width=\"1.4\"/>",
                x - 3.5,
                y + 3.0
            )
        }
        Symbol::Refusal => {
            format!("<rect x=\"{:.1}\" y=\"{:.1}\" width=\"6\" height=\"6\" fill=\"#97407a\"/>", x - 3.0, y - 3.0)
        }
        Symbol::Clock => format!(
            "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4.5\" fill=\"{PAPER}\" stroke=\"{INK}\" stroke-width=\"1.3\"/><path d=\"M{x:.1} \
             {:.1}V{y:.1}h2.5\" fill=\"none\" stroke=\"{INK}\" stroke-width=\"1.3\"/>",
            y - 3.0
        ),
        Symbol::Point => format!("<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"2.2\" fill=\"{INK}\"/>"),
    }
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
