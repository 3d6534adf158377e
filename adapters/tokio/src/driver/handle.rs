//! Speaking to a machine that is being driven.

use super::Counters;
use crate::{Closed, Error};
use core::fmt;
use core::sync::atomic::{AtomicBool, Ordering};
use quorate::Machine;
use quorate_std::driver::Traffic;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Notify, mpsc, oneshot, watch};

/// How many commands wait at most; who has another one waits for room.
pub(super) const COMMANDS: usize = 64;

/// What a driver and its handles share.
#[derive(Debug)]
pub(super) struct Shared<M> {
    machine: Mutex<M>,
    pub(super) traffic: Arc<Traffic>,
    pub(super) wake: Notify,
    pub(super) stopping: AtomicBool,
}

impl<M> Shared<M> {
    pub(super) fn new(machine: M, traffic: Arc<Traffic>) -> Self {
        Self { machine: Mutex::new(machine), traffic, wake: Notify::new(), stopping: AtomicBool::new(false) }
    }

    /// The machine, for as long as it takes to step or to look at it: never across an await.
    pub(super) fn machine(&self) -> MutexGuard<'_, M> {
        // A step does not panic, and whoever panicked while looking has changed nothing.
        self.machine.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A command, and whom to tell what came of it.
#[derive(Debug)]
pub(super) struct Request<M: Machine> {
    pub(super) command: M::Command,
    pub(super) reply: oneshot::Sender<Vec<M::Event>>,
}

/// Speaks to a machine while a [`Driver`](super::Driver) drives it. Clones speak to the same machine.
///
/// When the last handle is dropped, the driver stops.
pub struct Handle<M: Machine> {
    pub(super) shared: Arc<Shared<M>>,
    pub(super) requests: mpsc::Sender<Request<M>>,
    pub(super) done: watch::Receiver<Option<Result<(), Error>>>,
}

impl<M: Machine> Handle<M> {
    /// Gives the machine a command, and waits until the outputs of that step have been carried out. Returns the events
    /// among them.
    ///
    /// 64 commands wait at most; who has one more waits for room.
    /// If this is cancelled, the command may still be carried out.
    ///
    /// # Errors
    ///
    /// If the driver has stopped, or stopped before all of that was done.
    pub async fn command(&self, command: M::Command) -> Result<Vec<M::Event>, Closed> {
        let (reply, events) = oneshot::channel();
        self.requests.send(Request { command, reply }).await.map_err(|_| Closed)?;
        events.await.map_err(|_| Closed)
    }

    /// Has the observer's [`stepped`](super::Observer::stepped) called soon.
    pub fn nudge(&self) {
        self.shared.wake.notify_one();
    }

    /// Looks at the machine. Do so briefly, for meanwhile it cannot be stepped. What the last step wants to be done may
    /// not be done yet.
    pub fn inspect<T>(&self, look: impl FnOnce(&M) -> T) -> T {
        look(&self.shared.machine())
    }

    /// What the driver has counted so far.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.shared.traffic.counters()
    }

    /// Asks the driver to stop. The machine is not told; see [`closed`](Handle::closed) for when it has.
    pub fn stop(&self) {
        self.shared.stopping.store(true, Ordering::Release);
        self.shared.wake.notify_one();
    }

    /// Waits until the driver has stopped.
    ///
    /// # Errors
    ///
    /// If it had to, and why.
    pub async fn closed(&self) -> Result<(), Error> {
        match self.done.clone().wait_for(Option::is_some).await.as_deref() {
            Ok(Some(result)) => result.clone(),
            Ok(None) | Err(_) => Err(Error::Aborted),
        }
    }

    /// Whether the driver has stopped, and how.
    #[must_use]
    pub fn result(&self) -> Option<Result<(), Error>> {
        self.done.borrow().clone()
    }
}

impl<M: Machine> Clone for Handle<M> {
    fn clone(&self) -> Self {
        let Self { shared, requests, done } = self;
        Self { shared: shared.clone(), requests: requests.clone(), done: done.clone() }
    }
}

impl<M: Machine> fmt::Debug for Handle<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle").field("result", &self.result()).finish_non_exhaustive()
    }
}
