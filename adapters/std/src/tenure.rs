//! One leadership of a member, as whoever drives the member sees to it and guards look at it.

use crate::signal::Signal;
use crate::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use crate::sync::{Mutex, lock};
use core::fmt;
use core::time::Duration;
use quorate::election;
use quorate::{Epoch, Instant};

/// One leadership of this member, from its election to its end. `S` tells of changes.
#[derive(Debug)]
pub struct Tenure<S> {
    epoch: Epoch,
    /// When it ends unless it is renewed, in nanoseconds; 0 when it has ended.
    until: AtomicU64,
    /// When to doubt it even if nobody says so, since then whoever should say so is held up himself.
    doubt: AtomicU64,
    hold: AtomicU8,
    phase: Mutex<Phase>,
    changed: S,
}

/// How a leadership stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Its lease is renewed in time.
    Assured,
    /// A renewal is overdue.
    Doubtful,
    /// It is to be given up when the work has stopped.
    Stopping(election::Why),
    /// It has ended.
    Lost(Why),
}

impl Phase {
    /// Why the leadership has ended, if it has ended in this phase: by the clock, when nobody has said so yet.
    fn end(self) -> Why {
        match self {
            Self::Lost(why) => why,
            Self::Stopping(why) => why.into(),
            Self::Assured | Self::Doubtful => election::Why::LeaseExpired.into(),
        }
    }
}

/// Who holds the guard of a leadership.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hold {
    /// Nobody has asked for it yet.
    Free = 0,
    /// Somebody has it.
    Held = 1,
    /// It was given back, or nobody can have it any more.
    Over = 2,
}

impl<S: Signal> Tenure<S> {
    /// A leadership that holds until then, and has no guard yet.
    #[must_use]
    pub fn new(epoch: Epoch, until: Instant) -> Self {
        let nanos = until.as_nanos();
        Self {
            epoch,
            until: AtomicU64::new(nanos),
            doubt: AtomicU64::new(nanos),
            hold: AtomicU8::new(Hold::Free as u8),
            phase: Mutex::new(Phase::Assured),
            changed: S::default(),
        }
    }

    /// Its number.
    #[must_use]
    pub const fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// The lease holds until then, and renewals are overdue from `doubt` on.
    pub fn renew(&self, until: Instant, doubt: Instant) {
        self.doubt.store(doubt.as_nanos(), Ordering::Relaxed);
        self.until.store(until.as_nanos(), Ordering::Release);
    }

    /// Enters another phase, unless it is lost already, and tells of it.
    pub fn enter(&self, phase: Phase) {
        let mut present = lock(&self.phase);
        if let Phase::Lost(_) = phase {
            // Under the lock, so that whoever sees it and then looks at the phase finds out why.
            self.until.store(0, Ordering::Release);
        }
        let changes = *present != phase && !matches!(*present, Phase::Lost(_));
        if changes {
            *present = phase;
        }
        drop(present);
        if changes {
            self.changed.notify();
        }
    }

    /// Its phase.
    #[must_use]
    pub fn phase(&self) -> Phase {
        *lock(&self.phase)
    }

    /// Tells when it enters another phase.
    #[must_use]
    pub const fn changed(&self) -> &S {
        &self.changed
    }

    /// Who has the guard.
    #[must_use]
    pub fn hold(&self) -> Hold {
        match self.hold.load(Ordering::Acquire) {
            0 => Hold::Free,
            1 => Hold::Held,
            _ => Hold::Over,
        }
    }

    /// Goes from one hold to another, if it is the one that there is.
    pub fn pass(&self, from: Hold, to: Hold) -> bool {
        self.hold.compare_exchange(from as u8, to as u8, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }

    /// When it ends unless it is renewed; [`Instant::ORIGIN`] when it has ended.
    #[must_use]
    pub fn until(&self) -> Instant {
        Instant::from_nanos(self.until.load(Ordering::Acquire))
    }

    /// When [`stop`](Tenure::stop) has something to say at the latest, as it looks now.
    #[must_use]
    pub fn doubted_from(&self) -> Instant {
        Instant::from_nanos(self.doubt.load(Ordering::Relaxed)).min(self.until())
    }

    /// Why the work should stop, if it should.
    #[must_use]
    pub fn stop(&self, now: Instant) -> Option<Stop> {
        let (until, present) = (self.until(), self.phase());
        let reason = match present {
            Phase::Lost(why) => StopReason::Lost(why),
            _ if until <= now => StopReason::Lost(present.end()),
            Phase::Stopping(why) => StopReason::Ending(why),
            Phase::Doubtful => StopReason::RenewalOverdue,
            // Whoever drives the member would have said so, if it were not held up itself.
            Phase::Assured if self.doubted_from() <= now => StopReason::RenewalOverdue,
            Phase::Assured => return None,
        };
        Some(Stop { reason, until, left: until.since(now) })
    }

    /// Why it has ended, if it has.
    #[must_use]
    pub fn end(&self, now: Instant) -> Option<Why> {
        let (until, present) = (self.until(), self.phase());
        (matches!(present, Phase::Lost(_)) || until <= now).then(|| present.end())
    }
}

/// That the work of a leader should stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stop {
    /// Why.
    pub reason: StopReason,
    /// When the leadership ends unless it is renewed; [`Instant::ORIGIN`] if it has ended.
    pub until: Instant,
    /// How long there was until then when this was made.
    pub left: Duration,
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.reason {
            StopReason::RenewalOverdue => {
                write!(f, "the leadership is doubtful: a renewal is overdue, and {:?} are left", self.left)
            }
            StopReason::Ending(why) => {
                write!(f, "the leadership is to be given up within {:?}: {why}", self.left)
            }
            StopReason::Lost(why) => write!(f, "the leadership is lost: {why}"),
        }
    }
}

/// Why the work of a leader should stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopReason {
    /// The renewal of the lease is overdue. It may yet come.
    RenewalOverdue,
    /// The leadership is to be given up, as soon as the work has stopped.
    Ending(election::Why),
    /// This member leads no longer.
    Lost(Why),
}

/// Why a leadership ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Why {
    /// The election says so.
    Election(election::Why),
    /// The member stopped.
    Stopped,
}

impl From<election::Why> for Why {
    fn from(why: election::Why) -> Self {
        Self::Election(why)
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Election(why) => why.fmt(f),
            Self::Stopped => f.write_str("the member stopped"),
        }
    }
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use super::*;
    use crate::signal::Bell;

    #[test]
    fn lost_is_lost() {
        let tenure = Tenure::<Bell>::new(Epoch::new(1), Instant::FAR_FUTURE);
        tenure.enter(Phase::Lost(Why::Stopped));
        tenure.enter(Phase::Assured);
        assert_eq!(tenure.phase(), Phase::Lost(Why::Stopped));
        assert_eq!(tenure.until(), Instant::ORIGIN);
    }

    #[test]
    fn it_is_doubted_by_the_clock_when_nobody_says_so_and_ends_by_it() {
        let tenure = Tenure::<Bell>::new(Epoch::new(1), Instant::from_millis(400));
        tenure.renew(Instant::from_millis(400), Instant::from_millis(250));
        let stop = |millis| tenure.stop(Instant::from_millis(millis)).map(|stop| (stop.reason, stop.left.as_millis()));
        let expired = Why::Election(election::Why::LeaseExpired);
        assert_eq!(stop(249), None);
        assert_eq!(stop(250), Some((StopReason::RenewalOverdue, 150)));
        assert_eq!(stop(400), Some((StopReason::Lost(expired), 0)));
        assert_eq!(tenure.end(Instant::from_millis(399)), None);
        assert_eq!(tenure.end(Instant::from_millis(400)), Some(expired));
    }
}
