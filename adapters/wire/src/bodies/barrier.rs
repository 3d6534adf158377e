//! What parties and coordinators say: one byte for the kind of message, the party (8), an epoch, then the fields in the order
//! of this table.
//!
//! | kind | message | fields |
//! |---:|---|---|
//! | 1 | arrive | ticket, generation: 0, or 1 and it (8), leaves (1) |
//! | 2 | ready | ticket, generation (8), leaves (1) |
//! | 3 | present | ticket |
//! | 4 | leave | ticket, timed out (1) |
//! | 5 | coordinates | visit (4) |
//! | 6 | noted | arrival (4), generation (8), arrived (2) |
//! | 7 | prepare | arrival (4), generation (8) |
//! | 8 | settled | arrival (4), generation (8), outcome |
//! | 9 | refused | arrival (4), refusal |
//! | 10 | left | |
//!
//! The rest of a ticket is: resource, parties (2), arrival (4), visit (4), the generation that was learnt: 0, or 1 and it (8), and
//! released (1). A generation is its number within the epoch (4), which is not 0, and its epoch (4).
//!
//! An outcome is one byte (1 released, 2 timed out, 3 lapsed, 4 left, 5 reset, 6 formerly, 7 unknown), and after 2, 3 and 4 an
//! identifier (4). A refusal is one byte (1 elsewhere, 2 full, 3 other parties, 4 too many parties, 5 too many barriers,
//! 6 exhausted), and after 1 comes 0, or 1 and an identifier (4), after 2, 3 and 4 a number (2), after 5 a number (4).

use crate::{Body, BodyError, Field, Reader, Writer, protocol};
use quorate::Epoch;
use quorate::barrier::{Cause, Generation, Message, Outcome, PartyId, Refusal, Ticket};

impl<R: Field> Body for Message<R> {
    const PROTOCOL: u8 = protocol::BARRIER;

    fn encode(&self, writer: &mut Writer<'_>) {
        let mut begin = |kind: u8, party: &PartyId, epoch: &Epoch| {
            writer.u8(kind);
            writer.put(party);
            writer.put(epoch);
        };
        match self {
            Self::Arrive { ticket, generation, leaves } => {
                begin(1, &ticket.party, &ticket.epoch);
                put_rest(ticket, writer);
                writer.put(generation);
                writer.bool(*leaves);
            }
            Self::Ready { ticket, generation, leaves } => {
                begin(2, &ticket.party, &ticket.epoch);
                put_rest(ticket, writer);
                writer.put(generation);
                writer.bool(*leaves);
            }
            Self::Present { ticket } => {
                begin(3, &ticket.party, &ticket.epoch);
                put_rest(ticket, writer);
            }
            Self::Leave { ticket, timed_out } => {
                begin(4, &ticket.party, &ticket.epoch);
                put_rest(ticket, writer);
                writer.bool(*timed_out);
            }
            Self::Coordinates { party, epoch, visit } => {
                begin(5, party, epoch);
                writer.u32(*visit);
            }
            Self::Noted { party, arrival, epoch, generation, arrived } => {
                begin(6, party, epoch);
                writer.u32(*arrival);
                writer.put(generation);
                writer.u16(*arrived);
            }
            Self::Prepare { party, arrival, epoch, generation } => {
                begin(7, party, epoch);
                writer.u32(*arrival);
                writer.put(generation);
            }
            Self::Settled { party, arrival, epoch, generation, outcome } => {
                begin(8, party, epoch);
                writer.u32(*arrival);
                writer.put(generation);
                writer.put(outcome);
            }
            Self::Refused { party, arrival, epoch, refusal } => {
                begin(9, party, epoch);
                writer.u32(*arrival);
                writer.put(refusal);
            }
            Self::Left { party, epoch } => begin(10, party, epoch),
        }
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, BodyError> {
        let kind = reader.u8()?;
        let (party, epoch) = (reader.get()?, reader.get()?);
        Ok(match kind {
            1 => Self::Arrive {
                ticket: get_rest(party, epoch, reader)?,
                generation: reader.get()?,
                leaves: reader.bool()?,
            },
            2 => Self::Ready {
                ticket: get_rest(party, epoch, reader)?,
                generation: reader.get()?,
                leaves: reader.bool()?,
            },
            3 => Self::Present { ticket: get_rest(party, epoch, reader)? },
            4 => Self::Leave { ticket: get_rest(party, epoch, reader)?, timed_out: reader.bool()? },
            5 => Self::Coordinates { party, epoch, visit: reader.u32()? },
            6 => {
                Self::Noted { party, arrival: reader.u32()?, epoch, generation: reader.get()?, arrived: reader.u16()? }
            }
            7 => Self::Prepare { party, arrival: reader.u32()?, epoch, generation: reader.get()? },
            8 => Self::Settled {
                party,
                arrival: reader.u32()?,
                epoch,
                generation: reader.get()?,
                outcome: reader.get()?,
            },
            9 => Self::Refused { party, arrival: reader.u32()?, epoch, refusal: reader.get()? },
            10 => Self::Left { party, epoch },
            kind => return Err(BodyError::invalid("kind of barrier message", kind)),
        })
    }
}

fn put_rest<R: Field>(ticket: &Ticket<R>, writer: &mut Writer<'_>) {
    writer.put(&ticket.resource);
    writer.u16(ticket.parties);
    writer.u32(ticket.arrival);
    writer.u32(ticket.visit);
    writer.put(&ticket.learnt);
    writer.bool(ticket.released);
}

fn get_rest<R: Field>(party: PartyId, epoch: Epoch, reader: &mut Reader<'_>) -> Result<Ticket<R>, BodyError> {
    Ok(Ticket {
        resource: reader.get()?,
        parties: reader.u16()?,
        party,
        arrival: reader.u32()?,
        epoch,
        visit: reader.u32()?,
        learnt: reader.get()?,
        released: reader.bool()?,
    })
}

impl Field for PartyId {
    fn put(&self, writer: &mut Writer<'_>) {
        writer.u64(PartyId::get(*self));
    }

    fn get(reader: &mut Reader<'_>) -> Result<Self, BodyError> {
        reader.u64().map(Self::new)
    }
}

impl Field for Generation {
    fn put(&self, writer: &mut Writer<'_>) {
        writer.u64(Generation::get(*self));
    }

    fn get(reader: &mut Reader<'_>) -> Result<Self, BodyError> {
        let packed = reader.u64()?;
        Self::from_number(packed).ok_or(BodyError::invalid("generation", packed))
    }
}

impl Field for Outcome {
    fn put(&self, writer: &mut Writer<'_>) {
        let mut caused = |kind: u8, node: &quorate::NodeId| {
            writer.u8(kind);
            writer.put(node);
        };
        match self {
            Self::Broken(Cause::TimedOut(node)) => caused(2, node),
            Self::Broken(Cause::Lapsed(node)) => caused(3, node),
            Self::Broken(Cause::Left(node)) => caused(4, node),
            Self::Released => writer.u8(1),
            Self::Broken(Cause::Reset) => writer.u8(5),
            Self::Broken(Cause::Formerly) => writer.u8(6),
            Self::Unknown => writer.u8(7),
        }
    }

    fn get(reader: &mut Reader<'_>) -> Result<Self, BodyError> {
        Ok(match reader.u8()? {
            1 => Self::Released,
            2 => Self::Broken(Cause::TimedOut(reader.get()?)),
            3 => Self::Broken(Cause::Lapsed(reader.get()?)),
            4 => Self::Broken(Cause::Left(reader.get()?)),
            5 => Self::Broken(Cause::Reset),
            6 => Self::Broken(Cause::Formerly),
            7 => Self::Unknown,
            outcome => return Err(BodyError::invalid("outcome at a barrier", outcome)),
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
            Self::Full(parties) => {
                writer.u8(2);
                writer.u16(*parties);
            }
            Self::OtherParties(parties) => {
                writer.u8(3);
                writer.u16(*parties);
            }
            Self::TooManyParties(most) => {
                writer.u8(4);
                writer.u16(*most);
            }
            Self::TooManyBarriers(most) => {
                writer.u8(5);
                writer.u32(*most);
            }
            Self::Exhausted => writer.u8(6),
        }
    }

    fn get(reader: &mut Reader<'_>) -> Result<Self, BodyError> {
        Ok(match reader.u8()? {
            1 => Self::Elsewhere(reader.get()?),
            2 => Self::Full(reader.u16()?),
            3 => Self::OtherParties(reader.u16()?),
            4 => Self::TooManyParties(reader.u16()?),
            5 => Self::TooManyBarriers(reader.u32()?),
            6 => Self::Exhausted,
            refusal => return Err(BodyError::invalid("refusal at a barrier", refusal)),
        })
    }
}
