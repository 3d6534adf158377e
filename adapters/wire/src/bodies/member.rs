//! What members say is what their parts say, each under its own part's number: a member and a monitor alone understand
//! each other's heartbeats.

use crate::{Body, Payload, Rejected, Writer};
use quorate::detector::Heartbeat;
use quorate::election;
use quorate::member::Message;

impl Payload for Message {
    #[inline]
    fn protocol(&self) -> u8 {
        match self {
            Self::Heartbeat(heartbeat) => heartbeat.protocol(),
            Self::Election(message) => message.protocol(),
        }
    }

    #[inline]
    fn write(&self, writer: &mut Writer<'_>) {
        match self {
            Self::Heartbeat(heartbeat) => heartbeat.write(writer),
            Self::Election(message) => message.write(writer),
        }
    }

    #[inline]
    fn read(protocol: u8, body: &[u8]) -> Result<Self, Rejected> {
        match protocol {
            Heartbeat::PROTOCOL => Payload::read(protocol, body).map(Self::Heartbeat),
            election::Message::PROTOCOL => Payload::read(protocol, body).map(Self::Election),
            _ => Err(Rejected::UnknownProtocol { protocol }),
        }
    }
}
