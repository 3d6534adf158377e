//! Speaking to a machine that is being driven, from any thread.

use super::{Counters, Traffic};
use crate::sync::atomic::{AtomicUsize, Ordering};
use crate::sync::{Mailbox, Mutex, MutexGuard, Taken, Watched, lock};
use crate::transport::Waker;
use crate::{Closed, Error};
use core::fmt;
use core::time::Duration;
use quorate::Machine;
use std::sync::Arc;

/// How many commands wait at most; who has another one waits for room.
const COMMANDS: usize = 64;

/// What a driver and its handles share.
pub(super) struct Shared<M: Machine> {
    machine: Mutex<M>,
    pub(super) traffic: Arc<Traffic>,
    pub(super) requests: Mailbox<Request<M>>,
    waker: Waker,
    /// How many handles there are.
    handles: AtomicUsize,
    /// How it ended, when it has.
    pub(super) done: Watched<Option<Result<(), Error>>>,
}

/// Something that is asked of the driver.
pub(super) enum Request<M: Machine> {
    /// A command, and where the events go that came of it.
    Command(M::Command, Reply<M::Event>),
    /// To ask the observer what is next.
    Nudge,
    /// To stop.
    Stop,
}

/// Where the events of a command go. Dropped, it says that there are none.
pub(super) struct Reply<E>(Arc<Mailbox<Vec<E>>>);

impl<E> Reply<E> {
    pub(super) fn give(self, events: Vec<E>) {
        let _ = self.0.try_put(events); // There is room for the one answer that there is.
    }
}

impl<E> Drop for Reply<E> {
    fn drop(&mut self) {
        self.0.close();
    }
}

impl<M: Machine> Shared<M> {
    pub(super) fn new(machine: M, traffic: Arc<Traffic>, waker: Waker) -> Self {
        Self {
            machine: Mutex::new(machine),
            traffic,
            requests: Mailbox::new(COMMANDS),
            waker,
            handles: AtomicUsize::new(1),
            done: Watched::new(None),
        }
    }

    /// The machine, for as long as it takes to step or to look at it.
    pub(super) fn machine(&self) -> MutexGuard<'_, M> {
        lock(&self.machine)
    }

    /// The driver has stopped, and this is how: nothing more can be asked.
    pub(super) fn end(&self, result: Result<(), Error>) {
        self.requests.close();
        while self.requests.try_take().is_some() {} // Whoever asked learns it when the reply is dropped.
        self.done.settle(Some(result));
    }
}

/// Speaks to a machine while a [`Driver`](super::Driver) drives it. Clones speak to the same machine.
///
/// When the last handle is dropped, the driver stops.
pub struct Handle<M: Machine> {
    pub(super) shared: Arc<Shared<M>>,
}

impl<M: Machine> Handle<M> {
    /// Gives the machine a command, and waits until the outputs of that step have been carried out. Returns the events
    /// among them.
    ///
    /// 64 commands wait at most; who has one more waits for room.
    ///
    /// # Errors
    ///
    /// If the driver has stopped, or stopped before all of that was done.
    pub fn command(&self, command: M::Command) -> Result<Vec<M::Event>, Closed> {
        let answer = Arc::new(Mailbox::new(1));
        self.ask(Request::Command(command, Reply(answer.clone())))?;
        match answer.take(None) {
            Taken::Mail(events) => Ok(events),
            Taken::Woken | Taken::Elapsed | Taken::Closed => Err(Closed),
        }
    }

    /// Has the observer's [`stepped`](super::Observer::stepped) called soon.
    pub fn nudge(&self) {
        let _ = self.shared.requests.try_put(Request::Nudge); // With a queue full of commands, it is called anyhow.
        self.shared.waker.wake();
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

    /// Asks the driver to stop, when it has done what was asked before. The machine is not told; see [`closed`](Handle::closed)
    /// for when it has.
    pub fn stop(&self) {
        let _ = self.ask(Request::Stop); // It may have stopped already.
    }

    /// Waits until the driver has stopped: its socket and its storage are free then.
    ///
    /// # Errors
    ///
    /// If it had to, and why.
    pub fn closed(&self) -> Result<(), Error> {
        self.closed_within(None).unwrap_or(Err(Error::Aborted))
    }

    /// Waits until the driver has stopped, for so long at most; `None` is for as long as it takes. Returns `None` if it has not.
    #[must_use]
    pub fn closed_within(&self, longest: Option<Duration>) -> Option<Result<(), Error>> {
        self.shared.done.wait(longest, Clone::clone)
    }

    /// Whether the driver has stopped, and how.
    #[must_use]
    pub fn result(&self) -> Option<Result<(), Error>> {
        self.shared.done.get()
    }

    fn ask(&self, request: Request<M>) -> Result<(), Closed> {
        self.shared.requests.put(request).map_err(|_| Closed)?;
        self.shared.waker.wake();
        Ok(())
    }
}

impl<M: Machine> Clone for Handle<M> {
    fn clone(&self) -> Self {
        self.shared.handles.fetch_add(1, Ordering::Relaxed);
        Self { shared: self.shared.clone() }
    }
}

impl<M: Machine> Drop for Handle<M> {
    fn drop(&mut self) {
        if self.shared.handles.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.shared.requests.close();
            self.shared.waker.wake();
        }
    }
}

impl<M: Machine> fmt::Debug for Handle<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle").field("result", &self.result()).finish_non_exhaustive()
    }
}
