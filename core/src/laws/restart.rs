//! The sixth law: what a machine promised, its next life keeps.

use super::{Broken, Law, drive, last_record};
use crate::{Input, Instant, Machine};

/// A machine that can be started again, for [`check_restart`].
pub trait Restart: Machine {
    /// The machine as it starts after a crash at `now`: with the same configuration, the next incarnation, and the last
    /// record that had become durable; `None` where none had.
    #[must_use]
    fn restart(&self, record: Option<&Self::Record>, now: Instant) -> Self;

    /// Whether every safety promise that `self` has made is still kept by `after`, a machine that was restarted at
    /// `now`. What was promised but has run out at `now` need not be kept.
    #[must_use]
    fn is_kept_by(&self, after: &Self, now: Instant) -> bool;
}

/// Runs `machine` through `history` like [`check`](super::check), and at every state crashes a copy of it, restarts
/// that from the last record, and asks whether the promises are kept. It crashes it again at once after that, too.
///
/// # Errors
///
/// The first law that breaks.
pub fn check_restart<M>(
    machine: M,
    history: impl IntoIterator<Item = (Input<M::Command, M::Message>, Instant)>,
) -> Result<(), Broken>
where
    M: Restart,
    M::Command: Clone,
    M::Message: PartialEq,
    M::Record: PartialEq,
    M::Event: PartialEq,
{
    let mut durable: Option<M::Record> = None;
    drive(machine, history, |machine, step, now, input| {
        if let Some(record) = last_record::<M>(step) {
            durable = Some(record.clone());
        }
        let once = machine.restart(durable.as_ref(), now);
        let twice = once.restart(durable.as_ref(), now);
        if machine.is_kept_by(&once, now) && machine.is_kept_by(&twice, now) {
            Ok(())
        } else {
            Err(Broken { law: Law::Restart, input, because: "a promise was forgotten over a restart" })
        }
    })
}
