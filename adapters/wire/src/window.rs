//! What was heard from one sender: its newest incarnation, and which of its latest frames.

use crate::{Header, Rejected};
use quorate::Incarnation;

/// Remembers which frames of one sender have arrived, so that each is taken once.
///
/// Frames may overtake each other by fewer than [`Window::LENGTH`] numbers; what comes later than that is dropped, for
/// nobody remembers whether it has come before. Numbers count a sender's frames to all of its peers.
///
/// A window must see only headers whose frames are known to be unaltered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Window {
    incarnation: Incarnation,
    newest: u64,
    /// Bit `n`: frame `newest - n` has arrived. Bit 0 is set as soon as any has.
    arrived: u128,
}

const _: () = assert!(size_of::<Window>() == 32);

/// How a frame that is taken relates to those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Admission {
    /// It is the first from this sender.
    First,
    /// It is another one from the same life of the sender.
    Continued,
    /// The sender has restarted: what was known of it no longer holds.
    Restarted {
        /// The incarnation that it was heard from before.
        before: Incarnation,
    },
}

impl Window {
    /// How many of a sender's latest frames are told apart.
    pub const LENGTH: u32 = u128::BITS;

    /// Nothing was heard yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { incarnation: Incarnation::new(0), newest: 0, arrived: 0 }
    }

    /// The newest incarnation that was heard from; `None` before the first frame.
    #[must_use]
    pub const fn incarnation(&self) -> Option<Incarnation> {
        if self.arrived == 0 { None } else { Some(self.incarnation) }
    }

    /// Takes a frame, and remembers it.
    ///
    /// # Errors
    ///
    /// [`Rejected::OlderIncarnation`], [`Rejected::Replay`] or [`Rejected::TooOld`]; the window is then as it was.
    #[inline]
    pub fn admit(&mut self, header: &Header) -> Result<Admission, Rejected> {
        let Header { sender, incarnation, sequence, .. } = *header;
        let fresh = Self { incarnation, newest: sequence, arrived: 1 };
        match self.incarnation() {
            None => {
                *self = fresh;
                return Ok(Admission::First);
            }
            Some(before) if before < incarnation => {
                *self = fresh;
                return Ok(Admission::Restarted { before });
            }
            Some(newest) if incarnation < newest => {
                return Err(Rejected::OlderIncarnation { sender, newest, found: incarnation });
            }
            Some(_) => {}
        }
        if let Some(ahead @ 1..) = sequence.checked_sub(self.newest) {
            let kept = u32::try_from(ahead).ok().and_then(|ahead| self.arrived.checked_shl(ahead));
            *self = Self { arrived: kept.unwrap_or(0) | 1, ..fresh };
            return Ok(Admission::Continued);
        }
        let behind = self.newest.saturating_sub(sequence);
        let Some(bit) = u32::try_from(behind).ok().and_then(|behind| 1_u128.checked_shl(behind)) else {
            return Err(Rejected::TooOld { sender, sequence, newest: self.newest });
        };
        if self.arrived & bit != 0 {
            return Err(Rejected::Replay { sender, sequence });
        }
        self.arrived |= bit;
        Ok(Admission::Continued)
    }
}
