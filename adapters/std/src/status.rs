//! Asking a member what it sees, from outside.
//!
//! A question goes to the member's own socket, in a frame of its group and under its key. It changes nothing, and who asks
//! need not be a member. A member answers about twenty questions a second and counts the others as dropped.

pub use crate::membership::{Claim, Claims, Directory, PeerHealth, Status, Tallied};
pub use crate::question::AskError;

use crate::membership::{claims_from, wire};
use crate::question::{self, AGAIN, Answer, Asking, Group};
use core::net::SocketAddr;
use core::time::Duration;
use quorate_wire::{BodyError, Keyring, MAX_DATAGRAM, Reader};
use std::io;
use std::net::{ToSocketAddrs, UdpSocket};
use std::time::Instant;

/// Asks the member at `address` what it sees. The question is repeated until `timeout` is over.
///
/// ```no_run
/// let status = quorate_std::status::ask("10.0.0.1:7400", "orders", None, std::time::Duration::from_secs(1))?;
/// println!("node {} is {:?}; node {:?} leads epoch {}", status.id, status.standing, status.leader, status.epoch);
/// # Ok::<(), quorate_std::status::AskError>(())
/// ```
///
/// # Errors
///
/// If no answer comes; the error says as much about the reason as is known.
pub fn ask(
    address: impl ToSocketAddrs,
    group: &str,
    keyring: Option<&Keyring>,
    timeout: Duration,
) -> Result<Status, AskError> {
    put::<Status>(address, Group { name: group, keyring }, &[], timeout).map(|(_, status)| status)
}

/// Asks the member at `address` who the members are, where, and how locks are granted.
///
/// # Errors
///
/// As [`ask`].
pub fn directory(
    address: impl ToSocketAddrs,
    group: &str,
    keyring: Option<&Keyring>,
    timeout: Duration,
) -> Result<Directory, AskError> {
    let (from, directory) = put::<Directory>(address, Group { name: group, keyring }, &Directory::QUESTION, timeout)?;
    Ok(directory.asked_at(from))
}

/// Asks the leader of a group who holds locks and who waits for them. Any member can be asked at first.
///
/// The list is asked for in pages, so what changes meanwhile may be there twice or not at all.
///
/// # Errors
///
/// As [`ask`], and [`AskError::NoAuthority`] if no member grants locks at present.
pub fn claims(
    address: impl ToSocketAddrs,
    name: &str,
    keyring: Option<&Keyring>,
    timeout: Duration,
) -> Result<Claims, AskError> {
    let end = Instant::now() + timeout;
    let known = directory(address, name, keyring, timeout)?;
    let mut pages = Pages::new(&known)?;
    loop {
        let left = end.saturating_duration_since(Instant::now());
        let (_, page) = put::<Claims>(pages.leader(), Group { name, keyring }, &pages.what(), left)?;
        if let Some(all) = pages.add(page)? {
            return Ok(all);
        }
    }
}

/// A list of claims that is asked for page by page, of the leader that a directory names.
#[derive(Debug)]
pub struct Pages {
    leader: SocketAddr,
    asked: quorate::NodeId,
    leader_id: Option<quorate::NodeId>,
    listed: Option<Claims>,
}

impl Pages {
    /// The list of the leader that this directory names.
    ///
    /// # Errors
    ///
    /// If it names none, or not where it is.
    pub fn new(known: &Directory) -> Result<Self, AskError> {
        let leader = known.leader.and_then(|leader| known.members.iter().find(|(member, _)| *member == leader));
        match leader {
            Some(&(_, Some(leader))) => Ok(Self { leader, asked: known.id, leader_id: known.leader, listed: None }),
            _ => Err(AskError::NoAuthority { asked: known.id, leader: known.leader }),
        }
    }

    /// Whom to ask.
    #[must_use]
    pub const fn leader(&self) -> SocketAddr {
        self.leader
    }

    /// What to ask for next.
    #[must_use]
    pub fn what(&self) -> [u8; 5] {
        let from = self.listed.as_ref().map_or(0, |claims| claims.claims.len());
        claims_from(u32::try_from(from).unwrap_or(u32::MAX))
    }

    /// Takes a page. Returns the whole list, if that was the last one.
    ///
    /// # Errors
    ///
    /// If the leader grants no locks any more.
    pub fn add(&mut self, page: Claims) -> Result<Option<Claims>, AskError> {
        if page.epoch.is_none() {
            return Err(AskError::NoAuthority { asked: self.asked, leader: self.leader_id });
        }
        let (total, is_last) = (page.total, page.claims.is_empty());
        let listed = match self.listed.take() {
            Some(mut all) => {
                all.claims.extend(page.claims);
                all.total = total;
                all
            }
            None => page,
        };
        if is_last || listed.claims.len() >= total as usize {
            return Ok(Some(listed));
        }
        self.listed = Some(listed);
        Ok(None)
    }
}

impl Answer for Status {
    const PROTOCOL: u8 = wire::PROTOCOL;
    const VERSION: u8 = wire::VERSION;

    fn read(reader: &mut Reader<'_>) -> Result<Self, BodyError> {
        wire::read(reader)
    }
}

/// Puts a question to the member at `address`, again and again until `timeout` is over. Returns where the answer came from, too.
fn put<A: Answer>(
    address: impl ToSocketAddrs,
    group: Group<'_>,
    what: &[u8],
    timeout: Duration,
) -> Result<(SocketAddr, A), AskError> {
    let end = Instant::now() + timeout;
    let address = question::found(address.to_socket_addrs().map_err(AskError::Address)?)?;
    let socket = UdpSocket::bind(question::any_like(address)).map_err(AskError::Socket)?;
    // Connected, it takes answers from there only, and is told when nobody listens.
    socket.connect(address).map_err(AskError::Socket)?;

    let mut asking = Asking::<A>::new(group, what);
    let mut buffer = [0; MAX_DATAGRAM];
    while Instant::now() < end {
        let Ok(frame) = asking.frame() else { break };
        if let Err(error) = socket.send(frame) {
            question::refused(error, address, false)?;
        }
        let again = end.min(Instant::now() + AGAIN);
        loop {
            let left = again.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            socket.set_read_timeout(Some(left)).map_err(AskError::Socket)?;
            match socket.recv(&mut buffer) {
                Ok(length) => {
                    if let Some(answer) = asking.hear(&mut buffer[..length]) {
                        return Ok((address, answer));
                    }
                }
                Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => question::refused(error, address, true)?,
            }
        }
    }
    Err(asking.unanswered(address, timeout))
}
