//! What is kept of the states that have been visited: much less than the states.

use crate::world::Digest;
use alloc::vec::Vec;
use core::hash::Hasher;
use hashbrown::HashTable;

/// A fingerprint of 128 bits, as words that ask for no more room than they have.
pub(super) type Print = [u32; 4];

/// The fingerprint of a state's bytes.
pub(super) fn fingerprint(bytes: &[u8]) -> Print {
    let (mut first, mut second) = (Digest::new(), Digest::new());
    second.word(0x452_821e_638d_0137);
    for half in [&mut first, &mut second] {
        half.write(bytes);
        half.word(bytes.len() as u64);
    }
    let (a, b) = (first.value(), second.value());
    [a as u32, (a >> 32) as u32, b as u32, (b >> 32) as u32]
}

/// It is as good as random already.
fn spread(print: &Print) -> u64 {
    u64::from(print[0]) | u64::from(print[1]) << 32
}

/// All states that have been visited, by number.
#[derive(Debug, Default)]
pub(super) struct Visited {
    numbers: HashTable<u32>,
    prints: Vec<Print>,
    /// From which state each was first reached, and as its how-manieth successor.
    parents: Vec<u32>,
    ordinals: Vec<u32>,
    /// Whether each is good, or lies at the edge: what lies beyond that is not known, so it is not held against it.
    good: Vec<bool>,
    /// The successors of each state that is not good, one state's behind another's, and where each one's begin.
    successors: Vec<u8>,
    begins: Vec<u32>,
}

impl Visited {
    pub(super) const fn len(&self) -> usize {
        self.prints.len()
    }

    pub(super) fn number(&self, print: &Print) -> Option<u32> {
        self.numbers.find(spread(print), |number| self.prints.get(*number as usize) == Some(print)).copied()
    }

    /// Enters a state that is new.
    pub(super) fn add(&mut self, print: Print, parent: u32, ordinal: u32, good: bool) -> u32 {
        let number = self.prints.len() as u32;
        self.prints.push(print);
        self.parents.push(parent);
        self.ordinals.push(ordinal);
        self.good.push(good);
        let prints = &self.prints;
        self.numbers.insert_unique(spread(&print), number, |number| prints.get(*number as usize).map_or(0, spread));
        number
    }

    /// How many states have been expanded.
    pub(super) const fn expanded(&self) -> usize {
        self.begins.len()
    }

    /// Enters the successors of the next state that is expanded, in any order.
    pub(super) fn expand(&mut self, successors: &mut Vec<u32>) {
        let number = self.begins.len();
        self.begins.push(self.successors.len() as u32);
        if self.good.get(number) == Some(&true) {
            return; // nothing has to be reached from there
        }
        successors.sort_unstable();
        successors.dedup();
        let mut last = 0;
        for successor in successors.iter() {
            write(successor - last, &mut self.successors);
            last = *successor;
        }
    }

    fn successors(&self, number: usize) -> impl Iterator<Item = u32> {
        let begin = self.begins.get(number).map_or(0, |begin| *begin as usize);
        let end = self.begins.get(number + 1).map_or(self.successors.len(), |end| *end as usize);
        let mut bytes = self.successors.get(begin..end).unwrap_or_default().iter();
        let mut last = 0;
        core::iter::from_fn(move || {
            last += read(&mut bytes)?;
            Some(last)
        })
    }

    pub(super) fn good(&self) -> u64 {
        self.good.iter().filter(|good| **good).count() as u64
    }

    /// The states from which no good one can be reached, in the order in which they were found.
    pub(super) fn trapped(&self) -> Vec<u32> {
        let mut free = self.good.clone();
        loop {
            let mut changed = false;
            for number in (0..self.expanded()).rev() {
                if free.get(number) == Some(&false)
                    && self.successors(number).any(|next| free.get(next as usize) == Some(&true))
                {
                    free[number] = true;
                    changed = true;
                }
            }
            if !changed {
                return (0..).zip(&free).filter(|(_, free)| !**free).map(|(number, _)| number).collect();
            }
        }
    }

    /// The way from the first state to this one: at each state, which successor comes next.
    pub(super) fn way(&self, number: u32) -> Vec<u32> {
        let mut ordinals = Vec::new();
        let mut at = number;
        while at != 0 {
            ordinals.extend(self.ordinals.get(at as usize).copied());
            at = self.parents.get(at as usize).copied().unwrap_or(0);
        }
        ordinals.reverse();
        ordinals
    }

    /// How many bytes all this takes.
    pub(super) fn bytes(&self) -> usize {
        // A table keeps a byte beside each of its buckets, of which it fills seven eighths at most.
        let buckets = (self.numbers.capacity() * 8 / 7).next_power_of_two();
        buckets * (size_of::<u32>() + 1)
            + self.prints.capacity() * size_of::<Print>()
            + (self.parents.capacity() + self.ordinals.capacity() + self.begins.capacity()) * size_of::<u32>()
            + self.good.capacity()
            + self.successors.capacity()
    }
}

/// A number in as few bytes as it needs, seven bits in each (LEB128).
fn write(mut number: u32, bytes: &mut Vec<u8>) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn read<'a>(bytes: &mut impl Iterator<Item = &'a u8>) -> Option<u32> {
    let mut number = 0;
    for shift in (0..32).step_by(7) {
        let byte = *bytes.next()?;
        number |= u32::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            break;
        }
    }
    Some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn visited(good: &[bool], successors: &[&[u32]]) -> Visited {
        let mut visited = Visited::default();
        for (number, good) in (0_u32..).zip(good) {
            assert_eq!(visited.add(fingerprint(&number.to_le_bytes()), 0, 0, *good), number);
        }
        successors.iter().for_each(|successors| visited.expand(&mut successors.to_vec()));
        visited
    }

    #[test]
    fn states_are_found_again_by_their_fingerprints() {
        let visited = visited(&[false; 200], &[]);
        let find = |number: u32| visited.number(&fingerprint(&number.to_le_bytes()));
        assert!((0..200).all(|number| find(number) == Some(number)));
        assert_eq!(find(200), None);
    }

    #[test]
    fn a_trap_is_where_nothing_good_can_be_reached_from() {
        // 0 → 1 → 2 (good), 0 → 3 ⇄ 4, 5 → 300
        let mut good = [false; 301];
        good[2] = true;
        good[300] = true;
        let mut successors: Vec<&[u32]> = alloc::vec![&[]; 301];
        (successors[0], successors[1], successors[2]) = (&[3, 1], &[2], &[0]);
        (successors[3], successors[4], successors[5]) = (&[4], &[3, 4], &[300]);
        let trapped = visited(&good, &successors).trapped();
        assert_eq!(trapped[..2], [3, 4]);
        assert!(!trapped.contains(&5) && !trapped.contains(&0) && trapped.contains(&6));
    }

    #[test]
    fn numbers_come_back_out_of_their_bytes() {
        let numbers = [0, 1, 127, 128, 16_383, 16_384, 1 << 28, u32::MAX];
        let mut bytes = Vec::new();
        numbers.iter().for_each(|number| write(*number, &mut bytes));
        let mut bytes = bytes.iter();
        assert!(numbers.iter().all(|number| read(&mut bytes) == Some(*number)));
        assert_eq!(read(&mut bytes), None);
    }
}
