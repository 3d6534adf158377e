//! Leading: for how long, and when to stop.

use super::desk::Guard;
use super::face::{Elected, Face, Inside, until};
use crate::clock;
use core::fmt;
use core::time::Duration;
use quorate::election::{self, Standing};
use quorate::{Epoch, Instant};

/// This board leads, and this is the proof of it: there is one for each leadership, and for as long as it
/// [is valid](Leadership::is_valid) no other member's is (under [`Guarantee::Majority`](election::Guarantee::Majority)).
///
/// To drop it says that the work has stopped, and resigns. Validity is worked out from the clock at each question: no message and no
/// wake-up is needed for a board that was held up to find that it leads no longer.
#[must_use = "to drop it is to resign"]
pub struct Leadership<'a> {
    pub(super) face: &'a dyn Face,
    pub(super) epoch: Epoch,
}

/// That the work of a leader should stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Stop {
    /// Why.
    pub reason: StopReason,
    /// How long the leadership is valid yet.
    pub left: Duration,
}

/// Why the work of a leader should stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum StopReason {
    /// The renewal of the lease is overdue. It may yet come.
    RenewalOverdue,
    /// The leadership is to be given up, as soon as the work has stopped.
    Ending(election::Why),
    /// This board leads no longer.
    Lost(election::Why),
}

impl Leadership<'_> {
    /// The number of this leadership: every later one, of whichever member, has a higher one.
    #[must_use]
    pub const fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// When it ends unless it is renewed, which happens all the time; `None` when it has ended. [`Instant::FAR_FUTURE`] without leases
    /// ([`Guarantee::PerPartition`](election::Guarantee::PerPartition)).
    #[must_use]
    pub fn valid_until(&self) -> Option<Instant> {
        self.face.ask(None, |inside, answer| *answer = self.seen(inside).and_then(|elected| elected.valid_until))
    }

    /// How long it is valid yet if it is not renewed; zero when it has ended.
    #[must_use]
    pub fn time_left(&self) -> Duration {
        self.valid_until().map_or(Duration::ZERO, |until| until.since(clock::now()))
    }

    /// Whether this board leads at this very moment.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        !self.time_left().is_zero()
    }

    /// Waits until the work should stop: the leadership is doubtful, about to be given up, or lost. Doubt can pass: who goes on
    /// regardless may call this again. Cancel-safe.
    pub async fn doubtful(&self) -> Stop {
        until(self.face, |inside, now| {
            let why = self.why(inside);
            let Some((elected, valid_until)) = self.valid(inside, now) else {
                return Ok(Stop { reason: StopReason::Lost(why), left: Duration::ZERO });
            };
            let left = valid_until.since(now);
            let doubt = elected.doubt.unwrap_or(valid_until);
            match elected.standing {
                Standing::Stopping => Ok(Stop { reason: StopReason::Ending(why), left }),
                _ if doubt <= now && doubt < valid_until => Ok(Stop { reason: StopReason::RenewalOverdue, left }),
                _ => Err(Some(doubt.min(valid_until))),
            }
        })
        .await
    }

    /// Waits until this board leads no longer, and says why. Cancel-safe.
    pub async fn lost(&self) -> election::Why {
        until(self.face, |inside, now| match self.valid(inside, now) {
            Some((_, until)) => Err(Some(until)),
            None => Ok(self.why(inside)),
        })
        .await
    }

    /// The work has stopped: gives the leadership up now, and not only when its lease ends. Returns when that is done. If this is
    /// cancelled, the leadership is given up all the same.
    pub async fn release(self) {
        let (face, epoch) = (self.face, self.epoch);
        drop(self);
        let gone = Leadership { face, epoch };
        let _ = gone.lost().await;
        core::mem::forget(gone);
    }

    /// The election, if it is still about this leadership.
    fn seen(&self, inside: &mut dyn Inside) -> Option<Elected> {
        let is_this = inside.desk().tenure.as_ref().is_some_and(|tenure| tenure.epoch == self.epoch);
        is_this.then(|| inside.elected())
    }

    fn valid(&self, inside: &mut dyn Inside, now: Instant) -> Option<(Elected, Instant)> {
        let elected = self.seen(inside)?;
        let until = elected.valid_until.filter(|until| *until > now)?;
        Some((elected, until))
    }

    fn why(&self, inside: &mut dyn Inside) -> election::Why {
        let tenure = inside.desk().tenure.filter(|tenure| tenure.epoch == self.epoch);
        tenure.and_then(|tenure| tenure.why).unwrap_or(election::Why::LeaseExpired)
    }
}

impl Drop for Leadership<'_> {
    fn drop(&mut self) {
        self.face.inside(&mut |inside| {
            if let Some(tenure) = inside.desk().tenure.as_mut().filter(|tenure| tenure.epoch == self.epoch) {
                tenure.guard = Guard::Over;
            }
        });
        self.face.nudge();
    }
}

impl fmt::Debug for Leadership<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Leadership").field("epoch", &self.epoch).field("time_left", &self.time_left()).finish()
    }
}
