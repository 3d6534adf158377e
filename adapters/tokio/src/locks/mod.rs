//! Locks, shared locks and semaphores, as guards.
//!
//! [`Locks`] acquire by [`Holder`](quorate::lease::Holder) machines, one for each acquisition that is under way or held. They are
//! stepped in the task of whoever acquires and releases, and of whoever brings an answer; one task more looks after
//! deadlines, such as that of the next renewal.
//!
//! ```text
//!   acquire, release ──▶ Holder ──▶ Carrier ──▶ the authority: a cluster's leader, or an engine that plays it
//!                        Holder ◀── Answers ◀──
//! ```
//!
//! What is promised, and what is assumed, is said at [`quorate::lease`].

mod acquire;
mod carrier;
mod guard;
mod slot;
mod stake;
mod table;

pub use acquire::Acquire;
pub use carrier::{Answers, Carrier, MAX_AUTHORITIES};
pub use guard::Guard;
pub(crate) use quorate_std::carrier::Inbox;
pub use quorate_std::locks::{AcquireError, Doubt, DoubtReason, ReleaseError, Rules};

use core::fmt;
use core::pin::pin;
use core::sync::atomic::Ordering;
use quorate::Input;
use quorate::lease::Mode;
use quorate::lease::holder::{Command, Standing, Timing};
use quorate_std::locks::wish;
use std::sync::Arc;
use table::{Handle, Table};

/// Acquires locks. Clones are handles to the same ones.
///
/// When the last one and the last [`Guard`] are dropped, what is still being given up is seen to, and then everything ends.
#[derive(Clone)]
pub struct Locks {
    table: Handle,
}

impl Locks {
    /// Locks that are granted by whoever is behind `carrier`.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime with its time driver.
    pub fn over(carrier: impl Carrier, rules: Rules) -> Self {
        Self { table: Table::start(Box::new(carrier), *rules.config(), rules.clock().clone()) }
    }

    /// A lock, held by one at a time.
    ///
    /// ```no_run
    /// # async fn example(locks: quorate_tokio::Locks) -> Result<(), Box<dyn std::error::Error>> {
    /// use quorate_tokio::locks::AcquireError;
    /// use std::time::Duration;
    ///
    /// let guard = locks.acquire("orders/42").await?; // as long as it takes
    /// guard.release().await?;
    /// match locks.acquire("orders/42").within(Duration::from_secs(10)).await {
    ///     Ok(guard) => println!("held with the token {}", guard.token()),
    ///     Err(AcquireError::TimedOut) => println!("not within ten seconds"),
    ///     Err(error) => return Err(error.into()),
    /// }
    /// let free = locks.acquire("orders/42").at_once().await.is_ok(); // and given up again
    /// # let _ = free;
    /// # Ok(())
    /// # }
    /// ```
    pub fn acquire(&self, name: &str) -> Acquire {
        self.wish(name, Some(Mode::Exclusive), (0, 0))
    }

    /// A lock that is held by any number together, as long as all of them want it shared: a lock to read, whose counterpart to
    /// write is [`acquire`](Locks::acquire).
    pub fn shared(&self, name: &str) -> Acquire {
        self.wish(name, Some(Mode::Shared), (0, 0))
    }

    /// A permit of the `of` permits of a semaphore, or [several](Acquire::permits) together. All who use it must say the same
    /// `of`.
    pub fn semaphore(&self, name: &str, of: u16) -> Acquire {
        self.wish(name, Mode::permits(1, of), (1, of))
    }

    fn wish(&self, name: &str, mode: Option<Mode>, wanted: (u16, u16)) -> Acquire {
        Acquire::new(self.table.clone(), wish(name, mode, wanted))
    }

    /// The timings.
    #[must_use]
    pub fn timing(&self) -> &Timing {
        self.table.config().timing()
    }

    /// Stops in good order: nothing is acquired any more, who waits is told so, and what is held is kept until its guards are
    /// dropped. Returns when all of it has been given up.
    ///
    /// If this is cancelled, nothing is acquired all the same.
    pub async fn shutdown(&self) {
        self.table.closing.store(true, Ordering::Release);
        for slot in self.table.slots() {
            self.table.act(&slot, |state, _| match state.holder.standing() {
                // Who waits is told that it was cancelled; who holds keeps it until the last guard is dropped.
                Standing::Acquiring | Standing::Waiting | Standing::Held | Standing::Doubtful => {
                    Some(Input::Command(Command::Drain))
                }
                Standing::Idle | Standing::Releasing => None,
            });
        }
        loop {
            let mut idle = pin!(self.table.idle.notified());
            idle.as_mut().enable();
            if self.table.is_idle() {
                return;
            }
            idle.await;
        }
    }
}

impl fmt::Debug for Locks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let under_way = |slot: &Arc<slot::Slot>| slot.state().holder.standing() != Standing::Idle;
        f.debug_struct("Locks")
            .field("timing", self.timing())
            .field("under_way", &self.table.slots().iter().filter(|slot| under_way(slot)).count())
            .finish_non_exhaustive()
    }
}
