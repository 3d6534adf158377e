//! The laws of the contract, tried on a machine in the middle of its life.

use super::Simulated;
use super::run::broken;
use crate::check::Violation;
use core::time::Duration;
use quorate::{Input, Instant, NodeId};

/// What must hold whatever comes next: an early tick is nothing, and a due one does something. `local` is the latest time
/// that the machine has seen.
pub(super) fn before<M: Simulated>(machine: &M, local: Instant, now: Instant, node: NodeId) -> Result<(), Violation> {
    let Some(deadline) = machine.deadline() else { return Ok(()) };
    if local < deadline {
        for early in [local, deadline.before(Duration::from_nanos(1))] {
            let mut twin = machine.clone();
            if !twin.step(Input::Tick, early).is_empty() || twin != *machine {
                return Err(broken("law 3, early tick", now, node, "a tick before the deadline did something"));
            }
        }
    }
    let mut twin = machine.clone();
    if twin.step(Input::Tick, deadline.max(local)).is_empty() && twin.deadline().is_some_and(|later| later <= deadline)
    {
        return Err(broken("law 4, no spin", now, node, "a tick at the deadline does nothing and does not move it"));
    }
    Ok(())
}
