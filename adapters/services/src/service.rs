//! What services are.

use crate::Guarantees;
use core::fmt;
use quorate::{FencingToken, Name, NameError};
use quorate_tokio::barriers::{Barrier, CyclicBarrier, DoubleBarrier};
use quorate_tokio::locks::Acquire;
use quorate_tokio::{Barriers, Locks};

/// Something behind which an engine stands.
pub trait Service: fmt::Debug + Send + Sync {
    /// What it guarantees, as it is set.
    fn guarantees(&self) -> Guarantees;
}

/// Locks, shared locks and semaphores.
///
/// ```
/// use quorate_services::LockService;
/// async fn report(locks: &impl LockService) -> Result<(), Box<dyn std::error::Error>> {
///     let reading = locks.shared("orders/42").await?;
///     let permit = locks.semaphore("printers", 3).await?; // one of three
///     // …
///     permit.release().await?;
///     reading.release().await?;
///     Ok(())
/// }
/// ```
pub trait LockService: Service {
    /// The locks, with all that they can do.
    fn locks(&self) -> &Locks;

    /// A lock, held by one at a time. See [`Locks::acquire`].
    fn acquire(&self, name: &str) -> Acquire {
        self.locks().acquire(name)
    }

    /// A lock that is held by any number together, as long as all of them want it shared. See [`Locks::shared`].
    fn shared(&self, name: &str) -> Acquire {
        self.locks().shared(name)
    }

    /// One of the permits of a semaphore, or [several](Acquire::permits). See [`Locks::semaphore`].
    fn semaphore(&self, name: &str, of: u16) -> Acquire {
        self.locks().semaphore(name, of)
    }
}

/// Barriers: nobody goes on before all have arrived.
///
/// ```
/// use quorate_services::BarrierService;
/// async fn deploy(barriers: &impl BarrierService) -> Result<(), Box<dyn std::error::Error>> {
///     barriers.barrier("deployed", 3).wait().await?; // all three have come this far
///     let mut steps = barriers.cyclic("step", 3);
///     for _ in 0..10 {
///         // … this step's work …
///         steps.wait().await?; // and all three have done it
///     }
///     Ok(())
/// }
/// ```
pub trait BarrierService: Service {
    /// The barriers, with all that they can do.
    fn barriers(&self) -> &Barriers;

    /// A barrier at which each of so many parties waits once. See [`Barriers::barrier`].
    fn barrier(&self, name: &str, parties: u16) -> Barrier {
        self.barriers().barrier(name, parties)
    }

    /// A barrier at which the same parties wait again and again. See [`Barriers::cyclic`].
    fn cyclic(&self, name: &str, parties: u16) -> CyclicBarrier {
        self.barriers().cyclic(name, parties)
    }

    /// A barrier whose parties begin together and end together. See [`Barriers::double`].
    fn double(&self, name: &str, parties: u16) -> DoubleBarrier {
        self.barriers().double(name, parties)
    }
}

/// Elections of a leader among those who campaign: any number of them, each by its name.
///
/// A leadership is a lock that is held. So the guard says for how long it is valid, is told when to doubt it, and its token goes to
/// whatever must not take the late deeds of an earlier leader. Elections do not share their names with locks.
///
/// ```
/// use quorate_services::ElectionService;
/// async fn lead(elections: &impl ElectionService) -> Result<(), Box<dyn std::error::Error>> {
///     loop {
///         let leadership = elections.campaign("billing").await?; // this one leads
///         tokio::select! {
///             () = async { /* what only the leader does */ } => {}
///             doubt = leadership.doubtful() => eprintln!("{doubt}"), // and the work is dropped
///         }
///         leadership.release().await?; // another may lead at once
///     }
/// }
/// ```
pub trait ElectionService: LockService {
    /// Waits until this one leads. Names of elections are by nine bytes shorter than those of locks.
    fn campaign(&self, election: &str) -> Acquire {
        self.locks().acquire(&[ELECTION, election].concat())
    }

    /// Who leads, as the engine knows it at this moment. `None` if nobody does.
    ///
    /// # Errors
    ///
    /// If the name is none, or the engine does not answer.
    fn leader(&self, election: &str) -> impl Future<Output = Result<Option<Leader>, ServiceError>> + Send;
}

/// What stands before the name of an election where locks are kept.
const ELECTION: &str = "election/";

/// Under which name an election is kept among the locks.
pub(crate) fn election(name: &str) -> Result<Name, ServiceError> {
    Name::new(&[ELECTION, name].concat()).map_err(ServiceError::Name)
}

/// Who leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leader {
    /// What the leader is called: by its [`label`](crate::Settings::label), or on a cluster by the number of its node.
    pub label: String,
    /// What it leads with. It grows from leader to leader.
    pub token: FencingToken,
}

/// Why a service did not do what was asked.
#[derive(Debug)]
#[non_exhaustive]
pub enum ServiceError {
    /// The name is none.
    Name(NameError),
    /// The engine did not answer, or refused.
    Engine(Box<dyn core::error::Error + Send + Sync>),
}

impl ServiceError {
    pub(crate) fn engine(error: impl core::error::Error + Send + Sync + 'static) -> Self {
        Self::Engine(Box::new(error))
    }
}

impl fmt::Display for ServiceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(error) => error.fmt(f),
            Self::Engine(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for ServiceError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Name(error) => Some(error),
            Self::Engine(error) => Some(error.as_ref()),
        }
    }
}
