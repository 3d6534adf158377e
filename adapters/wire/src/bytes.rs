//! Bounded reading and writing. Numbers are little-endian and of fixed width.

use core::fmt;

/// Writes a body into the room that is left in a datagram.
///
/// What does not fit is not written, and [`overflowed`](Writer::overflowed) remembers it, so that a body's code needs
/// no case for it: whoever made the writer looks once, at the end.
///
/// ```
/// use quorate_wire::Writer;
///
/// let mut room = [0; 5];
/// let mut writer = Writer::new(&mut room);
/// writer.u32(0x0403_0201);
/// assert_eq!((writer.written(), writer.overflowed()), (4, false));
/// writer.u16(7);
/// assert!(writer.overflowed());
/// assert_eq!(room, [1, 2, 3, 4, 0]);
/// ```
#[derive(Debug)]
pub struct Writer<'a> {
    rest: &'a mut [u8],
    room: usize,
    overflowed: bool,
}

impl<'a> Writer<'a> {
    /// A writer that fills `room` from its start.
    #[must_use]
    pub const fn new(room: &'a mut [u8]) -> Self {
        Self { room: room.len(), rest: room, overflowed: false }
    }

    /// How many bytes were written; meaningless once something did not fit.
    #[must_use]
    pub const fn written(&self) -> usize {
        self.room.saturating_sub(self.rest.len())
    }

    /// Whether something did not fit.
    #[must_use]
    pub const fn overflowed(&self) -> bool {
        self.overflowed
    }

    /// Writes bytes whose number is known to both sides.
    #[inline]
    pub fn array<const N: usize>(&mut self, bytes: [u8; N]) {
        match core::mem::take(&mut self.rest).split_first_chunk_mut() {
            Some((head, tail)) => {
                *head = bytes;
                self.rest = tail;
            }
            None => self.overflowed = true,
        }
    }

    /// Writes bytes; their number, where it varies, has to be written before them.
    #[inline]
    pub fn bytes(&mut self, bytes: &[u8]) {
        match core::mem::take(&mut self.rest).split_at_mut_checked(bytes.len()) {
            Some((head, tail)) => {
                head.copy_from_slice(bytes);
                self.rest = tail;
            }
            None => self.overflowed = true,
        }
    }

    /// Writes one byte: 0 or 1.
    #[inline]
    pub fn bool(&mut self, value: bool) {
        self.u8(u8::from(value));
    }
}

/// Reads a body, never past its end.
///
/// ```
/// use quorate_wire::{BodyError, Reader};
///
/// let mut reader = Reader::new(&[1, 2, 3]);
/// assert_eq!(reader.u16(), Ok(0x0201));
/// assert_eq!(reader.u16(), Err(BodyError::Truncated { needed: 2, left: 1 }));
/// assert_eq!(reader.finish(), Err(BodyError::Trailing { bytes: 1 }));
/// ```
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// A reader of `bytes` from their start.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// How many bytes are left.
    #[must_use]
    pub const fn left(&self) -> usize {
        self.rest.len()
    }

    /// Reads bytes whose number is known to both sides.
    ///
    /// # Errors
    ///
    /// [`BodyError::Truncated`] if fewer are left; nothing is taken then.
    #[inline]
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], BodyError> {
        let (head, tail) = self.rest.split_first_chunk().ok_or(self.short(N))?;
        self.rest = tail;
        Ok(*head)
    }

    /// Reads so many bytes without copying them.
    ///
    /// # Errors
    ///
    /// [`BodyError::Truncated`] if fewer are left; nothing is taken then.
    #[inline]
    pub fn bytes(&mut self, length: usize) -> Result<&'a [u8], BodyError> {
        let (head, tail) = self.rest.split_at_checked(length).ok_or(self.short(length))?;
        self.rest = tail;
        Ok(head)
    }

    /// Reads one byte that is 0 or 1.
    ///
    /// # Errors
    ///
    /// [`BodyError::Truncated`] if none is left, [`BodyError::Invalid`] if it is neither.
    #[inline]
    pub fn bool(&mut self) -> Result<bool, BodyError> {
        match self.u8()? {
            0 => Ok(false),
            1 => Ok(true),
            other => Err(BodyError::invalid("truth value", other)),
        }
    }

    /// Makes sure that everything was read.
    ///
    /// # Errors
    ///
    /// [`BodyError::Trailing`] if something is left.
    #[inline]
    pub const fn finish(self) -> Result<(), BodyError> {
        match self.rest.len() {
            0 => Ok(()),
            bytes => Err(BodyError::Trailing { bytes }),
        }
    }

    const fn short(&self, needed: usize) -> BodyError {
        BodyError::Truncated { needed, left: self.rest.len() }
    }
}

macro_rules! numbers {
    ($($number:ident)*) => {
        impl Writer<'_> {$(
            #[doc = concat!("Writes a `", stringify!($number), "`.")]
            #[inline]
            pub fn $number(&mut self, value: $number) {
                self.array(value.to_le_bytes());
            }
        )*}

        impl Reader<'_> {$(
            #[doc = concat!("Reads a `", stringify!($number), "`.\n\n# Errors\n\n[`BodyError::Truncated`] if too little is left.")]
            #[inline]
            pub fn $number(&mut self) -> Result<$number, BodyError> {
                Ok($number::from_le_bytes(self.array()?))
            }
        )*}
    };
}

numbers!(u8 u16 u32 u64 u128 i64);

/// Why bytes are not the body that they claim to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum BodyError {
    /// The body ends too early.
    Truncated {
        /// How many bytes were to be read next.
        needed: usize,
        /// How many were left.
        left: usize,
    },
    /// The body goes on after its end.
    Trailing {
        /// How many bytes too many there are.
        bytes: usize,
    },
    /// A value that cannot be.
    Invalid {
        /// What it should be, in a word or two.
        what: &'static str,
        /// What was found.
        value: u64,
    },
}

impl BodyError {
    /// The error for a `value` that is not a `what`.
    ///
    /// ```
    /// use quorate_wire::BodyError;
    /// assert_eq!(BodyError::invalid("colour", 9_u8).to_string(), "9 is not a valid colour");
    /// ```
    #[must_use]
    pub fn invalid(what: &'static str, value: impl Into<u64>) -> Self {
        Self::Invalid { what, value: value.into() }
    }
}

impl fmt::Display for BodyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truncated { needed, left } => write!(f, "{needed} more bytes are needed, but only {left} are left"),
            Self::Trailing { bytes } => write!(f, "{bytes} bytes too many"),
            Self::Invalid { what, value } => write!(f, "{value} is not a valid {what}"),
        }
    }
}

impl core::error::Error for BodyError {}
