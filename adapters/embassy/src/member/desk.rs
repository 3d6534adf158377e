//! Between guards and the machine: what was asked for, and what became of it.

use super::face::ends;
use crate::board::{Board, Command, Event, Serves};
use crate::driver::Observer;
use quorate::barrier::party;
use quorate::election::{self, Standing};
use quorate::lease::holder;
use quorate::{Epoch, Instant, Machine, Name};

/// Sees to the guards of a [`Board`]: what they ask for when they are dropped, and what they are told. [`Shared`](crate::Shared) has
/// one for each [`Member`](super::Member).
#[derive(Clone, Debug)]
pub struct Desk<const H: usize, const Q: usize> {
    pub(super) tenure: Option<Tenure>,
    pub(super) seats: [Seat; H],
    pub(super) stalls: [Stall; Q],
    /// The epoch that a resignation was asked for in, since one is enough.
    resigned: Option<Epoch>,
}

impl<const H: usize, const Q: usize> Default for Desk<H, Q> {
    fn default() -> Self {
        Self { tenure: None, seats: [const { Seat::FREE }; H], stalls: [const { Stall::FREE }; Q], resigned: None }
    }
}

/// A desk of any size.
pub(super) struct Any<'a> {
    pub(super) tenure: &'a mut Option<Tenure>,
    pub(super) seats: &'a mut [Seat],
    pub(super) stalls: &'a mut [Stall],
}

/// One leadership of this board.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tenure {
    pub(super) epoch: Epoch,
    pub(super) guard: Guard,
    /// Why it ends or has ended, once that is known.
    pub(super) why: Option<election::Why>,
}

/// Who has the guard of a leadership.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Guard {
    /// Nobody has asked for it yet.
    Free,
    /// Somebody has it.
    Held,
    /// It was given back, or nobody can have it any more.
    Over,
}

impl Tenure {
    pub(super) fn take(&mut self) -> Option<Epoch> {
        (self.guard == Guard::Free).then(|| {
            self.guard = Guard::Held;
            self.epoch
        })
    }
}

/// What a task has to do with a holder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// Nothing.
    Free,
    /// It waits for it, or holds what it has acquired.
    Taken,
    /// It has gone: the holder is to come to rest.
    Left,
}

/// The place of a holder.
#[derive(Clone, Debug)]
pub(super) struct Seat {
    pub(super) used: Use,
    pub(super) wish: Option<holder::Command<Name>>,
    /// What was told last that a task may wait for.
    pub(super) told: Option<holder::Event>,
}

impl Seat {
    pub(super) const FREE: Self = Self { used: Use::Free, wish: None, told: None };
}

/// The place of a party.
#[derive(Clone, Debug)]
pub(super) struct Stall {
    pub(super) used: Use,
    /// The barrier and its parties, until the party is made.
    pub(super) barrier: Option<(Name, u16)>,
    pub(super) wish: Option<party::Command>,
    /// How the last arrival ended.
    pub(super) end: Option<party::Event>,
    /// How many have arrived, as far as it was told.
    pub(super) arrived: u16,
    /// There can be no such party.
    pub(super) refused: bool,
}

impl Stall {
    pub(super) const FREE: Self =
        Self { used: Use::Free, barrier: None, wish: None, end: None, arrived: 0, refused: false };
}

impl<M: Serves, const N: usize, const H: usize, const Q: usize> Observer<Board<M, N, H, Q>> for Desk<H, Q> {
    fn happened(&mut self, event: &<Board<M, N, H, Q> as Machine>::Event, _: Instant) {
        match event {
            Event::Member(event) => {
                if let Some(event) = M::told(event) {
                    self.election(event);
                }
            }
            Event::Lock(seat, event) => {
                use holder::Event::{Acquired, Failed, Lost, Refused, Released};
                let matters =
                    matches!(event, Acquired { .. } | Failed { .. } | Lost { .. } | Released { .. } | Refused(_));
                if let Some(seat) = self.seats.get_mut(usize::from(*seat)).filter(|_| matters) {
                    seat.told = Some(*event);
                }
            }
            Event::Meet(stall, event) => {
                let Some(stall) = self.stalls.get_mut(usize::from(*stall)) else { return };
                match event {
                    party::Event::Waiting { arrived, .. } => stall.arrived = *arrived,
                    event if ends(event) => stall.end = Some(*event),
                    _ => {}
                }
            }
            Event::Refused(stall) => {
                if let Some(stall) = self.stalls.get_mut(usize::from(*stall)) {
                    stall.refused = true;
                }
            }
        }
    }

    fn stepped(&mut self, board: &Board<M, N, H, Q>, _: Instant) -> Option<<Board<M, N, H, Q> as Machine>::Command> {
        let leadership = self.leadership(board).map(|command| Command::Member(M::ask(command)));
        leadership.or_else(|| self.locks(board)).or_else(|| self.barriers(board))
    }
}

impl<const H: usize, const Q: usize> Desk<H, Q> {
    fn election(&mut self, event: &election::Event) {
        match *event {
            election::Event::Elected { epoch, .. } => {
                info!("leading epoch {}", epoch);
                self.tenure = Some(Tenure { epoch, guard: Guard::Free, why: None });
            }
            election::Event::Stopping { why, .. } | election::Event::Lost { why, .. } => {
                info!("a leadership ends or has ended: {}", why);
                if let Some(tenure) = &mut self.tenure {
                    tenure.why = Some(why);
                }
            }
            election::Event::Following { leader, epoch } => info!("following {} in epoch {}", leader, epoch),
            _ => {}
        }
    }

    fn leadership<M: Serves, const N: usize>(&mut self, board: &Board<M, N, H, Q>) -> Option<election::Command> {
        let tenure = self.tenure.as_mut()?;
        match (board.member().standing(), tenure.guard) {
            // Whoever had the guard has stopped working, or nobody ever worked.
            (Standing::Stopping, Guard::Over) => Some(election::Command::Release),
            (Standing::Stopping, Guard::Free) => {
                tenure.guard = Guard::Over;
                Some(election::Command::Release)
            }
            (Standing::Leading, Guard::Over) if self.resigned != Some(tenure.epoch) => {
                self.resigned = Some(tenure.epoch);
                Some(election::Command::Resign)
            }
            _ => None,
        }
    }

    fn locks<M: Serves, const N: usize>(
        &mut self,
        board: &Board<M, N, H, Q>,
    ) -> Option<<Board<M, N, H, Q> as Machine>::Command> {
        for ((number, seat), holder) in (0..).zip(&mut self.seats).zip(board.seats()) {
            let left = seat.used == Use::Left;
            let wish = match holder.standing() {
                _ if !left => seat.wish.take(),
                holder::Standing::Idle => {
                    *seat = Seat::FREE;
                    None
                }
                holder::Standing::Acquiring | holder::Standing::Waiting => Some(holder::Command::Cancel),
                // As often as it was entered: once.
                holder::Standing::Held | holder::Standing::Doubtful => Some(holder::Command::Release),
                holder::Standing::Releasing => None,
            };
            if let Some(wish) = wish {
                return Some(Command::Lock(number, wish));
            }
        }
        None
    }

    fn barriers<M: Serves, const N: usize>(
        &mut self,
        board: &Board<M, N, H, Q>,
    ) -> Option<<Board<M, N, H, Q> as Machine>::Command> {
        for ((number, stall), party) in (0..).zip(&mut self.stalls).zip(board.stalls()) {
            let Some(party) = party else {
                if stall.used == Use::Left {
                    *stall = Stall::FREE;
                } else if let Some((barrier, parties)) = stall.barrier.take() {
                    return Some(Command::Attend { stall: number, barrier, parties });
                }
                continue;
            };
            if stall.used != Use::Left {
                if let Some(wish) = stall.wish.take() {
                    return Some(Command::Meet(number, wish));
                }
                continue;
            }
            match party.standing() {
                party::Standing::Outside => return Some(Command::Leave(number)),
                // What all have arrived at cannot be taken back: its outcome comes.
                party::Standing::Bound | party::Standing::Leaving => {}
                party::Standing::Present | party::Standing::Arriving | party::Standing::Waiting => {
                    return Some(Command::Meet(number, party::Command::Cancel));
                }
            }
        }
        None
    }
}
