//! Why a scenario cannot be understood.

use alloc::string::String;
use core::fmt;

/// Why a scenario cannot be understood: where, what stands there, and what could.
///
/// ```
/// let error = quorate_sim::scenario::parse("mine.toml", "title = 'Mine'\nshows = 'That'\nnodes = 'many'").unwrap_err();
/// assert_eq!(error.to_string(), "mine.toml, line 3: `nodes` is the text \"many\", and has to be a whole number from 1 to 9");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    pub(super) file: String,
    pub(super) line: Option<usize>,
    pub(super) what: String,
}

impl Error {
    /// The file.
    #[must_use]
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The line, from 1, if it is one.
    #[must_use]
    pub const fn line(&self) -> Option<usize> {
        self.line
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}, line {line}: {}", self.file, self.what),
            None => write!(f, "{}: {}", self.file, self.what),
        }
    }
}

impl core::error::Error for Error {}
