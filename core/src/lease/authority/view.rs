//! A look at all claims.

use super::Authority;
use super::claims::Standing;
use crate::lease::{ClaimId, Mode};
use crate::{FencingToken, Instant, NodeId};
use core::fmt::Debug;
use core::hash::Hash;
use core::time::Duration;

/// A claim, as a look at the authority shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClaimView<R> {
    /// The resource.
    pub resource: R,
    /// Whose claim it is.
    pub node: NodeId,
    /// Which of that node's.
    pub claim: ClaimId,
    /// Beside whom it bears others.
    pub mode: Mode,
    /// How it stands.
    pub state: ClaimState,
    /// How long it stays so if nothing is heard.
    pub left: Duration,
}

/// How a claim stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "kebab-case"))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum ClaimState {
    /// In line, with so many before it, at most.
    Waiting(u32),
    /// It holds the resource.
    Holding(FencingToken),
    /// Its lease ran out, and the lock-delay is not over.
    Delayed(FencingToken),
}

impl<R: Copy + Eq + Hash + Debug, const N: usize> Authority<R, N> {
    /// Everybody who holds something or waits for something, in no order.
    pub fn claims(&self, now: Instant) -> impl Iterator<Item = ClaimView<R>> {
        let now = now.max(self.latest);
        self.claims.iter().filter_map(move |claim| {
            let state = match claim.standing {
                Standing::Waiting { ticket } => ClaimState::Waiting(self.claims.ahead(claim.resource, ticket)),
                Standing::Holding { token, .. } => ClaimState::Holding(token),
                Standing::Cooling { token } => ClaimState::Delayed(token),
            };
            let slot = self.claims.find(claim.node, claim.id)?;
            Some(ClaimView {
                resource: self.claims.resource(claim.resource)?.key,
                node: claim.node,
                claim: claim.id,
                mode: claim.mode,
                state,
                left: self.claims.deadlines.get(slot).unwrap_or(now).since(now),
            })
        })
    }
}
