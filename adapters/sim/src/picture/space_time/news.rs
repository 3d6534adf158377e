//! Which messages are news, and which say what was said before.

use crate::picture::{Emphasis, Flight};
use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use core::time::Duration;

/// What is news among flights.
#[derive(Debug)]
pub(super) struct News {
    /// Whether each flight is.
    pub(super) is_news: Vec<bool>,
    /// How long half of those that arrive take at most; a good guess for those that do not.
    pub(super) usual: Duration,
}

impl News {
    pub(super) fn new(flights: &[Flight]) -> Self {
        let mut known: BTreeSet<(usize, usize, &str, bool)> = BTreeSet::new();
        let mut is_news = Vec::with_capacity(flights.len());
        let mut times: Vec<Duration> = Vec::new();
        for flight in flights {
            is_news.push(match flight.class.emphasis {
                Emphasis::Routine => false,
                Emphasis::Each => true,
                // That it arrives at last is news after all those that were lost.
                Emphasis::First => known.insert((flight.from, flight.to, &*flight.text, flight.is_lost())),
            });
            times.extend(flight.ended().map(|at| at.since(flight.sent)));
        }
        times.sort_unstable();
        Self { is_news, usual: times.get(times.len() / 2).copied().unwrap_or(Duration::ZERO) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::{Class, Colour, End};
    use crate::world::Loss;
    use quorate::Instant;

    #[test]
    fn the_first_that_is_lost_and_the_first_that_arrives_are_news() {
        let flight = |copy, emphasis, end| Flight {
            copy,
            from: 0,
            to: 1,
            class: Class { name: "claim", colour: Colour::Blue, emphasis },
            text: "epoch 1".into(),
            sent: Instant::from_millis(copy),
            end,
        };
        let arrives = |copy: u64| End::Arrives(Instant::from_millis(copy + 3));
        let flights = [
            flight(1, Emphasis::First, End::Lost(Loss::Chance)),
            flight(2, Emphasis::First, End::Lost(Loss::Burst)),
            flight(3, Emphasis::First, arrives(3)),
            flight(4, Emphasis::First, arrives(4)),
            flight(5, Emphasis::Each, arrives(5)),
            flight(6, Emphasis::Routine, arrives(6)),
        ];
        let news = News::new(&flights);
        assert_eq!(news.is_news, [true, false, true, false, true, false]);
        assert_eq!(news.usual, Duration::from_millis(3));
    }
}
