//! Colours, where there is a terminal that shows them and nobody has asked to do without (<https://no-color.org>).

use crate::failure::{Failure, Outcome};
use core::fmt;
use std::io::{ErrorKind, IsTerminal, Write, stdout};

/// Prints a text and a line's end. That nobody reads any more is no failure: they have seen what they wanted.
pub(crate) fn print(text: &str) -> Outcome {
    match writeln!(stdout(), "{text}") {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::new(format_args!("the result cannot be printed ({error})")))
        }
        _ => Ok(()),
    }
}

/// Whether to colour what is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Paint {
    on: bool,
}

impl Paint {
    /// No colours.
    #[cfg(test)]
    pub(crate) const PLAIN: Self = Self { on: false };

    /// Colours if `stream` is a terminal and the environment has nothing against it.
    pub(crate) fn for_stream(stream: &impl IsTerminal) -> Self {
        let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|value| value == "dumb");
        Self { on: stream.is_terminal() && !refused && !dumb }
    }

    /// What is going well.
    pub(crate) fn good<T: fmt::Display>(self, text: T) -> Painted<T> {
        self.with("32", text)
    }

    /// What calls for attention.
    pub(crate) fn warn<T: fmt::Display>(self, text: T) -> Painted<T> {
        self.with("33", text)
    }

    /// What is wrong.
    pub(crate) fn bad<T: fmt::Display>(self, text: T) -> Painted<T> {
        self.with("31", text)
    }

    /// What matters.
    pub(crate) fn bold<T: fmt::Display>(self, text: T) -> Painted<T> {
        self.with("1", text)
    }

    /// What matters less.
    pub(crate) fn faint<T: fmt::Display>(self, text: T) -> Painted<T> {
        self.with("2", text)
    }

    fn with<T: fmt::Display>(self, code: &'static str, text: T) -> Painted<T> {
        Painted { code: self.on.then_some(code), text }
    }
}

/// A text in a colour. Padding counts its characters only.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Painted<T> {
    code: Option<&'static str>,
    text: T,
}

impl<T: fmt::Display> fmt::Display for Painted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code {
            None => self.text.fmt(f),
            Some(code) => {
                write!(f, "\x1b[{code}m")?;
                self.text.fmt(f)?;
                f.write_str("\x1b[0m")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_does_not_count_the_colour() {
        assert_eq!(format!("{:>4}|", Paint { on: true }.good("ok")), "\x1b[32m  ok\x1b[0m|");
        assert_eq!(format!("{:>4}|", Paint::PLAIN.good("ok")), "  ok|");
    }
}
