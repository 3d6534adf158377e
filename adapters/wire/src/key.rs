//! Keys that members share.

use core::fmt;
use zeroize::Zeroize;

/// 32 secret bytes that the members of a group share.
///
/// Make them with a generator fit for cryptography. They are overwritten when the key is dropped, and `Debug` does not
/// show them.
///
/// ```
/// use quorate_wire::Key;
/// assert_eq!(format!("{:?}", Key::new([7; 32])), "Key(secret)");
/// ```
#[derive(Clone)]
pub struct Key([u8; Key::LENGTH]);

impl Key {
    /// How many bytes a key has.
    pub const LENGTH: usize = 32;

    /// The key of these bytes.
    #[must_use]
    pub const fn new(bytes: [u8; Self::LENGTH]) -> Self {
        Self(bytes)
    }

    /// The key that 64 hexadecimal digits spell.
    ///
    /// ```
    /// use quorate_wire::{Key, KeyError};
    /// assert!(Key::from_hex("000102030405060708090a0b0c0d0e0f101112131415161718191A1B1C1D1E1F").is_ok());
    /// assert_eq!(Key::from_hex("0001").unwrap_err(), KeyError::Length { found: 4 });
    /// ```
    ///
    /// # Errors
    ///
    /// If there are more or fewer characters, or one is no hexadecimal digit. The error does not repeat it.
    pub fn from_hex(digits: &str) -> Result<Self, KeyError> {
        let (pairs, rest) = digits.as_bytes().as_chunks::<2>();
        if pairs.len() != Self::LENGTH || !rest.is_empty() {
            return Err(KeyError::Length { found: digits.len() });
        }
        let mut key = Self([0; Self::LENGTH]);
        let mut position = 0_usize;
        for (byte, &[high, low]) in key.0.iter_mut().zip(pairs) {
            let high = digit(high).ok_or(KeyError::Digit { position })?;
            let low = digit(low).ok_or(KeyError::Digit { position: position.saturating_add(1) })?;
            *byte = (high << 4) | low;
            position = position.saturating_add(2);
        }
        Ok(key)
    }

    pub(crate) const fn bytes_mut(&mut self) -> &mut [u8; Self::LENGTH] {
        &mut self.0
    }

    pub(crate) const fn bytes(&self) -> &[u8; Self::LENGTH] {
        &self.0
    }
}

fn digit(character: u8) -> Option<u8> {
    char::from(character).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

impl Drop for Key {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(secret)")
    }
}

/// The keys that a member has: one that it seals with, and perhaps another that it also opens frames with.
///
/// That suffices to change keys while a group runs. Every key has an identifier of one byte, from 1 on, that frames
/// carry. First give every member the new key as one that it accepts; when all have it, make it the one that they
/// seal with; when all do, take the old one away.
///
/// ```
/// use quorate_wire::{Key, KeyError, Keyring};
/// # let (old, new) = (Key::new([1; 32]), Key::new([2; 32]));
/// # let (old, new) = (|| old.clone(), || new.clone());
///
/// let before = Keyring::new(1, old())?;
/// let first = Keyring::new(1, old())?.accept(2, new())?;
/// let second = Keyring::new(2, new())?.accept(1, old())?;
/// let after = Keyring::new(2, new())?;
/// assert_eq!(Keyring::new(1, old())?.accept(1, new()).unwrap_err(), KeyError::SameId { id: 1 });
/// # Ok::<(), KeyError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Keyring {
    pub(crate) seals: (u8, Key),
    pub(crate) accepts: Option<(u8, Key)>,
}

impl Keyring {
    /// One key, to seal with and to open with.
    ///
    /// # Errors
    ///
    /// [`KeyError::ZeroId`] if the identifier is 0, which marks plain frames.
    pub fn new(id: u8, key: Key) -> Result<Self, KeyError> {
        if id == 0 { Err(KeyError::ZeroId) } else { Ok(Self { seals: (id, key), accepts: None }) }
    }

    /// The same, and another key to open with, instead of the one that there was.
    ///
    /// # Errors
    ///
    /// [`KeyError::ZeroId`] if the identifier is 0, [`KeyError::SameId`] if the key to seal with has the same.
    pub fn accept(self, id: u8, key: Key) -> Result<Self, KeyError> {
        match id {
            0 => Err(KeyError::ZeroId),
            id if id == self.seals.0 => Err(KeyError::SameId { id }),
            id => Ok(Self { accepts: Some((id, key)), ..self }),
        }
    }

    /// The identifier of the key that frames are sealed with.
    #[must_use]
    pub const fn seals_with(&self) -> u8 {
        self.seals.0
    }

    /// Whether frames sealed with the key of this identifier can be opened.
    #[must_use]
    pub fn opens(&self, id: u8) -> bool {
        self.seals.0 == id || self.accepts.as_ref().is_some_and(|(other, _)| *other == id)
    }
}

/// Why a key or a ring of keys cannot be so. It never contains any part of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum KeyError {
    /// The identifier 0 marks plain frames.
    ZeroId,
    /// Two keys have the same identifier.
    SameId {
        /// Which.
        id: u8,
    },
    /// A key is spelt with 64 digits.
    Length {
        /// How many characters there are, in bytes.
        found: usize,
    },
    /// A character is no hexadecimal digit.
    Digit {
        /// Where it stands, from 0.
        position: usize,
    },
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ZeroId => f.write_str("a key cannot have the identifier 0, which marks frames without a key"),
            Self::SameId { id } => write!(f, "two keys have the identifier {id}"),
            Self::Length { found } => {
                write!(f, "a key is written with 64 hexadecimal digits, and there are {found} characters")
            }
            Self::Digit { position } => {
                write!(f, "the key has something else than a hexadecimal digit at position {position}")
            }
        }
    }
}

impl core::error::Error for KeyError {}
