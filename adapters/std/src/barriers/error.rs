//! Why a party was not released.

use core::fmt;
use quorate::barrier::{Cause, Generation, Refusal, party};
use quorate::{Name, NameError};

/// Why a party was not released from a barrier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BarrierError {
    /// The name is none.
    Name(NameError),
    /// There is no such barrier.
    Config(party::ConfigError),
    /// Not all have arrived. Nobody was or will be released from that generation.
    Broken {
        /// The barrier.
        name: Name,
        /// How many parties it has.
        parties: u16,
        /// How many had arrived, as far as this party was told.
        arrived: u16,
        /// The generation, if the arrival was counted in one.
        generation: Option<Generation>,
        /// Why.
        cause: Cause,
    },
    /// All had arrived, but the coordinator failed, and whether the others were released cannot be learnt.
    Unknown {
        /// The barrier.
        name: Name,
        /// The generation.
        generation: Generation,
    },
    /// It does not take part.
    Refused(Refusal),
    /// It was given up.
    Cancelled,
}

impl fmt::Display for BarrierError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(error) => error.fmt(f),
            Self::Config(error) => error.fmt(f),
            Self::Broken { name, parties, arrived, cause, .. } => {
                write!(f, "the barrier {name} is broken, when {arrived} of {parties} had arrived: {cause}")
            }
            Self::Unknown { name, generation } => write!(
                f,
                "all had arrived at the barrier {name}, but whether generation {generation} was released cannot be learnt"
            ),
            Self::Refused(refusal) => refusal.fmt(f),
            Self::Cancelled => f.write_str("it was given up"),
        }
    }
}

impl core::error::Error for BarrierError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Name(error) => Some(error),
            Self::Config(error) => Some(error),
            _ => None,
        }
    }
}
