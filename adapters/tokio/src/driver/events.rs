//! Handing events out.

use super::{Happened, Observer};
use crate::Notice;
use quorate::{Instant, Machine};
use tokio::sync::broadcast;

/// An observer that broadcasts events, each with the time at which it happened.
///
/// A receiver that is too slow misses the oldest ones, and is told how many
/// ([`RecvError::Lagged`](broadcast::error::RecvError::Lagged)); it never holds the machine up.
#[derive(Clone, Debug)]
pub struct Events<E> {
    sender: broadcast::Sender<(Instant, Happened<E>)>,
}

impl<E: Clone> Events<E> {
    /// An observer whose receivers may be so many events late, and the first of them. Others
    /// [`subscribe`](Events::subscribe).
    #[must_use]
    pub fn new(capacity: usize) -> (Self, broadcast::Receiver<(Instant, Happened<E>)>) {
        let (sender, receiver) = broadcast::channel(capacity.max(1));
        (Self { sender }, receiver)
    }

    /// Another receiver, of what happens from now on.
    #[must_use]
    pub fn subscribe(&self) -> broadcast::Receiver<(Instant, Happened<E>)> {
        self.sender.subscribe()
    }
}

impl<M: Machine> Observer<M> for Events<M::Event>
where
    M::Event: Send + 'static,
{
    fn event(&mut self, event: &M::Event, at: Instant) {
        let _ = self.sender.send((at, Happened::Event(event.clone()))); // There may be nobody to tell.
    }

    fn notice(&mut self, notice: &Notice, at: Instant) {
        let _ = self.sender.send((at, Happened::Notice(notice.clone())));
    }
}
