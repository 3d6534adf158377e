//! B1, B3 and B4: what becomes of the generations of a barrier.

use super::{Violation, Who};
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::String;
use core::fmt;
use quorate::barrier::Generation;
use quorate::{Incarnation, Instant};

/// One arrival of one party: in which life of its node, and which of that party's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Arrival {
    /// The node.
    pub who: Who,
    /// Which life of it.
    pub life: Incarnation,
    /// Which arrival in this life.
    pub number: u32,
}

/// How an arrival ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ended {
    /// The party was released.
    Released,
    /// The party was told that the generation broke, or took its arrival back.
    Broken,
    /// The party was told that the outcome is unknown.
    Unknown,
}

/// Checks, of one barrier:
///
/// * **B1**: whoever is released from a generation, all of its parties were bound to it before;
/// * **B3**: an arrival ends once, and a party's generations only grow;
/// * **B4**: a generation has one outcome: nobody is told that it broke, or is freed from it, if anybody is ever released.
/// * **B5**: no more parties are ever bound to a generation than it has.
///
/// Memory: the last 4,096 generations that anybody was bound to or heard the end of, and the last arrival of each place. Whoever is
/// bound learns the end long before so many others have begun.
///
/// ```
/// use quorate::barrier::Generation;
/// use quorate::{Epoch, Incarnation, Instant, NodeId};
/// use quorate_sim::check::{Arrival, Ended, Generations, Who};
///
/// let mut generations = Generations::new(2);
/// let [ann, bob] = [0, 1].map(|place| Arrival {
///     who: Who::new(place, NodeId::new(place as u32 + 1)),
///     life: Incarnation::new(1),
///     number: 1,
/// });
/// let g = Generation::new(Epoch::new(1), 1).unwrap();
/// let at = Instant::from_secs;
/// generations.binds(at(1), ann, g)?;
/// let early = generations.clone().ends(at(2), ann, g, Ended::Released).unwrap_err();
/// assert_eq!(early.to_string(), "B1 is broken at 2.000s, by node 1: it was released from generation 1 of epoch 1, which 1 of 2 parties were bound to");
/// generations.binds(at(3), bob, g)?;
/// generations.ends(at(4), ann, g, Ended::Released)?;
/// assert_eq!(generations.ends(at(5), bob, g, Ended::Broken).unwrap_err().promise, "B4");
/// # Ok::<(), quorate_sim::check::Violation>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Generations {
    parties: usize,
    known: BTreeMap<Generation, Story>,
    /// By place: the last arrival that has ended.
    ended: BTreeMap<usize, Arrival>,
    /// By place: the life, and the last generation that a party of it was released from or told the end of.
    last: BTreeMap<usize, (Incarnation, Generation)>,
}

/// How many generations are remembered.
const MEMORY: usize = 4_096;

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Story {
    bound: BTreeSet<Arrival>,
    /// Who was released first.
    released: Option<(Who, Instant)>,
    /// Who learnt first that nobody will be released.
    broken: Option<(Who, Instant)>,
}

impl Generations {
    /// A checker of a barrier with so many parties, which has seen nothing.
    #[must_use]
    pub const fn new(parties: usize) -> Self {
        Self { parties, known: BTreeMap::new(), ended: BTreeMap::new(), last: BTreeMap::new() }
    }

    /// A party that has arrived is bound to a generation from now on.
    ///
    /// # Errors
    ///
    /// B5, if that is one party too many; B3, if its arrival has ended.
    pub fn binds(&mut self, at: Instant, arrival: Arrival, generation: Generation) -> Result<(), Violation> {
        if self.has_ended(arrival) {
            return Err(broken(
                "B3",
                at,
                arrival,
                format!("it is bound to generation {generation} by an arrival that has ended"),
            ));
        }
        while self.known.len() >= MEMORY {
            self.known.pop_first();
        }
        let story = self.known.entry(generation).or_default();
        story.bound.insert(arrival);
        if story.bound.len() > self.parties {
            let what = format!("generation {generation} has {} parties, and this is one more", self.parties);
            return Err(broken("B5", at, arrival, what));
        }
        Ok(())
    }

    /// A party that was bound to a generation is not any more, and its arrival has not ended.
    ///
    /// # Errors
    ///
    /// B4, if somebody was released from it.
    pub fn frees(&mut self, at: Instant, arrival: Arrival, generation: Generation) -> Result<(), Violation> {
        self.never_completes(at, arrival, generation, "was freed from")
    }

    /// An arrival has ended.
    ///
    /// # Errors
    ///
    /// B1, if it was released too early; B3, if it had ended already; B4, if others heard otherwise.
    pub fn ends(&mut self, at: Instant, arrival: Arrival, generation: Generation, how: Ended) -> Result<(), Violation> {
        self.ends_without(at, arrival)?;
        let who = arrival.who;
        if how != Ended::Unknown {
            let last = self.last.insert(who.place, (arrival.life, generation));
            if let Some((life, last)) = last
                && life == arrival.life
                && last >= generation
            {
                return Err(broken("B3", at, arrival, format!("generation {generation} comes after {last}")));
            }
        }
        match how {
            Ended::Unknown => Ok(()),
            Ended::Broken => self.never_completes(at, arrival, generation, "was told that it broke:"),
            Ended::Released => {
                let story = self.known.entry(generation).or_default();
                if story.bound.len() < self.parties {
                    let what = format!(
                        "it was released from generation {generation}, which {} of {} parties were bound to",
                        story.bound.len(),
                        self.parties
                    );
                    return Err(broken("B1", at, arrival, what));
                }
                story.released.get_or_insert((who, at));
                match story.broken {
                    Some((other, since)) => Err(two_outcomes(at, generation, arrival, other, since)),
                    None => Ok(()),
                }
            }
        }
    }

    /// An arrival has ended before any generation was known that it was counted in.
    ///
    /// # Errors
    ///
    /// B3, if it had ended already.
    pub fn ends_without(&mut self, at: Instant, arrival: Arrival) -> Result<(), Violation> {
        if self.has_ended(arrival) {
            return Err(broken("B3", at, arrival, format!("its arrival {} ends twice", arrival.number)));
        }
        self.ended.insert(arrival.who.place, arrival);
        Ok(())
    }

    fn has_ended(&self, arrival: Arrival) -> bool {
        let last = self.ended.get(&arrival.who.place);
        last.is_some_and(|last| last.life == arrival.life && last.number >= arrival.number)
    }

    fn never_completes(
        &mut self,
        at: Instant,
        arrival: Arrival,
        generation: Generation,
        how: &str,
    ) -> Result<(), Violation> {
        let story = self.known.entry(generation).or_default();
        story.broken.get_or_insert((arrival.who, at));
        match story.released {
            Some((other, since)) => {
                let what = format!("it {how} generation {generation}, which node {other} was released from at {since}");
                Err(broken("B4", at, arrival, what).with_node(other.node))
            }
            None => Ok(()),
        }
    }
}

#[cold]
fn broken(promise: &'static str, at: Instant, arrival: Arrival, because: String) -> Violation {
    Violation::new(promise, because, at).with_node(arrival.who.node)
}

#[cold]
fn two_outcomes(at: Instant, generation: Generation, arrival: Arrival, other: Who, since: Instant) -> Violation {
    let what = format!(
        "it was released from generation {generation}, of which node {other} learnt at {since} that it never completes"
    );
    broken("B4", at, arrival, what).with_node(other.node)
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Released => "released",
            Self::Broken => "broken",
            Self::Unknown => "unknown",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quorate::{Epoch, NodeId};

    fn arrival(place: usize, number: u32) -> Arrival {
        Arrival { who: Who::new(place, NodeId::new(place as u32 + 1)), life: Incarnation::new(1), number }
    }

    fn generation(number: u32) -> Generation {
        Generation::new(Epoch::new(1), number).expect("a good number")
    }

    const AT: Instant = Instant::from_secs(1);

    fn promise(result: Result<(), Violation>) -> &'static str {
        result.expect_err("a promise is broken").promise
    }

    #[test]
    fn b3_an_arrival_ends_once_and_generations_grow() {
        let mut generations = Generations::new(1);
        assert_eq!(generations.binds(AT, arrival(0, 1), generation(2)), Ok(()));
        assert_eq!(generations.ends(AT, arrival(0, 1), generation(2), Ended::Released), Ok(()));
        assert_eq!(promise(generations.clone().ends(AT, arrival(0, 1), generation(2), Ended::Unknown)), "B3");
        assert_eq!(promise(generations.clone().ends(AT, arrival(0, 2), generation(1), Ended::Broken)), "B3");
        assert_eq!(promise(generations.clone().binds(AT, arrival(0, 1), generation(3))), "B3");
        // Another life knows nothing of the one before.
        let next = Arrival { life: Incarnation::new(2), ..arrival(0, 1) };
        assert_eq!(generations.ends(AT, next, generation(1), Ended::Broken), Ok(()));
    }

    #[test]
    fn b4_freed_or_broken_before_or_after_is_the_same() {
        let mut generations = Generations::new(2);
        for place in [0, 1] {
            assert_eq!(generations.binds(AT, arrival(place, 1), generation(1)), Ok(()));
        }
        let mut freed = generations.clone();
        assert_eq!(freed.frees(AT, arrival(0, 1), generation(1)), Ok(()));
        assert_eq!(promise(freed.ends(AT, arrival(1, 1), generation(1), Ended::Released)), "B4");
        assert_eq!(generations.ends(AT, arrival(1, 1), generation(1), Ended::Released), Ok(()));
        assert_eq!(promise(generations.clone().frees(AT, arrival(0, 1), generation(1))), "B4");
        assert_eq!(generations.ends(AT, arrival(0, 1), generation(1), Ended::Unknown), Ok(()));
    }

    #[test]
    fn b5_one_party_too_many_is_seen() {
        let mut generations = Generations::new(1);
        assert_eq!(generations.binds(AT, arrival(0, 1), generation(1)), Ok(()));
        assert_eq!(generations.binds(AT, arrival(0, 1), generation(1)), Ok(()), "the same one again is no more");
        assert_eq!(promise(generations.binds(AT, arrival(1, 1), generation(1))), "B5");
    }
}
