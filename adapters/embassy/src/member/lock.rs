//! A lock that is held.

use super::desk::{Seat, Use};
use super::face::{Face, Holding, Inside, until};
use crate::clock;
use core::fmt;
use core::time::Duration;
use quorate::lease::Mode;
use quorate::lease::holder::{Command, Event, Failure, Loss, Misuse, Patience, Standing};
use quorate::{FencingToken, Instant, Name};

/// A lock, a shared lock or a permit that this board holds.
///
/// It is renewed for as long as this lives. To drop it gives it up. Show its [token](Lock::token) to whatever is worked on: a
/// [`Fence`](quorate::lease::Fence) there refuses who held it before.
#[must_use = "to drop it is to give it up"]
pub struct Lock<'a> {
    face: &'a dyn Face,
    seat: usize,
    token: FencingToken,
}

/// Why a lock was not acquired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum LockError {
    /// All seats of this board are taken: it holds or waits for as many locks as it can.
    NoSeat,
    /// It was not granted.
    Failed(Failure),
    /// It cannot be asked for.
    Refused(Misuse),
}

impl fmt::Display for LockError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSeat => f.write_str("this board holds or waits for as many locks as it has seats for"),
            Self::Failed(why) => why.fmt(f),
            Self::Refused(why) => why.fmt(f),
        }
    }
}

impl core::error::Error for LockError {}

pub(super) async fn acquire<'a>(
    face: &'a dyn Face,
    resource: Name,
    mode: Mode,
    patience: Patience,
) -> Result<Lock<'a>, LockError> {
    let seat = until(face, |inside, _| {
        let count = inside.desk().seats.len();
        let is_idle = |inside: &mut dyn Inside, seat| {
            inside.holding(seat).is_some_and(|holding| holding.standing == Standing::Idle)
        };
        let mut comes = false;
        for number in 0..count {
            let idle = is_idle(inside, number);
            let Some(seat) = inside.desk().seats.get_mut(number) else { continue };
            if seat.used == Use::Free || seat.used == Use::Left && idle {
                *seat =
                    Seat { used: Use::Taken, wish: Some(Command::Acquire { resource, mode, patience }), told: None };
                return Ok(Some(number));
            }
            comes |= seat.used == Use::Left;
        }
        // Who has left a seat will be gone from it soon.
        if comes { Err(None) } else { Ok(None) }
    })
    .await;
    let seat = seat.ok_or(LockError::NoSeat)?;
    // From here on the seat is left if this is dropped.
    let mut lock = Lock { face, seat, token: FencingToken::from_number(0) };
    face.nudge();
    let told = until(face, |inside, _| {
        let told = inside.desk().seats.get(seat).and_then(|seat| seat.told);
        told.ok_or(None)
    })
    .await;
    match told {
        Event::Acquired { token } => {
            lock.token = token;
            Ok(lock)
        }
        Event::Failed { why } => Err(LockError::Failed(why)),
        Event::Refused(why) => Err(LockError::Refused(why)),
        // It was held, and lost before this task ran.
        _ => Err(LockError::Failed(Failure::TimedOut)),
    }
}

impl Lock<'_> {
    /// What to show at the resource.
    #[must_use]
    pub const fn token(&self) -> FencingToken {
        self.token
    }

    /// When it ends unless it is renewed, which happens all the time; `None` when it is lost.
    #[must_use]
    pub fn valid_until(&self) -> Option<Instant> {
        self.holding().and_then(|holding| holding.valid_until)
    }

    /// How long it is valid yet if it is not renewed; zero when it is lost.
    #[must_use]
    pub fn time_left(&self) -> Duration {
        self.valid_until().map_or(Duration::ZERO, |until| until.since(clock::now()))
    }

    /// Whether it is held at this very moment.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        !self.time_left().is_zero()
    }

    /// Waits until a renewal is overdue, or it is lost, and says how long it is valid yet. Doubt can pass. Cancel-safe.
    pub async fn doubtful(&self) -> Duration {
        until(self.face, |inside, now| {
            let holding = inside.holding(self.seat).filter(|holding| holding.token == Some(self.token));
            let Some(Holding { standing, valid_until: Some(until), .. }) = holding else { return Ok(Duration::ZERO) };
            let left = until.since(now);
            if standing == Standing::Doubtful || left.is_zero() { Ok(left) } else { Err(Some(until)) }
        })
        .await
    }

    /// Waits until it is lost, and says why. Cancel-safe.
    pub async fn lost(&self) -> Loss {
        until(self.face, |inside, now| {
            let holding = inside.holding(self.seat).filter(|holding| holding.token == Some(self.token));
            if let Some(until) = holding.and_then(|holding| holding.valid_until).filter(|until| *until > now) {
                return Err(Some(until));
            }
            match inside.desk().seats.get(self.seat).and_then(|seat| seat.told) {
                Some(Event::Lost { why, .. }) => Ok(why),
                _ => Ok(Loss::Expired),
            }
        })
        .await
    }

    /// Gives it up, and returns when the authority has said that it knows, or the lease is over. Says whether it has. If this is
    /// cancelled, it is given up all the same.
    pub async fn release(self) -> bool {
        let (face, seat, token) = (self.face, self.seat, self.token);
        face.inside(&mut |inside| {
            if let Some(seat) = inside.desk().seats.get_mut(seat) {
                seat.wish = Some(Command::Release);
            }
        });
        face.nudge();
        until(face, |inside, _| match inside.desk().seats.get(seat).and_then(|seat| seat.told) {
            Some(Event::Released { token: released, confirmed }) if released == token => Ok(confirmed),
            Some(Event::Lost { .. } | Event::Refused(_)) => Ok(false),
            _ => Err(None),
        })
        .await
    }

    fn holding(&self) -> Option<Holding> {
        let holding = self.face.ask(None, |inside, answer| *answer = inside.holding(self.seat));
        holding.filter(|holding| holding.token == Some(self.token))
    }
}

impl Drop for Lock<'_> {
    fn drop(&mut self) {
        self.face.inside(&mut |inside| {
            if let Some(seat) = inside.desk().seats.get_mut(self.seat) {
                (seat.used, seat.wish) = (Use::Left, None);
            }
        });
        self.face.nudge();
    }
}

impl fmt::Debug for Lock<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lock").field("token", &self.token).field("time_left", &self.time_left()).finish()
    }
}
