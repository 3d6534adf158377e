//! Asking a member something from outside: all of it but the waiting.

use crate::driver::ASKER;
use core::fmt;
use core::hash::{BuildHasher, Hasher};
use core::marker::PhantomData;
use core::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use core::time::Duration;
use quorate::{Incarnation, NodeId, To};
use quorate_wire::{
    BodyError, Codec, GroupId, Keyring, MAX_DATAGRAM, Payload, Reader, Rejected, Roster, SendError, Sender, Writer,
};
use std::collections::hash_map::RandomState;
use std::io;

/// How long a question is. It is about as long as its answer, so that nobody can have a member flood somebody else with answers
/// that are much longer than questions under a forged address.
pub(crate) const QUESTION: usize = 1_000;

/// After how long without an answer a question is repeated.
pub const AGAIN: Duration = Duration::from_millis(200);

/// What is answered, under the protocol's number: version, number of the question, and then this.
pub trait Answer: Sized {
    /// The protocol's number.
    const PROTOCOL: u8;
    /// The version of the layout.
    const VERSION: u8;

    /// Reads what stands behind version and number.
    ///
    /// # Errors
    ///
    /// If it is no such answer.
    fn read(reader: &mut Reader<'_>) -> Result<Self, BodyError>;
}

/// A group, and how to speak to its members.
#[derive(Clone, Copy, Debug)]
pub struct Group<'a> {
    /// Its name.
    pub name: &'a str,
    /// What is said is sealed with these.
    pub keyring: Option<&'a Keyring>,
}

impl Group<'_> {
    /// What frames of this group are made with.
    #[must_use]
    pub fn codec(&self) -> Codec {
        let group = GroupId::from_name(self.name);
        self.keyring.map_or_else(|| Codec::plain(group), |keyring| Codec::sealed(group, keyring))
    }
}

/// A question that is put again and again, until an answer comes.
#[derive(Debug)]
pub struct Asking<A> {
    codec: Codec,
    sender: Sender,
    nonce: u64,
    what: Vec<u8>,
    buffer: Box<[u8; MAX_DATAGRAM]>,
    refused: Option<Rejected>,
    answer: PhantomData<fn() -> A>,
}

impl<A: Answer> Asking<A> {
    /// A question to a member of this group. `what` stands behind version and number.
    #[must_use]
    pub fn new(group: Group<'_>, what: &[u8]) -> Self {
        let codec = group.codec();
        // Drawn at random, for nobody keeps count of who asks: it must not occur twice under one key.
        let sender = Sender::new(&codec, Roster::NONE, ASKER, Incarnation::new(random()));
        Self {
            sender,
            codec,
            nonce: random(),
            what: what.to_vec(),
            buffer: Box::new([0; MAX_DATAGRAM]),
            refused: None,
            answer: PhantomData,
        }
    }

    /// The next datagram that asks it.
    ///
    /// # Errors
    ///
    /// If it is too long to be asked.
    pub fn frame(&mut self) -> Result<&[u8], SendError> {
        let question = Question { protocol: A::PROTOCOL, version: A::VERSION, nonce: self.nonce, what: &self.what };
        self.sender.frame(&self.codec, To::Peers, &question, self.buffer.as_mut_slice())
    }

    /// The answer in a datagram, if it is one to this question.
    pub fn hear(&mut self, datagram: &mut [u8]) -> Option<A> {
        match self.open(datagram) {
            Ok(answer) => answer,
            Err(rejected) => {
                self.refused = Some(rejected);
                None
            }
        }
    }

    fn open(&self, datagram: &mut [u8]) -> Result<Option<A>, Rejected> {
        let frame = self.codec.open(datagram)?;
        if frame.header().to != To::Node(ASKER) {
            return Ok(None);
        }
        for entry in frame.entries().filter(|entry| entry.protocol == A::PROTOCOL) {
            let read = || {
                let mut reader = Reader::new(entry.body);
                match reader.u8()? {
                    version if version == A::VERSION => {}
                    version => return Err(BodyError::invalid("version", version)),
                }
                if reader.u64()? != self.nonce {
                    return Ok(None);
                }
                let answer = A::read(&mut reader)?;
                reader.finish().map(|()| Some(answer))
            };
            let answer = read().map_err(|error| Rejected::InvalidBody { protocol: entry.protocol, error })?;
            if answer.is_some() {
                return Ok(answer);
            }
        }
        Ok(None)
    }

    /// That no answer came from this address in so long.
    #[must_use]
    pub fn unanswered(&self, address: SocketAddr, timeout: Duration) -> AskError {
        AskError::NoAnswer { address, timeout, refused: self.refused }
    }
}

/// The address to ask, among those that were found.
///
/// # Errors
///
/// If there is none.
pub fn found(mut addresses: impl Iterator<Item = SocketAddr>) -> Result<SocketAddr, AskError> {
    addresses.next().ok_or_else(|| AskError::Address(io::ErrorKind::NotFound.into()))
}

/// Where to bind a socket that is to speak to this address.
#[must_use]
pub fn any_like(address: SocketAddr) -> SocketAddr {
    any(address.is_ipv4())
}

/// Any port of any address, of IPv4 or of IPv6.
pub(crate) fn any(v4: bool) -> SocketAddr {
    if v4 { (Ipv4Addr::UNSPECIFIED, 0).into() } else { (Ipv6Addr::UNSPECIFIED, 0).into() }
}

/// What an error of a connected socket means: nothing that matters if it is `None`, while `listening` for an answer that somebody
/// refuses.
///
/// # Errors
///
/// That nobody listens there, or that the socket cannot be used.
pub fn refused(error: io::Error, address: SocketAddr, listening: bool) -> Result<(), AskError> {
    match error.kind() {
        io::ErrorKind::ConnectionRefused if listening => Err(AskError::NobodyListens { address }),
        io::ErrorKind::ConnectionRefused => Ok(()),
        _ => Err(AskError::Socket(error)),
    }
}

/// A number that nobody can guess, from the operating system's randomness.
#[must_use]
pub fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}

/// The number of a question of this protocol and version, and what stands behind it; `None` if it is no such question.
pub(crate) fn asked<'a>((protocol, version): (u8, u8), found: u8, question: &'a [u8]) -> Option<(u64, Reader<'a>)> {
    let mut reader = Reader::new(question);
    match (found == protocol, reader.u8(), reader.u64()) {
        (true, Ok(found), Ok(nonce)) if found == version && question.len() >= QUESTION => Some((nonce, reader)),
        _ => None,
    }
}

struct Question<'a> {
    protocol: u8,
    version: u8,
    nonce: u64,
    what: &'a [u8],
}

impl Payload for Question<'_> {
    fn protocol(&self) -> u8 {
        self.protocol
    }

    fn write(&self, writer: &mut Writer<'_>) {
        writer.u8(self.version);
        writer.u64(self.nonce);
        writer.bytes(self.what);
        writer.bytes(&[0; QUESTION][..QUESTION.saturating_sub(writer.written())]);
    }

    fn read(protocol: u8, _: &[u8]) -> Result<Self, Rejected> {
        Err(Rejected::UnknownProtocol { protocol }) // It is only sent.
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
