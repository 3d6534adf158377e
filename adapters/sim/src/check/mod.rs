//! Checkers: promises of protocols, judged from what truly happened.
//!
//! A checker is a value that is told, event by event and in the order of true time, what a simulated (or a real) system did, and
//! that answers with a [`Violation`] as soon as a promise is broken. It knows nothing of any world: whoever sees the events feeds
//! it. Each costs about constant time for an event.
//!
//! | checker | promise | what it forgets, and why that is sound |
//! |---|---|---|
//! | [`Stamps`] over a [`Graph`], [`near_physical`] | C1, C2, C3: logical clocks and causality | events that left the window; paths lead over those that remain |
//! | [`Leaders`] | E1, E1p: one leader an epoch | old epochs; who claims a forgotten one is reported |
//! | [`Leases`] | E2, L1: no two valid leases at an instant | leases that have ended; they overlap with nothing any more |
//! | [`Tokens`] | L2, L3: tokens only grow, at who grants and at the resource | all but the highest; it stands for those before |
//! | [`Line`] | L5: first come, first served | who left, as soon as somebody behind is served |
//! | [`Epochs`] | E5: epochs never go back at a node | all but the latest; it stands for those before |
//! | [`Suspicions`] | D1: whoever is down is suspected, in time and for ever | what is older than the bound; the latest change decides |
//! | [`Levels`] | D2: the level never falls in a silence | all but the last level; it stands for those before |
//! | [`Generations`] | B1, B3, B4, B5: one outcome for all parties of a barrier | old generations; who is bound learns the end before |
//! | [`Service`] | D7: a detector's own figures are true | single events; the figures are sums |
//! | [`linearizable`] | objects that behave as if they did one thing at a time | what was settled; the states that it can have led to stay |
//!
//! None of them grows with simulated time: each one's documentation says what bounds it.

mod epochs;
mod generations;
mod graph;
mod leaders;
mod leases;
mod levels;
mod line;
pub mod linearizable;
mod service;
mod stamps;
mod suspicions;
mod tokens;
mod violation;
mod who;

pub use epochs::Epochs;
pub use generations::{Arrival, Ended, Generations};
pub use graph::{Event, Graph};
pub use leaders::Leaders;
pub use leases::{Leases, Mode};
pub use levels::Levels;
pub use line::Line;
pub use service::Service;
pub use stamps::{Promise, Stamps, near_physical};
pub use suspicions::Suspicions;
pub use tokens::Tokens;
pub use violation::Violation;
pub use who::Who;
