//! What is tried.

mod failures;
mod meetings;
mod messages;
mod ordinary;
mod processes;

pub use failures::{connection_cut_and_healed, holder_killed, holder_paused_past_its_lease, server_restarted};
pub use meetings::{
    barrier_broken_for_all, barrier_party_too_many, barrier_passed_together, barrier_reply_lost_but_applied,
    barrier_server_restarted,
};
pub use messages::{release_retried_after_somebody_else_acquired, reply_lost_but_applied};
pub use ordinary::{contention, leader_elected_and_replaced, wait_ending_exactly_at_expiry};
pub use processes::{holder_process_killed, holder_process_paused_past_its_lease};

use crate::LockService;
use core::time::Duration;
use quorate::FencingToken;
use quorate::lease::Fence;
use quorate_tokio::locks::Guard;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The lock that is contended for. In a name there may be slashes, and the like.
const LOCK: &str = "orders/42 100%";

/// How long a scenario waits for what has to come. None ever waits that long when all is well.
const PATIENCE: Duration = Duration::from_secs(60);

/// Waits for something that has to come.
async fn soon<T>(what: &str, future: impl IntoFuture<Output = T>) -> T {
    match tokio::time::timeout(PATIENCE, future.into_future()).await {
        Ok(value) => value,
        Err(_) => panic!("{what} did not come within {PATIENCE:?}"),
    }
}

/// Acquires the lock.
async fn acquired(services: &impl LockService) -> Guard {
    soon("the lock", services.acquire(LOCK)).await.expect("the lock")
}

/// The resource that is locked, behind a fence.
#[derive(Debug, Default)]
struct Resource {
    fence: Mutex<Fence>,
}

impl Resource {
    fn fence(&self) -> MutexGuard<'_, Fence> {
        self.fence.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A holder that has just acquired the lock uses it, with a token higher than all before it.
    fn entered_by(&self, guard: &Guard) {
        self.raised_to(guard.token());
    }

    /// Somebody uses it with a token higher than all before it.
    fn raised_to(&self, token: FencingToken) {
        let mut fence = self.fence();
        let raised = fence.admit(token);
        assert_eq!(raised, Ok(true), "L2: the token {token} was granted after {}", fence.mark());
    }

    /// Whether a holder, perhaps a former one, can still use it.
    fn admits(&self, guard: &Guard) -> bool {
        self.admits_token(guard.token())
    }

    /// Whether somebody with this token can still use it.
    fn admits_token(&self, token: FencingToken) -> bool {
        self.fence().admit(token).is_ok()
    }
}
