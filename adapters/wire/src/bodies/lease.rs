//! What holders and authorities say: one byte for the kind of message, the claim (8), then the fields in the order of this
//! table.
//!
//! | kind | message | fields |
//! |---:|---|---|
//! | 1 | acquire | resource, mode, wait (1), lease (12), sent (8) |
//! | 2 | renew | resource, mode, token (8), lease (12), sent (8) |
//! | 3 | release | 0, or 1 and a token (8) |
//! | 4 | granted | token (8), lease (12), sent (8) |
//! | 5 | waiting | ahead (4), sent (8) |
//! | 6 | refused | refusal, sent (8) |
//! | 7 | released | |
//!
//! A mode is one byte (1 exclusive, 2 shared, 3 permits), and after 3 how many are taken (2) and how many there are (2).
//! A refusal is one byte (1 elsewhere, 2 busy, 3 grace, 4 full, 5 other permits, 6 not held, 7 broken, 8 cap reached,
//! 9 exhausted), and after 1 comes 0, or 1 and an identifier (4), after 3 a duration (12), after 4 a number (4), after 5
//! a number (2). What a resource looks like is up to whoever says what it is: a [`Name`](quorate::Name) is its length (1)
//! and its text.

use crate::{Body, BodyError, Field, Reader, Writer, protocol};
use core::num::NonZeroU16;
use quorate::FencingToken;
use quorate::lease::{ClaimId, Message, Mode, Refusal};

impl<R: Field> Body for Message<R> {
    const PROTOCOL: u8 = protocol::LEASE;

    fn encode(&self, writer: &mut Writer<'_>) {
        writer.u8(match self {
            Self::Acquire { .. } => 1,
            Self::Renew { .. } => 2,
            Self::Release { .. } => 3,
            Self::Granted { .. } => 4,
            Self::Waiting { .. } => 5,
            Self::Refused { .. } => 6,
            Self::Released { .. } => 7,
        });
        writer.put(&self.claim());
        match self {
            Self::Acquire { resource, mode, wait, lease, sent, .. } => {
                writer.put(resource);
                writer.put(mode);
                writer.bool(*wait);
                writer.put(lease);
                writer.put(sent);
            }
            Self::Renew { resource, mode, token, lease, sent, .. } => {
                writer.put(resource);
                writer.put(mode);
                writer.put(token);
                writer.put(lease);
                writer.put(sent);
            }
            Self::Release { token, .. } => writer.put(token),
            Self::Granted { token, lease, sent, .. } => {
                writer.put(token);
                writer.put(lease);
                writer.put(sent);
            }
            Self::Waiting { ahead, sent, .. } => {
                writer.u32(*ahead);
                writer.put(sent);
            }
            Self::Refused { refusal, sent, .. } => {
                writer.put(refusal);
                writer.put(sent);
            }
            Self::Released { .. } => {}
        }
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, BodyError> {
        let kind = reader.u8()?;
        if !(1..=7).contains(&kind) {
            return Err(BodyError::invalid("kind of lease message", kind));
        }
        let claim = reader.get()?;
        Ok(match kind {
            1 => Self::Acquire {
                claim,
                resource: reader.get()?,
                mode: reader.get()?,
                wait: reader.bool()?,
                lease: reader.get()?,
                sent: reader.get()?,
            },
            2 => Self::Renew {
                claim,
                resource: reader.get()?,
                mode: reader.get()?,
                token: reader.get()?,
                lease: reader.get()?,
                sent: reader.get()?,
            },
            3 => Self::Release { claim, token: reader.get()? },
            4 => Self::Granted { claim, token: reader.get()?, lease: reader.get()?, sent: reader.get()? },
            5 => Self::Waiting { claim, ahead: reader.u32()?, sent: reader.get()? },
            6 => Self::Refused { claim, refusal: reader.get()?, sent: reader.get()? },
            _ => Self::Released { claim },
        })
    }
}

impl Field for Mode {
    fn put(&self, writer: &mut Writer<'_>) {
        match self {
            Self::Exclusive => writer.u8(1),
            Self::Shared => writer.u8(2),
            Self::Permits { take, of } => {
                writer.u8(3);
                writer.u16(take.get());
                writer.u16(of.get());
            }
        }
    }

    /// More permits than there are can be asked for; it is the authority that refuses them.
    fn get(reader: &mut Reader<'_>) -> Result<Self, BodyError> {
        let permits = |number| NonZeroU16::new(number).ok_or(BodyError::invalid("number of permits", number));
        Ok(match reader.u8()? {
            1 => Self::Exclusive,
            2 => Self::Shared,
            3 => Self::Permits { take: permits(reader.u16()?)?, of: permits(reader.u16()?)? },
            mode => return Err(BodyError::invalid("mode of a lease", mode)),
        })
    }
}

impl Field for Refusal {
    fn put(&self, writer: &mut Writer<'_>) {
        match self {
            Self::Elsewhere(node) => {
                writer.u8(1);
                writer.put(node);
            }
            Self::Busy => writer.u8(2),
            Self::Grace(left) => {
                writer.u8(3);
                writer.put(left);
            }
            Self::Full(capacity) => {
                writer.u8(4);
                writer.u32(*capacity);
            }
            Self::OtherPermits(of) => {
                writer.u8(5);
                writer.u16(*of);
            }
            Self::NotHeld => writer.u8(6),
            Self::Broken => writer.u8(7),
            Self::CapReached => writer.u8(8),
            Self::Exhausted => writer.u8(9),
        }
    }

    fn get(reader: &mut Reader<'_>) -> Result<Self, BodyError> {
        Ok(match reader.u8()? {
            1 => Self::Elsewhere(reader.get()?),
            2 => Self::Busy,
            3 => Self::Grace(reader.get()?),
            4 => Self::Full(reader.u32()?),
            5 => Self::OtherPermits(reader.u16()?),
            6 => Self::NotHeld,
            7 => Self::Broken,
            8 => Self::CapReached,
            9 => Self::Exhausted,
            refusal => return Err(BodyError::invalid("refusal", refusal)),
        })
    }
}

impl Field for ClaimId {
    fn put(&self, writer: &mut Writer<'_>) {
        writer.u64(self.get());
    }

    fn get(reader: &mut Reader<'_>) -> Result<Self, BodyError> {
        reader.u64().map(Self::new)
    }
}

impl Field for FencingToken {
    fn put(&self, writer: &mut Writer<'_>) {
        writer.u64(FencingToken::get(*self));
    }

    fn get(reader: &mut Reader<'_>) -> Result<Self, BodyError> {
        reader.u64().map(Self::from_number)
    }
}
