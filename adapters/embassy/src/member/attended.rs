//! A party's place at a barrier.

use super::desk::{Stall, Use};
use super::face::{Face, until};
use core::fmt;
use core::time::Duration;
use quorate::Name;
use quorate::barrier::party::{Command, Event};
use quorate::barrier::{Cause, Generation, Refusal};

/// A party's place at a barrier. Dropped, it is given up.
///
/// * at a barrier that is passed once: [`leave`](Attended::leave);
/// * at a cyclic one: [`arrive`](Attended::arrive), again and again;
/// * at a double one: [`arrive`](Attended::arrive), then the work, then [`leave`](Attended::leave).
#[must_use = "nobody arrives before it is waited at"]
pub struct Attended<'a> {
    face: &'a dyn Face,
    stall: usize,
}

/// Why there is no place for another party.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum AttendError {
    /// All stalls of this board are taken: it waits at as many barriers as it can.
    NoStall,
}

impl fmt::Display for AttendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoStall => f.write_str("this board waits at as many barriers as it has stalls for"),
        }
    }
}

impl core::error::Error for AttendError {}

/// Why a party was not released.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum BarrierError {
    /// There is no place for it.
    Attend(AttendError),
    /// There can be no barrier of so many parties with these timings.
    Invalid,
    /// Not all have arrived, and nobody was or will be released.
    Broken {
        /// The generation, if the arrival was counted in one.
        generation: Option<Generation>,
        /// How many had arrived, as far as was told.
        arrived: u16,
        /// Why.
        cause: Cause,
    },
    /// All had arrived, but whether the others were released cannot be learnt.
    Unknown(Generation),
    /// The coordinator says no.
    Refused(Refusal),
    /// It was cancelled.
    Cancelled,
}

impl fmt::Display for BarrierError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Attend(error) => error.fmt(f),
            Self::Invalid => f.write_str("there can be no such barrier"),
            Self::Broken { arrived, cause, .. } => write!(f, "broken when {arrived} had arrived: {cause}"),
            Self::Unknown(generation) => write!(f, "whether generation {generation} was released cannot be learnt"),
            Self::Refused(refusal) => refusal.fmt(f),
            Self::Cancelled => f.write_str("it was cancelled"),
        }
    }
}

impl core::error::Error for BarrierError {}

pub(super) async fn attend(face: &dyn Face, barrier: Name, parties: u16) -> Result<Attended<'_>, AttendError> {
    let stall = until(face, |inside, _| {
        let count = inside.desk().stalls.len();
        let mut comes = false;
        for number in 0..count {
            let empty = inside.is_empty(number);
            let Some(stall) = inside.desk().stalls.get_mut(number) else { continue };
            if stall.used == Use::Free || stall.used == Use::Left && empty {
                *stall = Stall { used: Use::Taken, barrier: Some((barrier, parties)), ..Stall::FREE };
                return Ok(Some(number));
            }
            comes |= stall.used == Use::Left;
        }
        // Who has left a stall will be gone from it soon.
        if comes { Err(None) } else { Ok(None) }
    })
    .await;
    face.nudge();
    stall.map(|stall| Attended { face, stall }).ok_or(AttendError::NoStall)
}

impl Attended<'_> {
    /// Arrives, and waits for the others for so long at most, for ever if nothing is said. The place is kept for the next generation.
    ///
    /// # Errors
    ///
    /// If this party is not released: see [`BarrierError`]. It may arrive again.
    pub async fn arrive(&mut self, patience: Option<Duration>) -> Result<Generation, BarrierError> {
        self.wait(Command::Arrive { patience }).await
    }

    /// Arrives for the last time, and waits for the others.
    ///
    /// # Errors
    ///
    /// If this party is not released: see [`BarrierError`].
    pub async fn leave(self, patience: Option<Duration>) -> Result<Generation, BarrierError> {
        self.wait(Command::Leave { patience }).await
    }

    pub(super) async fn wait(&self, command: Command) -> Result<Generation, BarrierError> {
        self.face.inside(&mut |inside| {
            if let Some(stall) = inside.desk().stalls.get_mut(self.stall) {
                (stall.wish, stall.end, stall.arrived) = (Some(command), None, 0);
            }
        });
        self.face.nudge();
        until(self.face, |inside, _| {
            let desk = inside.desk();
            let Some(stall) = desk.stalls.get(self.stall) else { return Ok(Err(BarrierError::Invalid)) };
            if stall.refused {
                return Ok(Err(BarrierError::Invalid));
            }
            match stall.end {
                Some(Event::Released { generation }) => Ok(Ok(generation)),
                Some(Event::Broken { generation, cause }) => {
                    Ok(Err(BarrierError::Broken { generation, arrived: stall.arrived, cause }))
                }
                Some(Event::Unknown { generation }) => Ok(Err(BarrierError::Unknown(generation))),
                Some(Event::Failed { why }) => Ok(Err(BarrierError::Refused(why))),
                Some(Event::Cancelled { .. }) => Ok(Err(BarrierError::Cancelled)),
                _ => Err(None),
            }
        })
        .await
    }
}

impl Drop for Attended<'_> {
    fn drop(&mut self) {
        self.face.inside(&mut |inside| {
            if let Some(stall) = inside.desk().stalls.get_mut(self.stall) {
                (stall.used, stall.wish, stall.barrier) = (Use::Left, None, None);
            }
        });
        self.face.nudge();
    }
}

impl fmt::Debug for Attended<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attended").field("stall", &self.stall).finish_non_exhaustive()
    }
}
