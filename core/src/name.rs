//! What resources are called.

use core::fmt;
use core::str::FromStr;

/// The name of a resource: a lock, a semaphore, a barrier. From 1 to [`Name::LONGEST`] bytes of text without control characters.
///
/// Where a few numbers are enough, such as on a board, protocols take those in its place: they are generic over what they
/// know their resources by.
///
/// ```
/// use quorate::{Name, NameError};
/// let name = Name::new("orders/42")?;
/// assert_eq!(name.as_str(), "orders/42");
/// assert_eq!(Name::new(""), Err(NameError::Empty));
/// assert_eq!(Name::new(&"x".repeat(48)).unwrap_err().to_string(), "the name is 48 bytes long, and names have at most 47");
/// # Ok::<(), NameError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name {
    /// Zero behind the end, so that equal names are equal bytes, in the order of the text.
    bytes: [u8; Name::LONGEST],
    length: u8,
}

impl Name {
    /// How many bytes a name has at most.
    pub const LONGEST: usize = 47;

    /// A name of this text.
    ///
    /// # Errors
    ///
    /// If it is empty, too long, or has a control character in it.
    pub const fn new(text: &str) -> Result<Self, NameError> {
        let mut rest = text.as_bytes();
        let length = rest.len();
        if length == 0 {
            return Err(NameError::Empty);
        }
        if length > Self::LONGEST {
            return Err(NameError::TooLong { length });
        }
        let mut bytes = [0; Self::LONGEST];
        let mut free: &mut [u8] = &mut bytes;
        let mut at: usize = 0;
        while let ([byte, tail @ ..], [slot, room @ ..]) = (rest, free) {
            if *byte < b' ' || *byte == 0x7f {
                return Err(NameError::Control { byte: *byte, at });
            }
            *slot = *byte;
            (rest, free, at) = (tail, room, at.saturating_add(1));
        }
        Ok(Self { bytes, length: length as u8 })
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.bytes.get(..usize::from(self.length)).and_then(|text| core::str::from_utf8(text).ok()).unwrap_or_default()
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl FromStr for Name {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        Self::new(text)
    }
}

impl TryFrom<&str> for Name {
    type Error = NameError;

    fn try_from(text: &str) -> Result<Self, NameError> {
        Self::new(text)
    }
}

impl AsRef<str> for Name {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for Name {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "{=str}", self.as_str());
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Name {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for Name {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl serde::de::Visitor<'_> for Text {
            type Value = Name;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "a name of 1 to {} bytes without control characters", Name::LONGEST)
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Name, E> {
                Name::new(text).map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Text)
    }
}

#[cfg(feature = "arbitrary")]
impl<'a> arbitrary::Arbitrary<'a> for Name {
    /// Few names, so that histories meet at the same resource; now and then one of the longest.
    fn arbitrary(input: &mut arbitrary::Unstructured<'a>) -> arbitrary::Result<Self> {
        const LONG: &str = "a name of just as many bytes as are allowed, 47";
        let text = *input.choose(&["a", "b", "orders/1", LONG])?;
        Self::new(text).map_err(|_| arbitrary::Error::IncorrectFormat)
    }
}

/// Why a text is no [`Name`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NameError {
    /// It has no letters.
    Empty,
    /// It is too long.
    TooLong {
        /// How many bytes it has.
        length: usize,
    },
    /// A control character is in it.
    Control {
        /// The character.
        byte: u8,
        /// At which byte of the text.
        at: usize,
    },
}

impl fmt::Display for NameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => write!(f, "the name is empty"),
            Self::TooLong { length } => {
                write!(f, "the name is {length} bytes long, and names have at most {}", Name::LONGEST)
            }
            Self::Control { byte, at } => write!(f, "the name has a control character ({byte:#04x}) at byte {at}"),
        }
    }
}

impl core::error::Error for NameError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_in_the_order_of_their_texts() {
        let names = ["a", "a b", "aa", "b", "é"].map(|text| Name::new(text).unwrap());
        assert!(names.is_sorted());
        assert_eq!(names.map(|name| std::string::String::from(name.as_str())), ["a", "a b", "aa", "b", "é"]);
    }

    #[test]
    fn control_characters_are_refused_and_told() {
        let error = Name::new("a\nb").unwrap_err();
        assert_eq!(std::format!("{error}"), "the name has a control character (0x0a) at byte 1");
        assert_eq!(Name::new("\x7f"), Err(NameError::Control { byte: 0x7f, at: 0 }));
    }
}
