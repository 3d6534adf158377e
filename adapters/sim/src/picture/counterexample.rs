//! The way into a state that should not be, as a picture.

use super::{Class, Colour, Cut, Emphasis, End, Flight, Lane, Mark, Recording, Symbol};
use crate::explore::{Counterexample, Deed, Move, Passage};
use crate::world::Loss;
use alloc::format;
use alloc::string::ToString;
use core::time::Duration;
use quorate::Instant;

const MESSAGE: Class = Class { name: "message", colour: Colour::Blue, emphasis: Emphasis::Each };

impl Counterexample {
    /// What is to be drawn of it by [`space_time`](super::space_time). Messages that were still on their way at the end are not
    /// shown: nothing has become of them.
    ///
    /// ```
    /// use core::time::Duration;
    /// use quorate_sim::explore::{Counterexample, Deed, Move, Passage};
    /// use quorate_sim::picture::{self, Options};
    ///
    /// let at = Duration::from_millis(20);
    /// let passage = Passage { from: 0, took: Duration::from_millis(10), message: "Vote".into() };
    /// let vote = Move { at, place: 1, deed: Deed::Took(passage), told: vec![] };
    /// let counterexample = Counterexample { because: "E1 is broken".into(), nodes: 2, moves: vec![vote] };
    /// let svg = picture::space_time(&counterexample.recording(), &Options::default());
    /// assert!(svg.contains("Vote") && svg.contains("E1 is broken"));
    /// ```
    #[must_use]
    pub fn recording(&self) -> Recording {
        let last = self.moves.last().map_or(Duration::ZERO, |step| step.at);
        let mut recording = Recording {
            title: self.because.lines().next().unwrap_or_default().to_string(),
            subtitle: format!("a shortest way to it: {} moves in {last:?}", self.moves.len()),
            // Room for a quantum behind the last move.
            until: Instant::ORIGIN.after(last.saturating_add(last / 16).saturating_add(Duration::from_millis(1))),
            lanes: (1..=self.nodes).map(|node| Lane::new(format!("node {node}"))).collect(),
            ..Recording::default()
        };
        for step in &self.moves {
            draw(step, &step.deed, &mut recording);
            let at = Instant::ORIGIN.after(step.at);
            if let Some(lane) = recording.lanes.get_mut(step.place) {
                let mark = |told: &alloc::string::String| Mark {
                    symbol: Symbol::Point,
                    label: told.split([' ', '{', '(']).next().unwrap_or_default().to_string(),
                    text: told.clone(),
                };
                lane.marks.extend(step.told.iter().map(|told| (at, mark(told))));
            }
        }
        recording
    }
}

fn draw(step: &Move, deed: &Deed, recording: &mut Recording) {
    let at = Instant::ORIGIN.after(step.at);
    let copy = recording.flights.len() as u64;
    let flight = |passage: &Passage, end| Flight {
        copy,
        from: passage.from,
        to: step.place,
        class: MESSAGE,
        text: passage.message.clone().into(),
        sent: at.before(passage.took),
        end,
    };
    match deed {
        Deed::Took(passage) => recording.flights.push(flight(passage, End::Arrives(at))),
        Deed::Lost(passage) => recording.flights.push(flight(passage, End::Lost(Loss::Chance))),
        Deed::Missed(passage) => recording.flights.push(flight(passage, End::Dropped { at, why: Loss::Down })),
        Deed::Crashed | Deed::CrashedAfter(_) => {
            if let Some((_, end)) = recording.lanes.get_mut(step.place).and_then(|lane| lane.lives.last_mut()) {
                *end = Some(at);
            }
        }
        Deed::Started(_) => {
            recording.lanes.iter_mut().skip(step.place).take(1).for_each(|lane| lane.lives.push((at, None)))
        }
        Deed::CutOff => {
            let others = (0..recording.lanes.len()).filter(|other| *other != step.place);
            let ways = others.flat_map(|other| [(step.place, other), (other, step.place)]);
            recording.cuts.extend(ways.map(|(from, to)| Cut { from, to, since: at, until: None }));
        }
        Deed::Joined => {
            let of_this = |cut: &&mut Cut| cut.until.is_none() && (cut.from == step.place || cut.to == step.place);
            recording.cuts.iter_mut().filter(of_this).for_each(|cut| cut.until = Some(at));
        }
        // The copy is drawn when it is taken.
        Deed::Doubled(_) | Deed::Ticked | Deed::Asked(_) => {}
    }
    if let Deed::CrashedAfter(deed) = deed {
        draw(step, deed, recording);
    }
}
