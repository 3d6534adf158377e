//! Handing events out to threads.

use super::{Happened, Observer};
use crate::sync::{Condvar, Mutex, lock, wait};
use crate::{Error, Notice};
use core::fmt;
use core::time::Duration;
use quorate::{Instant as Time, Machine};
use std::collections::VecDeque;
use std::sync::{Arc, Weak};
use std::time::Instant;

/// An observer that hands events out to any number of receivers, each with the time at which it happened.
///
/// A receiver that is too slow misses the oldest ones, and is told how many ([`NextError::Missed`]); it never holds the machine
/// up. Clones hand out the same.
#[derive(Debug)]
pub struct Events<E> {
    capacity: usize,
    receivers: Arc<Mutex<Receivers<E>>>,
}

#[derive(Debug)]
struct Receivers<E> {
    queues: Vec<Weak<Queue<E>>>,
    stopped: bool,
}

#[derive(Debug)]
struct Queue<E> {
    inside: Mutex<Inside<E>>,
    changed: Condvar,
}

#[derive(Debug)]
struct Inside<E> {
    events: VecDeque<(Time, Happened<E>)>,
    missed: u64,
    stopped: bool,
}

impl<E: Clone> Events<E> {
    /// An observer whose receivers may be so many events late.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        let receivers = Receivers { queues: Vec::new(), stopped: false };
        Self { capacity: capacity.max(1), receivers: Arc::new(Mutex::new(receivers)) }
    }

    /// A receiver of what happens from now on.
    #[must_use]
    pub fn subscribe(&self) -> Receiver<E> {
        let mut receivers = lock(&self.receivers);
        let inside = Inside { events: VecDeque::new(), missed: 0, stopped: receivers.stopped };
        let queue = Arc::new(Queue { inside: Mutex::new(inside), changed: Condvar::new() });
        receivers.queues.push(Arc::downgrade(&queue));
        Receiver { queue }
    }

    /// Hands an event to every receiver that there is.
    pub fn send(&self, happened: &Happened<E>, at: Time) {
        lock(&self.receivers).queues.retain(|queue| {
            let Some(queue) = queue.upgrade() else { return false };
            let mut inside = lock(&queue.inside);
            if inside.events.len() >= self.capacity {
                inside.events.pop_front();
                inside.missed += 1;
            }
            inside.events.push_back((at, happened.clone()));
            drop(inside);
            queue.changed.notify_one();
            true
        });
    }

    /// Nothing happens any more: receivers learn it when they have had what happened before.
    pub fn stop(&self) {
        let mut receivers = lock(&self.receivers);
        receivers.stopped = true;
        for queue in receivers.queues.iter().filter_map(Weak::upgrade) {
            lock(&queue.inside).stopped = true;
            queue.changed.notify_one();
        }
    }
}

impl<E> Clone for Events<E> {
    fn clone(&self) -> Self {
        Self { capacity: self.capacity, receivers: self.receivers.clone() }
    }
}

impl<M: Machine> Observer<M> for Events<M::Event>
where
    M::Event: Send + 'static,
{
    fn event(&mut self, event: &M::Event, at: Time) {
        self.send(&Happened::Event(event.clone()), at);
    }

    fn notice(&mut self, notice: &Notice, at: Time) {
        self.send(&Happened::Notice(notice.clone()), at);
    }

    fn stopped(&mut self, _: &Result<(), Error>) {
        self.stop();
    }
}

/// Receives what an [`Events`] hands out.
#[derive(Debug)]
pub struct Receiver<E> {
    queue: Arc<Queue<E>>,
}

impl<E> Receiver<E> {
    /// The next event and when it happened. Waits for it, for so long at most; `None` is for as long as it takes.
    ///
    /// # Errors
    ///
    /// If there is none in time, or never will be any; and, once, if some were missed since the one before.
    ///
    /// ```
    /// use quorate::Instant;
    /// use quorate_std::Happened;
    /// use quorate_std::driver::{Events, NextError};
    /// use std::time::Duration;
    ///
    /// let events = Events::new(2);
    /// let mut receiver = events.subscribe();
    /// for event in 1..=3 {
    ///     events.send(&Happened::Event(event), Instant::ORIGIN);
    /// }
    /// assert_eq!(receiver.next(None), Err(NextError::Missed(1)));
    /// assert_eq!(receiver.next(None), Ok((Instant::ORIGIN, Happened::Event(2))));
    /// assert_eq!(receiver.next(None), Ok((Instant::ORIGIN, Happened::Event(3))));
    /// assert_eq!(receiver.next(Some(Duration::ZERO)), Err(NextError::Elapsed));
    /// events.stop();
    /// assert_eq!(receiver.next(None), Err(NextError::Stopped));
    /// ```
    pub fn next(&mut self, longest: Option<Duration>) -> Result<(Time, Happened<E>), NextError> {
        let end = longest.and_then(|longest| Instant::now().checked_add(longest));
        let mut inside = lock(&self.queue.inside);
        loop {
            if inside.missed > 0 {
                return Err(NextError::Missed(core::mem::take(&mut inside.missed)));
            }
            if let Some(next) = inside.events.pop_front() {
                return Ok(next);
            }
            if inside.stopped {
                return Err(NextError::Stopped);
            }
            let left = end.map(|end| end.saturating_duration_since(Instant::now()));
            if left == Some(Duration::ZERO) {
                return Err(NextError::Elapsed);
            }
            inside = wait(&self.queue.changed, inside, left);
        }
    }
}

/// Why there is no next event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NextError {
    /// None came in time.
    Elapsed,
    /// So many were missed, since more came than there is room for. The next call goes on behind them.
    Missed(u64),
    /// Nothing happens any more.
    Stopped,
}

impl fmt::Display for NextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Elapsed => f.write_str("nothing happened in time"),
            Self::Missed(missed) => write!(f, "{missed} events were missed, since they were not taken in time"),
            Self::Stopped => f.write_str("nothing happens any more: it has stopped"),
        }
    }
}

impl core::error::Error for NextError {}
