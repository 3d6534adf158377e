//! What an administrator can do to a group's locks and barriers, from outside.
//!
//! As with [questions](crate::status), whoever has the group's key may, and without a key everybody who reaches a member.
//!
//! What is ended is named by its token or its generation, so an order that is repeated, or comes late, ends nothing that has
//! come since. A promise is not broken by any of it: a broken lease is free when its holder says so, or when it has run out.

pub use quorate_std::membership::administration::{BarrierState, Ordered};

use crate::question::put;
use crate::status::{self, AskError};
use core::net::SocketAddr;
use core::time::Duration;
use quorate::barrier::Generation;
use quorate::{FencingToken, Name};
use quorate_std::membership::administration::{self, Administered};
use quorate_std::question::{Answer, Group};
use quorate_std::status::Pages;
use quorate_wire::Keyring;
use tokio::net::ToSocketAddrs;
use tokio::time::Instant;

/// Has the leader break all leases of `lock`, if `latest` is still the latest token of those who hold it. Any member can be asked at
/// first. Who holds it is told at once, and is not renewed any more; those who wait, wait on.
///
/// ```no_run
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use quorate::lease::authority::ClaimState;
/// use quorate_tokio::{administration, status};
/// use std::time::Duration;
///
/// let (address, second) = ("10.0.0.1:7400", Duration::from_secs(1));
/// let claims = status::claims(address, "orders", None, second).await?;
/// for claim in claims.claims.iter().filter(|claim| claim.name.as_str() == "nightly") {
///     if let ClaimState::Holding(token) = claim.state {
///         administration::break_leases(address, "orders", None, claim.name, token, second).await?;
///     }
/// }
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// As [`status::claims`].
pub async fn break_leases(
    address: impl ToSocketAddrs,
    group: &str,
    keyring: Option<&Keyring>,
    lock: Name,
    latest: FencingToken,
    timeout: Duration,
) -> Result<Ordered, AskError> {
    let what = administration::break_leases(lock, latest);
    at_the_leader(address, Group { name: group, keyring }, &what, timeout).await
}

/// Asks the leader how a barrier stands; `None` if nobody has a place there. Any member can be asked at first.
///
/// # Errors
///
/// As [`status::claims`].
pub async fn barrier(
    address: impl ToSocketAddrs,
    group: &str,
    keyring: Option<&Keyring>,
    name: Name,
    timeout: Duration,
) -> Result<Option<BarrierState>, AskError> {
    at_the_leader(address, Group { name: group, keyring }, &administration::barrier(name), timeout).await
}

/// Has the leader break the generation that some have arrived in at `barrier`, if it is still this one. Any member can be asked at first.
/// Each party learns it, and can arrive anew.
///
/// # Errors
///
/// As [`status::claims`].
pub async fn reset(
    address: impl ToSocketAddrs,
    group: &str,
    keyring: Option<&Keyring>,
    barrier: Name,
    generation: Generation,
    timeout: Duration,
) -> Result<Ordered, AskError> {
    let what = administration::reset(barrier, generation);
    at_the_leader(address, Group { name: group, keyring }, &what, timeout).await
}

async fn at_the_leader<T>(
    address: impl ToSocketAddrs,
    group: Group<'_>,
    what: &[u8],
    timeout: Duration,
) -> Result<T, AskError>
where
    Administered<T>: Answer,
{
    let end = Instant::now() + timeout;
    let known = status::directory(address, group.name, group.keyring, timeout).await?;
    let leader = Pages::new(&known)?.leader();
    let left = end.saturating_duration_since(Instant::now());
    let (_, answer): (SocketAddr, Administered<T>) = put(leader, group, what, left).await?;
    match answer.epoch {
        Some(_) => Ok(answer.answer),
        None => Err(AskError::NoAuthority { asked: known.id, leader: known.leader }),
    }
}
