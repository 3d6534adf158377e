//! What a frame carries: bodies, each under the number of its protocol.

use crate::{BodyError, Reader, Rejected, Writer};

/// The numbers of the protocols that this crate knows. Those from [`FIRST_OF_USERS`](protocol::FIRST_OF_USERS) on are
/// never given out here, and are free for machines of your own.
pub mod protocol {
    /// [`Heartbeat`](quorate::detector::Heartbeat).
    pub const HEARTBEAT: u8 = 1;
    /// [`election::Message`](quorate::election::Message).
    pub const ELECTION: u8 = 2;
    /// [`clock::Message`](quorate::clock::Message) with a [`LamportStamp`](quorate::clock::LamportStamp).
    pub const LAMPORT: u8 = 3;
    /// [`clock::Message`](quorate::clock::Message) with a [`VectorStamp`](quorate::clock::VectorStamp).
    pub const VECTOR: u8 = 4;
    /// [`clock::Message`](quorate::clock::Message) with a [`VersionVector`](quorate::clock::VersionVector).
    pub const VERSION: u8 = 5;
    /// [`clock::Message`](quorate::clock::Message) with a [`HybridStamp`](quorate::clock::HybridStamp).
    pub const HYBRID: u8 = 6;
    /// [`lease::Message`](quorate::lease::Message).
    pub const LEASE: u8 = 7;
    /// [`barrier::Message`](quorate::barrier::Message).
    pub const BARRIER: u8 = 8;
    /// [`barrier::dissemination::Signal`](quorate::barrier::dissemination::Signal).
    pub const DISSEMINATION: u8 = 9;
    /// What members answer to those who ask who is who, and who holds what; its form is that of the adapter that answers.
    pub const DIRECTORY: u8 = 126;
    /// What members answer to those who ask how they see the group; its form is that of the adapter that answers.
    pub const STATUS: u8 = 127;

    /// The first number that is free for your own machines; the last is 255.
    pub const FIRST_OF_USERS: u8 = 128;
}

/// A message that one protocol exchanges, as bytes.
///
/// Implement it for your own machine's messages, and adapters can send them:
///
/// ```
/// use quorate_wire::{Body, BodyError, Reader, Writer, protocol};
///
/// #[derive(Clone, Debug, PartialEq)]
/// struct Temperature { millikelvin: u32 }
///
/// impl Body for Temperature {
///     const PROTOCOL: u8 = protocol::FIRST_OF_USERS;
///
///     fn encode(&self, writer: &mut Writer<'_>) {
///         writer.u32(self.millikelvin);
///     }
///
///     fn decode(reader: &mut Reader<'_>) -> Result<Self, BodyError> {
///         match reader.u32()? {
///             0 => Err(BodyError::invalid("temperature", 0_u32)),
///             millikelvin => Ok(Self { millikelvin }),
///         }
///     }
/// }
/// ```
pub trait Body: Sized {
    /// The protocol's number: one for each, over everything that a group exchanges, and never another one later.
    const PROTOCOL: u8;

    /// Writes the body. What does not fit is noticed by whoever made the writer.
    fn encode(&self, writer: &mut Writer<'_>);

    /// Reads the body. What is left over is an error that the caller finds.
    ///
    /// # Errors
    ///
    /// If the bytes are not such a body. Every value that could not have been encoded is to be refused.
    fn decode(reader: &mut Reader<'_>) -> Result<Self, BodyError>;
}

/// What a driver sends and receives: a [`Body`], or one of several bodies, each under its own number.
///
/// Every body is a payload. A composite machine's message implements this trait by passing on to its parts', so that
/// a heartbeat looks the same whether it is sent by a monitor alone or by one inside of something larger.
///
/// ```
/// use quorate_wire::{Body, BodyError, Payload, Reader, Rejected, Writer};
/// # macro_rules! body { ($name:ident, $number:literal) => {
/// # #[derive(Debug, PartialEq)] struct $name;
/// # impl Body for $name {
/// #     const PROTOCOL: u8 = $number;
/// #     fn encode(&self, _: &mut Writer<'_>) {}
/// #     fn decode(_: &mut Reader<'_>) -> Result<Self, BodyError> { Ok(Self) }
/// # } } }
/// # body!(Ping, 200); body!(Vote, 201);
/// enum Either { Ping(Ping), Vote(Vote) }
///
/// impl Payload for Either {
///     fn protocol(&self) -> u8 {
///         match self { Self::Ping(_) => Ping::PROTOCOL, Self::Vote(_) => Vote::PROTOCOL }
///     }
///     fn write(&self, writer: &mut Writer<'_>) {
///         match self { Self::Ping(ping) => ping.encode(writer), Self::Vote(vote) => vote.encode(writer) }
///     }
///     fn read(protocol: u8, body: &[u8]) -> Result<Self, Rejected> {
///         match protocol {
///             Ping::PROTOCOL => Payload::read(protocol, body).map(Self::Ping),
///             _ => Payload::read(protocol, body).map(Self::Vote), // refuses what is no vote either
///         }
///     }
/// }
/// assert!(matches!(Either::read(201, &[]), Ok(Either::Vote(Vote))));
/// assert!(matches!(Either::read(202, &[]), Err(Rejected::UnknownProtocol { protocol: 202 })));
/// ```
pub trait Payload: Sized {
    /// The number of the protocol that this message belongs to.
    fn protocol(&self) -> u8;

    /// Writes the body without its number.
    fn write(&self, writer: &mut Writer<'_>);

    /// Reads the body that came under the number `protocol`, all of it.
    ///
    /// # Errors
    ///
    /// [`Rejected::UnknownProtocol`] if the number is not one of those that the payload has, [`Rejected::InvalidBody`]
    /// if the bytes are not such a body.
    fn read(protocol: u8, body: &[u8]) -> Result<Self, Rejected>;
}

impl<B: Body> Payload for B {
    #[inline]
    fn protocol(&self) -> u8 {
        B::PROTOCOL
    }

    #[inline]
    fn write(&self, writer: &mut Writer<'_>) {
        Body::encode(self, writer);
    }

    #[inline]
    fn read(protocol: u8, body: &[u8]) -> Result<Self, Rejected> {
        if protocol != B::PROTOCOL {
            return Err(Rejected::UnknownProtocol { protocol });
        }
        let mut reader = Reader::new(body);
        B::decode(&mut reader)
            .and_then(|body| reader.finish().map(|()| body))
            .map_err(|error| Rejected::InvalidBody { protocol, error })
    }
}

/// A part of a body: something with a form of its own, but no protocol.
///
/// Numbers and arrays of bytes are fields, and so are the identifiers, times and stamps of `quorate`. What a
/// [`Process`](quorate::clock::Process) carries for its user has to be one, too; `()` is one without bytes.
///
/// ```
/// use quorate::{Epoch, NodeId};
/// use quorate_wire::{BodyError, Reader, Writer};
///
/// let mut room = [0; 12];
/// let mut writer = Writer::new(&mut room);
/// writer.put(&NodeId::new(5));
/// writer.put(&Epoch::new(9));
/// let mut reader = Reader::new(&room);
/// assert_eq!(reader.get(), Ok(NodeId::new(5)));
/// assert_eq!(reader.get(), Ok(Epoch::new(9)));
/// assert_eq!(reader.get::<u8>(), Err(BodyError::Truncated { needed: 1, left: 0 }));
/// ```
pub trait Field: Sized {
    /// Writes it.
    fn put(&self, writer: &mut Writer<'_>);

    /// Reads it.
    ///
    /// # Errors
    ///
    /// If the bytes are not such a field. Every value that could not have been written is to be refused.
    fn get(reader: &mut Reader<'_>) -> Result<Self, BodyError>;
}

impl Writer<'_> {
    /// Writes a field.
    #[inline]
    pub fn put<F: Field>(&mut self, field: &F) {
        field.put(self);
    }
}

impl Reader<'_> {
    /// Reads a field.
    ///
    /// # Errors
    ///
    /// Those of [`Field::get`].
    #[inline]
    pub fn get<F: Field>(&mut self) -> Result<F, BodyError> {
        F::get(self)
    }
}
