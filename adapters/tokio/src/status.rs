//! Asking a member what it sees, from outside.
//!
//! A question goes to the member's own socket, in a frame of its group and under its key. It changes nothing, and who asks
//! need not be a member. A member answers about twenty questions a second and counts the others as dropped.

pub use crate::member::{Claim, Claims, Directory, PeerHealth, Status, Tallied};

use crate::driver::ASKER;
use crate::member::{directory, wire};
use crate::question::{self, Answer, Group};
use core::fmt;
use core::net::SocketAddr;
use core::time::Duration;
use quorate::NodeId;
use quorate_wire::{BodyError, Keyring, Reader, Rejected};
use std::io;
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
    let group = Group { name: group, keyring };
    question::put::<Status>(address, group, &[], timeout).await.map(|(_, status)| status)
}

impl Answer for Status {
    const PROTOCOL: u8 = wire::PROTOCOL;
    const VERSION: u8 = wire::VERSION;

    fn read(reader: &mut Reader<'_>) -> Result<Self, BodyError> {
        wire::read(reader)
    }
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
    let (from, mut directory) = question::put::<Directory>(address, group, &[directory::MEMBERS], timeout).await?;
    for member in &mut directory.members {
        // A member knows where the others are, and of itself only where it listens, which may be everywhere.
        if member.0 == directory.id {
            member.1 = Some(from);
        }
    }
    Ok(directory)
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
    let known = directory(address, name, keyring, timeout).await?;
    let group = Group { name, keyring };
    let leader = known.leader.and_then(|leader| known.members.iter().find(|(member, _)| *member == leader));
    let none = AskError::NoAuthority { asked: known.id, leader: known.leader };
    let Some(&(_, Some(address))) = leader else { return Err(none) };
    let mut listed: Option<Claims> = None;
    loop {
        let from = listed.as_ref().map_or(0, |claims| claims.claims.len());
        let what = directory::claims_from(u32::try_from(from).unwrap_or(u32::MAX));
        let left = end.saturating_duration_since(Instant::now());
        let (_, page) = question::put::<Claims>(address, group, &what, left).await?;
        if page.epoch.is_none() {
            return Err(none);
        }
        let (total, is_last) = (page.total, page.claims.is_empty());
        match &mut listed {
            Some(all) => {
                all.claims.extend(page.claims);
                all.total = total;
            }
            None => listed = Some(page),
        }
        match listed.take() {
            Some(all) if is_last || all.claims.len() >= total as usize => return Ok(all),
            all => listed = all,
        }
    }
}

/// Why there is no answer.
#[derive(Debug)]
#[non_exhaustive]
pub enum AskError {
    /// The address cannot be found.
    Address(io::Error),
    /// The socket cannot be used.
    Socket(io::Error),
    /// Nobody listens at the address.
    NobodyListens {
        /// The address.
        address: SocketAddr,
    },
    /// No answer came in time. A member that is asked for another group, or without its key, does not answer.
    NoAnswer {
        /// Who was asked.
        address: SocketAddr,
        /// For how long.
        timeout: Duration,
        /// Why something that came was not an answer.
        refused: Option<Rejected>,
    },
    /// No member grants locks: none leads at present, or the group's guarantee lets none of them host anything.
    NoAuthority {
        /// Who was asked.
        asked: NodeId,
        /// Who leads, as far as that member knows.
        leader: Option<NodeId>,
    },
}

impl fmt::Display for AskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(error) => write!(f, "cannot find the address: {error}"),
            Self::Socket(error) => write!(f, "cannot ask: {error}"),
            Self::NobodyListens { address } => write!(f, "nobody listens on {address}"),
            Self::NoAnswer { address, timeout, refused: None } => write!(
                f,
                "{address} did not answer within {timeout:?}; a member answers only who names its group and has its key"
            ),
            Self::NoAnswer { address, timeout, refused: Some(refused) } => {
                write!(f, "{address} did not answer within {timeout:?} in a way that can be read: {refused}")
            }
            Self::NoAuthority { leader: None, asked } => {
                write!(f, "nobody grants locks: node {asked} knows of no leader at present")
            }
            Self::NoAuthority { leader: Some(leader), .. } => {
                write!(f, "nobody grants locks: node {leader} leads, and hosts none")
            }
        }
    }
}

impl core::error::Error for AskError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Address(error) | Self::Socket(error) => Some(error),
            Self::NobodyListens { .. } | Self::NoAnswer { .. } | Self::NoAuthority { .. } => None,
        }
    }
}

/// Whether no member can have `id`: it is a client's, or the one under which questions are asked.
pub(crate) fn is_reserved(id: NodeId) -> bool {
    id.is_client() || id == ASKER
}
