//! A state of the group, in numbers.

use alloc::vec::Vec;

/// A state of the group at the end of a quantum: everybody has had a turn.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct State {
    pub(super) locals: Vec<u32>,
    pub(super) memory: u32,
    /// Sorted.
    pub(super) flights: Vec<Flight>,
    pub(super) used: Used,
    /// Bit `i`: place `i` is cut off.
    pub(super) cut: u8,
}

/// A message on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Flight {
    pub(super) to: u8,
    pub(super) from: u8,
    /// How many quanta ago it was sent.
    pub(super) age: u8,
    pub(super) message: u32,
}

/// How much of what [`Bounds`](super::Bounds) allow has happened, or may.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Used {
    pub(super) losses: u8,
    pub(super) duplications: u8,
    pub(super) crashes: u8,
    pub(super) restarts: u8,
    pub(super) cuts: u8,
    pub(super) commands: u8,
}

impl Used {
    pub(super) fn of(bounds: &super::Bounds) -> Self {
        let super::Bounds { losses, duplications, crashes, restarts, cuts, commands, .. } = *bounds;
        Self { losses, duplications, crashes, restarts, cuts, commands }
    }

    fn each(self, other: Self, both: impl Fn(u8, u8) -> u8) -> Self {
        Self {
            losses: both(self.losses, other.losses),
            duplications: both(self.duplications, other.duplications),
            crashes: both(self.crashes, other.crashes),
            restarts: both(self.restarts, other.restarts),
            cuts: both(self.cuts, other.cuts),
            commands: both(self.commands, other.commands),
        }
    }

    pub(super) fn plus(self, other: Self) -> Self {
        self.each(other, u8::saturating_add)
    }

    /// What is left of this when so much has been used.
    pub(super) fn less(self, used: Self) -> Self {
        self.each(used, u8::saturating_sub)
    }

    pub(super) fn is_within(self, most: Self) -> bool {
        self.each(most, u8::saturating_sub) == Self::default()
    }
}

impl State {
    /// As bytes, for keeping and for fingerprints.
    pub(super) fn encode(&self, bytes: &mut Vec<u8>) {
        let Used { losses, duplications, crashes, restarts, cuts, commands } = self.used;
        bytes.extend([self.locals.len() as u8, losses, duplications, crashes, restarts, cuts, commands, self.cut]);
        bytes.extend(self.memory.to_le_bytes());
        self.locals.iter().for_each(|local| bytes.extend(local.to_le_bytes()));
        for flight in &self.flights {
            bytes.extend(flight.message.to_le_bytes());
            bytes.extend([flight.to << 5 | flight.from << 2 | flight.age]);
        }
    }

    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let (head, rest) = bytes.split_first_chunk::<8>()?;
        let [size, losses, duplications, crashes, restarts, cuts, commands, cut] = *head;
        let (memory, rest) = rest.split_first_chunk::<4>()?;
        let (locals, flights) = rest.split_at_checked(usize::from(size) * 4)?;
        let locals = locals.as_chunks::<4>().0.iter().map(|local| u32::from_le_bytes(*local)).collect();
        let flights = flights.as_chunks::<5>().0.iter().map(|[a, b, c, d, way]| Flight {
            message: u32::from_le_bytes([*a, *b, *c, *d]),
            to: way >> 5,
            from: way >> 2 & 7,
            age: way & 3,
        });
        let used = Used { losses, duplications, crashes, restarts, cuts, commands };
        Some(Self { locals, memory: u32::from_le_bytes(*memory), flights: flights.collect(), used, cut })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_lost_in_bytes() {
        let used = Used { losses: 1, duplications: 2, crashes: 3, restarts: 4, cuts: 5, commands: 6 };
        let flights = alloc::vec![
            Flight { to: 0, from: 7, age: 3, message: u32::MAX },
            Flight { to: 7, from: 0, age: 0, message: 1 }
        ];
        let state = State { locals: alloc::vec![7, u32::MAX, 0], memory: 9, flights, used, cut: 0b101 };
        let mut bytes = Vec::new();
        state.encode(&mut bytes);
        assert_eq!(State::decode(&bytes), Some(state));
        assert_eq!(State::decode(&bytes[..10]), None);
    }

    #[test]
    fn what_is_used_is_within_what_is_allowed_or_not() {
        let one = Used { losses: 1, ..Used::default() };
        let two = one.plus(one);
        assert!(one.is_within(two) && !two.is_within(one) && two.less(one) == one && one.less(two) == Used::default());
    }
}
