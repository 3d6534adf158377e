//! When heartbeats were sent, and when they arrived.

use super::SETTLING;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;
use quorate::{Instant, NodeId, Random, Seed};

/// A heartbeat of a [`Trace`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Beat {
    /// When it was sent.
    pub sent: Instant,
    /// When it arrived; `None`, if it was lost.
    pub arrived: Option<Instant>,
    /// How long after the send the sender would have crashed, if that had been its last heartbeat: some time before the next.
    pub lives: Duration,
}

/// The heartbeats of a peer that never crashes, as every detector hears them.
///
/// All in integers, so that a seed gives the same on every platform.
///
/// ```
/// use quorate_sim::lesson::detectors::{Behaviour, Trace};
/// use quorate::Seed;
/// use core::time::Duration;
///
/// let trace = Trace::new(Behaviour::Lossy, Seed::new(1), Duration::from_secs(3_600));
/// let lost = trace.beats().iter().filter(|beat| beat.arrived.is_none()).count();
/// assert!((250..500).contains(&lost)); // one in ten
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    name: String,
    interval: Duration,
    beats: Vec<Beat>,
}

/// How a network and a sender behave. The sender means to send every second, and what is sent takes 5 ms at least.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Behaviour {
    /// Delays differ by 2 ms.
    Steady,
    /// The sender is up to 200 ms late, and delays are exponential, 150 ms more on average.
    Jittery,
    /// About once a minute nothing arrives for one to six seconds, and then all at once.
    Bursty,
    /// One heartbeat in ten is lost. Delays are exponential, 20 ms more on average.
    Lossy,
    /// In the middle third of the time the interval grows from 1 s to 5 s, and stays there. Delays as for the lossy one.
    Slowing,
}

impl Behaviour {
    /// All five.
    pub const ALL: [Self; 5] = [Self::Steady, Self::Jittery, Self::Bursty, Self::Lossy, Self::Slowing];

    /// Its name in lower case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Steady => "steady",
            Self::Jittery => "jittery",
            Self::Bursty => "bursty",
            Self::Lossy => "lossy",
            Self::Slowing => "slowing",
        }
    }

    /// What it is, in a few words.
    #[must_use]
    pub const fn description(self) -> &'static str {
        match self {
            Self::Steady => "a heartbeat a second, delays differ by 2 ms",
            Self::Jittery => "senders up to 200 ms late, exponential delays of 150 ms on average",
            Self::Bursty => "about once a minute nothing for 1 to 6 s, then all at once",
            Self::Lossy => "one heartbeat in ten is lost",
            Self::Slowing => "from one heartbeat a second to one in five seconds",
        }
    }
}

/// Between heartbeats.
const INTERVAL: Duration = Duration::from_secs(1);
const LEAST_DELAY: Duration = Duration::from_millis(5);

impl Trace {
    /// A trace of so long a time, and of the few minutes before it in which a detector settles.
    #[must_use]
    pub fn new(behaviour: Behaviour, seed: Seed, length: Duration) -> Self {
        let number = Behaviour::ALL.iter().position(|other| *other == behaviour).unwrap_or(0);
        let mut random = seed.for_node(NodeId::new(number as u32)).random();
        let start = Instant::ORIGIN + INTERVAL * SETTLING as u32;
        let end = start + length;
        let mut beats = Vec::new();
        let mut next = Instant::ORIGIN;
        let mut stalls = Stalls { from: next, until: next };
        while next < end {
            let interval = if behaviour == Behaviour::Slowing { slowed(next, start, length) } else { INTERVAL };
            let jitter = if behaviour == Behaviour::Jittery { Duration::from_millis(200) } else { Duration::ZERO };
            let sent = next + random.up_to(jitter);
            let extra = match behaviour {
                Behaviour::Steady => random.up_to(Duration::from_millis(2)),
                Behaviour::Jittery => exponential(&mut random, Duration::from_millis(150)),
                _ => exponential(&mut random, Duration::from_millis(20)),
            };
            let mut arrival = sent + LEAST_DELAY + extra;
            if behaviour == Behaviour::Bursty {
                arrival = stalls.delay(arrival, &mut random);
            }
            let lost = behaviour == Behaviour::Lossy && random.below(10) == 0;
            next = next + interval;
            beats.push((sent, (!lost).then_some(arrival)));
        }
        Self::from_times(behaviour.name(), INTERVAL, beats, &mut random)
    }

    /// A trace of one's own: when each heartbeat was sent, in order, and when it arrived, if it did. The interval is what the
    /// detectors are told beforehand.
    ///
    /// The network keeps the order: what would overtake its predecessor arrives together with it.
    #[must_use]
    pub fn from_times(
        name: &str,
        interval: Duration,
        times: impl IntoIterator<Item = (Instant, Option<Instant>)>,
        random: &mut Random,
    ) -> Self {
        let mut last = Instant::ORIGIN;
        let in_order = |(sent, arrival): (Instant, Option<Instant>)| {
            let arrived = arrival.map(|arrival| arrival.max(sent).max(last));
            last = arrived.unwrap_or(last);
            Beat { sent, arrived, lives: Duration::ZERO }
        };
        let mut beats: Vec<Beat> = times.into_iter().map(in_order).collect();
        let following: Vec<Instant> = beats.iter().skip(1).map(|beat| beat.sent).collect();
        for (beat, next) in beats.iter_mut().zip(following) {
            beat.lives = random.up_to(next.since(beat.sent));
        }
        // When the one after the last would have been sent nobody knows.
        beats.pop();
        Self { name: name.into(), interval, beats }
    }

    /// What it is called.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The interval that detectors are configured with.
    #[must_use]
    pub const fn interval(&self) -> Duration {
        self.interval
    }

    /// The heartbeats, in the order in which they were sent. The `n`-th has the sequence number `n`, from 1.
    #[must_use]
    pub fn beats(&self) -> &[Beat] {
        &self.beats
    }
}

/// The interval of a sender that slows down from 1 s to 5 s in the middle third.
fn slowed(now: Instant, start: Instant, length: Duration) -> Duration {
    let third = length / 3;
    let into = now.since(start + third).min(third);
    let more = (into.as_nanos() * 4_000_000_000).checked_div(third.as_nanos()).unwrap_or(0);
    INTERVAL + Duration::from_nanos(u64::try_from(more).unwrap_or(0))
}

/// Times in which nothing arrives.
struct Stalls {
    from: Instant,
    until: Instant,
}

impl Stalls {
    /// When what would arrive then does arrive.
    fn delay(&mut self, arrival: Instant, random: &mut Random) -> Instant {
        while arrival >= self.until {
            self.from = self.until + exponential(random, Duration::from_secs(60));
            self.until = self.from + Duration::from_secs(1) + random.up_to(Duration::from_secs(5));
        }
        if arrival >= self.from { self.until } else { arrival }
    }
}

/// An exponentially distributed duration, by von Neumann's method (1951): it compares uniform numbers, and needs no logarithm.
pub(super) fn exponential(random: &mut Random, mean: Duration) -> Duration {
    let mut whole = 0;
    loop {
        let first = random.number();
        let (mut last, mut falls) = (first, 1_u32);
        loop {
            let next = random.number();
            if next > last {
                break;
            }
            (last, falls) = (next, falls + 1);
        }
        if falls % 2 == 1 {
            let part = (mean.as_nanos() * u128::from(first)) >> 64;
            return mean * whole + Duration::from_nanos(u64::try_from(part).unwrap_or(u64::MAX));
        }
        whole += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3_600);

    #[test]
    fn exponential_variates_have_the_right_mean_and_tail() {
        let mut random = Seed::new(5).random();
        let mean = Duration::from_secs(1);
        let drawn: Vec<f64> = (0..200_000).map(|_| exponential(&mut random, mean).as_secs_f64()).collect();
        let average = drawn.iter().sum::<f64>() / drawn.len() as f64;
        assert!((average - 1.0).abs() < 0.01, "{average}");
        for (beyond, expected) in [(0.5, 0.606_5), (1.0, 0.367_9), (3.0, 0.049_8)] {
            let share = drawn.iter().filter(|drawn| **drawn > beyond).count() as f64 / drawn.len() as f64;
            assert!((share - expected).abs() < 0.005, "{share} are above {beyond}");
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_trace_and_another_another() {
        for behaviour in Behaviour::ALL {
            let trace = |seed| Trace::new(behaviour, Seed::new(seed), HOUR);
            assert_eq!(trace(1), trace(1));
            assert_ne!(trace(1), trace(2));
            assert_ne!(trace(1).beats(), Trace::new(Behaviour::ALL[0], Seed::new(3), HOUR).beats());
        }
    }

    #[test]
    fn traces_are_what_they_are_called() {
        let trace = |behaviour| Trace::new(behaviour, Seed::new(1), HOUR);
        let gaps = |behaviour| {
            let trace = trace(behaviour);
            let arrivals: Vec<Instant> = trace.beats().iter().filter_map(|beat| beat.arrived).collect();
            assert!(arrivals.is_sorted());
            arrivals.windows(2).map(|pair| pair[1].since(pair[0]).as_secs_f64()).collect::<Vec<f64>>()
        };
        assert!(gaps(Behaviour::Steady).iter().all(|gap| (gap - 1.0).abs() < 0.003));
        let jittery = gaps(Behaviour::Jittery);
        assert!(jittery.iter().filter(|gap| (**gap - 1.0).abs() > 0.1).count() > jittery.len() / 3);
        let bursty = gaps(Behaviour::Bursty);
        assert!((25..90).contains(&bursty.iter().filter(|gap| **gap > 1.9).count()));
        assert!((60..400).contains(&bursty.iter().filter(|gap| **gap == 0.0).count()), "queued, then all at once");
        let slowing = gaps(Behaviour::Slowing);
        assert!(
            slowing[..1_000].iter().all(|gap| *gap < 1.6)
                && slowing[slowing.len() - 200..].iter().all(|gap| *gap > 4.5)
        );
        for behaviour in Behaviour::ALL {
            let trace = trace(behaviour);
            let next = trace.beats().iter().skip(1).map(|beat| beat.sent);
            assert!(trace.beats().iter().zip(next).all(|(beat, next)| beat.sent + beat.lives <= next));
        }
    }
}
