//! The search for an order: Wing and Gong's, with Lowe's memory.

use super::Specification;
use super::seen::Seen;
use alloc::vec;
use alloc::vec::Vec;

/// A call as the search sees it.
#[derive(Debug)]
pub(super) struct Entry<'a, S: Specification> {
    pub(super) operation: &'a S::Operation,
    /// Known or not.
    pub(super) outcome: Option<&'a S::Outcome>,
    /// Among all calls and returns.
    pub(super) begun: u64,
    /// From when on it can have no effect any more; `None`: it always can.
    pub(super) ended: Option<u64>,
}

/// What a search found.
#[derive(Debug)]
pub(super) enum Found {
    /// The first order that fits.
    Order(Order),
    /// None fits.
    Never,
    /// It gave up.
    Undecided,
}

/// Calls in an order that fits.
#[derive(Debug)]
pub(super) struct Order {
    /// From which of the states it was given.
    pub(super) start: usize,
    /// Those that had an effect or an outcome, as positions among the entries.
    pub(super) calls: Vec<usize>,
}

/// What a call can do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Choice {
    /// A call that has returned takes effect.
    Known(usize),
    /// One of which it is unknown takes effect, though it cannot later.
    Gone(usize),
    /// One of which it is unknown takes effect. (The position among the open ones.)
    Open(usize),
    /// One of which it is unknown has had no effect.
    Never(usize),
}

/// A choice that was made, and how it was before.
#[derive(Debug)]
struct Made<T> {
    choice: Choice,
    state: T,
    run: usize,
}

/// Calls that have ended, as a list of calls and returns in the order of time from which pairs are taken out and put back; and calls
/// that are open.
///
/// Ended call number `n` is node `2n`, its return `2n + 1`; the last node is the beginning and the end of the list.
#[derive(Debug)]
pub(super) struct Search<'a, S: Specification> {
    specification: &'a S,
    entries: &'a [Entry<'a, S>],
    limit: usize,
    /// The entries of ended and of open calls.
    ended: Vec<usize>,
    open: Vec<usize>,
    /// In which order ended calls are tried.
    ranks: Vec<usize>,
    next: Vec<u32>,
    previous: Vec<u32>,
    /// Which ended calls are placed, and how many; and which open ones.
    placed: Vec<u64>,
    count: usize,
    open_placed: Vec<u64>,
    /// Before this word all of `placed` is set.
    base: usize,
    key: Vec<u64>,
}

impl<'a, S: Specification> Search<'a, S> {
    /// A search through entries in the order in which they begin, which gives up after `limit` configurations.
    pub(super) fn new(specification: &'a S, entries: &'a [Entry<'a, S>], limit: usize) -> Self {
        let ended: Vec<usize> = (0..entries.len()).filter(|&entry| entries[entry].ended.is_some()).collect();
        let open: Vec<usize> = (0..entries.len()).filter(|&entry| entries[entry].ended.is_none()).collect();
        let end = 2 * ended.len();
        let mut nodes: Vec<(u64, u32)> = Vec::with_capacity(end);
        for (number, &entry) in ended.iter().enumerate() {
            let Entry { begun, ended, .. } = entries[entry];
            nodes.push((begun, 2 * number as u32));
            nodes.extend(ended.map(|ended| (ended, 2 * number as u32 + 1)));
        }
        nodes.sort_unstable();
        let (mut next, mut previous) = (vec![0; end + 1], vec![0; end + 1]);
        let mut before = end as u32;
        for node in nodes.iter().map(|(_, node)| *node).chain([end as u32]) {
            next[before as usize] = node;
            previous[node as usize] = before;
            before = node;
        }
        let calls: Vec<_> = ended.iter().map(|&entry| (entries[entry].operation, entries[entry].outcome)).collect();
        let mut ranks = specification.ranks(&calls);
        ranks.resize(ended.len(), 0);
        let words = |bits: usize| vec![0; bits.div_ceil(64)];
        let (placed, open_placed) = (words(ended.len()), words(open.len()));
        Self {
            specification,
            entries,
            limit,
            ended,
            open,
            ranks,
            next,
            previous,
            placed,
            count: 0,
            open_placed,
            base: 0,
            key: Vec::new(),
        }
    }

    /// The first order found.
    ///
    /// Most orders need few of the calls whose outcome is unknown between two of the others. So first those are tried that need one,
    /// then those that need four, then all.
    pub(super) fn one_order(&mut self, starts: &[S::State]) -> Found {
        let unknown = self.entries.iter().any(|entry| entry.outcome.is_none());
        let runs: &[usize] = if unknown { &[1, 4, usize::MAX] } else { &[usize::MAX] };
        let mut found = Found::Never;
        for &run in runs {
            let mut seen = Seen::new();
            for (start, state) in starts.iter().enumerate() {
                found = self.descend(start, state, run, &mut seen, &mut |_| true);
                if let Found::Order(_) = found {
                    return found;
                }
            }
        }
        found
    }

    /// All states in which things can be after all calls, of which none may be open; `None` if there are more than `most`, or if
    /// it gave up.
    pub(super) fn all_ends(&mut self, starts: &[S::State], most: usize) -> Option<Vec<S::State>> {
        let mut ends: Vec<S::State> = Vec::new();
        let mut seen = Seen::new();
        for (start, state) in starts.iter().enumerate() {
            let found = self.descend(start, state, usize::MAX, &mut seen, &mut |end| {
                if !ends.contains(end) {
                    ends.push(end.clone());
                }
                ends.len() > most
            });
            match found {
                Found::Never => {}
                Found::Order(_) | Found::Undecided => return None,
            }
        }
        Some(ends)
    }

    /// Depth first from a state, with at most `longest` calls of unknown outcome in a row, until an end is good enough.
    fn descend(
        &mut self,
        start: usize,
        from: &S::State,
        longest: usize,
        seen: &mut Seen<S::State>,
        is_enough: &mut dyn FnMut(&S::State) -> bool,
    ) -> Found {
        let mut made: Vec<Made<S::State>> = Vec::new();
        let (mut state, mut run, mut after) = (from.clone(), 0, None);
        loop {
            if after.is_none() && self.is_done() && is_enough(&state) {
                let call = |made: &Made<S::State>| match made.choice {
                    Choice::Known(number) | Choice::Gone(number) => Some(self.ended[number]),
                    Choice::Open(number) => Some(self.open[number]),
                    Choice::Never(_) => None,
                };
                let order = Order { start, calls: made.iter().filter_map(call).collect() };
                made.iter().rev().for_each(|made| self.take_back(made.choice));
                return Found::Order(order);
            }
            match self.choose(after, &state, run < longest) {
                Some((choice, new)) => {
                    self.place(choice);
                    if self.is_new(&new, seen) {
                        if seen.len() > self.limit {
                            self.take_back(choice);
                            made.iter().rev().for_each(|made| self.take_back(made.choice));
                            return Found::Undecided;
                        }
                        let state_before = core::mem::replace(&mut state, new);
                        made.push(Made { choice, state: state_before, run });
                        run = match choice {
                            Choice::Known(_) => 0,
                            Choice::Gone(_) | Choice::Open(_) => run + 1,
                            Choice::Never(_) => run,
                        };
                        after = None;
                    } else {
                        self.take_back(choice);
                        after = Some(choice);
                    }
                }
                None => {
                    let Some(last) = made.pop() else { return Found::Never };
                    self.take_back(last.choice);
                    (state, run, after) = (last.state, last.run, Some(last.choice));
                }
            }
        }
    }

    fn is_done(&self) -> bool {
        self.count == self.ended.len()
    }

    /// The next choice, and what it leads to. In this order: calls that have returned, calls of unknown outcome if there may be one
    /// more in a row, and that the call whose end is next has had no effect.
    fn choose(&self, after: Option<Choice>, state: &S::State, one_more: bool) -> Option<(Choice, S::State)> {
        let known = matches!(after, None | Some(Choice::Known(_)));
        if known {
            let mut last = if let Some(Choice::Known(number)) = after { Some(self.rank(number)) } else { None };
            while let Some(number) = self.next_ranked(last) {
                let Entry { operation, outcome, .. } = self.entries[self.ended[number]];
                if let Some(new) = self.specification.after(state, operation, outcome) {
                    return Some((Choice::Known(number), new));
                }
                last = Some(self.rank(number));
            }
        }
        if one_more && (known || matches!(after, Some(Choice::Gone(_)))) {
            let from = if let Some(Choice::Gone(number)) = after { Some(number) } else { None };
            for number in self.callable(from).filter(|&number| self.outcome(number).is_none()) {
                if let Some(new) = self.effect(self.ended[number], state) {
                    return Some((Choice::Gone(number), new));
                }
            }
        }
        let next_end = self.next_end();
        if one_more && !matches!(after, Some(Choice::Never(_))) {
            let from = if let Some(Choice::Open(number)) = after { number + 1 } else { 0 };
            let until = next_end.and_then(|number| self.entries[self.ended[number]].ended).unwrap_or(u64::MAX);
            for number in from..self.open.len() {
                if self.entries[self.open[number]].begun > until {
                    break;
                }
                if self.is_open(number)
                    && !self.is_like_an_earlier(number)
                    && let Some(new) = self.effect(self.open[number], state)
                {
                    return Some((Choice::Open(number), new));
                }
            }
        }
        let number = next_end.filter(|_| !matches!(after, Some(Choice::Never(_))))?;
        self.outcome(number).is_none().then(|| (Choice::Never(number), state.clone()))
    }

    /// The ended calls that are not placed and began before any of them ended; all of them, or those after one.
    fn callable(&self, after: Option<usize>) -> impl Iterator<Item = usize> {
        let end = 2 * self.ended.len() as u32;
        let mut node = after.map_or(end, |number| 2 * number as u32);
        core::iter::from_fn(move || {
            node = self.next[node as usize];
            (node != end && node & 1 == 0).then_some(node as usize / 2)
        })
    }

    /// The callable one with a known outcome that is to be tried after that of this rank.
    fn next_ranked(&self, last: Option<(usize, usize)>) -> Option<usize> {
        let callable = self.callable(None).filter(|&number| self.outcome(number).is_some());
        callable
            .filter(|&number| last.is_none_or(|last| self.rank(number) > last))
            .min_by_key(|&number| self.rank(number))
    }

    fn rank(&self, number: usize) -> (usize, usize) {
        (self.ranks[number], number)
    }

    /// The call that is not placed and ends next.
    fn next_end(&self) -> Option<usize> {
        let end = 2 * self.ended.len() as u32;
        let mut node = self.next[end as usize];
        while node != end && node & 1 == 0 {
            node = self.next[node as usize];
        }
        (node != end).then_some(node as usize / 2)
    }

    fn outcome(&self, number: usize) -> Option<&'a S::Outcome> {
        self.entries[self.ended[number]].outcome
    }

    /// What the effect of a call whose outcome is unknown leads to, if it has any.
    fn effect(&self, entry: usize, state: &S::State) -> Option<S::State> {
        self.specification.after(state, self.entries[entry].operation, None).filter(|new| new != state)
    }

    fn is_open(&self, number: usize) -> bool {
        self.open_placed[number / 64] & (1 << (number % 64)) == 0
    }

    /// Whether an earlier open call would do the same: then it is that one's turn.
    fn is_like_an_earlier(&self, number: usize) -> bool {
        let operation = |number: usize| self.entries[self.open[number]].operation;
        (0..number).any(|earlier| self.is_open(earlier) && operation(earlier) == operation(number))
    }

    fn place(&mut self, choice: Choice) {
        match choice {
            Choice::Open(number) => self.open_placed[number / 64] |= 1 << (number % 64),
            Choice::Known(number) | Choice::Gone(number) | Choice::Never(number) => {
                for node in [2 * number, 2 * number + 1] {
                    let (before, behind) = (self.previous[node], self.next[node]);
                    self.next[before as usize] = behind;
                    self.previous[behind as usize] = before;
                }
                self.placed[number / 64] |= 1 << (number % 64);
                self.count += 1;
                while self.placed.get(self.base) == Some(&u64::MAX) {
                    self.base += 1;
                }
            }
        }
    }

    /// The inverse, of the last choice first.
    fn take_back(&mut self, choice: Choice) {
        match choice {
            Choice::Open(number) => self.open_placed[number / 64] &= !(1 << (number % 64)),
            Choice::Known(number) | Choice::Gone(number) | Choice::Never(number) => {
                for node in [2 * number + 1, 2 * number] {
                    let (before, behind) = (self.previous[node], self.next[node]);
                    self.next[before as usize] = node as u32;
                    self.previous[behind as usize] = node as u32;
                }
                self.placed[number / 64] &= !(1 << (number % 64));
                self.count -= 1;
                self.base = self.base.min(number / 64);
            }
        }
    }

    /// Whether the search has not been here. What is placed is written down without the full words at its beginning and the empty
    /// ones at its end, so that it takes no more than the calls that overlap.
    fn is_new(&mut self, state: &S::State, seen: &mut Seen<S::State>) -> bool {
        self.key.clear();
        self.key.push(self.base as u64);
        let mut left = self.count.saturating_sub(64 * self.base);
        for word in self.placed.iter().skip(self.base) {
            if left == 0 {
                break;
            }
            self.key.push(*word);
            left -= word.count_ones() as usize;
        }
        // How long the first part is tells where the second begins.
        self.key.push(self.key.len() as u64);
        let used = self.open_placed.iter().rposition(|word| *word != 0).map_or(0, |last| last + 1);
        self.key.extend_from_slice(&self.open_placed[..used]);
        seen.insert(&self.key, state)
    }
}
