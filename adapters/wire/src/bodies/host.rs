//! What hosts say is what their parts say, each under its own part's number: a host understands a member that hosts nothing,
//! and a client that knows of nothing but leases.

use crate::{Body, Field, Payload, Rejected, Writer};
use quorate::host::Message;
use quorate::{barrier, lease};

impl<R: Field> Payload for Message<R> {
    #[inline]
    fn protocol(&self) -> u8 {
        match self {
            Self::Member(message) => message.protocol(),
            Self::Lease(message) => message.protocol(),
            Self::Barrier(message) => message.protocol(),
        }
    }

    #[inline]
    fn write(&self, writer: &mut Writer<'_>) {
        match self {
            Self::Member(message) => message.write(writer),
            Self::Lease(message) => message.write(writer),
            Self::Barrier(message) => message.write(writer),
        }
    }

    #[inline]
    fn read(protocol: u8, body: &[u8]) -> Result<Self, Rejected> {
        if protocol == <lease::Message<R> as Body>::PROTOCOL {
            Payload::read(protocol, body).map(Self::Lease)
        } else if protocol == <barrier::Message<R> as Body>::PROTOCOL {
            Payload::read(protocol, body).map(Self::Barrier)
        } else {
            Payload::read(protocol, body).map(Self::Member)
        }
    }
}
