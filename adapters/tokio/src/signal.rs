//! How tasks are told to look again.

use quorate_std::Signal;
use tokio::sync::Notify;
use tokio::sync::futures::Notified;

/// Tells tasks that something has changed.
#[derive(Debug, Default)]
pub(crate) struct Changes(Notify);

impl Changes {
    /// Ends at the next change. It listens once it is [enabled](Notified::enable), or polled.
    pub(crate) fn next(&self) -> Notified<'_> {
        self.0.notified()
    }
}

impl Signal for Changes {
    fn notify(&self) {
        self.0.notify_waiters();
    }
}
