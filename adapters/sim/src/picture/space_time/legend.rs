//! What the signs mean: only those that are in the picture.

use super::marks::shape;
use super::news::News;
use crate::picture::svg::{Anchor, INK, MUTED, PAPER, Svg, width};
use crate::picture::{Class, Colour, Recording, Symbol};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// Heads of arrows, crosses, hatching.
pub(super) fn definitions(svg: &mut Svg) {
    svg.put(format_args!("<defs>\n"));
    for colour in Colour::ALL {
        let (name, code) = (colour.name(), colour.code());
        for (faint, size, opacity) in [("", 8, "1"), ("-faint", 5, "0.55")] {
            svg.put(format_args!(
                "<marker id=\"arrow{faint}-{name}\" viewBox=\"0 0 8 8\" refX=\"7.5\" refY=\"4\" markerWidth=\"{size}\" \
                 markerHeight=\"{size}\" markerUnits=\"userSpaceOnUse\" orient=\"auto\"><path d=\"M0 0.8L8 4L0 7.2z\" fill=\"{code}\" \
                 fill-opacity=\"{opacity}\"/></marker>\n\
                 <marker id=\"lost{faint}-{name}\" viewBox=\"0 0 9 9\" refX=\"4.5\" refY=\"4.5\" markerWidth=\"{size}\" \
                 markerHeight=\"{size}\" markerUnits=\"userSpaceOnUse\"><path d=\"M1 1L8 8M8 1L1 8\" stroke=\"{code}\" \
                 stroke-opacity=\"{opacity}\" stroke-width=\"1.8\"/></marker>\n"
            ));
        }
    }
    svg.put(format_args!(
        "<pattern id=\"paused\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\">\
         <rect width=\"6\" height=\"6\" fill=\"{PAPER}\" fill-opacity=\"0.25\"/><rect width=\"1.5\" height=\"6\" fill=\"{INK}\" \
         fill-opacity=\"0.6\"/></pattern>\n</defs>\n"
    ));
}

/// The signs that are in a picture, and what is to be said about what is not.
pub(super) struct Legend {
    entries: Vec<(Sign, String)>,
    left_out: u64,
    pub(super) hidden: usize,
    pub(super) has_routine: bool,
}

#[derive(Clone, Copy)]
enum Sign {
    Message(Colour),
    Lost,
    Bar(Colour),
    Rest(Colour),
    Crash,
    Start,
    Pause,
    Band,
    Mark(Symbol),
}

const ENTRY: f64 = 30.0;
const ROW: f64 = 20.0;

impl Legend {
    pub(super) fn new(recording: &Recording, news: &News, tracks: &[Class]) -> Self {
        let mut entries: Vec<(Sign, String)> = Vec::new();
        let mut classes: Vec<Class> = Vec::new();
        for flight in &recording.flights {
            if !classes.contains(&flight.class) {
                classes.push(flight.class);
            }
        }
        let message = |class: &Class| (Sign::Message(class.colour), String::from(class.name));
        entries.extend(classes.iter().map(message));
        if recording.flights.iter().any(|flight| flight.is_lost()) {
            entries.push((Sign::Lost, String::from("lost")));
        }
        for class in tracks {
            entries.push((Sign::Bar(class.colour), String::from(class.name)));
            let mut spans = recording.lanes.iter().flat_map(|lane| &lane.spans).filter(|span| span.class == *class);
            if spans.any(|span| {
                span.until.is_some_and(|until| span.crashed || until < span.closed.unwrap_or(recording.until))
            }) {
                entries.push((
                    Sign::Rest(class.colour),
                    String::from("its lease runs on after a crash, or has run out unnoticed"),
                ));
            }
        }
        let lives = || recording.lanes.iter().flat_map(|lane| &lane.lives);
        if lives().any(|(_, until)| until.is_some()) {
            entries.push((Sign::Crash, String::from("crashes")));
        }
        if lives().any(|(from, _)| *from > recording.from) {
            entries.push((Sign::Start, String::from("starts")));
        }
        if recording.lanes.iter().any(|lane| !lane.pauses.is_empty()) {
            entries.push((Sign::Pause, String::from("paused")));
        }
        if !recording.cuts.is_empty() {
            entries.push((Sign::Band, String::from("links cut")));
        }
        let mut symbols: Vec<Symbol> =
            recording.lanes.iter().flat_map(|lane| &lane.marks).map(|(_, mark)| mark.symbol).collect();
        symbols.sort_unstable();
        symbols.dedup();
        for symbol in symbols {
            let text = match symbol {
                Symbol::Suspicion => "suspects",
                Symbol::Trust => "trusts again",
                Symbol::Refusal => "refuses",
                Symbol::Clock => "clock changed",
                Symbol::Point => "another event",
            };
            entries.push((Sign::Mark(symbol), String::from(text)));
        }
        let _ = news;
        Self { entries, left_out: recording.left_out, hidden: 0, has_routine: true }
    }

    /// What is not in the picture, in words.
    fn remarks(&self) -> Vec<String> {
        let mut remarks = Vec::new();
        if self.hidden > 0 {
            let where_else = if self.has_routine { " in the whole, only from close up" } else { "" };
            remarks.push(format!(
                "{} messages that are no news (heartbeats, renewals) are not drawn{where_else}.",
                self.hidden
            ));
        }
        if self.left_out > 0 {
            remarks.push(format!(
                "INCOMPLETE: {} more messages and marks were not recorded, for there were too many.",
                self.left_out
            ));
        }
        remarks
    }

    /// Where each entry goes, and how high all is.
    fn flow(&self, wide: f64) -> (Vec<(f64, f64)>, f64) {
        let (mut x, mut y) = (0.0, 0.0);
        let mut places = Vec::new();
        for (_, text) in &self.entries {
            let needs = ENTRY + width(text, 11.5) + 18.0;
            if x + needs > wide && x > 0.0 {
                (x, y) = (0.0, y + ROW);
            }
            places.push((x, y));
            x += needs;
        }
        (places, y + ROW)
    }

    pub(super) fn height(&self, wide: f64) -> f64 {
        self.flow(wide).1 + self.remarks().len() as f64 * 18.0
    }

    pub(super) fn draw(&self, svg: &mut Svg, left: f64, top: f64, wide: f64) {
        let (places, high) = self.flow(wide);
        for ((sign, text), (x, y)) in self.entries.iter().zip(places) {
            let (x, y) = (left + x, top + y);
            sign_of(svg, *sign, x, y);
            svg.text(x + ENTRY, y + 4.0, Anchor::Start, "font-size=\"11.5\"", text);
        }
        for (number, remark) in self.remarks().iter().enumerate() {
            let y = top + high + number as f64 * 18.0 + 4.0;
            svg.text(left, y, Anchor::Start, &format!("font-size=\"11.5\" fill=\"{MUTED}\""), remark);
        }
    }
}

fn sign_of(svg: &mut Svg, sign: Sign, x: f64, y: f64) {
    let line = |colour: Colour, end: &str| {
        format!(
            "<path d=\"M{x:.1} {y:.1}h22\" stroke=\"{}\" stroke-width=\"1.5\" marker-end=\"url(#{end}-{})\"/>",
            colour.code(),
            colour.name()
        )
    };
    let rect = |style: &str| format!("<rect x=\"{x:.1}\" y=\"{:.1}\" width=\"22\" height=\"12\" {style}/>", y - 6.0);
    let sign = match sign {
        Sign::Message(colour) => line(colour, "arrow"),
        Sign::Lost => line(Colour::Grey, "lost"),
        Sign::Bar(colour) => rect(&format!("rx=\"2\" fill=\"{}\"", colour.code())),
        Sign::Rest(colour) => {
            let code = colour.code();
            rect(&format!("fill=\"{code}\" fill-opacity=\"0.16\" stroke=\"{code}\" stroke-dasharray=\"3 2\""))
        }
        Sign::Crash => format!(
            "<path d=\"M{:.1} {:.1}l10 10m0 -10l-10 10\" stroke=\"{INK}\" stroke-width=\"3\" stroke-linecap=\"round\"/>",
            x + 8.0,
            y - 5.0
        ),
        Sign::Start => format!(
            "<circle cx=\"{:.1}\" cy=\"{y:.1}\" r=\"4.5\" fill=\"{PAPER}\" stroke=\"{INK}\" stroke-width=\"2\"/>",
            x + 13.0
        ),
        Sign::Pause => rect(&format!("fill=\"url(#paused)\" stroke=\"{INK}\" stroke-width=\"0.8\"")),
        Sign::Band => rect("fill=\"#f6ecd6\" stroke=\"#d9bd84\""),
        Sign::Mark(symbol) => shape(symbol, x + 14.0, y),
    };
    svg.put(format_args!("{sign}\n"));
}
