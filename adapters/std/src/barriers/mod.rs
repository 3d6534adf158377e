//! Barriers: nobody goes on before all have arrived. Those that a cluster coordinates, and those among the threads of one process.
//!
//! | kind | how |
//! |---|---|
//! | single | [`barrier`](Barriers::barrier): everybody waits once, and that is it |
//! | cyclic | [`cyclic`](Barriers::cyclic): the same parties meet again and again |
//! | double | [`double`](Barriers::double): they begin together, and end together |
//!
//! What is promised, and what is assumed, is said at [`quorate::barrier`]. All machines of one [`Barriers`] are behind one mutex: a
//! [`Party`](quorate::barrier::Party) for each that takes part, and among threads the
//! [`Coordinator`](quorate::barrier::coordinator::Fixed), too. A thread that arrives steps whichever of them have something to do. Among
//! threads nobody else does: there is no further thread, and nothing is repeated.

mod arena;
mod attended;
mod end;
mod error;
mod kinds;
mod rules;
mod seat;

pub use arena::{MAX_BARRIERS, MAX_PARTIES};
pub use end::End;
pub use error::BarrierError;
pub use kinds::{Barrier, CyclicBarrier, DoubleBarrier, Entered};
pub use rules::Rules;

use crate::carrier::Carrier;
use crate::clock::Clock;
use crate::shared::{self, LookedAfter, Shared};
use crate::signal::Bell;
use arena::Arena;
use attended::Place;
use core::fmt;
use quorate::Name;
use quorate::Seed;
use quorate::barrier::Message;
use std::io;
use std::sync::Arc;

/// Meets others at barriers: [among the threads](Barriers::start) of one process, or at those of a cluster
/// ([`Client::barriers`](crate::Client::barriers)). Clones meet at the same ones.
///
/// ```
/// use quorate_std::barriers::Barriers;
/// use quorate_std::clock;
/// use std::sync::Arc;
/// use std::sync::atomic::{AtomicU32, Ordering};
///
/// let (barriers, done) = (Barriers::start(Arc::new(clock::System)), AtomicU32::new(0));
/// std::thread::scope(|scope| {
///     for _ in 0..3 {
///         scope.spawn(|| {
///             done.fetch_add(1, Ordering::Relaxed);
///             barriers.barrier("deployed", 3).wait().unwrap();
///             assert_eq!(done.load(Ordering::Relaxed), 3, "all three have come this far");
///         });
///     }
/// });
/// ```
#[derive(Clone)]
pub struct Barriers {
    hall: Arc<Hall>,
}

/// Ends everything when the last of the barriers and parties is dropped.
struct Hall {
    shared: Arc<Shared<Arena>>,
}

impl Barriers {
    /// Barriers among threads, by this clock: there are [`MAX_BARRIERS`] at once at most, each for [`MAX_PARTIES`] threads at most.
    #[must_use]
    pub fn start(clock: Arc<dyn Clock>) -> Self {
        let arena = Arena::alone(Seed::new(1), clock.now());
        Self::of(Arc::new(Shared::new(arena, clock, None, LookedAfter::ByWaiters)))
    }

    /// Barriers that are coordinated by whoever is behind `carrier`. A thread is started that looks after them.
    ///
    /// # Errors
    ///
    /// If there can be no further thread.
    pub fn over(carrier: impl Carrier<Message<Name>>, rules: &Rules) -> io::Result<Self> {
        let bell = Arc::new(Bell::default());
        let barriers = Self::looked_after(Box::new(carrier), rules, LookedAfter::Rung(bell.clone()));
        let shared = barriers.hall.shared.clone();
        let look_after = move || shared::look_after(&shared, &bell);
        std::thread::Builder::new().name("quorate-barriers".to_owned()).spawn(look_after)?;
        Ok(barriers)
    }

    /// The same, looked after by whoever does.
    pub(crate) fn looked_after(
        carrier: Box<dyn Carrier<Message<Name>>>,
        rules: &Rules,
        looked_after: LookedAfter,
    ) -> Self {
        let arena = Arena::among(rules.timing(), carrier.group(), rules.seed());
        Self::of(Shared::attached(arena, rules.clock().clone(), carrier, looked_after))
    }

    fn of(shared: Arc<Shared<Arena>>) -> Self {
        Self { hall: Arc::new(Hall { shared }) }
    }

    pub(crate) fn machines(&self) -> Arc<Shared<impl shared::Machines>> {
        self.hall.shared.clone()
    }

    /// A barrier of so many parties, at which each of them waits once.
    ///
    /// ```no_run
    /// # fn example(barriers: quorate_std::Barriers) -> Result<(), Box<dyn std::error::Error>> {
    /// barriers.barrier("deployed", 3).wait()?;
    /// println!("all three have come this far");
    /// # Ok(())
    /// # }
    /// ```
    pub fn barrier(&self, name: &str, parties: u16) -> Barrier {
        Barrier::new(self.place(name, parties))
    }

    /// A barrier of so many parties, at which the same ones wait again and again. This party has its place from its first wait on,
    /// until this is dropped.
    ///
    /// ```
    /// use quorate_std::{Barriers, clock};
    /// use std::sync::Arc;
    ///
    /// let barriers = Barriers::start(Arc::new(clock::System));
    /// std::thread::scope(|scope| {
    ///     for _ in 0..2 {
    ///         scope.spawn(|| {
    ///             let mut steps = barriers.cyclic("step", 2);
    ///             for step in 1..=100 {
    ///                 // … this step's work …
    ///                 let generation = steps.wait().unwrap();
    ///                 assert_eq!(generation.number(), step, "both have done this step");
    ///             }
    ///         });
    ///     }
    /// });
    /// ```
    pub fn cyclic(&self, name: &str, parties: u16) -> CyclicBarrier {
        CyclicBarrier::new(self.place(name, parties))
    }

    /// A barrier of so many parties, which begin together and end together.
    ///
    /// ```no_run
    /// # fn example(barriers: quorate_std::Barriers) -> Result<(), Box<dyn std::error::Error>> {
    /// let entered = barriers.double("batch", 3).enter()?; // all three have come
    /// // … work …
    /// entered.leave()?; // all three have finished
    /// # Ok(())
    /// # }
    /// ```
    pub fn double(&self, name: &str, parties: u16) -> DoubleBarrier {
        DoubleBarrier::new(self.place(name, parties))
    }

    fn place(&self, name: &str, parties: u16) -> Place {
        Place { hall: self.hall.clone(), name: Name::new(name).map_err(BarrierError::Name), parties }
    }
}

impl Drop for Hall {
    fn drop(&mut self) {
        self.shared.close();
    }
}

impl fmt::Debug for Barriers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Barriers").finish_non_exhaustive()
    }
}
