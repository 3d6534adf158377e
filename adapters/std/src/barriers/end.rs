//! How an arrival ended.

use super::BarrierError;
use quorate::Name;
use quorate::barrier::party::Event;
use quorate::barrier::{Cause, Generation, Refusal};

/// How an arrival ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// All have arrived.
    Released(Generation),
    /// Not all have.
    Broken(Option<Generation>, Cause),
    /// All had arrived, and how it ended cannot be learnt.
    Unknown(Generation),
    /// It does not take part.
    Refused(Refusal),
    /// It was taken back.
    Cancelled,
}

impl End {
    /// The end that a party tells, if it tells one.
    #[must_use]
    pub const fn of(event: &Event) -> Option<Self> {
        match *event {
            Event::Released { generation } => Some(Self::Released(generation)),
            Event::Broken { generation, cause } => Some(Self::Broken(generation, cause)),
            Event::Unknown { generation } => Some(Self::Unknown(generation)),
            Event::Failed { why } => Some(Self::Refused(why)),
            Event::Cancelled { .. } => Some(Self::Cancelled),
            Event::Waiting { .. } | Event::Left | Event::Rejected { .. } | Event::Refused(_) => None,
        }
    }

    /// What it means at the barrier of this name with so many parties, so many of whom had arrived.
    ///
    /// # Errors
    ///
    /// If it was not released.
    pub const fn result(self, name: Name, parties: u16, arrived: u16) -> Result<Generation, BarrierError> {
        match self {
            Self::Released(generation) => Ok(generation),
            Self::Broken(generation, cause) => Err(BarrierError::Broken { name, parties, arrived, generation, cause }),
            Self::Unknown(generation) => Err(BarrierError::Unknown { name, generation }),
            Self::Refused(refusal) => Err(BarrierError::Refused(refusal)),
            Self::Cancelled => Err(BarrierError::Cancelled),
        }
    }
}
