//! Stamped messages: the stamp, then what the user says. The protocol's number tells the kind of stamp.
//!
//! | protocol | stamp | fields |
//! |---:|---|---|
//! | 3 | Lamport | time (8), node (4) |
//! | 4 | vector | the counts (8 each), as many as the group has processes |
//! | 5 | version vector | number of entries (2), then for each its node (4) and count (8): sorted, none twice, none zero |
//! | 6 | hybrid | bits (8) |

use crate::{Body, BodyError, Field, Reader, Writer, protocol};
use quorate::NodeId;
use quorate::clock::{HybridStamp, LamportStamp, Message, VectorStamp, VersionVector};

/// A stamp whose kind has a number among the protocols.
trait Stamp: Field {
    const PROTOCOL: u8;
}

impl<S: Stamp, P: Field> Body for Message<S, P> {
    const PROTOCOL: u8 = S::PROTOCOL;

    fn encode(&self, writer: &mut Writer<'_>) {
        writer.put(&self.stamp);
        writer.put(&self.payload);
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, BodyError> {
        Ok(Self { stamp: reader.get()?, payload: reader.get()? })
    }
}

impl Stamp for LamportStamp {
    const PROTOCOL: u8 = protocol::LAMPORT;
}

impl Field for LamportStamp {
    fn put(&self, writer: &mut Writer<'_>) {
        writer.u64(self.time);
        writer.put(&self.node);
    }

    fn get(reader: &mut Reader<'_>) -> Result<Self, BodyError> {
        Ok(Self { time: reader.u64()?, node: reader.get()? })
    }
}

impl<const N: usize> Stamp for VectorStamp<N> {
    const PROTOCOL: u8 = protocol::VECTOR;
}

impl<const N: usize> Field for VectorStamp<N> {
    fn put(&self, writer: &mut Writer<'_>) {
        for count in self.counts() {
            writer.u64(*count);
        }
    }

    fn get(reader: &mut Reader<'_>) -> Result<Self, BodyError> {
        let mut counts = [0; N];
        for count in &mut counts {
            *count = reader.u64()?;
        }
        Ok(Self::new(counts))
    }
}

impl<const N: usize> Stamp for VersionVector<N> {
    const PROTOCOL: u8 = protocol::VERSION;
}

impl<const N: usize> Field for VersionVector<N> {
    fn put(&self, writer: &mut Writer<'_>) {
        // A vector too long for the number would be too long for any datagram, and the writer notices that.
        writer.u16(u16::try_from(self.len()).unwrap_or(u16::MAX));
        for (node, count) in self.iter() {
            writer.put(&node);
            writer.u64(count);
        }
    }

    fn get(reader: &mut Reader<'_>) -> Result<Self, BodyError> {
        let length = reader.u16()?;
        let mut entries = [(NodeId::new(0), 0); N];
        let entries = entries
            .get_mut(..usize::from(length))
            .ok_or(BodyError::invalid("number of entries in a version vector", length))?;
        let mut before = None;
        for entry in &mut *entries {
            let (node, count): (NodeId, _) = (reader.get()?, reader.u64()?);
            if before >= Some(node) {
                return Err(BodyError::invalid("next node of a sorted version vector", node.get()));
            }
            if count == 0 {
                return Err(BodyError::invalid("count in a version vector", count));
            }
            (*entry, before) = ((node, count), Some(node));
        }
        Self::from_entries(entries).map_err(|_| BodyError::invalid("number of entries in a version vector", length))
    }
}

impl Stamp for HybridStamp {
    const PROTOCOL: u8 = protocol::HYBRID;
}

impl Field for HybridStamp {
    fn put(&self, writer: &mut Writer<'_>) {
        writer.u64(self.to_bits());
    }

    fn get(reader: &mut Reader<'_>) -> Result<Self, BodyError> {
        reader.u64().map(Self::from_bits)
    }
}
