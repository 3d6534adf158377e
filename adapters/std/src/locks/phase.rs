//! How an acquisition stands, as its user sees it.

use quorate::lease::holder::{Event, Failure, Loss};
use quorate::{FencingToken, Instant};

/// How an acquisition stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Asked for, or in line with so many before it.
    Wanted {
        /// How many are before it, if it is known to be in line.
        ahead: Option<u32>,
    },
    /// Held.
    Held(FencingToken),
    /// Held, and a renewal is overdue.
    Doubtful(FencingToken),
    /// Not held any more.
    Lost(Loss),
    /// Given up.
    Released {
        /// Whether the authority has said so.
        confirmed: bool,
    },
    /// Not acquired.
    Failed(Failure),
}

impl Phase {
    /// The phase that an event leads to, if it leads to another one. `token` is what the holder has now.
    #[must_use]
    pub fn after(self, event: Event, token: Option<FencingToken>) -> Option<Self> {
        let phase = match event {
            Event::Waiting { ahead } => Self::Wanted { ahead: Some(ahead) },
            Event::Acquired { token } => Self::Held(token),
            Event::Doubtful { .. } => Self::Doubtful(token?),
            Event::Sound { .. } => Self::Held(token?),
            Event::Lost { why, .. } => Self::Lost(why),
            Event::Released { confirmed, .. } => Self::Released { confirmed },
            Event::Failed { why } => Self::Failed(why),
            Event::Entered { .. } | Event::Rejected { .. } | Event::Refused(_) => return None,
        };
        (phase != self).then_some(phase)
    }

    /// Why it is held no longer, if its lease ends then; `None` if it is held.
    #[must_use]
    pub fn lost(self, until: Instant, now: Instant) -> Option<Loss> {
        match self {
            Self::Lost(why) => Some(why),
            _ if until <= now => Some(Loss::Expired), // Whoever should say so is held up.
            _ => None,
        }
    }
}
