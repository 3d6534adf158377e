//! One way into boards of any size and kind, so that what an application handles has no generics: tasks of embassy can have none.

use super::Desk;
use super::desk::{Any, Seat, Stall};
use crate::board::{Board, Serves};
use crate::clock;
use crate::shared::{Inner, Shared};
use core::future::poll_fn;
use core::pin::Pin;
use core::task::{Poll, Waker};
use embassy_sync::blocking_mutex::raw::RawMutex;
use embassy_time::Timer;
use quorate::barrier::party;
use quorate::election::{Leader, Standing};
use quorate::lease::holder;
use quorate::{FencingToken, Instant};

/// The way in.
pub(super) trait Face {
    /// Looks and writes under the mutex.
    fn inside(&self, look: &mut dyn FnMut(&mut dyn Inside));
    /// Has the driver see to what was written.
    fn nudge(&self);
}

/// What is seen there.
pub(super) trait Inside {
    fn elected(&self) -> Elected;
    fn desk(&mut self) -> Any<'_>;
    fn holding(&self, seat: usize) -> Option<Holding>;
    /// Whether nobody is in this stall.
    fn is_empty(&self, stall: usize) -> bool;
    fn register(&mut self, waker: &Waker);
}

/// How an election stands.
#[derive(Clone, Copy)]
pub(super) struct Elected {
    pub(super) leader: Option<Leader>,
    pub(super) standing: Standing,
    pub(super) valid_until: Option<Instant>,
    /// When a leadership is to be doubted even if nobody says so.
    pub(super) doubt: Option<Instant>,
}

/// How a holder stands.
#[derive(Clone, Copy)]
pub(super) struct Holding {
    pub(super) standing: holder::Standing,
    pub(super) token: Option<FencingToken>,
    pub(super) valid_until: Option<Instant>,
}

impl dyn Face + '_ {
    /// What is written into `answer`.
    pub(super) fn ask<T>(&self, mut answer: T, mut look: impl FnMut(&mut dyn Inside, &mut T)) -> T {
        self.inside(&mut |inside| look(inside, &mut answer));
        answer
    }
}

/// Waits until `look` has an answer. Otherwise it says when to look again though nothing has happened.
pub(super) async fn until<T>(
    face: &dyn Face,
    mut look: impl FnMut(&mut dyn Inside, Instant) -> Result<T, Option<Instant>>,
) -> T {
    let mut timer: Option<(Instant, Timer)> = None;
    poll_fn(|context| {
        loop {
            let now = clock::now();
            let answer = face.ask(Err(None), |inside, answer| {
                *answer = look(inside, now);
                if answer.is_err() {
                    inside.register(context.waker());
                }
            });
            match answer {
                Ok(answer) => return Poll::Ready(answer),
                Err(None) => return Poll::Pending,
                Err(Some(at)) if timer.as_ref().is_none_or(|(until, _)| *until != at) => {
                    timer = Some((at, clock::at(at)));
                }
                Err(Some(_)) => {}
            }
            let Some((_, sleep)) = &mut timer else { return Poll::Pending };
            if Pin::new(sleep).poll(context).is_pending() {
                return Poll::Pending;
            }
            // It is time to look again; what is seen then is later than that.
            timer = None;
        }
    })
    .await
}

impl<M: Serves, const N: usize, const H: usize, const Q: usize> Inside for Inner<Board<M, N, H, Q>, Desk<H, Q>> {
    fn elected(&self) -> Elected {
        let member = self.machine.member();
        let valid_until = member.valid_until();
        let doubt = valid_until.map(|until| member.doubt(until));
        Elected { leader: member.leader(), standing: member.standing(), valid_until, doubt }
    }

    fn desk(&mut self) -> Any<'_> {
        let Desk { tenure, seats, stalls, .. } = &mut self.observer;
        Any { tenure, seats: seats as &mut [Seat], stalls: stalls as &mut [Stall] }
    }

    fn holding(&self, seat: usize) -> Option<Holding> {
        let holder = self.machine.seats().get(seat)?;
        Some(Holding { standing: holder.standing(), token: holder.token(), valid_until: holder.valid_until() })
    }

    fn is_empty(&self, stall: usize) -> bool {
        self.machine.stalls().get(stall).is_some_and(Option::is_none)
    }

    fn register(&mut self, waker: &Waker) {
        Self::register(self, waker);
    }
}

impl<R, M, const N: usize, const H: usize, const Q: usize, const C: usize, const E: usize, const L: usize> Face
    for Shared<R, Board<M, N, H, Q>, Desk<H, Q>, C, E, L>
where
    R: RawMutex,
    M: Serves,
{
    fn inside(&self, look: &mut dyn FnMut(&mut dyn Inside)) {
        self.with(|inner| look(inner));
    }

    fn nudge(&self) {
        Self::nudge(self);
    }
}

/// Whether an arrival has ended with this event.
pub(super) fn ends(event: &party::Event) -> bool {
    use party::Event::{Broken, Cancelled, Failed, Released, Unknown};
    matches!(event, Released { .. } | Broken { .. } | Unknown { .. } | Failed { .. } | Cancelled { .. })
}
