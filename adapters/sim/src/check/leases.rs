//! E2 and L1: no two valid leases at an instant.

use super::{Violation, Who};
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::vec::Vec;
use core::fmt::Debug;
use quorate::{Instant, NodeId};

/// Whether a lease bears others beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Mode {
    /// It bears none: a leadership, a lock to write.
    Exclusive,
    /// It bears others of its kind: a lock to read, a permit of a semaphore.
    Shared,
}

/// Checks **E2** (of leaderships) or **L1** (of locks): valid leases do not overlap *in true time*, but for shared ones.
///
/// `R` names what is leased: `()` for a leadership, a number or a name for locks. A lease is valid from when it is told until its
/// end, the end not included. Whenever the end moves (a renewal, a release, the holder's clock was set), tell it anew: the end
/// that counts is the true time at which the holder's own clock will show it.
///
/// Memory: one entry for each lease that is valid, and at most as many again that have ended since the last sweep. A lease that
/// has ended overlaps with none that begins later, so forgetting it loses nothing.
///
/// ```
/// use quorate::{Instant, NodeId};
/// use quorate_sim::check::{Leases, Who};
///
/// let at = Instant::from_secs;
/// let mut leases = Leases::new("E2");
/// let [ann, bob] = [0, 1].map(|place| Who::new(place, NodeId::new(place as u32 + 1)));
/// leases.holds(at(1), ann, at(5), &())?;
/// leases.holds(at(4), ann, at(8), &())?; // renewed
/// leases.holds(at(8), bob, at(12), &())?; // just in time
/// leases.holds(at(9), bob, at(9), &())?; // given up
/// leases.holds(at(9), ann, at(13), &())?;
/// let violation = leases.holds(at(12), bob, at(16), &()).unwrap_err();
/// assert_eq!(violation.because, "node 2 has a lease from 12.000s until 16.000s, and node 1 one from 9.000s until 13.000s");
/// # Ok::<(), quorate_sim::check::Violation>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Leases<R: Ord = ()> {
    promise: &'static str,
    permits: usize,
    held: BTreeMap<R, Vec<Lease>>,
    /// How many resources there may be before those that nobody holds are swept out.
    sweep: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Lease {
    who: Who,
    mode: Mode,
    from: Instant,
    until: Instant,
}

const SWEEP: usize = 64;

impl<R: Ord + Clone + Debug> Leases<R> {
    /// A checker of the promise of this name, that has seen nothing. Any number of shared leases may be valid at once.
    #[must_use]
    pub const fn new(promise: &'static str) -> Self {
        Self { promise, permits: usize::MAX, held: BTreeMap::new(), sweep: SWEEP }
    }

    /// The same for a semaphore: at most so many shared leases of a resource are valid at once.
    #[must_use]
    pub fn with_permits(self, permits: usize) -> Self {
        Self { permits, ..self }
    }

    /// From `at` on, the node holds an exclusive lease that ends at `until`, or ended then if that is not later.
    ///
    /// # Errors
    ///
    /// If another node's lease of the same resource is valid at `at`.
    #[inline]
    pub fn holds(&mut self, at: Instant, who: Who, until: Instant, resource: &R) -> Result<(), Violation> {
        self.holds_as(Mode::Exclusive, at, who, until, resource)
    }

    /// The same in either mode. A node has one lease of a resource; telling it in the other mode changes it.
    ///
    /// # Errors
    ///
    /// If a lease of another node that does not bear this one is valid at `at`, or all permits are taken.
    pub fn holds_as(
        &mut self,
        mode: Mode,
        at: Instant,
        who: Who,
        until: Instant,
        resource: &R,
    ) -> Result<(), Violation> {
        let Some(leases) = self.held.get_mut(resource) else {
            if until > at {
                self.sweep(at);
                self.held.insert(resource.clone(), Vec::from([Lease { who, mode, from: at, until }]));
            }
            return Ok(());
        };
        // The usual case, a renewal, allocates nothing and moves nothing.
        if let [only] = &mut leases[..]
            && only.who.place == who.place
            && only.mode == mode
            && only.until >= at
        {
            only.until = until;
            return Ok(());
        }
        leases.retain(|lease| lease.until > at);
        let mine = leases.iter().position(|lease| lease.who.place == who.place);
        if until <= at {
            mine.map(|mine| leases.swap_remove(mine));
            return Ok(());
        }
        let from = mine.map_or(at, |mine| leases[mine].from);
        let new = Lease { who, mode, from, until };
        let rival = |lease: &&Lease| lease.who.place != who.place && [mode, lease.mode].contains(&Mode::Exclusive);
        if let Some(rival) = leases.iter().find(rival) {
            return Err(overlap(self.promise, at, &new, rival, resource));
        }
        match mine.and_then(|mine| leases.get_mut(mine)) {
            Some(mine) => *mine = new,
            None => leases.push(new),
        }
        if mode == Mode::Shared && leases.len() > self.permits {
            return Err(too_many(self.promise, at, leases, self.permits, resource));
        }
        Ok(())
    }

    /// The node at this place is gone, and with it whatever it held: a crash, after which no work of its is done any more.
    ///
    /// Do not tell this of a crash if what counts is what the others may believe of its leases.
    pub fn gone(&mut self, place: usize) {
        for leases in self.held.values_mut() {
            leases.retain(|lease| lease.who.place != place);
        }
        self.held.retain(|_, leases| !leases.is_empty());
    }

    /// Who holds a valid lease of a resource.
    pub fn holders(&self, at: Instant, resource: &R) -> impl Iterator<Item = Who> + '_ {
        self.held.get(resource).into_iter().flatten().filter(move |lease| lease.until > at).map(|lease| lease.who)
    }

    /// Forgets resources that nobody holds, whenever their number has doubled.
    fn sweep(&mut self, at: Instant) {
        if self.held.len() >= self.sweep {
            self.held.retain(|_, leases| leases.iter().any(|lease| lease.until > at));
            self.sweep = (2 * self.held.len()).max(SWEEP);
        }
    }
}

/// " of 7", or nothing where there is only one thing to lease.
fn named<R: Debug>(resource: &R) -> alloc::string::String {
    if size_of::<R>() == 0 { alloc::string::String::new() } else { format!(" of {resource:?}") }
}

#[cold]
fn overlap<R: Debug>(promise: &'static str, at: Instant, new: &Lease, old: &Lease, resource: &R) -> Violation {
    let what = format!(
        "node {} has a lease{} from {} until {}, and node {} one from {} until {}",
        new.who,
        named(resource),
        new.from,
        new.until,
        old.who,
        old.from,
        old.until
    );
    Violation::new(promise, what, at).with_nodes([old.who.node, new.who.node])
}

#[cold]
fn too_many<R: Debug>(promise: &'static str, at: Instant, leases: &[Lease], permits: usize, resource: &R) -> Violation {
    let nodes: Vec<NodeId> = leases.iter().map(|lease| lease.who.node).collect();
    let what = format!("{} nodes hold permits{}, of which there are {permits}", nodes.len(), named(resource));
    Violation::new(promise, what, at).with_nodes(nodes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use quorate::Seed;

    fn who(place: usize) -> Who {
        Who::new(place, NodeId::new(place as u32 + 1))
    }

    fn at(secs: u64) -> Instant {
        Instant::from_secs(secs)
    }

    #[test]
    fn e2_a_renewal_that_comes_after_the_end_meets_the_successor() {
        let mut leases = Leases::new("E2");
        assert_eq!(leases.holds(at(0), who(0), at(10), &()), Ok(()));
        assert_eq!(leases.holds(at(11), who(1), at(20), &()), Ok(()));
        assert_eq!(leases.holders(at(12), &()).collect::<Vec<_>>(), [who(1)]);
        let violation = leases.holds(at(12), who(0), at(22), &()).expect_err("the second holds it");
        assert_eq!((violation.promise, violation.at), ("E2", at(12)));
        assert_eq!(violation.nodes, [2, 1].map(NodeId::new));
    }

    #[test]
    fn e2_a_lease_whose_holder_crashed_is_in_nobodys_way() {
        let mut leases = Leases::new("E2");
        assert_eq!(leases.holds(at(0), who(0), at(10), &()), Ok(()));
        leases.gone(0);
        assert_eq!(leases.holds(at(1), who(1), at(10), &()), Ok(()));
    }

    #[test]
    fn l1_readers_bear_each_other_and_no_writer() {
        let mut leases = Leases::new("L1");
        let mut take = |mode, now, place, until, lock| leases.holds_as(mode, at(now), who(place), at(until), &lock);
        assert_eq!(take(Mode::Shared, 0, 0, 5, "a"), Ok(()));
        assert_eq!(take(Mode::Shared, 1, 1, 9, "a"), Ok(()));
        assert_eq!(take(Mode::Exclusive, 1, 2, 9, "b"), Ok(()), "another lock");
        assert!(take(Mode::Exclusive, 5, 2, 9, "a").expect_err("one reads").because.contains("lease of \"a\" from"));
        assert_eq!(take(Mode::Exclusive, 5, 1, 9, "a"), Ok(()), "the only reader becomes writer");
        assert!(take(Mode::Shared, 6, 0, 9, "a").is_err());
        assert_eq!(take(Mode::Shared, 7, 1, 9, "a"), Ok(()));
        assert_eq!(take(Mode::Shared, 7, 0, 9, "a"), Ok(()));
    }

    #[test]
    fn l1_a_semaphore_has_so_many_permits() {
        let mut leases = Leases::new("L1").with_permits(2);
        for place in 0..2 {
            assert_eq!(leases.holds_as(Mode::Shared, at(0), who(place), at(5), &7), Ok(()));
        }
        let third = leases.clone().holds_as(Mode::Shared, at(4), who(2), at(9), &7);
        assert_eq!(third.expect_err("all taken").because, "3 nodes hold permits of 7, of which there are 2");
        assert_eq!(leases.holds_as(Mode::Shared, at(5), who(2), at(9), &7), Ok(()));
    }

    #[test]
    fn memory_follows_what_is_held_and_not_what_was() {
        let mut leases = Leases::new("L1");
        for n in 0..100_000 {
            assert_eq!(leases.holds(at(n), who(0), at(n + 10), &n), Ok(()));
            assert!(leases.held.len() <= SWEEP);
        }
    }

    /// Every lease as an interval, kept for ever, and compared with every other.
    #[test]
    fn it_finds_what_comparing_all_intervals_finds() {
        for seed in 0..3_000 {
            let mut random = Seed::new(seed).random();
            let mut leases = Leases::new("L1");
            let mut all: Vec<(usize, Mode, u64, u64)> = Vec::new();
            let mut now = 0;
            for _ in 0..30 {
                now += random.below(3);
                let (place, until) = (random.below(3) as usize, now + random.below(6));
                let mode = if random.below(2) == 0 { Mode::Shared } else { Mode::Exclusive };
                // What this node held before ends now, and what it holds from now on is one more interval.
                for lease in all.iter_mut().filter(|lease| lease.0 == place) {
                    lease.3 = lease.3.min(now);
                }
                let overlaps = |&(other, its, from, to): &(usize, Mode, u64, u64)| {
                    let both = from.max(now) < to.min(until);
                    other != place && both && (its == Mode::Exclusive || mode == Mode::Exclusive)
                };
                let expected = all.iter().any(overlaps);
                all.push((place, mode, now, until));
                let found = leases.holds_as(mode, at(now), who(place), at(until), &());
                assert_eq!(found.is_err(), expected, "seed {seed}: {all:?}");
                if expected {
                    break;
                }
            }
        }
    }
}
