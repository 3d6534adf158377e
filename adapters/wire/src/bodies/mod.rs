//! The forms of what the machines of `quorate` say.
//!
//! Identifiers and instants are plain numbers. An epoch is 8 bytes, and one beyond the last is refused. A duration is
//! 8 bytes of seconds and 4 of nanoseconds. A name is its length in bytes, one byte, and its text.

mod barrier;
mod clock;
mod detector;
mod dissemination;
mod election;
mod host;
mod lease;
mod member;
mod name;

use crate::{BodyError, Field, Reader, Writer};
use core::time::Duration;
use quorate::{Epoch, Incarnation, Instant, NodeId};

macro_rules! fields {
    ($($field:ty: $put:ident($from:expr) $to:expr;)*) => {$(
        impl Field for $field {
            #[inline]
            fn put(&self, writer: &mut Writer<'_>) {
                writer.$put($from(*self));
            }

            #[inline]
            fn get(reader: &mut Reader<'_>) -> Result<Self, BodyError> {
                reader.$put().map($to)
            }
        }
    )*};
}

fields! {
    u8: u8(core::convert::identity) core::convert::identity;
    u16: u16(core::convert::identity) core::convert::identity;
    u32: u32(core::convert::identity) core::convert::identity;
    u64: u64(core::convert::identity) core::convert::identity;
    u128: u128(core::convert::identity) core::convert::identity;
    i64: i64(core::convert::identity) core::convert::identity;
    bool: bool(core::convert::identity) core::convert::identity;
    NodeId: u32(NodeId::get) NodeId::new;
    Incarnation: u64(Incarnation::get) Incarnation::new;
    Instant: u64(Instant::as_nanos) Instant::from_nanos;
}

impl Field for () {
    fn put(&self, _: &mut Writer<'_>) {}

    fn get(_: &mut Reader<'_>) -> Result<Self, BodyError> {
        Ok(())
    }
}

impl<const N: usize> Field for [u8; N] {
    fn put(&self, writer: &mut Writer<'_>) {
        writer.array(*self);
    }

    fn get(reader: &mut Reader<'_>) -> Result<Self, BodyError> {
        reader.array()
    }
}

impl Field for Epoch {
    #[inline]
    fn put(&self, writer: &mut Writer<'_>) {
        writer.u64(Epoch::get(*self));
    }

    #[inline]
    fn get(reader: &mut Reader<'_>) -> Result<Self, BodyError> {
        let number = reader.u64()?;
        let epoch = Self::new(number);
        if epoch.is_valid() { Ok(epoch) } else { Err(BodyError::invalid("epoch", number)) }
    }
}

impl Field for Duration {
    fn put(&self, writer: &mut Writer<'_>) {
        writer.u64(self.as_secs());
        writer.u32(self.subsec_nanos());
    }

    fn get(reader: &mut Reader<'_>) -> Result<Self, BodyError> {
        match (reader.u64()?, reader.u32()?) {
            (seconds, nanoseconds @ 0..1_000_000_000) => Ok(Self::new(seconds, nanoseconds)),
            (_, nanoseconds) => Err(BodyError::invalid("part of a second in nanoseconds", nanoseconds)),
        }
    }
}

/// Absent: one byte 0. Present: one byte 1, and the field.
impl<F: Field> Field for Option<F> {
    fn put(&self, writer: &mut Writer<'_>) {
        writer.bool(self.is_some());
        if let Some(field) = self {
            field.put(writer);
        }
    }

    fn get(reader: &mut Reader<'_>) -> Result<Self, BodyError> {
        if reader.bool()? { F::get(reader).map(Some) } else { Ok(None) }
    }
}
