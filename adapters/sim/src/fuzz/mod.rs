//! What a fuzzer's bytes are turned into: histories of one machine, plans of a whole world, messages.
//!
//! Each function here is the whole body of a fuzz target. It panics at the first law or promise that is broken, which is what
//! fuzzers look for, and says which one, at which input.
//!
//! | bytes become | judged by | function |
//! |---|---|---|
//! | inputs and times for one machine | the first five [laws](quorate::laws) | [`laws`] |
//! | the same, with a crash at every state | all six | [`laws_with_restarts`] |
//! | a configuration, faults and commands for several nodes | a [`Trial`](crate::swarm::Trial)'s judge | [`trial`] |
//! | a message, and the body of one | what is written can be read, in one spelling | [`message`] |
//!
//! A machine of your own is fuzzed by one line, if its commands and messages derive [`Arbitrary`]:
//!
//! ```
//! # use quorate::{Infallible, Input, InputOf, Instant, Machine, NodeId, Step, StepOf};
//! # #[derive(Clone, Debug, PartialEq, Eq, Hash)]
//! # struct Alarm { at: Option<Instant>, latest: Instant }
//! # impl Alarm { fn new() -> Self { Self { at: None, latest: Instant::ORIGIN } } }
//! # impl Machine for Alarm {
//! #     type Command = u16;
//! #     type Message = ();
//! #     type Record = Infallible;
//! #     type Event = Instant;
//! #     fn step(&mut self, input: InputOf<Self>, now: Instant) -> StepOf<Self> {
//! #         let mut step = Step::new();
//! #         let now = now.max(self.latest);
//! #         if matches!(input, Input::Tick) && self.at.is_none_or(|at| now < at) { return step; }
//! #         self.latest = now;
//! #         match input {
//! #             Input::Command(after) => self.at = Some(now + core::time::Duration::from_millis(after.into())),
//! #             Input::Tick => self.at.take().into_iter().for_each(|at| step.event(at)),
//! #             Input::Receive { .. } => {}
//! #         }
//! #         step
//! #     }
//! #     fn deadline(&self) -> Option<Instant> { self.at }
//! #     fn peers(&self) -> &[NodeId] { &[] }
//! # }
//! # macro_rules! fuzz_target { (|$data:ident: &[u8]| $body:expr) => { for seed in 0..=255_u8 {
//! #     let bytes: Vec<u8> = (0..200_u8).map(|n| n.wrapping_mul(seed) ^ seed).collect(); let $data: &[u8] = &bytes; $body
//! # } } }
//! // fuzz/fuzz_targets/alarm.rs, with `#![no_main]` and `use libfuzzer_sys::fuzz_target;` at its top
//! fuzz_target!(|data: &[u8]| quorate_sim::fuzz::laws(Alarm::new(), data));
//! ```

mod history;
mod plan;

pub use history::{history, laws, laws_with_restarts};
pub use plan::{plan, trial};

use alloc::vec::Vec;
use arbitrary::{Arbitrary, Unstructured};
use core::fmt::Debug;
use quorate_wire::{BodyError, MAX_DATAGRAM, Payload, Rejected, Writer};

/// There and back: the bytes as a value of this type, which has to be read as it was written, or refused as one that cannot be; and as a
/// body of the protocol that their first byte names, which has to be refused, or written again byte for byte. So every message
/// has one spelling.
///
/// # Panics
///
/// If one of that is not so.
pub fn message<P>(data: &[u8])
where
    P: Payload + PartialEq + Debug + for<'a> Arbitrary<'a>,
{
    if let Ok(value) = P::arbitrary_take_rest(Unstructured::new(data)) {
        let (protocol, body) = (value.protocol(), written(&value));
        let read = P::read(protocol, &body);
        let cannot_be = matches!(read, Err(Rejected::InvalidBody { error: BodyError::Invalid { .. }, .. }));
        assert!(cannot_be || read.as_ref() == Ok(&value), "{value:?} was written as {body:?}, and read as {read:?}");
    }
    if let Some((&protocol, body)) = data.split_first()
        && let Ok(value) = P::read(protocol, body)
    {
        let again = (value.protocol(), written(&value));
        assert!(
            again == (protocol, body.to_vec()),
            "{value:?} was read from {protocol} {body:?}, and written as {again:?}"
        );
    }
}

fn written<P: Payload + Debug>(message: &P) -> Vec<u8> {
    let mut room = [0; MAX_DATAGRAM];
    let mut writer = Writer::new(&mut room);
    message.write(&mut writer);
    assert!(!writer.overflowed(), "{message:?} does not fit into a datagram");
    let length = writer.written();
    room.get(..length).unwrap_or_default().to_vec()
}
