//! The six laws that every machine obeys, and one check of them for all machines, present and future.
//!
//! 1. **Total.** Any input at any `now` returns; a clock that runs backwards is clamped to the latest time that the
//!    machine acted on.
//! 2. **Bounded and lossless.** A step has at most four outputs; what is left over sets the deadline to `now` or
//!    before, and leaves at the next ticks.
//! 3. **Early tick is nothing.** Before the deadline, [`Input::Tick`] changes nothing and outputs nothing.
//! 4. **No spin.** At or after the deadline, [`Input::Tick`] yields an output, or moves the deadline later, or clears it.
//! 5. **Pure.** The same state, input and time give the same outputs and the same next state.
//! 6. **Restart.** A machine restored from its last record keeps every safety promise that it made before.
//!
//! [`check`] runs a machine through a history and returns the first law that it breaks. Give it histories from a
//! property test or a fuzzer; the machines of this crate join with one line each in `tests/laws.rs`.
//!
//! ```
//! use quorate::{laws, Input, InputOf, Infallible, Instant, Machine, NodeId, Step, StepOf};
//!
//! #[derive(Clone, Debug, PartialEq, Eq, Hash)]
//! struct Spins;
//!
//! impl Machine for Spins {
//!     type Command = ();
//!     type Message = ();
//!     type Record = Infallible;
//!     type Event = ();
//!     fn step(&mut self, _: InputOf<Self>, _: Instant) -> StepOf<Self> { Step::new() }
//!     fn deadline(&self) -> Option<Instant> { Some(Instant::ORIGIN) } // due for ever, and does nothing
//!     fn peers(&self) -> &[NodeId] { &[] }
//! }
//!
//! let broken = laws::check(Spins, [(Input::Tick, Instant::from_secs(1))]).unwrap_err();
//! assert_eq!(broken.law, laws::Law::NoSpin);
//! ```

mod restart;

pub use restart::{Restart, check_restart};

use crate::{Input, InputOf, Instant, Machine, Output, OutputOf, Step, StepOf};
use core::fmt;
use core::time::Duration;

/// One of the six laws.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Law {
    /// Any input at any `now` returns; a clock that runs backwards is clamped.
    Total,
    /// At most four outputs, none lost.
    Bounded,
    /// Before the deadline a tick changes nothing and outputs nothing.
    EarlyTick,
    /// At the deadline a tick does something or moves the deadline.
    NoSpin,
    /// Same state, input and time: same outputs, same next state.
    Pure,
    /// A restored machine keeps the promises that it made before.
    Restart,
}

/// Which law a machine broke, at which input of the history, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Broken {
    /// The law.
    pub law: Law,
    /// The input at which it broke, counted from zero.
    pub input: usize,
    /// What was seen.
    pub because: &'static str,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "law {:?} broken at input {}: {}", self.law, self.input, self.because)
    }
}

impl core::error::Error for Broken {}

/// How many ticks in a row, all at one time, a machine may need to let out what one input caused: enough for a
/// broadcast's worth of events to a thousand peers, far less than for ever.
pub const MOST_TICKS_AT_ONCE: usize = 4_096;

/// Runs `machine` through `history`, driving it as an adapter would (after each input it is ticked until its deadline
/// lies in the future), and checks laws one to five at every step. The sixth is [`check_restart`]'s.
///
/// # Errors
///
/// The first law that breaks.
pub fn check<M>(
    machine: M,
    history: impl IntoIterator<Item = (Input<M::Command, M::Message>, Instant)>,
) -> Result<(), Broken>
where
    M: Machine,
    M::Command: Clone,
    M::Message: PartialEq,
    M::Record: PartialEq,
    M::Event: PartialEq,
{
    drive(machine, history, |_, _, _, _| Ok(()))
}

/// The loop behind both checks; `after` sees every state, its step's outputs, the time, and the number of the input.
fn drive<M>(
    mut machine: M,
    history: impl IntoIterator<Item = (InputOf<M>, Instant)>,
    mut after: impl FnMut(&M, &StepOf<M>, Instant, usize) -> Result<(), Broken>,
) -> Result<(), Broken>
where
    M: Machine,
    M::Command: Clone,
    M::Message: PartialEq,
    M::Record: PartialEq,
    M::Event: PartialEq,
{
    let mut latest = Instant::ORIGIN;
    for (number, (input, now)) in history.into_iter().enumerate() {
        let broken = |law, because| Err(Broken { law, input: number, because });
        if !early_tick_is_nothing(&machine, now.max(latest)) {
            return broken(Law::EarlyTick, "a tick before the deadline changed the state or had outputs");
        }
        let is_early = matches!(input, Input::Tick) && machine.deadline().is_none_or(|deadline| now < deadline);
        if now < latest && !is_early && !clamps(&machine, &input, now, latest) {
            return broken(Law::Total, "an earlier time than before was not taken for the latest time seen");
        }
        let Some(step) = pure_step(&mut machine, input, now) else {
            return broken(Law::Pure, "two steps of equal machines differ");
        };
        if !is_early {
            latest = latest.max(now);
        }
        if step.overflowed() {
            return broken(Law::Bounded, "a fifth output was dropped");
        }
        after(&machine, &step, latest, number)?;

        let mut ticks = 0_usize;
        while let Some(deadline) = machine.deadline().filter(|deadline| *deadline <= latest) {
            let Some(step) = pure_step(&mut machine, Input::Tick, latest) else {
                return broken(Law::Pure, "two ticks of equal machines differ");
            };
            if step.overflowed() {
                return broken(Law::Bounded, "a tick dropped a fifth output");
            }
            if step.is_empty() && machine.deadline().is_some_and(|later| later <= deadline) {
                return broken(Law::NoSpin, "a tick at the deadline did nothing and did not move it");
            }
            after(&machine, &step, latest, number)?;
            ticks = ticks.saturating_add(1);
            if ticks > MOST_TICKS_AT_ONCE {
                return broken(Law::NoSpin, "ticks at one time never came to an end");
            }
        }
        if !due_tick_does_something(&machine) {
            return broken(Law::NoSpin, "a tick at the coming deadline does nothing and does not move it");
        }
    }
    Ok(())
}

fn early_tick_is_nothing<M: Machine>(machine: &M, now: Instant) -> bool {
    let just_before = machine.deadline().map_or(now, |deadline| deadline.before(Duration::from_nanos(1)));
    [now, just_before, Instant::ORIGIN].into_iter().all(|at| {
        if machine.deadline().is_some_and(|deadline| deadline <= at) {
            return true; // not early
        }
        let mut twin = machine.clone();
        twin.step(Input::Tick, at).is_empty() && twin == *machine
    })
}

fn due_tick_does_something<M: Machine>(machine: &M) -> bool {
    let Some(deadline) = machine.deadline() else { return true };
    [deadline, deadline.after(Duration::from_secs(86_400))].into_iter().all(|at| {
        let mut twin = machine.clone();
        !twin.step(Input::Tick, at).is_empty() || twin.deadline().is_none_or(|later| later > deadline)
    })
}

fn clamps<M>(machine: &M, input: &InputOf<M>, now: Instant, latest: Instant) -> bool
where
    M: Machine,
    M::Command: Clone,
    M::Message: PartialEq,
    M::Record: PartialEq,
    M::Event: PartialEq,
{
    let (mut early, mut clamped) = (machine.clone(), machine.clone());
    early.step(input.clone(), now) == clamped.step(input.clone(), latest) && early == clamped
}

fn pure_step<M>(machine: &mut M, input: InputOf<M>, now: Instant) -> Option<StepOf<M>>
where
    M: Machine,
    M::Command: Clone,
    M::Message: PartialEq,
    M::Record: PartialEq,
    M::Event: PartialEq,
{
    let mut twin = machine.clone();
    let theirs = twin.step(input.clone(), now);
    let ours = machine.step(input, now);
    (ours == theirs && twin == *machine && ours.iter().eq(theirs.iter())).then_some(ours)
}

/// The last record that a step asks to persist, if any.
fn last_record<M: Machine>(step: &StepOf<M>) -> Option<&M::Record> {
    Step::iter(step)
        .filter_map(|output: &OutputOf<M>| if let Output::Persist(record) = output { Some(record) } else { None })
        .last()
}
