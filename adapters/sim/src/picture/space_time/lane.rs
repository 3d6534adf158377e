//! The line of a node: when it was up, when it stood still, and what was true of it for a while.

use super::bands;
use super::labels::{Area, Labels};
use super::panel::{BAR, Panel, backing};
use crate::picture::svg::{Anchor, Escaped, INK, MUTED, PAPER, Svg, width};
use crate::picture::{Lane, Span};
use alloc::format;
use quorate::Instant;

impl<'a> Panel<'a> {
    pub(super) fn draw_lane(&self, svg: &mut Svg, place: usize, lane: &Lane) {
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

    /// Crashes and starts.
    pub(super) fn draw_ends(&self, svg: &mut Svg, place: usize, lane: &'a Lane, labels: &mut Labels) {
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
    pub(super) fn draw_words(&self, svg: &mut Svg, place: usize, lane: &Lane, labels: &mut Labels) {
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
}
