//! What members of a dissemination barrier say: life (8), progress, answers: 0, or 1 and a life (8), and asks (1).
//!
//! Progress is 0, or 1, how many generations are complete (8), and rounds: 0, or 1 and how many (1).

use crate::{Body, BodyError, Field, Reader, Writer, protocol};
use quorate::barrier::dissemination::{Progress, Signal};

impl Body for Signal {
    const PROTOCOL: u8 = protocol::DISSEMINATION;

    fn encode(&self, writer: &mut Writer<'_>) {
        writer.put(&self.life);
        writer.put(&self.progress);
        writer.put(&self.answers);
        writer.bool(self.asks);
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, BodyError> {
        Ok(Self { life: reader.get()?, progress: reader.get()?, answers: reader.get()?, asks: reader.bool()? })
    }
}

impl Field for Progress {
    fn put(&self, writer: &mut Writer<'_>) {
        writer.u64(self.complete);
        writer.put(&self.rounds);
    }

    fn get(reader: &mut Reader<'_>) -> Result<Self, BodyError> {
        Ok(Self { complete: reader.u64()?, rounds: reader.get()? })
    }
}
