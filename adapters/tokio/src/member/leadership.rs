//! Leading: what it is worth, for how long, and when to stop.

use super::Machine;
use crate::clock::{Clock, sleep_until};
use crate::driver::Handle;
use core::fmt;
use core::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use core::time::Duration;
use quorate::election;
use quorate::{Epoch, Instant};
use std::sync::Arc;
use tokio::sync::watch;

/// One leadership of this member, from its election to its end, as the driver sees to it and guards look at it.
#[derive(Debug)]
pub(super) struct Tenure {
    pub(super) epoch: Epoch,
    /// When it ends unless it is renewed, in nanoseconds; 0 when it has ended.
    until: AtomicU64,
    /// When to doubt it even if nobody says so, since then whoever should say so is held up himself.
    doubt: AtomicU64,
    hold: AtomicU8,
    phase: watch::Sender<Phase>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Assured,
    Doubtful,
    Stopping(election::Why),
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
pub(super) enum Hold {
    /// Nobody has asked for it yet.
    Free = 0,
    /// Somebody has it.
    Held = 1,
    /// It was given back, or nobody can have it any more.
    Over = 2,
}

impl Tenure {
    pub(super) fn new(epoch: Epoch, until: Instant) -> Self {
        let nanos = until.as_nanos();
        let (phase, _) = watch::channel(Phase::Assured);
        Self { epoch, until: nanos.into(), doubt: nanos.into(), hold: AtomicU8::new(Hold::Free as u8), phase }
    }

    /// The lease holds until then, and renewals are overdue from `doubt` on.
    pub(super) fn renew(&self, until: Instant, doubt: Instant) {
        self.doubt.store(doubt.as_nanos(), Ordering::Relaxed);
        self.until.store(until.as_nanos(), Ordering::Release);
    }

    pub(super) fn enter(&self, phase: Phase) {
        if let Phase::Lost(_) = phase {
            self.until.store(0, Ordering::Release);
        }
        self.phase.send_if_modified(|present| {
            let changes = *present != phase && !matches!(present, Phase::Lost(_));
            if changes {
                *present = phase;
            }
            changes
        });
    }

    pub(super) fn hold(&self) -> Hold {
        match self.hold.load(Ordering::Acquire) {
            0 => Hold::Free,
            1 => Hold::Held,
            _ => Hold::Over,
        }
    }

    /// Goes from one hold to another, if it is the one that there is.
    pub(super) fn pass(&self, from: Hold, to: Hold) -> bool {
        self.hold.compare_exchange(from as u8, to as u8, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }

    pub(super) fn until(&self) -> Instant {
        Instant::from_nanos(self.until.load(Ordering::Acquire))
    }

    fn doubt(&self) -> Instant {
        Instant::from_nanos(self.doubt.load(Ordering::Relaxed))
    }
}

/// This member leads, and this is the proof of it: there is one for each leadership, and for as long as it
/// [is valid](Leadership::is_valid) no other member's is (under [`Guarantee::Majority`](election::Guarantee::Majority)).
///
/// ```no_run
/// # async fn example(member: quorate_tokio::Member) -> Result<(), Box<dyn std::error::Error>> {
/// loop {
///     let leadership = member.leadership().await?;
///     println!("leading epoch {}", leadership.epoch());
///     let work = async { /* … what only the leader does, marked with the epoch … */ };
///     tokio::select! {
///         () = work => {}
///         stop = leadership.doubtful() => println!("{stop}"), // and the work's future is dropped here
///     }
///     leadership.release().await; // the work has stopped, so another one may lead at once
/// }
/// # }
/// ```
///
/// To drop it says that the work has stopped, and resigns, as [`release`](Leadership::release) does without waiting.
///
/// Validity is worked out from the clock at each question. No message, no timer and no wake-up is needed for a process
/// that was stopped for a minute to find at its first question that it leads no longer.
pub struct Leadership {
    tenure: Arc<Tenure>,
    clock: Arc<dyn Clock>,
    handle: Handle<Machine>,
}

impl Leadership {
    /// Claims a leadership that nobody has claimed and that is not about to end.
    pub(super) fn claim(tenure: Arc<Tenure>, clock: &Arc<dyn Clock>, handle: &Handle<Machine>) -> Option<Self> {
        let claimed = tenure.pass(Hold::Free, Hold::Held);
        claimed.then(|| Self { tenure, clock: clock.clone(), handle: handle.clone() })
    }

    /// The number of this leadership: every later one, of whichever member, has a higher one. Hand it to the resources
    /// that are worked on, so that they can refuse what comes late from an earlier leader.
    #[must_use]
    pub fn epoch(&self) -> Epoch {
        self.tenure.epoch
    }

    /// When the leadership ends unless it is renewed, which happens all the time; [`Instant::ORIGIN`] when it has ended,
    /// [`Instant::FAR_FUTURE`] without leases ([`Guarantee::PerPartition`](election::Guarantee::PerPartition)).
    #[must_use]
    pub fn valid_until(&self) -> Instant {
        self.tenure.until()
    }

    /// How long the leadership is valid yet if it is not renewed; zero when it has ended.
    #[must_use]
    pub fn time_left(&self) -> Duration {
        self.valid_until().since(self.clock.now())
    }

    /// Whether this member leads at this very moment.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        !self.time_left().is_zero()
    }

    /// Waits until the work should stop: the leadership is doubtful, about to be given up, or lost already.
    ///
    /// Doubt can pass: who goes on regardless may call this again, and is told of the next one. Cancel-safe.
    pub async fn doubtful(&self) -> Stop {
        let mut phase = self.tenure.phase.subscribe();
        loop {
            let (tenure, now) = (&self.tenure, self.clock.now());
            let until = tenure.until();
            let present = *phase.borrow_and_update();
            let reason = match present {
                Phase::Lost(why) => Some(StopReason::Lost(why)),
                _ if until <= now => Some(StopReason::Lost(present.end())),
                Phase::Stopping(why) => Some(StopReason::Ending(why)),
                Phase::Doubtful => Some(StopReason::RenewalOverdue),
                // The driver would have said so, if it were not held up itself.
                Phase::Assured => (tenure.doubt() <= now).then_some(StopReason::RenewalOverdue),
            };
            if let Some(reason) = reason {
                return Stop { reason, until, left: until.since(now) };
            }
            self.changed_or(&mut phase, tenure.doubt().min(until)).await;
        }
    }

    /// Waits until this member leads no longer, and says why. Cancel-safe.
    pub async fn lost(&self) -> Why {
        let mut phase = self.tenure.phase.subscribe();
        loop {
            let present = *phase.borrow_and_update();
            let until = self.tenure.until();
            if matches!(present, Phase::Lost(_)) || until <= self.clock.now() {
                return present.end();
            }
            self.changed_or(&mut phase, until).await;
        }
    }

    async fn changed_or(&self, phase: &mut watch::Receiver<Phase>, at: Instant) {
        tokio::select! {
            // The sender is in the tenure, and so lives as long as this.
            _ = phase.changed() => {}
            () = sleep_until(&*self.clock, at) => {}
        }
    }

    /// The work has stopped: gives the leadership up now, and not only when its lease ends. Returns when that is done.
    ///
    /// If this is cancelled, the leadership is given up all the same.
    pub async fn release(self) {
        let mut phase = self.tenure.phase.subscribe();
        let (clock, tenure, handle) = (self.clock.clone(), self.tenure.clone(), self.handle.clone());
        drop(self);
        loop {
            if matches!(*phase.borrow_and_update(), Phase::Lost(_)) || tenure.until() <= clock.now() {
                return;
            }
            tokio::select! {
                _ = phase.changed() => {}
                _ = handle.closed() => return,
                () = sleep_until(&*clock, tenure.until()) => {}
            }
        }
    }
}

impl Drop for Leadership {
    fn drop(&mut self) {
        self.tenure.pass(Hold::Held, Hold::Over);
        self.handle.nudge();
    }
}

impl fmt::Debug for Leadership {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let phase = *self.tenure.phase.borrow();
        f.debug_struct("Leadership")
            .field("epoch", &self.epoch())
            .field("time_left", &self.time_left())
            .field("phase", &phase)
            .finish_non_exhaustive()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Virtual;
    use crate::driver::{Driver, Frames};
    use crate::storage::Nowhere;
    use crate::transport::channel::Network;
    use quorate::election::{Guarantee, Start};
    use quorate::member::{DetectorKind, Profile};
    use quorate::{Group, Incarnation, NodeId, Seed};
    use quorate_wire::GroupId;

    /// A guard whose driver never runs: held up, as by a disk that does not answer.
    fn held_up() -> (Arc<Tenure>, Leadership) {
        let (clock, me) = (Arc::new(Virtual::new()), NodeId::new(1));
        let config = Profile::LAN.config(DetectorKind::Timeout, Guarantee::Majority, Seed::new(1)).unwrap();
        let (incarnation, now) = (Incarnation::new(1), clock.now());
        let config = quorate::host::Config::without_services(config);
        let machine = Machine::new(config, Group::alone(me), &[], incarnation, Start::First, now).unwrap();
        let frames = Frames::new(GroupId::from_name("test"), me, incarnation, &[]).unwrap();
        let (_, handle) = Driver::new(machine, frames, Network::new().join(me), Nowhere, (), clock.clone());
        let tenure = Arc::new(Tenure::new(Epoch::new(3), Instant::from_millis(400)));
        tenure.renew(Instant::from_millis(400), Instant::from_millis(250));
        let clock: Arc<dyn Clock> = clock;
        (tenure.clone(), Leadership::claim(tenure, &clock, &handle).unwrap())
    }

    #[tokio::test(start_paused = true)]
    async fn a_guard_notices_by_itself_that_its_driver_is_held_up() {
        let (_, leadership) = held_up();
        let stop = leadership.doubtful().await;
        assert_eq!((stop.reason, stop.left), (StopReason::RenewalOverdue, Duration::from_millis(150)));
        assert_eq!(leadership.lost().await, Why::Election(election::Why::LeaseExpired));
        assert_eq!(leadership.clock.now(), Instant::from_millis(400));
        assert_eq!(leadership.doubtful().await.reason, StopReason::Lost(election::Why::LeaseExpired.into()));
    }

    #[tokio::test(start_paused = true)]
    async fn a_renewal_moves_the_end_of_a_wait_that_is_under_way() {
        let (tenure, leadership) = held_up();
        let renew = async {
            tokio::time::sleep(Duration::from_millis(200)).await;
            tenure.renew(Instant::from_millis(800), Instant::from_millis(650));
        };
        let (stop, ()) = tokio::join!(leadership.doubtful(), renew);
        assert_eq!(stop.until, Instant::from_millis(800));
        assert_eq!(leadership.clock.now(), Instant::from_millis(650));
    }

    #[test]
    fn lost_is_lost() {
        let tenure = Tenure::new(Epoch::new(1), Instant::FAR_FUTURE);
        tenure.enter(Phase::Lost(Why::Stopped));
        tenure.enter(Phase::Assured);
        assert_eq!(*tenure.phase.borrow(), Phase::Lost(Why::Stopped));
        assert_eq!(tenure.until(), Instant::ORIGIN);
    }
}
