//! What holders and authorities say to each other.

use super::Mode;
use crate::{FencingToken, Instant, NodeId, Rebase};
use core::fmt;
use core::time::Duration;

/// The number of one acquisition, from the request until it has ended: no other one of the same node, in any of its lives,
/// has or had it. Who sent a message is known from its frame, so a claim's owner is (node, claim).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct ClaimId(u64);

impl ClaimId {
    /// The claim of this number.
    #[must_use]
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The claim after this one. A holder starts at a number that grows with each life of its node by more than it can use
    /// up in one, such as the microseconds of a clock.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.wrapping_add(1))
    }
}

impl fmt::Display for ClaimId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// What holders and authorities exchange. `R` is what resources are known by.
///
/// All of them can come twice, late, or never. `sent` is a time of the holder's own clock, which comes back with the answer: a
/// holder counts its lease from when it *asked* for what was granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Message<R> {
    /// Holder to authority: "I want this." Repeated while there is no answer, and while waiting, to say that the holder is
    /// still there.
    Acquire {
        /// The claim.
        claim: ClaimId,
        /// The resource.
        resource: R,
        /// Beside whom the holder would bear others.
        mode: Mode,
        /// Whether it waits in the line; otherwise the answer is `Granted` or `Refused`.
        wait: bool,
        /// For how long.
        lease: Duration,
        /// When this was sent, by the holder's clock.
        sent: Instant,
    },
    /// Holder to authority: "I hold this, let me hold it longer." To an authority that has just opened, and knows nothing yet,
    /// it is the reclaim of what a predecessor granted.
    Renew {
        /// The claim.
        claim: ClaimId,
        /// The resource.
        resource: R,
        /// How it is held.
        mode: Mode,
        /// The token that it was granted with.
        token: FencingToken,
        /// For how long.
        lease: Duration,
        /// When this was sent, by the holder's clock.
        sent: Instant,
    },
    /// Holder to authority: "I hold this no longer", or without a token "I wait no longer". Repeated until it is answered.
    Release {
        /// The claim.
        claim: ClaimId,
        /// The token that it was granted with; `None` if it has none that the holder knows of.
        token: Option<FencingToken>,
    },
    /// Authority to holder: the claim holds the resource.
    Granted {
        /// The claim.
        claim: ClaimId,
        /// The token to show at the resource.
        token: FencingToken,
        /// For how long after `sent`, at least, by the authority's clock.
        lease: Duration,
        /// When what is answered was sent.
        sent: Instant,
    },
    /// Authority to holder: the claim is in the line.
    Waiting {
        /// The claim.
        claim: ClaimId,
        /// How many are before it.
        ahead: u32,
        /// When what is answered was sent.
        sent: Instant,
    },
    /// Authority to holder: no.
    Refused {
        /// The claim.
        claim: ClaimId,
        /// Why.
        refusal: Refusal,
        /// When what is answered was sent. A holder that has asked again since waits for the other answer.
        sent: Instant,
    },
    /// Authority to holder: it knows nothing of this claim any more.
    Released {
        /// The claim.
        claim: ClaimId,
    },
}

/// Why an authority does not grant what was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "kebab-case"))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Refusal {
    /// It is not the authority: ask this one, if it is known. Says nothing about what is held.
    Elsewhere(Option<NodeId>),
    /// The resource is held, and the holder did not want to wait.
    Busy,
    /// The authority has just opened, and grants nothing new before so much time has passed; the holder did not want to wait.
    Grace(Duration),
    /// So many claims there can be, and there are.
    Full(u32),
    /// Those who hold the resource or wait for it know a semaphore with so many permits.
    OtherPermits(u16),
    /// No such claim holds the resource: it has expired, was released, or somebody else holds it.
    NotHeld,
    /// An administrator broke the lease.
    Broken,
    /// The lease has been extended for as long as leases may be.
    CapReached,
    /// No more tokens are left in this epoch.
    Exhausted,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Elsewhere(Some(node)) => write!(f, "node {node} is the authority, not this one"),
            Self::Elsewhere(None) => write!(f, "this node is not the authority, and does not know which one is"),
            Self::Busy => write!(f, "it is held by somebody else"),
            Self::Grace(left) => {
                write!(f, "the authority is new, and grants nothing new for another {left:?}, while holders come back")
            }
            Self::Full(capacity) => write!(f, "the authority has all of its {capacity} claims already"),
            Self::OtherPermits(of) => {
                write!(f, "others hold it, or wait for it, as something with {of} permits")
            }
            Self::NotHeld => write!(f, "this claim does not hold it, or no longer"),
            Self::Broken => write!(f, "an administrator broke the lease"),
            Self::CapReached => write!(f, "the lease has been extended for as long as leases may be"),
            Self::Exhausted => write!(f, "the tokens of this epoch are used up"),
        }
    }
}

impl<R> Message<R> {
    /// The claim that it is about.
    #[must_use]
    pub const fn claim(&self) -> ClaimId {
        match *self {
            Self::Acquire { claim, .. }
            | Self::Renew { claim, .. }
            | Self::Release { claim, .. }
            | Self::Granted { claim, .. }
            | Self::Waiting { claim, .. }
            | Self::Refused { claim, .. }
            | Self::Released { claim } => claim,
        }
    }
}

impl<R> Rebase for Message<R> {
    fn rebase(&mut self, now: Instant, by: Duration) {
        match self {
            Self::Acquire { sent, .. }
            | Self::Renew { sent, .. }
            | Self::Granted { sent, .. }
            | Self::Waiting { sent, .. }
            | Self::Refused { sent, .. } => sent.rebase(now, by),
            Self::Release { .. } | Self::Released { .. } => {}
        }
    }
}
