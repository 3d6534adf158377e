//! Asking a member what it sees, from outside.
//!
//! A question goes to the member's own socket, in a frame of its group and under its key. It changes nothing, and who asks
//! need not be a member. A member answers about twenty questions a second and counts the others as dropped.

pub use crate::member::{PeerHealth, Status, Tallied};

use crate::driver::ASKER;
use crate::member::wire;
use core::fmt;
use core::hash::{BuildHasher, Hasher};
use core::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use core::time::Duration;
use quorate::{Incarnation, NodeId, To};
use quorate_wire::{
    BodyError, Codec, GroupId, Keyring, MAX_DATAGRAM, Payload, Reader, Rejected, Roster, Sender, Writer,
};
use std::collections::hash_map::RandomState;
use std::io;
use tokio::net::{ToSocketAddrs, UdpSocket, lookup_host};
use tokio::time::{Instant, timeout_at};

/// After how long without an answer a question is repeated.
const AGAIN: Duration = Duration::from_millis(200);

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
    let end = Instant::now() + timeout;
    let found = lookup_host(address).await.map_err(AskError::Address)?.next();
    let address = found.ok_or_else(|| AskError::Address(io::ErrorKind::NotFound.into()))?;
    let any: SocketAddr =
        if address.is_ipv4() { (Ipv4Addr::UNSPECIFIED, 0).into() } else { (Ipv6Addr::UNSPECIFIED, 0).into() };
    let socket = UdpSocket::bind(any).await.map_err(AskError::Socket)?;
    // Connected, it takes answers from there only, and is told when nobody listens.
    socket.connect(address).await.map_err(AskError::Socket)?;

    let group = GroupId::from_name(group);
    let codec = keyring.map_or_else(|| Codec::plain(group), |keyring| Codec::sealed(group, keyring));
    // Drawn at random, for nobody keeps count of who asks: it must not occur twice under one key.
    let mut sender = Sender::new(&codec, Roster::NONE, ASKER, Incarnation::new(random()));
    let nonce = random();
    let mut refused = None;
    let mut buffer = [0; MAX_DATAGRAM];
    while Instant::now() < end {
        let Ok(question) = sender.frame(&codec, To::Peers, &Question { nonce }, &mut buffer) else {
            return Err(AskError::NoAnswer { address, timeout, refused });
        };
        match socket.send(question).await {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {}
            Err(error) => return Err(AskError::Socket(error)),
        }
        let again = end.min(Instant::now() + AGAIN);
        while let Ok(received) = timeout_at(again, socket.recv(&mut buffer)).await {
            match received {
                Ok(length) => match open(&codec, nonce, &mut buffer[..length]) {
                    Ok(Some(status)) => return Ok(status),
                    Ok(None) => {}
                    Err(rejected) => refused = Some(rejected),
                },
                Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
                    return Err(AskError::NobodyListens { address });
                }
                Err(error) => return Err(AskError::Socket(error)),
            }
        }
    }
    Err(AskError::NoAnswer { address, timeout, refused })
}

/// The status in a datagram, if it is the answer to this question.
fn open(codec: &Codec, nonce: u64, datagram: &mut [u8]) -> Result<Option<Status>, Rejected> {
    let frame = codec.open(datagram)?;
    if frame.header().to != To::Node(ASKER) {
        return Ok(None);
    }
    for entry in frame.entries().filter(|entry| entry.protocol == wire::PROTOCOL) {
        let answer = entry.decode::<Answered>()?;
        if answer.nonce == nonce {
            return Ok(Some(answer.status));
        }
    }
    Ok(None)
}

/// A number that nobody can guess, from the operating system's randomness.
fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}

struct Question {
    nonce: u64,
}

impl Payload for Question {
    fn protocol(&self) -> u8 {
        wire::PROTOCOL
    }

    fn write(&self, writer: &mut Writer<'_>) {
        writer.u8(wire::VERSION);
        writer.u64(self.nonce);
        writer.bytes(&[0; wire::QUESTION][..wire::QUESTION - writer.written()]);
    }

    fn read(protocol: u8, _: &[u8]) -> Result<Self, Rejected> {
        Err(Rejected::UnknownProtocol { protocol }) // It is only sent.
    }
}

struct Answered {
    nonce: u64,
    status: Status,
}

impl Payload for Answered {
    fn protocol(&self) -> u8 {
        wire::PROTOCOL
    }

    fn write(&self, writer: &mut Writer<'_>) {
        writer.u8(wire::VERSION);
        writer.u64(self.nonce);
        wire::write(&self.status, writer);
    }

    fn read(protocol: u8, body: &[u8]) -> Result<Self, Rejected> {
        let read = || {
            let mut reader = Reader::new(body);
            match reader.u8()? {
                wire::VERSION => {}
                version => return Err(BodyError::invalid("version", version)),
            }
            let answer = Self { nonce: reader.u64()?, status: wire::read(&mut reader)? };
            reader.finish().map(|()| answer)
        };
        read().map_err(|error| Rejected::InvalidBody { protocol, error })
    }
}

/// Why there is no status.
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
        }
    }
}

impl core::error::Error for AskError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Address(error) | Self::Socket(error) => Some(error),
            Self::NobodyListens { .. } | Self::NoAnswer { .. } => None,
        }
    }
}

/// Whether `id` is the one under which questions are asked, which no member can have.
pub(crate) fn is_reserved(id: NodeId) -> bool {
    id == ASKER
}
