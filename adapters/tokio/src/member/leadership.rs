//! Leading: what it is worth, for how long, and when to stop.

use super::{Stop, Tenure, Why};
use crate::clock::{Clock, sleep_until};
use crate::driver::Handle;
use core::fmt;
use core::pin::pin;
use core::time::Duration;
use quorate::{Epoch, Instant};
use quorate_std::membership::{Hold, Machine, Phase};
use std::sync::Arc;

/// This member leads, and this is the proof of it: there is one for each leadership, and for as long as it
/// [is valid](Leadership::is_valid) no other member's is (under [`Guarantee::Majority`](quorate::election::Guarantee::Majority)).
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
        self.tenure.epoch()
    }

    /// When the leadership ends unless it is renewed, which happens all the time; [`Instant::ORIGIN`] when it has ended,
    /// [`Instant::FAR_FUTURE`] without leases ([`Guarantee::PerPartition`](quorate::election::Guarantee::PerPartition)).
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
        let tenure = &self.tenure;
        loop {
            let mut changed = pin!(tenure.changed().next());
            changed.as_mut().enable();
            if let Some(stop) = tenure.stop(self.clock.now()) {
                return stop;
            }
            tokio::select! {
                () = changed => {}
                () = sleep_until(&*self.clock, tenure.doubted_from()) => {}
            }
        }
    }

    /// Waits until this member leads no longer, and says why. Cancel-safe.
    pub async fn lost(&self) -> Why {
        let tenure = &self.tenure;
        loop {
            let mut changed = pin!(tenure.changed().next());
            changed.as_mut().enable();
            if let Some(why) = tenure.end(self.clock.now()) {
                return why;
            }
            tokio::select! {
                () = changed => {}
                () = sleep_until(&*self.clock, tenure.until()) => {}
            }
        }
    }

    /// The work has stopped: gives the leadership up now, and not only when its lease ends. Returns when that is done.
    ///
    /// If this is cancelled, the leadership is given up all the same.
    pub async fn release(self) {
        let (clock, tenure, handle) = (self.clock.clone(), self.tenure.clone(), self.handle.clone());
        drop(self);
        loop {
            let mut changed = pin!(tenure.changed().next());
            changed.as_mut().enable();
            if matches!(tenure.phase(), Phase::Lost(_)) || tenure.until() <= clock.now() {
                return;
            }
            tokio::select! {
                () = changed => {}
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
        f.debug_struct("Leadership")
            .field("epoch", &self.epoch())
            .field("time_left", &self.time_left())
            .field("phase", &self.tenure.phase())
            .finish_non_exhaustive()
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
    use quorate::{Group, Incarnation, NodeId, Seed, election};
    use quorate_std::membership::StopReason;
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
}
