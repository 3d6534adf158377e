//! From a frame to the bytes of a stream.

use super::{BLOCK, DELIMITER};
use core::fmt;

/// How many bytes a frame of `length` bytes takes on a stream at most, with the zero bytes around it.
///
/// ```
/// use quorate_wire::{MAX_DATAGRAM, stream};
/// assert_eq!(stream::encoded_length(MAX_DATAGRAM), 1_207);
/// ```
#[must_use]
pub const fn encoded_length(length: usize) -> usize {
    let blocks = if length == 0 { 1 } else { length.div_ceil(BLOCK) };
    length.saturating_add(blocks).saturating_add(2)
}

/// Writes a frame for a stream into `buffer`, with a zero byte before and behind it, and returns what is to be sent.
///
/// # Errors
///
/// If the buffer is shorter than the [`encoded_length`]. Nothing that is in the buffer then is to be sent.
pub fn encode<'a>(frame: &[u8], buffer: &'a mut [u8]) -> Result<&'a [u8], NoRoom> {
    let error = NoRoom { needed: encoded_length(frame.len()), room: buffer.len() };
    let length = fill(frame, buffer).ok_or(error)?;
    buffer.get(..length).ok_or(error)
}

/// How many bytes were written; `None` if there is no room for all of them.
fn fill(frame: &[u8], buffer: &mut [u8]) -> Option<usize> {
    *buffer.first_mut()? = DELIMITER;
    let mut at = 1_usize;
    let mut rest = frame;
    loop {
        let reach = rest.get(..BLOCK).unwrap_or(rest);
        let length = reach.iter().position(|&byte| byte == DELIMITER);
        let body = rest.get(..length.unwrap_or(reach.len()))?;
        let begin = at.checked_add(1)?;
        let end = begin.checked_add(body.len())?;
        *buffer.get_mut(at)? = u8::try_from(body.len().checked_add(1)?).ok()?;
        buffer.get_mut(begin..end)?.copy_from_slice(body);
        at = end;
        // A zero byte of the frame is left out: that a block ends says that it stood there, unless the block is full.
        rest = rest.get(body.len()..)?;
        if length.is_some() {
            rest = rest.get(1..)?;
        } else if rest.is_empty() {
            break;
        }
    }
    *buffer.get_mut(at)? = DELIMITER;
    at.checked_add(1)
}

/// The buffer is too short for the frame on a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct NoRoom {
    /// How long it has to be to be sure, in bytes.
    pub needed: usize,
    /// How long it is.
    pub room: usize,
}

impl fmt::Display for NoRoom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { needed, room } = self;
        write!(f, "the frame takes up to {needed} bytes on a stream, and there is room for {room}")
    }
}

impl core::error::Error for NoRoom {}
