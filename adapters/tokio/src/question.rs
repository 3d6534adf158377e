//! Asking a member something from outside, and waiting for the answer.

use crate::driver::ASKER;
use crate::status::AskError;
use core::hash::{BuildHasher, Hasher};
use core::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use core::time::Duration;
use quorate::{Incarnation, To};
use quorate_wire::{
    BodyError, Codec, GroupId, Keyring, MAX_DATAGRAM, Payload, Reader, Rejected, Roster, Sender, Writer,
};
use std::collections::hash_map::RandomState;
use std::io;
use tokio::net::{ToSocketAddrs, UdpSocket, lookup_host};
use tokio::time::{Instant, timeout_at};

/// How long a question is. It is about as long as its answer, so that nobody can have a member flood somebody else with answers
/// that are much longer than questions under a forged address.
pub(crate) const QUESTION: usize = 1_000;
/// After how long without an answer a question is repeated.
const AGAIN: Duration = Duration::from_millis(200);

/// What is answered, under the protocol's number: version, number of the question, and then this.
pub(crate) trait Answer: Sized {
    const PROTOCOL: u8;
    const VERSION: u8;

    fn read(reader: &mut Reader<'_>) -> Result<Self, BodyError>;
}

/// A group, and how to speak to its members.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Group<'a> {
    pub(crate) name: &'a str,
    pub(crate) keyring: Option<&'a Keyring>,
}

impl Group<'_> {
    pub(crate) fn codec(&self) -> Codec {
        let group = GroupId::from_name(self.name);
        self.keyring.map_or_else(|| Codec::plain(group), |keyring| Codec::sealed(group, keyring))
    }
}

/// Puts a question to the member at `address`, again and again until `timeout` is over. Returns where the answer came from, too.
/// `what` stands behind version and number.
pub(crate) async fn put<A: Answer>(
    address: impl ToSocketAddrs,
    group: Group<'_>,
    what: &[u8],
    timeout: Duration,
) -> Result<(SocketAddr, A), AskError> {
    let end = Instant::now() + timeout;
    let found = lookup_host(address).await.map_err(AskError::Address)?.next();
    let address = found.ok_or_else(|| AskError::Address(io::ErrorKind::NotFound.into()))?;
    let any: SocketAddr =
        if address.is_ipv4() { (Ipv4Addr::UNSPECIFIED, 0).into() } else { (Ipv6Addr::UNSPECIFIED, 0).into() };
    let socket = UdpSocket::bind(any).await.map_err(AskError::Socket)?;
    // Connected, it takes answers from there only, and is told when nobody listens.
    socket.connect(address).await.map_err(AskError::Socket)?;

    let codec = group.codec();
    // Drawn at random, for nobody keeps count of who asks: it must not occur twice under one key.
    let mut sender = Sender::new(&codec, Roster::NONE, ASKER, Incarnation::new(random()));
    let nonce = random();
    let question = Question { protocol: A::PROTOCOL, version: A::VERSION, nonce, what };
    let mut refused = None;
    let mut buffer = [0; MAX_DATAGRAM];
    while Instant::now() < end {
        let Ok(question) = sender.frame(&codec, To::Peers, &question, &mut buffer) else {
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
                    Ok(Some(answer)) => return Ok((address, answer)),
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

/// The answer in a datagram, if it is one to this question.
fn open<A: Answer>(codec: &Codec, nonce: u64, datagram: &mut [u8]) -> Result<Option<A>, Rejected> {
    let frame = codec.open(datagram)?;
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
            if reader.u64()? != nonce {
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

/// A number that nobody can guess, from the operating system's randomness.
pub(crate) fn random() -> u64 {
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
