//! From the bytes of a stream to frames.

use super::DELIMITER;
use crate::{CHECKSUM, HEADER};
use core::fmt;

/// The fewest bytes that can be a frame.
const SHORTEST: usize = HEADER + CHECKSUM;

/// Finds frames of at most `N` bytes in a stream, byte by byte, and finds the way back after noise.
///
/// It begins in the middle of whatever comes. Nothing that is not a frame is ever an error: it is counted, and the next zero byte
/// is a new beginning.
#[derive(Clone, Debug)]
pub struct Decoder<const N: usize> {
    buffer: [u8; N],
    /// How many bytes of the frame are there. Those of a frame that was handed out lie there until the next byte comes.
    length: usize,
    state: State,
    counters: Counters,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Behind a zero byte: nothing has come yet.
    Fresh,
    /// So many bytes of the block are still to come, and then, if it is not the last one, a zero byte of the frame.
    Block { left: u8, zero: bool },
    /// What comes is of no use until the next zero byte.
    Lost,
}

impl<const N: usize> Decoder<N> {
    /// Nothing has come yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { buffer: [0; N], length: 0, state: State::Fresh, counters: Counters::new() }
    }

    /// Takes the next byte of the stream, and hands out the frame that ends with it, if one does.
    ///
    /// Frames can be altered in place, as [`Codec::open`](crate::Codec::open) does with sealed ones.
    #[inline]
    pub fn push(&mut self, byte: u8) -> Option<&mut [u8]> {
        if byte == DELIMITER {
            return self.end();
        }
        let fits = match self.state {
            State::Lost => return None,
            State::Fresh => {
                self.length = 0;
                self.state = block(byte);
                true
            }
            State::Block { left: 0, zero } => {
                self.state = block(byte);
                !zero || self.append(DELIMITER)
            }
            State::Block { left, zero } => {
                self.state = State::Block { left: left.saturating_sub(1), zero };
                self.append(byte)
            }
        };
        if !fits {
            self.lose(Fault::TooLong);
        }
        None
    }

    /// The frame that [`push`](Decoder::push) handed out, if no further byte has come since; of no meaning otherwise.
    pub fn frame(&mut self) -> &mut [u8] {
        self.buffer.get_mut(..self.length).unwrap_or(&mut [])
    }

    /// Gives up what has come since the last zero byte, and all until the next one: the line has told that it is broken, by a break
    /// or a byte that it could not make out, for example.
    pub fn discard(&mut self) {
        if matches!(self.state, State::Block { .. }) {
            self.lose(Fault::Discarded);
        }
        self.state = State::Lost;
    }

    /// How many frames were found, and what else.
    #[must_use]
    pub const fn counters(&self) -> Counters {
        self.counters
    }

    /// A zero byte: what has come is whole, or nothing.
    fn end(&mut self) -> Option<&mut [u8]> {
        let fault = match core::mem::replace(&mut self.state, State::Fresh) {
            State::Fresh | State::Lost => return None,
            State::Block { left: 1.., .. } => Fault::Truncated,
            State::Block { left: 0, .. } if self.length < SHORTEST => Fault::TooShort,
            State::Block { left: 0, .. } => {
                self.counters.frames = self.counters.frames.saturating_add(1);
                return self.buffer.get_mut(..self.length);
            }
        };
        self.counters.add(fault);
        None
    }

    fn append(&mut self, byte: u8) -> bool {
        match self.buffer.get_mut(self.length) {
            Some(place) => {
                *place = byte;
                self.length = self.length.saturating_add(1);
                true
            }
            None => false,
        }
    }

    fn lose(&mut self, fault: Fault) {
        self.state = State::Lost;
        self.counters.add(fault);
    }
}

impl<const N: usize> Default for Decoder<N> {
    fn default() -> Self {
        Self::new()
    }
}

/// What the first byte of a block says, which is not zero. Behind a full block stands no zero byte of the frame.
const fn block(first: u8) -> State {
    State::Block { left: first.saturating_sub(1), zero: first != u8::MAX }
}

/// Why what came between two zero bytes was not a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Fault {
    /// It is longer than any frame: noise, or two frames with the zero bytes between them lost.
    TooLong,
    /// It is shorter than any frame: noise, mostly.
    TooShort,
    /// It ends where it says that more is to come: bytes were lost or altered.
    Truncated,
    /// The line told that it is broken there.
    Discarded,
}

impl Fault {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::TooLong, Self::TooShort, Self::Truncated, Self::Discarded];

    /// A name that stays the same, for counters and logs: in lower case with underscores.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::TooLong => "too_long",
            Self::TooShort => "too_short",
            Self::Truncated => "truncated",
            Self::Discarded => "discarded",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooLong => "longer than any frame",
            Self::TooShort => "shorter than any frame",
            Self::Truncated => "it ends where more should come",
            Self::Discarded => "the line was broken",
        })
    }
}

/// What a [`Decoder`] has found in its stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Counters {
    frames: u64,
    too_long: u64,
    too_short: u64,
    truncated: u64,
    discarded: u64,
}

impl Counters {
    const fn new() -> Self {
        Self { frames: 0, too_long: 0, too_short: 0, truncated: 0, discarded: 0 }
    }

    const fn add(&mut self, fault: Fault) {
        let count = match fault {
            Fault::TooLong => &mut self.too_long,
            Fault::TooShort => &mut self.too_short,
            Fault::Truncated => &mut self.truncated,
            Fault::Discarded => &mut self.discarded,
        };
        *count = count.saturating_add(1);
    }

    /// How many frames were whole, as far as can be seen before their checksums.
    #[must_use]
    pub const fn frames(&self) -> u64 {
        self.frames
    }

    /// How often something else stood between two zero bytes, for this reason.
    #[must_use]
    pub const fn faults(&self, fault: Fault) -> u64 {
        match fault {
            Fault::TooLong => self.too_long,
            Fault::TooShort => self.too_short,
            Fault::Truncated => self.truncated,
            Fault::Discarded => self.discarded,
        }
    }

    /// [`Fault::TooLong`].
    #[must_use]
    pub const fn too_long(&self) -> u64 {
        self.too_long
    }

    /// [`Fault::TooShort`].
    #[must_use]
    pub const fn too_short(&self) -> u64 {
        self.too_short
    }

    /// [`Fault::Truncated`].
    #[must_use]
    pub const fn truncated(&self) -> u64 {
        self.truncated
    }

    /// [`Fault::Discarded`].
    #[must_use]
    pub const fn discarded(&self) -> u64 {
        self.discarded
    }
}
