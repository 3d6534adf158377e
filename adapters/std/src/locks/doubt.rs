//! That work under a lock should stop.

use core::fmt;
use core::time::Duration;
use quorate::Instant;
use quorate::lease::holder::Loss;

/// That work under a lock should stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Doubt {
    /// Why.
    pub reason: DoubtReason,
    /// When the lease ends unless it is renewed; [`Instant::ORIGIN`] if it has ended.
    pub until: Instant,
    /// How long there was until then when this was made.
    pub left: Duration,
}

/// Why work under a lock should stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DoubtReason {
    /// The renewal of the lease is overdue, and may yet come; or the authority extends it no further.
    RenewalOverdue,
    /// It is not held any more.
    Lost(Loss),
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.reason {
            DoubtReason::RenewalOverdue => {
                write!(f, "the lock is doubtful: a renewal is overdue, and {:?} are left", self.left)
            }
            DoubtReason::Lost(why) => write!(f, "the lock is lost: {why}"),
        }
    }
}
