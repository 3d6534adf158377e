//! Many seeds, each with a configuration and a history of faults of its own.
//!
//! A seed draws which kinds of fault there are at all, how hard they come, how many nodes there are and how the protocol is
//! configured. Then it has two phases. While there are faults, *safety* is checked at every happening. When the faults
//! stop, *liveness*: the good state must be reached within the time that the machine itself exports. Always checked, too,
//! are the laws of the contract, that no machine spins, and that the same seed does the same again.
//!
//! What a run over many seeds should have *seen* is checked as well: interesting states that no seed reached are reported,
//! for a swarm that never gets anywhere finds nothing.

mod plan;
mod trial;
pub mod trials;

#[cfg(feature = "std")]
mod failure;
#[cfg(feature = "std")]
mod run;
#[cfg(feature = "std")]
mod shrink;
#[cfg(feature = "std")]
mod stopwatch;

#[cfg(feature = "arbitrary")]
pub(crate) use trial::run_with;

pub use plan::{Fault, Hostility, Plan, Planned};
pub use trial::{FaultOf, Judge, Outcome, PlanOf, Trial, WorldOf, apply, make_calm, run};

#[cfg(feature = "std")]
pub use failure::Failure;
#[cfg(feature = "std")]
pub use run::{Progress, Report, Swarm, plan_of};
#[cfg(feature = "std")]
pub use shrink::shrink;
#[cfg(feature = "std")]
pub use stopwatch::Stopwatch;
