//! Waking who waits for a datagram.

use core::fmt;
use std::sync::Arc;

/// Has a [`Transport`](super::Transport) that waits for a datagram stop waiting, from any thread.
///
/// ```
/// use quorate_std::Mailbox;
/// use quorate_std::transport::Waker;
/// use std::sync::Arc;
///
/// let mailbox = Arc::new(Mailbox::<u8>::new(1));
/// let woken = mailbox.clone();
/// let waker = Waker::new(move || woken.wake());
/// waker.wake();
/// assert_eq!(mailbox.take(None), quorate_std::Taken::Woken);
/// ```
#[derive(Clone)]
pub struct Waker(Arc<dyn Fn() + Send + Sync>);

impl Waker {
    /// Wakes by calling this, which must not block.
    #[must_use]
    pub fn new(wake: impl Fn() + Send + Sync + 'static) -> Self {
        Self(Arc::new(wake))
    }

    /// Wakes it.
    pub fn wake(&self) {
        (self.0)();
    }
}

impl fmt::Debug for Waker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Waker").finish_non_exhaustive()
    }
}
