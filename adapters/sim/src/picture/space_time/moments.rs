//! Which moments deserve to be seen from close up.

use super::news::News;
use crate::picture::Recording;
use alloc::vec::Vec;
use core::time::Duration;
use quorate::Instant;

/// A stretch of time in which much that is news happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Moment {
    pub(super) from: Instant,
    pub(super) until: Instant,
}

/// At most so many, in order of time: those with the most messages that are news.
pub(super) fn moments(recording: &Recording, news: &News, most: usize) -> Vec<Moment> {
    let whole = recording.until.since(recording.from);
    // What is closer together than this belongs together; and what would be longer than that is no moment.
    let (gap, longest) = (whole / 60, whole / 5);
    let mut points: Vec<(Instant, bool)> = Vec::new();
    for (flight, _) in recording.flights.iter().zip(&news.is_news).filter(|(_, is_news)| **is_news) {
        points.push((flight.sent, true));
        points.extend(flight.ended().map(|at| (at, false)));
    }
    for lane in &recording.lanes {
        points
            .extend(lane.spans.iter().flat_map(|span| [Some(span.from), span.closed]).flatten().map(|at| (at, false)));
        points.extend(lane.lives.iter().filter_map(|(_, end)| *end).map(|at| (at, false)));
        points.extend(lane.pauses.iter().map(|(from, _)| (*from, false)));
        points.extend(lane.marks.iter().map(|(at, _)| (*at, false)));
    }
    points.retain(|(at, _)| recording.from <= *at && *at <= recording.until);
    points.sort_unstable();
    let mut clusters: Vec<(Moment, usize)> = Vec::new();
    for (at, is_message) in points {
        match clusters.last_mut() {
            Some((moment, count)) if at.since(moment.until) <= gap => {
                moment.until = at;
                *count += usize::from(is_message);
            }
            _ => clusters.push((Moment { from: at, until: at }, usize::from(is_message))),
        }
    }
    clusters.retain(|(moment, count)| *count > 0 && moment.until.since(moment.from) <= longest);
    clusters.sort_by_key(|(moment, count)| (core::cmp::Reverse(*count), moment.from));
    clusters.truncate(most);
    let mut moments: Vec<Moment> = clusters.into_iter().map(|(moment, _)| widened(moment, recording)).collect();
    moments.sort_unstable_by_key(|moment| moment.from);
    moments
}

/// With a little of what was before and after.
fn widened(moment: Moment, recording: &Recording) -> Moment {
    let margin = (moment.until.since(moment.from) / 12).max(Duration::from_micros(200));
    Moment {
        from: moment.from.before(margin).max(recording.from),
        until: moment.until.after(margin).min(recording.until),
    }
}
