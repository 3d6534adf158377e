//! The space-time diagram (Lamport 1978): nodes as lines, messages as arrows between them.

mod arrows;
mod bands;
mod labels;
mod lane;
mod legend;
mod marks;
mod moments;
mod news;
mod panel;

use super::svg::{Anchor, MUTED, Svg};
use super::{Class, Recording};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use legend::Legend;
use moments::moments;
use news::News;
use panel::{Panel, Place};
use quorate::Instant;

/// How to draw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// How wide, in pixels; 640 at least.
    pub width: u32,
    /// Whether messages are drawn that are no news.
    pub routine: Detail,
    /// How many moments are drawn again from close up, where the whole is too long to see what happened in them.
    pub moments: usize,
}

impl Default for Options {
    /// 1,200 pixels, with as much detail as there is room for, and up to four moments.
    fn default() -> Self {
        Self { width: 1_200, routine: Detail::Auto, moments: 4 }
    }
}

/// Whether messages are drawn that are no news: heartbeats, and renewals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Detail {
    /// If they would not be a fog.
    #[default]
    Auto,
    /// Always.
    All,
    /// Never.
    None,
}

const LEFT: f64 = 84.0;
const RIGHT: f64 = 28.0;
/// Between panels beside each other; the second one needs room for the names of its nodes.
const BETWEEN: f64 = 60.0;

/// Draws what was recorded.
///
/// If the whole is so long that messages would be upright strokes, the moments in which most happens are drawn once more below,
/// from close up. What was left out, for want of room here or in the [recorder](super::Recorder), is told at the bottom.
///
/// See [`Recorder`](super::Recorder) for an example.
#[must_use]
pub fn space_time(recording: &Recording, options: &Options) -> String {
    let news = News::new(&recording.flights);
    let tracks = tracks(recording);
    let width = f64::from(options.width.max(640));
    let is_close = is_close(recording, &news, width - LEFT - RIGHT);
    let moments = if is_close { Vec::new() } else { moments(recording, &news, options.moments) };

    let top = if recording.subtitle.is_empty() { 56.0 } else { 74.0 };
    let place = Place { left: LEFT, right: width - RIGHT, top };
    let mut whole = Panel::new(recording, &news, &tracks, options, (recording.from, recording.until), place);
    whole.has_labels = is_close;
    whole.has_full_names = true;

    let columns = if moments.len() < 2 || width < 1_000.0 { 1 } else { 2 };
    let column = (width - LEFT - RIGHT - BETWEEN * (columns as f64 - 1.0)) / columns as f64;
    let mut bottom = whole.bottom() + if moments.is_empty() { 0.0 } else { 22.0 };
    let mut panels = Vec::new();
    for (row, moments) in moments.chunks(columns).enumerate() {
        let mut deepest = bottom;
        for (index, moment) in moments.iter().enumerate() {
            let left = LEFT + index as f64 * (column + BETWEEN);
            // One that is alone in the last row has all of it.
            let right = if moments.len() < columns { width - RIGHT } else { left + column };
            let place = Place { left, right, top: bottom + 34.0 };
            let mut panel = Panel::new(recording, &news, &tracks, options, (moment.from, moment.until), place);
            panel.has_labels = true;
            panel.has_full_names = index == 0;
            panel.letter = Some(letter(row * columns + index));
            deepest = f64::max(deepest, panel.bottom());
            panels.push(panel);
        }
        bottom = deepest + 18.0;
    }

    let mut legend = Legend::new(recording, &news, &tracks);
    legend.has_routine = core::iter::once(&whole).chain(&panels).any(|panel| panel.draws_routine);
    legend.hidden = if whole.draws_routine { 0 } else { whole.routine };
    let legend_top = bottom + 22.0;
    let height = legend_top + legend.height(width - LEFT - RIGHT) + 18.0;

    let mut svg = Svg::new(width, height, &recording.title, &description(recording));
    legend::definitions(&mut svg);
    svg.text(24.0, 34.0, Anchor::Start, "font-size=\"19\" font-weight=\"600\"", &recording.title);
    if !recording.subtitle.is_empty() {
        svg.text(24.0, 54.0, Anchor::Start, &format!("font-size=\"12.5\" fill=\"{MUTED}\""), &recording.subtitle);
    }
    let spots: Vec<(Instant, Instant, char)> =
        panels.iter().filter_map(|panel| Some((panel.from, panel.until, panel.letter?))).collect();
    whole.draw(&mut svg, 0, &spots);
    for (panel, number) in panels.iter().zip(1..) {
        panel.draw(&mut svg, number, &[]);
    }
    legend.draw(&mut svg, LEFT, legend_top, width - LEFT - RIGHT);
    svg.finish()
}

fn letter(index: usize) -> char {
    char::from(b'A' + u8::try_from(index % 26).unwrap_or(0))
}

/// Whether messages that are news can be seen to slant.
fn is_close(recording: &Recording, news: &News, width: f64) -> bool {
    let whole = recording.until.since(recording.from).as_nanos() as f64;
    news.usual.as_nanos() as f64 * width >= 4.0 * whole
}

/// The classes of states, in the order in which they first appear: each has a track.
fn tracks(recording: &Recording) -> Vec<Class> {
    let mut spans: Vec<_> = recording.lanes.iter().flat_map(|lane| &lane.spans).collect();
    spans.sort_by_key(|span| span.from);
    let mut tracks: Vec<Class> = Vec::new();
    for span in spans {
        if !tracks.contains(&span.class) {
            tracks.push(span.class);
        }
    }
    tracks
}

/// For those who cannot see it.
fn description(recording: &Recording) -> String {
    let lost = recording.flights.iter().filter(|flight| flight.is_lost()).count();
    format!(
        "A space-time diagram of {} nodes from {} to {}, with {} messages, of which {lost} are lost.",
        recording.lanes.len(),
        recording.from,
        recording.until,
        recording.flights.len()
    )
}
