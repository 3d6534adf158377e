//! The form of a name: its length in bytes, one byte, and its text.

use crate::{BodyError, Field, Reader, Writer};
use quorate::{Name, NameError};

impl Field for Name {
    fn put(&self, writer: &mut Writer<'_>) {
        let text = self.as_str().as_bytes();
        // No name is longer than a byte can say.
        writer.u8(u8::try_from(text.len()).unwrap_or(u8::MAX));
        writer.bytes(text);
    }

    fn get(reader: &mut Reader<'_>) -> Result<Self, BodyError> {
        let length = reader.u8()?;
        if usize::from(length) > Self::LONGEST {
            return Err(BodyError::invalid("length of a name", length));
        }
        let bytes = reader.bytes(usize::from(length))?;
        let text = core::str::from_utf8(bytes).map_err(|error| {
            BodyError::invalid("byte of a name's text", bytes.get(error.valid_up_to()).copied().unwrap_or_default())
        })?;
        Self::new(text).map_err(|error| match error {
            NameError::Empty | NameError::TooLong { .. } => BodyError::invalid("length of a name", length),
            NameError::Control { byte, .. } => BodyError::invalid("byte of a name's text", byte),
        })
    }
}
