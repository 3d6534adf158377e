//! What an election says: one byte for the kind of message, then its fields in the order of this table.
//!
//! | kind | message | fields |
//! |---:|---|---|
//! | 1 | pre-vote | epoch, priority (2), challenge (1) |
//! | 2 | election | epoch, priority (2) |
//! | 3 | answer | epoch, verdict |
//! | 4 | coordinator | epoch, priority (2), sent (8) |
//! | 5 | acknowledge | epoch, sent (8), priority (2), eligible (1) |
//! | 6 | resign | epoch, successor: 0, or 1 and an identifier (4) |
//! | 7 | challenge | epoch |
//! | 8 | recall | nonce (8) |
//! | 9 | recalled | nonce (8), epoch, remembers (1) |
//!
//! A verdict is one byte (1 would, 2 granted, 3 higher, 4 wait, 5 stale), and after 4 a duration, after 5 an epoch.

use crate::{Body, BodyError, Field, Reader, Writer, protocol};
use quorate::election::{Message, Verdict};

impl Body for Message {
    const PROTOCOL: u8 = protocol::ELECTION;

    fn encode(&self, writer: &mut Writer<'_>) {
        match self {
            Self::PreVote { epoch, priority, challenge } => {
                writer.u8(1);
                writer.put(epoch);
                writer.u16(*priority);
                writer.bool(*challenge);
            }
            Self::Election { epoch, priority } => {
                writer.u8(2);
                writer.put(epoch);
                writer.u16(*priority);
            }
            Self::Answer { epoch, verdict } => {
                writer.u8(3);
                writer.put(epoch);
                writer.put(verdict);
            }
            Self::Coordinator { epoch, priority, sent } => {
                writer.u8(4);
                writer.put(epoch);
                writer.u16(*priority);
                writer.put(sent);
            }
            Self::Acknowledge { epoch, sent, priority, eligible } => {
                writer.u8(5);
                writer.put(epoch);
                writer.put(sent);
                writer.u16(*priority);
                writer.bool(*eligible);
            }
            Self::Resign { epoch, successor } => {
                writer.u8(6);
                writer.put(epoch);
                writer.put(successor);
            }
            Self::Challenge { epoch } => {
                writer.u8(7);
                writer.put(epoch);
            }
            Self::Recall { nonce } => {
                writer.u8(8);
                writer.u64(*nonce);
            }
            Self::Recalled { nonce, epoch, remembers } => {
                writer.u8(9);
                writer.u64(*nonce);
                writer.put(epoch);
                writer.bool(*remembers);
            }
        }
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, BodyError> {
        Ok(match reader.u8()? {
            1 => Self::PreVote { epoch: reader.get()?, priority: reader.u16()?, challenge: reader.bool()? },
            2 => Self::Election { epoch: reader.get()?, priority: reader.u16()? },
            3 => Self::Answer { epoch: reader.get()?, verdict: reader.get()? },
            4 => Self::Coordinator { epoch: reader.get()?, priority: reader.u16()?, sent: reader.get()? },
            5 => Self::Acknowledge {
                epoch: reader.get()?,
                sent: reader.get()?,
                priority: reader.u16()?,
                eligible: reader.bool()?,
            },
            6 => Self::Resign { epoch: reader.get()?, successor: reader.get()? },
            7 => Self::Challenge { epoch: reader.get()? },
            8 => Self::Recall { nonce: reader.u64()? },
            9 => Self::Recalled { nonce: reader.u64()?, epoch: reader.get()?, remembers: reader.bool()? },
            kind => return Err(BodyError::invalid("kind of election message", kind)),
        })
    }
}

impl Field for Verdict {
    fn put(&self, writer: &mut Writer<'_>) {
        match self {
            Self::Would => writer.u8(1),
            Self::Granted => writer.u8(2),
            Self::Higher => writer.u8(3),
            Self::Wait(duration) => {
                writer.u8(4);
                writer.put(duration);
            }
            Self::Stale(epoch) => {
                writer.u8(5);
                writer.put(epoch);
            }
        }
    }

    fn get(reader: &mut Reader<'_>) -> Result<Self, BodyError> {
        Ok(match reader.u8()? {
            1 => Self::Would,
            2 => Self::Granted,
            3 => Self::Higher,
            4 => Self::Wait(reader.get()?),
            5 => Self::Stale(reader.get()?),
            verdict => return Err(BodyError::invalid("verdict", verdict)),
        })
    }
}
