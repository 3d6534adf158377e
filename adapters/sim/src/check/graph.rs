//! What truly happened before what.

use alloc::collections::{BTreeMap, VecDeque};
use alloc::vec::Vec;

/// One event: the `number`-th at its place, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Event {
    /// Where, from 0.
    pub place: usize,
    /// Which of the events there, from 1.
    pub number: u64,
}

/// The graph of events: which of them *happened before* which others (Lamport 1978), as only somebody outside can know.
///
/// It is told of events in the order of true time, of the messages that they send, and of what becomes of those. Each event keeps
/// the number of events at every place that happened before it (a vector timestamp, after Fidge and Mattern 1988, but true by
/// construction), so the question is one comparison. `T` is whatever is to be kept with an event, such as the stamp that a
/// protocol gave it.
///
/// Memory: the last events of each place, as many as the window has, and what messages on their way need. Whether `a` happened
/// before `b` is exact as long as `b` is in the window, however old `a` is; afterwards the answer is `None`, never a guess.
///
/// A restart is no break: events of one place follow each other. An event counts as having happened once it had any effect that
/// outlasts it, be it only in the place's own storage.
///
/// ```
/// use quorate_sim::check::Graph;
///
/// let mut graph = Graph::new(2, 100);
/// let sent = graph.happens(0, ());
/// graph.sends(0, 7); // the message of number 7 leaves with it
/// let apart = graph.happens(1, ());
/// let received = graph.receives(1, 7, ()).expect("it is on its way");
/// assert_eq!(graph.happened_before(sent, received), Some(true));
/// assert_eq!(graph.happened_before(sent, apart), Some(false));
/// assert_eq!(graph.happened_before(apart, received), Some(true));
/// ```
#[derive(Clone, Debug)]
pub struct Graph<T = ()> {
    window: usize,
    /// By place: the nodes of its last events, the latest at the back.
    recent: Vec<VecDeque<usize>>,
    /// Messages on their way, and the nodes of the events that sent them.
    flights: BTreeMap<u64, usize>,
    nodes: Vec<Node<T>>,
    /// `places` counts for each node.
    counts: Vec<u64>,
    free: Vec<usize>,
}

/// An event, or room for one.
#[derive(Clone, Debug)]
struct Node<T> {
    place: usize,
    /// How many windows and messages it is needed for; none, if there is no event in it.
    uses: u32,
    kept: Option<T>,
}

impl<T> Graph<T> {
    /// A graph without events of so many places, which remembers the last `window` events of each, one at least.
    #[must_use]
    pub fn new(places: usize, window: usize) -> Self {
        Self {
            window: window.max(1),
            recent: (0..places).map(|_| VecDeque::new()).collect(),
            flights: BTreeMap::new(),
            nodes: Vec::new(),
            counts: Vec::new(),
            free: Vec::new(),
        }
    }

    /// How many places there are.
    #[must_use]
    pub fn places(&self) -> usize {
        self.recent.len()
    }

    /// Something happens at a place that has no cause elsewhere: a local event, or a send.
    ///
    /// # Panics
    ///
    /// If there is no such place, as all methods that are told of one.
    pub fn happens(&mut self, place: usize, kept: T) -> Event {
        let node = self.node(place, kept);
        self.push(place, node)
    }

    /// The latest event of a place sends a message, too. Each copy, also to one of many receivers, has its own number.
    pub fn sends(&mut self, place: usize, message: u64) {
        if let Some(&node) = self.recent[place].back() {
            self.nodes[node].uses += 1;
            if let Some(before) = self.flights.insert(message, node) {
                self.release(before);
            }
        }
    }

    /// A message that is on its way arrives, which is an event at its receiver. `None` if it is not on its way: then nothing has
    /// happened.
    pub fn receives(&mut self, place: usize, message: u64, kept: T) -> Option<Event> {
        let cause = self.flights.remove(&message)?;
        let node = self.node(place, kept);
        let places = self.places();
        let (mine, theirs) = (node * places, cause * places);
        for other in 0..places {
            self.counts[mine + other] = self.counts[mine + other].max(self.counts[theirs + other]);
        }
        self.release(cause);
        Some(self.push(place, node))
    }

    /// A message that is on its way will never arrive.
    pub fn drops(&mut self, message: u64) {
        if let Some(node) = self.flights.remove(&message) {
            self.release(node);
        }
    }

    /// Whether `a` happened before `b`. `None` if `b` is no longer remembered, or has not happened.
    #[must_use]
    pub fn happened_before(&self, a: Event, b: Event) -> Option<bool> {
        let known = self.known(self.find(b)?);
        Some(a != b && a.number > 0 && known.get(a.place).is_some_and(|count| *count >= a.number))
    }

    /// The latest event of a place.
    #[must_use]
    pub fn latest(&self, place: usize) -> Option<Event> {
        let number = self.known(*self.recent.get(place)?.back()?)[place];
        Some(Event { place, number })
    }

    /// The oldest event of a place that is remembered.
    #[must_use]
    pub fn oldest(&self, place: usize) -> Option<Event> {
        let number = self.known(*self.recent.get(place)?.front()?)[place];
        Some(Event { place, number })
    }

    /// How many events of each place happened before an event, itself included. `None` if it is not remembered.
    #[must_use]
    pub fn known_to(&self, event: Event) -> Option<&[u64]> {
        Some(self.known(self.find(event)?))
    }

    /// What was kept with an event. `None` if it is not remembered.
    #[must_use]
    pub fn kept(&self, event: Event) -> Option<&T> {
        self.nodes[self.find(event)?].kept.as_ref()
    }

    /// The event that sent a message that is on its way, and what was kept with it.
    #[must_use]
    pub fn sender(&self, message: u64) -> Option<(Event, &T)> {
        let node = *self.flights.get(&message)?;
        let Node { place, kept, .. } = &self.nodes[node];
        Some((Event { place: *place, number: self.known(node)[*place] }, kept.as_ref()?))
    }

    /// How many messages are on their way.
    #[must_use]
    pub fn on_their_way(&self) -> usize {
        self.flights.len()
    }

    fn known(&self, node: usize) -> &[u64] {
        let places = self.places();
        &self.counts[node * places..][..places]
    }

    fn find(&self, event: Event) -> Option<usize> {
        let newest = self.latest(event.place)?.number;
        let back = usize::try_from(newest.checked_sub(event.number)?).ok()?;
        let recent = &self.recent[event.place];
        recent.get(recent.len().checked_sub(back + 1)?).copied()
    }

    /// A node for the next event of a place, which knows what the one before knew.
    fn node(&mut self, place: usize, kept: T) -> usize {
        let places = self.places();
        let new = Node { place, uses: 1, kept: Some(kept) };
        let node = match self.free.pop() {
            Some(node) => {
                self.nodes[node] = new;
                node
            }
            None => {
                self.nodes.push(new);
                self.counts.resize(self.nodes.len() * places, 0);
                self.nodes.len() - 1
            }
        };
        let start = node * places;
        match self.recent[place].back() {
            Some(&before) => self.counts.copy_within(before * places..(before + 1) * places, start),
            None => self.counts[start..start + places].fill(0),
        }
        self.counts[start + place] += 1;
        node
    }

    fn push(&mut self, place: usize, node: usize) -> Event {
        let recent = &mut self.recent[place];
        recent.push_back(node);
        let oldest = if recent.len() > self.window { recent.pop_front() } else { None };
        if let Some(oldest) = oldest {
            self.release(oldest);
        }
        Event { place, number: self.known(node)[place] }
    }

    fn release(&mut self, node: usize) {
        let released = &mut self.nodes[node];
        released.uses -= 1;
        if released.uses == 0 {
            released.kept = None;
            self.free.push(node);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quorate::Seed;

    /// Every event with its causes, and a walk back through all of them.
    fn reachable(causes: &[Vec<usize>], from: usize) -> Vec<bool> {
        let mut reached = alloc::vec![false; causes.len()];
        let mut open = causes[from].clone();
        while let Some(cause) = open.pop() {
            if !core::mem::replace(&mut reached[cause], true) {
                open.extend(&causes[cause]);
            }
        }
        reached
    }

    #[test]
    fn it_agrees_with_a_walk_through_the_graph_and_forgets_what_leaves_the_window() {
        const PLACES: usize = 4;
        for seed in 0..200 {
            let mut random = Seed::new(seed).random();
            let window = 1 + random.below(40) as usize;
            let mut graph = Graph::new(PLACES, window);
            let (mut causes, mut events): (Vec<Vec<usize>>, Vec<Event>) = Default::default();
            let mut flights: Vec<(u64, usize)> = Vec::new();
            let mut last = [None; PLACES];
            for number in 0..120 {
                let place = random.below(PLACES as u64) as usize;
                let mut why: Vec<usize> = last[place].into_iter().collect();
                let event = match flights.len() as u64 {
                    waiting @ 1.. if random.below(2) == 0 => {
                        let (message, sender) = flights.swap_remove(random.below(waiting) as usize);
                        why.push(sender);
                        assert_eq!(graph.sender(message), Some((events[sender], &sender)));
                        graph.receives(place, message, number).expect("it is on its way")
                    }
                    _ => {
                        let event = graph.happens(place, number);
                        for copy in 0..random.below(3) {
                            graph.sends(place, 10 * number as u64 + copy);
                            flights.push((10 * number as u64 + copy, number));
                        }
                        event
                    }
                };
                last[place] = Some(number);
                causes.push(why);
                events.push(event);
            }
            for (b, &later) in events.iter().enumerate() {
                let reached = reachable(&causes, b);
                let of_place = events.iter().filter(|event| event.place == later.place).count() as u64;
                let remembered = later.number + window as u64 > of_place;
                assert_eq!(graph.kept(later), remembered.then_some(&b));
                for (a, &earlier) in events.iter().enumerate() {
                    let expected = remembered.then_some(reached[a]);
                    assert_eq!(graph.happened_before(earlier, later), expected, "seed {seed}: {earlier:?} {later:?}");
                }
            }
            // What has arrived or was lost takes no memory.
            for (message, _) in flights {
                graph.drops(message);
            }
            assert_eq!(graph.on_their_way(), 0);
            assert_eq!(graph.nodes.len() - graph.free.len(), graph.recent.iter().map(VecDeque::len).sum::<usize>());
        }
    }

    #[test]
    fn what_never_was_is_nothing() {
        let mut graph = Graph::new(2, 1);
        graph.sends(0, 1); // nothing has happened there yet, so nothing can have sent it
        assert_eq!(graph.receives(1, 1, ()), None);
        assert_eq!((graph.latest(1), graph.latest(9)), (None, None));
        let event = graph.happens(0, ());
        assert_eq!(graph.happened_before(event, event), Some(false));
        assert_eq!(graph.happened_before(Event { place: 0, number: 0 }, event), Some(false));
        assert_eq!(graph.happened_before(event, Event { place: 0, number: 2 }), None);
    }
}
