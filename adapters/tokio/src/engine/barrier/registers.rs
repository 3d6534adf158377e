//! What an engine has to be able to for barriers.

use super::attendance::Attendee;
use crate::engine::Turn;
use core::fmt;
use core::time::Duration;
use quorate::Name;

/// An engine that keeps a value for each name, which is replaced only by who has seen the latest one (compare-and-swap).
///
/// An error is as good as no answer: what was asked may have been done or not. It is asked again.
pub trait Registers: fmt::Debug + Send + Sync + 'static {
    /// Why a command was not answered.
    type Error: core::error::Error;

    /// The number of this client of the engine, drawn at random: no other one has or had it.
    fn client(&self) -> u64;

    /// What is kept under this name, for one of this client's parties.
    fn read(&self, name: &Name, reader: Attendee) -> impl Future<Output = Result<Reading, Self::Error>> + Send;

    /// Replaces what was seen by another value, if nobody has done so meanwhile, and wakes these parties, wherever they are. What is
    /// not heard by somebody who should be woken is found out later.
    fn replace(
        &self,
        name: &Name,
        replacer: Attendee,
        seen: Reading,
        value: String,
        wake: &[Attendee],
    ) -> impl Future<Output = Result<Replaced, Self::Error>> + Send;

    /// Says that this client is there for what is kept under this name, for so long from now on at least unless it is said again,
    /// and asks which of these are. It need not be exact: who seems to be there for too long is waited for longer.
    fn present(
        &self,
        name: &Name,
        lasts: Duration,
        others: &[u64],
    ) -> impl Future<Output = Result<Vec<bool>, Self::Error>> + Send;
}

/// What is kept under a name.
pub struct Reading {
    /// The value; `None` if there is none.
    pub value: Option<String>,
    /// The engine's number for this state of the register, if it has one.
    pub revision: i64,
    /// Ends when the reader is woken, or the value may be another one. It is polled by one task.
    pub changed: Turn,
}

impl fmt::Debug for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reading").field("value", &self.value).field("revision", &self.revision).finish_non_exhaustive()
    }
}

/// What became of a replacement.
pub enum Replaced {
    /// The new value is there. Ends when the replacer is woken, or the value may be another one.
    Done(Turn),
    /// Somebody else was faster: this is there now.
    Outrun(Reading),
}

impl fmt::Debug for Replaced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done(_) => f.write_str("Done"),
            Self::Outrun(there) => f.debug_tuple("Outrun").field(there).finish(),
        }
    }
}
