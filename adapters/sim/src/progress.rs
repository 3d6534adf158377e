//! Whoever is told how far a long search is can end it.

use core::ops::ControlFlow;

/// The answer of somebody who is told how far something is: whether it is to go on.
///
/// Who only listens answers nothing, and it goes on; who may want to end it answers with a [`ControlFlow`].
///
/// ```
/// use core::ops::ControlFlow;
/// use core::time::Duration;
/// use quorate_sim::swarm::{Swarm, trials::ProcessTrial};
/// use quorate::clock::LamportClock;
///
/// let trial = ProcessTrial::<LamportClock>::new();
/// let swarm = Swarm { seeds: 1_000_000, length: Duration::from_secs(60), ..Swarm::default() };
/// let enough = |so_far: quorate_sim::swarm::Progress| match so_far.seeds {
///     0..10 => ControlFlow::Continue(()),
///     _ => ControlFlow::Break(()),
/// };
/// let report = swarm.run(&trial, enough);
/// assert!((10..100).contains(&report.seeds));
/// ```
pub trait Answer {
    /// Whether it is to go on.
    fn goes_on(self) -> bool;
}

impl Answer for () {
    fn goes_on(self) -> bool {
        true
    }
}

impl Answer for ControlFlow<()> {
    fn goes_on(self) -> bool {
        self.is_continue()
    }
}
