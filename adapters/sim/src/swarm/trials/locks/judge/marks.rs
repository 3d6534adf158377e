//! The interesting states that the trials of leases are to reach.

macro_rules! marks {
    ($($name:ident $story:literal)*) => {
        #[derive(Clone, Copy)]
        pub(super) enum Mark { $($name),* }
        pub(super) const MARKS: &[&str] = &[$($story),*];
    };
}

marks! {
    Superseded "a reclaim was superseded"
    Full "the authority was full"
    Overlapped "two leases overlapped, by a clock that was set"
    Acquired "a lock was acquired"
    Expired "a lease ran out"
    Reclaimed "a lease was reclaimed"
    Grace "somebody was refused for the grace period"
    Delayed "somebody waited for a lock-delay"
    Broken "a broken lease was lost"
    Capped "a lease reached its cap"
    HandedOver "a lock was handed to who waited"
    Doubtful "a holder was in doubt"
    Sound "a holder in doubt was assured"
    Entered "a holder entered again"
    Cancelled "a waiter gave up"
    TimedOut "the time to wait was over"
    Busy "somebody who would not wait was refused"
    OtherPermits "a semaphore was known with other permits"
    Fenced "the fence refused a late deed"
    Together "two held a resource together"
    Kept "a lease was kept through a failover"
    WaitedThrough "a waiter was granted by the next authority"
    Unconfirmed "a release was never confirmed"
    CrashedHolding "a holder crashed and its lock was freed"
    ThirdEpoch "a third authority was open"
    Elsewhere "a client was sent elsewhere"
}

/// How many of the marks only a cluster can reach: the last ones.
pub(super) const HOSTED: usize = 1;
/// How many of them are rare in a cluster, and asked for only where the authority is fixed: the first ones.
pub(super) const FIXED: usize = 3;
