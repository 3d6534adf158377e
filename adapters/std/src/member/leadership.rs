//! Leading: what it is worth, for how long, and when to stop.

use crate::clock::{Clock, LONGEST_SLEEP};
use crate::driver::Handle;
use crate::membership::{Hold, Machine, Stop, Tenure, Why};
use crate::shared;
use crate::signal::Bell;
use core::fmt;
use core::ops::Deref;
use core::time::Duration;
use quorate::{Epoch, Instant};
use std::sync::Arc;

/// This member leads, and this is the proof of it: there is one for each leadership, and for as long as it
/// [is valid](LeadershipWatch::is_valid) no other member's is (under [`Guarantee::Majority`](quorate::election::Guarantee::Majority)).
///
/// ```no_run
/// # fn example(member: quorate_std::Member) -> Result<(), Box<dyn std::error::Error>> {
/// use std::time::Duration;
///
/// loop {
///     let leadership = member.leadership()?;
///     println!("leading epoch {}", leadership.epoch());
///     let stop = loop {
///         // … a piece of what only the leader does, marked with the epoch …
///         if let Some(stop) = leadership.doubtful(Some(Duration::ZERO)) {
///             break stop;
///         }
///     };
///     println!("{stop}");
///     leadership.release(); // the work has stopped, so another one may lead at once
/// }
/// # }
/// ```
///
/// To drop it says that the work has stopped, and resigns, as [`release`](Leadership::release) does without waiting.
///
/// Validity is worked out from the clock at each question. No message, no timer and no wake-up is needed for a process
/// that was stopped for a minute to find at its first question that it leads no longer. It can be asked, and waited for, through the
/// guard itself or through a [watch](Leadership::watch) on another thread.
pub struct Leadership {
    watch: LeadershipWatch,
    handle: Handle<Machine>,
}

/// Says how a leadership stands, on any thread, and waits for its end. Clones watch over the same.
#[derive(Clone)]
pub struct LeadershipWatch {
    tenure: Arc<Tenure<Bell>>,
    clock: Arc<dyn Clock>,
}

impl Leadership {
    /// Claims a leadership that nobody has claimed and that is not about to end.
    pub(super) fn claim(tenure: Arc<Tenure<Bell>>, clock: &Arc<dyn Clock>, handle: &Handle<Machine>) -> Option<Self> {
        let claimed = tenure.pass(Hold::Free, Hold::Held);
        claimed.then(|| Self { watch: LeadershipWatch { tenure, clock: clock.clone() }, handle: handle.clone() })
    }

    /// For another thread, which is to know how the leadership stands, and when the work should stop. It does not keep it.
    #[must_use]
    pub fn watch(&self) -> LeadershipWatch {
        self.watch.clone()
    }

    /// The work has stopped: gives the leadership up now, and not only when its lease ends. Returns when that is done.
    pub fn release(self) {
        let watch = self.watch.clone();
        drop(self);
        let _ = watch.lost(None);
    }
}

impl LeadershipWatch {
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

    /// Waits until the work should stop, since the leadership is doubtful, about to be given up, or lost already; for so long at most,
    /// and `None` is for as long as it takes. Returns nothing if there is nothing to fear yet.
    ///
    /// Doubt can pass: who goes on regardless may call this again, and is told of the next one.
    #[must_use]
    pub fn doubtful(&self, longest: Option<Duration>) -> Option<Stop> {
        self.wait(longest, Tenure::doubted_from, Tenure::stop)
    }

    /// Waits until this member leads no longer, and says why; for so long at most, and `None` is for as long as it takes. Returns
    /// nothing if it leads yet.
    #[must_use]
    pub fn lost(&self, longest: Option<Duration>) -> Option<Why> {
        self.wait(longest, Tenure::until, Tenure::end)
    }

    fn wait<T>(
        &self,
        longest: Option<Duration>,
        at_the_latest: impl Fn(&Tenure<Bell>) -> Instant,
        look: impl Fn(&Tenure<Bell>, Instant) -> Option<T>,
    ) -> Option<T> {
        let Self { tenure, clock } = self;
        let end = shared::end(&**clock, longest);
        loop {
            let heard = tenure.changed().listen();
            let now = clock.now();
            let found = look(tenure, now);
            if found.is_some() || end.is_some_and(|end| end <= now) {
                return found;
            }
            let wake = end.into_iter().chain([at_the_latest(tenure)]).min().unwrap_or(now);
            tenure.changed().wait(heard, Some(wake.since(now).min(LONGEST_SLEEP)));
        }
    }
}

impl Deref for Leadership {
    type Target = LeadershipWatch;

    fn deref(&self) -> &LeadershipWatch {
        &self.watch
    }
}

impl Drop for Leadership {
    fn drop(&mut self) {
        self.watch.tenure.pass(Hold::Held, Hold::Over);
        self.handle.nudge();
    }
}

impl fmt::Debug for Leadership {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Leadership").field("watch", &self.watch).finish_non_exhaustive()
    }
}

impl fmt::Debug for LeadershipWatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LeadershipWatch")
            .field("epoch", &self.epoch())
            .field("time_left", &self.time_left())
            .field("phase", &self.tenure.phase())
            .finish_non_exhaustive()
    }
}
