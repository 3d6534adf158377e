//! Frames on a stream of bytes: serial lines, RS-485, USB, TCP.
//!
//! A stream has no ends of datagrams in it, and a serial line loses and invents bytes. So each frame is written as consistent
//! overhead byte stuffing has it (Cheshire and Baker, 1999): without zero bytes, at the cost of one byte and of another one for every
//! 254, and zero bytes stand around it. Wherever a reader begins, and whatever came before, the next zero byte is the end of
//! something: at most what the noise touched is lost.
//!
//! ```text
//!     00 │ 2e 01 01 … │ 00          zero bytes on both sides
//!          └ how far it is to the next zero byte of the frame, or to the next of these
//! ```
//!
//! A zero byte stands *before* each frame too. What the line picks up while nobody speaks, where most noise is, ends there, and does
//! not take the next frame with it.
//!
//! Whether a frame is unaltered is not known here: that is what its checksum or tag is for, and [`Codec::open`](crate::Codec::open)
//! looks at it.
//!
//! ```
//! use quorate_wire::stream::{self, Decoder, encode};
//!
//! # let frame = [7; 60];
//! let mut buffer = [0; stream::encoded_length(60)];
//! let encoded = encode(&frame, &mut buffer)?;
//!
//! let mut decoder = Decoder::<1_200>::new();
//! let mut arrived = Vec::new();
//! for &byte in [&[0x55, 0xaa], encoded].concat().iter() {   // two bytes of noise, and the frame
//!     if let Some(frame) = decoder.push(byte) {
//!         arrived.push(frame.to_vec());
//!     }
//! }
//! assert_eq!(arrived, [frame]);
//! assert_eq!(decoder.counters().truncated(), 1);            // the noise, which said that more would come
//! # Ok::<(), stream::NoRoom>(())
//! ```

mod decoder;
mod encode;

pub use decoder::{Counters, Decoder, Fault};
pub use encode::{NoRoom, encode, encoded_length};

/// Ends what is written between two of them.
pub const DELIMITER: u8 = 0;

/// How many bytes one block covers at most, besides the one that says how many they are.
const BLOCK: usize = 254;
