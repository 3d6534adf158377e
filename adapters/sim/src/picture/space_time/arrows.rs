//! The messages.

use super::labels::{Area, Labels};
use super::panel::{BAR, Panel, backing};
use crate::picture::svg::{Anchor, Escaped, Svg, width};
use crate::picture::{End, Flight};
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;
use core::time::Duration;
use quorate::Instant;

pub(super) struct Arrows<'a, 'b> {
    pub(super) panel: &'b Panel<'a>,
}

/// The two ends of an arrow.
#[derive(Clone, Copy, Debug)]
struct Line {
    from: (f64, f64),
    to: (f64, f64),
}

impl Arrows<'_, '_> {
    /// First what is routine, then what is news.
    pub(super) fn draw(&self, svg: &mut Svg, number: usize) {
        svg.put(format_args!("<g fill=\"none\" clip-path=\"url(#panel-{number})\">\n"));
        for is_news in [false, true] {
            if is_news || self.panel.draws_routine {
                self.flights(is_news).for_each(|flight| self.draw_one(svg, flight, is_news));
            }
        }
        svg.put(format_args!("</g>\n"));
    }

    /// What the news is, said once where several are told the same.
    pub(super) fn draw_words(&self, svg: &mut Svg, labels: &mut Labels) {
        if self.panel.has_labels {
            let mut said: BTreeSet<(usize, Instant, &str)> = BTreeSet::new();
            for flight in self.flights(true) {
                let what = (flight.from, flight.sent, &*flight.text);
                if !said.contains(&what) && self.label(svg, flight, labels) {
                    said.insert(what);
                }
            }
        }
    }

    /// Those of one kind that can be seen in the panel.
    fn flights(&self, is_news: bool) -> impl Iterator<Item = &Flight> {
        let (from, until) = (self.panel.from, self.panel.until);
        let all = self.panel.recording.flights.iter().zip(&self.panel.news.is_news);
        let those = all.filter(move |(_, news)| **news == is_news).map(|(flight, _)| flight);
        those.filter(move |flight| flight.sent <= until && self.end(flight) >= from)
    }

    fn end(&self, flight: &Flight) -> Instant {
        flight.ended().unwrap_or_else(|| flight.sent.after(self.panel.news.usual))
    }

    /// Where it is. One that was lost on the way ends between two lines.
    fn line(&self, flight: &Flight) -> Line {
        let (sign, apart) = if flight.to > flight.from {
            (1.0, flight.to - flight.from)
        } else {
            (-1.0, flight.from.saturating_sub(flight.to))
        };
        let from = (self.panel.x(flight.sent), self.panel.y(flight.from) + sign * BAR);
        let to = (self.panel.x(self.end(flight)), self.panel.y(flight.to) - sign * BAR);
        if flight.ended().is_some() {
            return Line { from, to };
        }
        let part = ((apart / 2) as f64 + 0.5) / apart.max(1) as f64;
        let part = if apart % 2 == 0 { part - 1.0 / apart as f64 } else { part };
        Line { from, to: (from.0 + (to.0 - from.0) * part, from.1 + (to.1 - from.1) * part) }
    }

    fn draw_one(&self, svg: &mut Svg, flight: &Flight, is_news: bool) {
        let Line { from, to } = self.line(flight);
        let colour = flight.class.colour;
        let style = if is_news { "stroke-width=\"1.5\"" } else { "stroke-width=\"0.8\" stroke-opacity=\"0.45\"" };
        let end = match (flight.is_lost(), is_news) {
            (true, true) => "lost",
            (true, false) => "lost-faint",
            (false, true) => "arrow",
            (false, false) => "arrow-faint",
        };
        svg.put(format_args!(
            "<path d=\"M{:.1} {:.1}L{:.1} {:.1}\" stroke=\"{}\" {style} marker-end=\"url(#{end}-{})\"><title>{}</title></path>\n",
            from.0,
            from.1,
            to.0,
            to.1,
            colour.code(),
            colour.name(),
            Escaped(&self.tooltip(flight))
        ));
    }

    fn tooltip(&self, flight: &Flight) -> String {
        let name = |place: usize| self.panel.recording.lanes.get(place).map_or("?", |lane| lane.name.as_str());
        let after = |at: Instant| format!("{} ms later", millis(at.since(flight.sent)));
        let end = match flight.end {
            End::Arrives(at) => format!("arrives {}", after(at)),
            End::Lost(why) => format!("lost on the way: {why:?}"),
            End::Dropped { at, why } => format!("not taken {}: {why:?}", after(at)),
        };
        format!("{}: {} to {}, {}; {end}", flight.sent, name(flight.from), name(flight.to), flight.text)
    }

    /// A word beside the arrow, between two lines, as near to the sender as there is room.
    fn label(&self, svg: &mut Svg, flight: &Flight, labels: &mut Labels) -> bool {
        let Line { from, to } = self.line(flight);
        let apart = flight.to.abs_diff(flight.from).max(1);
        let text = &*flight.text;
        let wide = width(text, 10.5);
        // A lost one ends half-way.
        let gaps = if flight.ended().is_some() { apart } else { apart.div_ceil(2) };
        for gap in 0..gaps {
            let part = (gap as f64 + 0.5) / gaps as f64;
            let (x, y) = (from.0 + (to.0 - from.0) * part, from.1 + (to.1 - from.1) * part);
            for left in [x + 5.0, x - 5.0 - wide] {
                let area = Area { left: left - 2.0, top: y - 7.0, right: left + wide + 2.0, bottom: y + 7.0 };
                if labels.take(area) {
                    backing(svg, left, y - 6.5, wide + 2.0);
                    let style = format!("font-size=\"10.5\" fill=\"{}\"", flight.class.colour.code());
                    svg.text(left, y + 3.5, Anchor::Start, &style, text);
                    return true;
                }
            }
        }
        false
    }
}

/// With one decimal.
fn millis(duration: Duration) -> String {
    format!("{:.1}", duration.as_nanos() as f64 / 1e6)
}
