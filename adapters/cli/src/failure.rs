//! What went wrong, as a sentence, and what to do about it, as another.

use core::fmt;
use std::process::ExitCode;

/// How commands end.
pub(crate) type Outcome<T = ()> = Result<T, Failure>;

/// Something that ends the program: what happened, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    what: String,
    advice: Option<String>,
    code: u8,
}

impl Failure {
    /// The exit code of a failure: something did not work.
    pub(crate) const FAILED: u8 = 1;
    /// The exit code of a usage error: nothing was tried.
    pub(crate) const USAGE: u8 = 2;

    /// A failure described by a sentence without its full stop.
    pub(crate) fn new(what: impl fmt::Display) -> Self {
        Self { what: what.to_string(), advice: None, code: Self::FAILED }
    }

    /// A mistake in what the user asked for.
    pub(crate) fn usage(what: impl fmt::Display) -> Self {
        Self { code: Self::USAGE, ..Self::new(what) }
    }

    /// What to do about it: a sentence with its full stop.
    pub(crate) fn advise(self, advice: impl fmt::Display) -> Self {
        Self { advice: Some(advice.to_string()), ..self }
    }

    /// The same, with another exit code.
    pub(crate) fn with_code(self, code: u8) -> Self {
        Self { code, ..self }
    }

    /// The same, said of something: `«subject»: «what»`.
    pub(crate) fn of(self, subject: impl fmt::Display) -> Self {
        Self { what: format!("{subject}: {}", self.what), ..self }
    }

    /// The code that the process ends with.
    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.code)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.", self.what.trim_end_matches('.'))?;
        match &self.advice {
            Some(advice) => write!(f, " {advice}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_as_sentences() {
        let failure = Failure::new("the key is too short").of("a.key").advise("Make one with `quorate key`.");
        assert_eq!(failure.to_string(), "a.key: the key is too short. Make one with `quorate key`.");
        assert_eq!(Failure::new("It ended.").to_string(), "It ended.");
    }
}
