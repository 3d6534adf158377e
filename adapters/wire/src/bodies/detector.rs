//! Heartbeats.
//!
//! | offset | bytes | what |
//! |---:|---:|---|
//! | 0 | 8 | incarnation |
//! | 8 | 8 | sequence |

use crate::{Body, BodyError, Reader, Writer, protocol};
use quorate::detector::Heartbeat;

impl Body for Heartbeat {
    const PROTOCOL: u8 = protocol::HEARTBEAT;

    #[inline]
    fn encode(&self, writer: &mut Writer<'_>) {
        writer.put(&self.incarnation);
        writer.u64(self.sequence);
    }

    #[inline]
    fn decode(reader: &mut Reader<'_>) -> Result<Self, BodyError> {
        Ok(Self { incarnation: reader.get()?, sequence: reader.u64()? })
    }
}
