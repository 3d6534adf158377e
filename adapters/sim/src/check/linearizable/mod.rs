//! Linearizability: whether a concurrent object did what it could have done one operation at a time.
//!
//! A history is linearizable (Herlihy and Wing 1990) if every operation can be given one moment between its call and its return
//! such that, carried out at those moments, all have the outcomes that they had. A [`Specification`] says what the object does one
//! operation at a time, a [`History`] records calls and returns, and [`History::check`] looks for such moments.
//!
//! * *Keys.* Objects that do not know of each other are checked apart, which linearizability allows and which makes it feasible.
//! * *Timed out is unknown.* A call without a return may have taken effect at any time since it was made, may still do so at any later
//!   time, or never. A client that knows better says so: [`History::failed`], it took no effect; [`History::gone`], if it has
//!   taken none by now it never will.
//! * *The past can be forgotten.* Where nothing is open, all that matters later is in which states the object can be.
//!   [`History::settle`] keeps those and drops the calls, so memory follows the calls between two quiet moments.
//!
//! The search is that of Wing and Gong (1993) with the memory of Lowe (2017): depth first over the calls that may come next, never
//! twice into the same set of calls with the same state. Deciding is NP-hard; at low concurrency it takes about a step for each call. (A [`Queue`]
//! that is wrong takes the longer the more it holds, for the order of what is in it can still be any.) A
//! search that exceeds its [limit](History::with_limit) is reported as undecided, and does not pass.
//!
//! ```
//! use quorate::{Instant, NodeId};
//! use quorate_sim::check::linearizable::{History, Register, RegisterCall::*, RegisterOutcome::*};
//!
//! let at = Instant::from_secs;
//! let [ann, bob] = [1, 2].map(NodeId::new);
//! let mut history = History::new(Register::new(0));
//! let write = history.call(at(1), ann, "x", Write(7));
//! let early = history.call(at(2), bob, "x", Read);
//! history.returns(at(3), early, Value(7)); // it took effect before this
//! history.returns(at(4), write, Done);
//! assert_eq!(history.check(), Ok(()));
//!
//! let stale = history.call(at(5), bob, "x", Read);
//! history.returns(at(6), stale, Value(0));
//! let violation = history.check().unwrap_err();
//! assert!(violation.because.contains("Read by node 2 from 5.000s until 6.000s returned Value(0)"));
//! ```

mod explanation;
mod history;
mod models;
mod search;
mod seen;
#[cfg(test)]
mod tests;

pub use explanation::{Explanation, Placed};
pub use history::{Call, CallId, Ending, History};
pub use models::{
    Counter, CounterCall, CounterOutcome, Lock, LockCall, LockOutcome, LockState, Queue, QueueCall, QueueOutcome,
    Register, RegisterCall, RegisterOutcome,
};

use alloc::vec::Vec;
use core::fmt::Debug;
use core::hash::Hash;

/// What an object does, one operation at a time.
///
/// ```
/// use quorate_sim::check::linearizable::Specification;
///
/// /// A bell that rings once.
/// struct Bell;
/// #[derive(Clone, Debug, PartialEq)]
/// struct Ring;
///
/// impl Specification for Bell {
///     type State = bool;
///     type Operation = Ring;
///     type Outcome = bool; // whether it rang
///     fn initial(&self) -> bool { false }
///     fn after(&self, rung: &bool, _: &Ring, rings: Option<&bool>) -> Option<bool> {
///         rings.is_none_or(|rings| *rings == !rung).then_some(true)
///     }
/// }
/// assert_eq!(Bell.after(&true, &Ring, Some(&true)), None);
/// ```
pub trait Specification {
    /// What the object is like between operations.
    type State: Clone + Eq + Hash + Debug;
    /// What can be asked of it. Equal ones must do the same; so who asks is part of it, where that matters.
    type Operation: Clone + PartialEq + Debug;
    /// What can be answered.
    type Outcome: Clone + Debug;

    /// What it is like at first.
    fn initial(&self) -> Self::State;

    /// What it is like after an operation that had this outcome in that state; `None` if it cannot have had it there.
    ///
    /// If the outcome is unknown (also `None`), what it is like if the operation has had its effect. That no effect is possible can
    /// be said by `None` or by the same state.
    fn after(
        &self,
        state: &Self::State,
        operation: &Self::Operation,
        outcome: Option<&Self::Outcome>,
    ) -> Option<Self::State>;

    /// How late each of these calls probably took effect: where several may be next, those with the lowest rank are tried first. The
    /// calls come in the order in which they were made, which is also how they are tried where there are no ranks.
    ///
    /// A matter of speed only. It helps where the order of two calls shows only much later, as for a [`Queue`].
    fn ranks(&self, calls: &[(&Self::Operation, Option<&Self::Outcome>)]) -> Vec<usize> {
        let _ = calls;
        Vec::new()
    }
}
