//! C1, C2 and C3: logical clocks against true causality.

use super::graph::Graph;
use super::{Event, Violation, Who};
use alloc::format;
use alloc::vec::Vec;
use core::cmp::Ordering;
use core::fmt::Debug;
use quorate::clock::{HybridStamp, WallTime};
use quorate::{Instant, NodeId};

/// What stamps are to say about causality.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Promise {
    /// **C1**: a → b implies that a's stamp is less. For Lamport's clock and the hybrid one.
    C1,
    /// **C2**: a's stamp is less exactly when a → b, so those of concurrent events are not ordered. For vectors.
    C2,
}

/// Checks **C1** or **C2**: the stamps `S` that a protocol puts on its events, against what truly happened before what.
///
/// Every event is compared with a few others only, and yet with all: stamps are a partial order, so what holds from each event to
/// the next of its place and from each send to its receipt (C1) holds along every path. And where of the events of another place
/// the first that this one does not know of is not before it, and the last is not after it, none between is (C2).
///
/// C1 costs constant time; C2 two comparisons for each other place. Memory: that of a [`Graph`] with the same window. Forgotten
/// events weaken nothing of C1. Of C2 they weaken this: an event is compared with those concurrent events of another place only
/// that are among the last `window` there.
///
/// ```
/// use quorate::clock::LamportClock;
/// use quorate::{Instant, NodeId};
/// use quorate_sim::check::{Promise, Stamps, Who};
///
/// let [ann, bob] = [0, 1].map(|place| Who::new(place, NodeId::new(place as u32 + 1)));
/// let (mut a, mut b) = (LamportClock::new(ann.node), LamportClock::new(bob.node));
/// let mut stamps = Stamps::new(Promise::C1, 2, 100);
/// let now = Instant::ORIGIN;
///
/// let sent = a.tick()?;
/// stamps.happens(now, ann, sent)?;
/// stamps.sends(ann, 1);
/// stamps.receives(now, bob, 1, b.observe(&sent)?)?;
///
/// // A receiver that takes no notice of what it is told.
/// stamps.sends(ann, 2);
/// let mut deaf = LamportClock::new(bob.node);
/// assert!(stamps.receives(now, bob, 2, deaf.tick()?).is_err());
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Stamps<S> {
    promise: Promise,
    graph: Graph<S>,
    /// Whose event was last at each place, for the report.
    names: Vec<NodeId>,
}

impl<S: PartialOrd + Debug> Stamps<S> {
    /// A checker of a promise among so many places, which remembers the last `window` events of each, two at
    /// least.
    #[must_use]
    pub fn new(promise: Promise, places: usize, window: usize) -> Self {
        Self { promise, graph: Graph::new(places, window.max(2)), names: alloc::vec![NodeId::new(0); places] }
    }

    /// The graph of what has happened.
    #[must_use]
    pub const fn graph(&self) -> &Graph<S> {
        &self.graph
    }

    /// A local event or a send has this stamp.
    ///
    /// # Errors
    ///
    /// The promise, if the stamp breaks it.
    pub fn happens(&mut self, at: Instant, who: Who, stamp: S) -> Result<Event, Violation> {
        let before = self.graph.latest(who.place);
        let event = self.graph.happens(who.place, stamp);
        self.judge(at, who, event, before)
    }

    /// The latest event at the node sends a message. Each copy, also to one of many receivers, has its own number.
    pub fn sends(&mut self, who: Who, message: u64) {
        self.graph.sends(who.place, message);
    }

    /// A message will never arrive, or was not accepted.
    pub fn drops(&mut self, message: u64) {
        self.graph.drops(message);
    }

    /// The receipt of a message has this stamp.
    ///
    /// # Errors
    ///
    /// The promise, if the stamp breaks it, or if nobody has sent the message.
    pub fn receives(&mut self, at: Instant, who: Who, message: u64, stamp: S) -> Result<Event, Violation> {
        let name = self.name();
        let before = self.graph.latest(who.place);
        let Some((sender, sent)) = self.graph.sender(message) else {
            let because = format!("message {message} is received with {stamp:?}, and is not on its way");
            return Err(Violation::new(name, because, at).with_node(who.node));
        };
        if let Some(Ordering::Less) = sent.partial_cmp(&stamp) {
            let Some(event) = self.graph.receives(who.place, message, stamp) else { unreachable!("it is on its way") };
            return self.judge(at, who, event, before);
        }
        let because =
            format!("message {message} was sent with {sent:?} and received with {stamp:?}, which is not greater");
        Err(Violation::new(name, because, at).with_nodes([self.names[sender.place], who.node]))
    }

    const fn name(&self) -> &'static str {
        match self.promise {
            Promise::C1 => "C1",
            Promise::C2 => "C2",
        }
    }

    fn judge(&mut self, at: Instant, who: Who, event: Event, before: Option<Event>) -> Result<Event, Violation> {
        self.names[who.place] = who.node;
        let Some(stamp) = self.graph.kept(event) else { return Ok(event) };
        if let Some(earlier) = before.and_then(|before| self.graph.kept(before))
            && earlier.partial_cmp(stamp) != Some(Ordering::Less)
        {
            let because = format!("the event after that of {earlier:?} has {stamp:?}, which is not greater");
            return Err(Violation::new(self.name(), because, at).with_node(who.node));
        }
        if self.promise == Promise::C2 {
            self.judge_concurrent(at, who, event, stamp)?;
        }
        Ok(event)
    }

    fn judge_concurrent(&self, at: Instant, who: Who, event: Event, stamp: &S) -> Result<(), Violation> {
        let Some(known) = self.graph.known_to(event) else { return Ok(()) };
        for (place, &known) in known.iter().enumerate().filter(|(place, _)| *place != who.place) {
            let (Some(oldest), Some(last)) = (self.graph.oldest(place), self.graph.latest(place)) else { continue };
            if last.number <= known {
                continue;
            }
            let first = Event { place, number: oldest.number.max(known + 1) };
            for (other, wrong) in [(first, Ordering::Less), (last, Ordering::Greater)] {
                let Some(theirs) = self.graph.kept(other) else { continue };
                if let Some(order) = theirs.partial_cmp(stamp)
                    && (order == wrong || order == Ordering::Equal)
                {
                    let order = match order {
                        Ordering::Less => "before",
                        Ordering::Equal => "equal to",
                        Ordering::Greater => "after",
                    };
                    let because = format!(
                        "event {} of node {} with {theirs:?} and event {} of node {who} with {stamp:?} are concurrent, and their stamps say {order}",
                        other.number, self.names[place], event.number
                    );
                    return Err(Violation::new(self.name(), because, at).with_nodes([self.names[place], who.node]));
                }
            }
        }
        Ok(())
    }
}

/// Checks **C3** for one event: its hybrid stamp is at or after the physical time that its node's clock on the wall showed, and at
/// most `ahead` units of [`WallTime`] after it.
///
/// That is ε, by how much the physical clocks of the group differ, and what bursts and restarts add
/// (see [`HybridClock`](quorate::clock::HybridClock)).
///
/// # Errors
///
/// C3, with all values.
///
/// ```
/// use quorate::clock::{HybridClock, WallTime};
/// use quorate::{Instant, NodeId};
/// use quorate_sim::check::{Who, near_physical};
/// use core::time::Duration;
///
/// let ann = Who::new(0, NodeId::new(1));
/// let mut clock = HybridClock::new(Duration::from_secs(1));
/// let wall = WallTime::new(1_000)?;
/// let stamp = clock.tick(wall)?;
/// near_physical(Instant::ORIGIN, ann, stamp, wall, 0)?;
/// assert!(near_physical(Instant::ORIGIN, ann, stamp, WallTime::new(1_001)?, 0).is_err());
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
pub fn near_physical(
    at: Instant,
    who: Who,
    stamp: HybridStamp,
    physical: WallTime,
    ahead: u64,
) -> Result<(), Violation> {
    match stamp.physical().checked_sub(physical.get()) {
        Some(difference) if difference <= ahead => Ok(()),
        Some(difference) => {
            let because = format!(
                "the stamp {stamp} is {difference} units ahead of physical time, {physical}, and {ahead} are allowed"
            );
            Err(Violation::new("C3", because, at).with_node(who.node))
        }
        None => {
            let because = format!("the stamp {stamp} is behind physical time, {physical}");
            Err(Violation::new("C3", because, at).with_node(who.node))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quorate::clock::{LamportClock, VectorClock, VectorStamp};
    use quorate::{Random, Seed};

    const PLACES: usize = 3;

    fn who(place: usize) -> Who {
        Who::new(place, NodeId::new(place as u32 + 1))
    }

    /// A clock as a pair of functions over its state, and what a message brings.
    trait Stamping {
        type Stamp: PartialOrd + Debug + Clone;
        fn tick(&mut self, random: &mut Random) -> Self::Stamp;
        fn observe(&mut self, stamp: &Self::Stamp, random: &mut Random) -> Self::Stamp;
    }

    impl Stamping for LamportClock {
        type Stamp = quorate::clock::LamportStamp;
        fn tick(&mut self, _: &mut Random) -> Self::Stamp {
            LamportClock::tick(self).expect("far from overflow")
        }
        fn observe(&mut self, stamp: &Self::Stamp, _: &mut Random) -> Self::Stamp {
            LamportClock::observe(self, stamp).expect("plausible")
        }
    }

    impl Stamping for VectorClock<PLACES> {
        type Stamp = VectorStamp<PLACES>;
        fn tick(&mut self, _: &mut Random) -> Self::Stamp {
            VectorClock::tick(self).expect("far from overflow")
        }
        fn observe(&mut self, stamp: &Self::Stamp, _: &mut Random) -> Self::Stamp {
            VectorClock::observe(self, stamp).expect("plausible")
        }
    }

    /// Rightly stamped but for some events, whose stamp is a little off.
    #[derive(Clone)]
    struct Faulty(VectorClock<PLACES>);

    impl Faulty {
        fn disturb(stamp: VectorStamp<PLACES>, random: &mut Random) -> VectorStamp<PLACES> {
            let mut counts = *stamp.counts();
            if random.below(30) == 0 {
                let entry = random.below(PLACES as u64) as usize;
                counts[entry] = (counts[entry] + random.below(3)).saturating_sub(1);
            }
            VectorStamp::new(counts)
        }
    }

    impl Stamping for Faulty {
        type Stamp = VectorStamp<PLACES>;
        fn tick(&mut self, random: &mut Random) -> Self::Stamp {
            Self::disturb(Stamping::tick(&mut self.0, random), random)
        }
        fn observe(&mut self, stamp: &Self::Stamp, random: &mut Random) -> Self::Stamp {
            // What a message claims of this very node has happened; a fault must not make the clock refuse it.
            let mut counts = *stamp.counts();
            for (count, own) in counts.iter_mut().zip(self.0.latest().counts()).skip(self.0.position() as usize).take(1)
            {
                *count = (*count).min(*own);
            }
            Self::disturb(self.0.observe(&VectorStamp::new(counts)).expect("plausible"), random)
        }
    }

    /// Runs clocks through a random history; the checker's first finding, and what comparing all pairs of events finds at or
    /// before that same event.
    fn run<C: Stamping>(
        promise: Promise,
        mut clocks: Vec<C>,
        window: usize,
        random: &mut Random,
    ) -> (Option<Violation>, bool) {
        let mut checker = Stamps::new(promise, PLACES, window);
        let mut all: Vec<(Event, C::Stamp)> = Vec::new();
        let mut graph = Graph::new(PLACES, usize::MAX);
        let mut flights: Vec<(u64, C::Stamp)> = Vec::new();
        for number in 0..80_u64 {
            let place = random.below(PLACES as u64) as usize;
            let at = Instant::from_millis(number);
            let (found, event, stamp) = match flights.len() as u64 {
                waiting @ 1.. if random.below(2) == 0 => {
                    let (message, sent) = flights.swap_remove(random.below(waiting) as usize);
                    if random.below(4) == 0 {
                        checker.drops(message);
                        graph.drops(message);
                        continue;
                    }
                    let stamp = clocks[place].observe(&sent, random);
                    let event = graph.receives(place, message, ()).expect("it is on its way");
                    (checker.receives(at, who(place), message, stamp.clone()), event, stamp)
                }
                _ => {
                    let stamp = clocks[place].tick(random);
                    let found = checker.happens(at, who(place), stamp.clone());
                    let event = graph.happens(place, ());
                    for copy in 0..random.below(3) {
                        checker.sends(who(place), 10 * number + copy);
                        graph.sends(place, 10 * number + copy);
                        flights.push((10 * number + copy, stamp.clone()));
                    }
                    (found, event, stamp)
                }
            };
            let wrong = |(other, theirs): &(Event, C::Stamp)| {
                let before = graph.happened_before(*other, event).expect("nothing is forgotten");
                let order = theirs.partial_cmp(&stamp);
                match promise {
                    Promise::C1 => before && order != Some(Ordering::Less),
                    Promise::C2 => order != before.then_some(Ordering::Less),
                }
            };
            let expected = all.iter().any(wrong);
            all.push((event, stamp));
            match found {
                Err(violation) => return (Some(violation), expected),
                Ok(_) if expected => return (None, true),
                Ok(_) => {}
            }
        }
        (None, false)
    }

    #[test]
    fn right_clocks_pass() {
        for seed in 0..100 {
            let mut random = Seed::new(seed).random();
            let lamport = (0..PLACES).map(|place| LamportClock::new(who(place).node)).collect();
            assert_eq!(run(Promise::C1, lamport, 5, &mut random), (None, false), "seed {seed}");
            let vector: Vec<_> = (0..PLACES as u32).map(|place| VectorClock::new(place).expect("it fits")).collect();
            assert_eq!(run(Promise::C1, vector.clone(), 5, &mut random), (None, false), "seed {seed}");
            assert_eq!(run(Promise::C2, vector, 5, &mut random), (None, false), "seed {seed}");
        }
    }

    #[test]
    fn lamport_stamps_are_not_vectors() {
        let mut random = Seed::new(1).random();
        let lamport = (0..PLACES).map(|place| LamportClock::new(who(place).node)).collect();
        let (violation, expected) = run(Promise::C2, lamport, 1_000, &mut random);
        assert_eq!((violation.expect("they order what is concurrent").promise, expected), ("C2", true));
    }

    #[test]
    fn it_finds_exactly_what_comparing_all_pairs_finds() {
        let mut broken = [0, 0];
        for seed in 0..2_000 {
            for (count, promise) in broken.iter_mut().zip([Promise::C1, Promise::C2]) {
                let mut random = Seed::new(seed).random();
                let clock = |place| Faulty(VectorClock::new(place).expect("it fits"));
                let (found, expected) = run(promise, (0..PLACES as u32).map(clock).collect(), 1_000, &mut random);
                assert_eq!(found.is_some(), expected, "seed {seed}: {found:?}");
                *count += u32::from(expected);
            }
        }
        assert!(broken.iter().all(|count| *count > 200), "{broken:?} histories were wrong");
    }

    #[test]
    fn a_receipt_of_what_nobody_sent_is_reported() {
        let mut checker = Stamps::new(Promise::C1, PLACES, 10);
        let violation = checker.receives(Instant::ORIGIN, who(1), 9, 5).expect_err("nobody sent it");
        assert_eq!(violation.because, "message 9 is received with 5, and is not on its way");
    }

    #[test]
    fn c3_has_two_sides() {
        let wall = |units| WallTime::new(units).expect("not zero");
        let judge = |stamp, units| near_physical(Instant::ORIGIN, who(0), HybridStamp::new(stamp, 3), wall(units), 5);
        assert_eq!(judge(100, 95), Ok(()));
        assert_eq!(judge(100, 100), Ok(()));
        assert!(judge(100, 94).expect_err("six ahead").because.contains("6 units ahead"));
        assert!(judge(100, 101).expect_err("behind").because.contains("behind"));
    }
}
