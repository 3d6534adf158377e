//! Every message of every protocol, there and back.

use arbitrary::Arbitrary;
use quorate::clock::{HybridStamp, LamportStamp, Message as Stamped, VectorStamp, VersionVector};
use quorate::{Name, NodeId, barrier, detector, election, lease, member};
use quorate_sim::fuzz;
use quorate_wire::{BodyError, Field, Payload, Reader, Rejected, Writer};

/// What a process carries for its user.
#[derive(Arbitrary, Clone, Debug, PartialEq)]
struct Carried(Option<(u16, [u8; 3])>);

impl Field for Carried {
    fn put(&self, writer: &mut Writer<'_>) {
        writer.bool(self.0.is_some());
        if let Some((number, bytes)) = &self.0 {
            writer.u16(*number);
            writer.array(*bytes);
        }
    }

    fn get(reader: &mut Reader<'_>) -> Result<Self, BodyError> {
        Ok(Self(if reader.bool()? { Some((reader.u16()?, reader.array()?)) } else { None }))
    }
}

/// The first byte says which message it is, and the rest is tried as such.
pub fn messages(data: &[u8]) {
    let Some((&kind, rest)) = data.split_first() else { return };
    match kind % 11 {
        0 => fuzz::message::<detector::Heartbeat>(rest),
        1 => fuzz::message::<election::Message>(rest),
        2 => fuzz::message::<member::Message>(rest),
        3 => fuzz::message::<lease::Message<Name>>(rest),
        4 => fuzz::message::<lease::Message<u8>>(rest),
        9 => fuzz::message::<barrier::Message<Name>>(rest),
        10 => fuzz::message::<barrier::Message<u8>>(rest),
        5 => fuzz::message::<Stamped<LamportStamp, Carried>>(rest),
        6 => fuzz::message::<Stamped<HybridStamp, NodeId>>(rest),
        7 => fuzz::message::<Stamped<VectorStamp<5>, ()>>(rest),
        _ => fuzz::message::<Stamped<VersionVector<4>, u64>>(rest),
    }
}

/// Whether a body that came in a frame is a message of any protocol; if so, its bytes as it is written again.
pub(crate) fn again(protocol: u8, body: &[u8]) -> Option<Vec<u8>> {
    fn written<P: Payload>(read: Result<P, Rejected>) -> Option<Vec<u8>> {
        let message = read.ok()?;
        let mut room = [0; 2_048];
        let mut writer = Writer::new(&mut room);
        message.write(&mut writer);
        let length = writer.written();
        Some(room[..length].to_vec())
    }
    written(member::Message::read(protocol, body))
        .or_else(|| written(barrier::Message::<Name>::read(protocol, body)))
        .or_else(|| written(lease::Message::<Name>::read(protocol, body)))
        .or_else(|| written(Stamped::<LamportStamp, Carried>::read(protocol, body)))
        .or_else(|| written(Stamped::<HybridStamp, NodeId>::read(protocol, body)))
        .or_else(|| written(Stamped::<VectorStamp<5>, ()>::read(protocol, body)))
        .or_else(|| written(Stamped::<VersionVector<4>, u64>::read(protocol, body)))
}
