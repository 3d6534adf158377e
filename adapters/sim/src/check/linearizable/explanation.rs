//! Why there is no order.

use super::{Call, Ending, Specification};
use alloc::vec::Vec;
use core::fmt;
use quorate::Instant;

/// A call in its place, and what it left behind.
#[derive(Clone, Debug)]
pub struct Placed<S: Specification> {
    /// The call, with its outcome if it had returned by then.
    pub call: Call<S::Operation, S::Outcome>,
    /// What the object was like after it.
    pub state: S::State,
}

/// Why a history is not linearizable: the first return with which it was not, and an order of what had been called before.
///
/// Without that return there is an order, so the prefix is the longest that is linearizable; with it there is none, neither the one
/// shown nor another.
#[derive(Clone, Debug)]
pub struct Explanation<S: Specification> {
    /// What the object was like at the beginning of what is remembered.
    pub start: S::State,
    /// An order of the calls before.
    pub order: Vec<Placed<S>>,
    /// The call that fits nowhere.
    pub misplaced: Call<S::Operation, S::Outcome>,
}

/// So many of the calls before are shown.
const SHOWN: usize = 8;

impl<S: Specification> Explanation<S> {
    pub(super) fn new(
        specification: &S,
        start: S::State,
        order: Vec<Call<S::Operation, S::Outcome>>,
        misplaced: Call<S::Operation, S::Outcome>,
    ) -> Self {
        let mut state = start.clone();
        let placed = order.into_iter().map(|call| {
            // The search has gone this way, so it leads somewhere.
            state = specification.after(&state, &call.operation, call.outcome()).unwrap_or_else(|| state.clone());
            Placed { call, state: state.clone() }
        });
        let order = placed.collect();
        Self { start, order, misplaced }
    }

    /// When the call that fits nowhere returned.
    #[must_use]
    pub fn at(&self) -> Instant {
        match self.misplaced.ending {
            Ending::Open => self.misplaced.called,
            Ending::Returned { at, .. } | Ending::Gone { at } => at,
        }
    }
}

impl<S: Specification> fmt::Display for Explanation<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} fits nowhere. Before it there is this order: ", self.misplaced)?;
        let skipped = self.order.len().saturating_sub(SHOWN);
        let first = skipped.checked_sub(1).and_then(|last| self.order.get(last));
        let state = first.map_or(&self.start, |placed| &placed.state);
        if skipped > 0 {
            write!(f, "{skipped} calls; ")?;
        }
        write!(f, "state {state:?}")?;
        for Placed { call, state } in self.order.iter().skip(skipped) {
            write!(f, "; {call}, state {state:?}")?;
        }
        Ok(())
    }
}
