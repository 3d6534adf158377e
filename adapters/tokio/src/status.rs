//! Asking a member what it sees, from outside.
//!
//! A question goes to the member's own socket, in a frame of its group and under its key. It changes nothing (what changes
//! something is in [`administration`](crate::administration)), and who asks need not be a member. A member answers about twenty questions a second and counts the others as dropped.

pub use quorate_std::status::{AskError, Claim, Claims, Directory, PeerHealth, Status, Tallied};

use crate::question::put;
use core::time::Duration;
use quorate_std::question::Group;
use quorate_std::status::Pages;
use quorate_wire::Keyring;
use tokio::net::ToSocketAddrs;
use tokio::time::Instant;

/// Asks the member at `address` what it sees. The question is repeated until `timeout` is over.
///
/// ```no_run
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let status = quorate_tokio::status::ask("10.0.0.1:7400", "orders", None, std::time::Duration::from_secs(1)).await?;
/// println!("node {} is {:?}; node {:?} leads epoch {}", status.id, status.standing, status.leader, status.epoch);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// If no answer comes; the error says as much about the reason as is known.
pub async fn ask(
    address: impl ToSocketAddrs,
    group: &str,
    keyring: Option<&Keyring>,
    timeout: Duration,
) -> Result<Status, AskError> {
    put::<Status>(address, Group { name: group, keyring }, &[], timeout).await.map(|(_, status)| status)
}

/// Asks the member at `address` who the members are, where, and how locks are granted.
///
/// # Errors
///
/// As [`ask`].
pub async fn directory(
    address: impl ToSocketAddrs,
    group: &str,
    keyring: Option<&Keyring>,
    timeout: Duration,
) -> Result<Directory, AskError> {
    let group = Group { name: group, keyring };
    let (from, directory) = put::<Directory>(address, group, &Directory::QUESTION, timeout).await?;
    Ok(directory.asked_at(from))
}

/// Asks the leader of a group who holds locks and who waits for them. Any member can be asked at first.
///
/// The list is asked for in pages, so what changes meanwhile may be there twice or not at all.
///
/// # Errors
///
/// As [`ask`], and [`AskError::NoAuthority`] if no member grants locks at present.
pub async fn claims(
    address: impl ToSocketAddrs,
    name: &str,
    keyring: Option<&Keyring>,
    timeout: Duration,
) -> Result<Claims, AskError> {
    let end = Instant::now() + timeout;
    let mut pages = Pages::new(&directory(address, name, keyring, timeout).await?)?;
    loop {
        let left = end.saturating_duration_since(Instant::now());
        let (_, page) = put::<Claims>(pages.leader(), Group { name, keyring }, &pages.what(), left).await?;
        if let Some(all) = pages.add(page)? {
            return Ok(all);
        }
    }
}
