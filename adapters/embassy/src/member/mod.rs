//! What an application sees of its board: who leads, its own leadership, locks and barriers.

mod attended;
mod desk;
mod face;
mod leadership;
mod lock;

pub use attended::{AttendError, Attended, BarrierError};
pub use desk::Desk;
pub use leadership::{Leadership, Stop, StopReason};
pub use lock::{Lock, LockError};

use crate::board::{Board, Serves};
use crate::shared::Shared;
use core::fmt;
use core::time::Duration;
use embassy_sync::blocking_mutex::raw::RawMutex;
use face::{Face, until};
use quorate::barrier::Generation;
use quorate::barrier::party::Command as Party;
use quorate::election::{Leader, Standing};
use quorate::lease::Mode;
use quorate::lease::holder::Patience;
use quorate::{Machine, Name};

/// A member of a cluster, as an application on a [`Board`] uses it: small, and to be copied to every task.
///
/// ```
/// # async fn example(member: quorate_embassy::Member<'_>) -> Result<(), Box<dyn core::error::Error>> {
/// use quorate::lease::{Mode, holder::Patience};
///
/// let valve = quorate::Name::new("valve")?;
/// let lock = member.lock(valve, Mode::Exclusive, Patience::Forever).await?;
/// while lock.is_valid() {
///     // … open the valve a little, and show it the token, so that it refuses whoever held the lock before …
///     let _ = lock.token();
///     # break;
/// }
/// lock.release().await;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy)]
pub struct Member<'a> {
    face: &'a dyn Face,
}

impl<'a> Member<'a> {
    /// The member of a board that is [driven](crate::drive).
    pub fn of<R, M, const N: usize, const H: usize, const Q: usize, const C: usize, const E: usize, const L: usize>(
        shared: &'a Shared<R, Board<M, N, H, Q>, Desk<H, Q>, C, E, L>,
    ) -> Self
    where
        R: RawMutex,
        M: Serves,
        <Board<M, N, H, Q> as Machine>::Command: Sized,
    {
        Self { face: shared }
    }

    /// Who leads, as far as this member knows.
    #[must_use]
    pub fn leader(self) -> Option<Leader> {
        self.face.ask(None, |inside, answer| *answer = inside.elected().leader)
    }

    /// What this member is doing.
    #[must_use]
    pub fn standing(self) -> Standing {
        self.face.ask(Standing::Leaderless, |inside, answer| *answer = inside.elected().standing)
    }

    /// Waits until somebody else leads than `known`, or nobody does any more. Cancel-safe.
    pub async fn leader_other_than(self, known: Option<Leader>) -> Option<Leader> {
        until(self.face, |inside, _| {
            let leader = inside.elected().leader;
            if leader == known { Err(None) } else { Ok(leader) }
        })
        .await
    }

    /// Waits until this member leads, and takes the leadership: there is one guard for each. Cancel-safe.
    pub async fn leadership(self) -> Leadership<'a> {
        let epoch = until(self.face, |inside, now| {
            let elected = inside.elected();
            let leads = elected.standing == Standing::Leading && elected.valid_until.is_some_and(|until| until > now);
            let tenure = inside.desk().tenure.as_mut().filter(|_| leads);
            tenure.and_then(desk::Tenure::take).ok_or(None)
        })
        .await;
        Leadership { face: self.face, epoch }
    }

    /// Acquires a lock, a shared lock or a permit, in a seat of this board; one that was left a moment before is waited for. If this is dropped while it waits, it is given
    /// up, and so is what has been granted in between.
    ///
    /// # Errors
    ///
    /// See [`LockError`].
    pub async fn lock(self, resource: Name, mode: Mode, patience: Patience) -> Result<Lock<'a>, LockError> {
        lock::acquire(self.face, resource, mode, patience).await
    }

    /// Takes a free stall as a party of this barrier, of so many. The place at the barrier is taken with the first arrival.
    ///
    /// # Errors
    ///
    /// See [`AttendError`].
    pub async fn attend(self, barrier: Name, parties: u16) -> Result<Attended<'a>, AttendError> {
        attended::attend(self.face, barrier, parties).await
    }

    /// Waits at a barrier of so many parties once, for so long at most. If this is dropped while it waits, the arrival is taken back,
    /// unless all have arrived by then.
    ///
    /// # Errors
    ///
    /// If this party is not released: see [`BarrierError`].
    pub async fn barrier(
        self,
        barrier: Name,
        parties: u16,
        patience: Option<Duration>,
    ) -> Result<Generation, BarrierError> {
        let attended = self.attend(barrier, parties).await.map_err(BarrierError::Attend)?;
        attended.wait(Party::Leave { patience }).await
    }
}

impl fmt::Debug for Member<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Member").field("standing", &self.standing()).field("leader", &self.leader()).finish()
    }
}
