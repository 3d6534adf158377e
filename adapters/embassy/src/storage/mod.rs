//! What must survive a restart.
//!
//! A machine that has promised something asks for a record of it to be made durable before the promise leaves the board. With the
//! feature `flash` a `Flash` keeps it in flash; [`Forgetful`] keeps nothing, for boards that
//! [start without memory](quorate::election::Start::Forgetful) each time and make up for it.

#[cfg(feature = "flash")]
pub mod flash;

use core::convert::Infallible;

/// Keeps the last record of a machine.
#[allow(async_fn_in_trait, reason = "a driver is one task of one executor, and names no bounds")]
pub trait Storage<R> {
    /// Why it cannot.
    type Error;

    /// Makes `record` durable, instead of the one before, and returns only then.
    ///
    /// # Errors
    ///
    /// If it cannot. The record before is then still there, or this one is, but nothing between; the driver stops with this error, and
    /// what the machine wanted to do next never happens.
    async fn persist(&mut self, record: &R) -> Result<(), Self::Error>;
}

/// Keeps nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Forgetful;

impl<R> Storage<R> for Forgetful {
    type Error = Infallible;

    async fn persist(&mut self, _: &R) -> Result<(), Infallible> {
        Ok(())
    }
}
