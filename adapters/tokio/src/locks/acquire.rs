//! Asking for a lock, and waiting for it.

use super::stake::Stake;
use super::table::Handle;
use super::{AcquireError, Guard};
use core::fmt;
use core::pin::Pin;
use core::sync::atomic::Ordering;
use core::task::{Context, Poll};
use core::time::Duration;
use quorate::Input;
use quorate::lease::holder::{Command, Failure, Patience};
use quorate_std::locks::{Phase, Wish, with_permits};

/// A lock, a shared lock or some permits of a semaphore that is asked for as soon as this is awaited.
///
/// Cancel-safe: who drops it gives up its place in line, and what has just been granted is released.
#[must_use = "nothing is asked for before it is awaited"]
pub struct Acquire {
    table: Handle,
    wish: Wish,
    patience: Patience,
    pending: Option<Stake>,
}

impl Acquire {
    pub(super) fn new(table: Handle, wish: Wish) -> Self {
        Self { table, wish, patience: Patience::Forever, pending: None }
    }

    /// Gives up after so long, whatever it waits for: [`AcquireError::TimedOut`].
    pub fn within(mut self, time: Duration) -> Self {
        self.patience = Patience::For(time);
        self
    }

    /// Does not wait in line: what somebody else holds is refused, as [`AcquireError::Busy`]. It still waits for an authority to
    /// be found and to answer, for the length of a lease at most.
    pub fn at_once(mut self) -> Self {
        self.patience = Patience::Try;
        self
    }

    /// Takes so many permits of a semaphore together, instead of one. Of what is no semaphore there are none to take.
    pub fn permits(mut self, take: u16) -> Self {
        self.wish = with_permits(self.wish, take);
        self
    }

    /// How many are before it in line, if it is known to be in line.
    #[must_use]
    pub fn ahead(&self) -> Option<u32> {
        let pending = self.pending.as_ref()?;
        match pending.slot().state().phase {
            Phase::Wanted { ahead } => ahead,
            _ => None,
        }
    }

    fn begin(&mut self) -> Result<(), AcquireError> {
        let (name, mode) = self.wish?;
        if self.table.closing.load(Ordering::Acquire) {
            return Err(AcquireError::ShuttingDown);
        }
        let slot = self.table.slot().ok_or(AcquireError::TooMany)?;
        slot.state().wanted = Some((name, mode));
        let command = Command::Acquire { resource: name, mode, patience: self.patience };
        self.table.step(&slot, Input::Command(command));
        let pending = Stake::new(self.table.clone(), slot);
        if self.table.closing.load(Ordering::Acquire) {
            return Err(AcquireError::ShuttingDown); // Who shuts down may not have seen it.
        }
        self.pending = Some(pending);
        Ok(())
    }
}

impl Future for Acquire {
    type Output = Result<Guard, AcquireError>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        if this.pending.is_none()
            && let Err(error) = this.begin()
        {
            return Poll::Ready(Err(error));
        }
        let Some(pending) = this.pending.take() else { return Poll::Pending };
        let mut state = pending.slot().state();
        match state.phase {
            Phase::Wanted { .. } => {
                if state.waker.as_ref().is_none_or(|waker| !waker.will_wake(context.waker())) {
                    state.waker = Some(context.waker().clone());
                }
                drop(state);
                this.pending = Some(pending);
                Poll::Pending
            }
            Phase::Held(token) | Phase::Doubtful(token) => {
                drop(state);
                Poll::Ready(Ok(Guard::new(pending, token)))
            }
            Phase::Failed(why) => {
                drop(state);
                let closing = this.table.closing.load(Ordering::Acquire);
                Poll::Ready(Err(match why {
                    Failure::Cancelled if closing => AcquireError::ShuttingDown,
                    why => AcquireError::from(why),
                }))
            }
            // It was granted and lost before this was polled again.
            Phase::Lost(why) => {
                drop(state);
                Poll::Ready(Err(AcquireError::Lost(why)))
            }
            Phase::Released { .. } => {
                drop(state);
                Poll::Ready(Err(AcquireError::ShuttingDown))
            }
        }
    }
}

impl fmt::Debug for Acquire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Acquire")
            .field("wish", &self.wish)
            .field("patience", &self.patience)
            .field("ahead", &self.ahead())
            .finish_non_exhaustive()
    }
}
