//! Bytes as a history of one machine.

use alloc::vec::Vec;
use arbitrary::{Arbitrary, Result, Unstructured};
use core::time::Duration;
use quorate::laws::{self, Broken, Restart};
use quorate::{Input, InputOf, Instant, Machine, NodeId};

/// Drives a machine through the history that the bytes spell, and checks the first five laws at every step.
///
/// # Panics
///
/// At the first law that is broken.
pub fn laws<M>(machine: M, data: &[u8])
where
    M: Machine,
    M::Command: Clone + for<'a> Arbitrary<'a>,
    M::Message: PartialEq + for<'a> Arbitrary<'a>,
    M::Record: PartialEq,
    M::Event: PartialEq,
{
    let history = history::<M>(machine.peers(), data);
    held(laws::check(machine, history));
}

/// The same, with the sixth law: at every state a copy of the machine crashes, and keeps what it promised.
///
/// # Panics
///
/// At the first law that is broken.
pub fn laws_with_restarts<M>(machine: M, data: &[u8])
where
    M: Restart,
    M::Command: Clone + for<'a> Arbitrary<'a>,
    M::Message: PartialEq + for<'a> Arbitrary<'a>,
    M::Record: PartialEq,
    M::Event: PartialEq,
{
    let history = history::<M>(machine.peers(), data);
    held(laws::check_restart(machine, history));
}

fn held(verdict: core::result::Result<(), Broken>) {
    if let Err(broken) = verdict {
        panic!("{broken}");
    }
}

/// The inputs that the bytes spell, each with its time: at most 256 of them, so that one history takes well under a second.
///
/// Three inputs in eight are messages from peers, one a message from anybody, two are commands and two are ticks. Time mostly
/// goes on, by a microsecond or by half an hour or by anything between, now and then falls back, and can be any at all.
#[must_use]
pub fn history<M>(peers: &[NodeId], data: &[u8]) -> Vec<(InputOf<M>, Instant)>
where
    M: Machine,
    M::Command: for<'a> Arbitrary<'a>,
    M::Message: for<'a> Arbitrary<'a>,
{
    let mut bytes = Unstructured::new(data);
    let mut history = Vec::new();
    let mut now = Instant::ORIGIN;
    while !bytes.is_empty() && history.len() < 256 {
        let Ok(input) = input::<M>(peers, &mut now, &mut bytes) else { break };
        history.push((input, now));
    }
    history
}

fn input<M>(peers: &[NodeId], now: &mut Instant, bytes: &mut Unstructured<'_>) -> Result<InputOf<M>>
where
    M: Machine,
    M::Command: for<'a> Arbitrary<'a>,
    M::Message: for<'a> Arbitrary<'a>,
{
    *now = match bytes.arbitrary()? {
        u8::MAX => Instant::from_nanos(bytes.arbitrary()?),
        byte @ 0xe0.. => now.before(length(byte)),
        byte => now.after(length(byte)),
    };
    let kind: u8 = bytes.arbitrary()?;
    Ok(match kind % 8 {
        0 | 1 => Input::Tick,
        2 | 3 => Input::Command(bytes.arbitrary()?),
        kind => {
            let peer = peers.get(usize::from(kind_of_peer(kind, bytes)?)).copied().filter(|_| kind != 7);
            let from = match peer {
                Some(peer) => peer,
                None => NodeId::new(bytes.arbitrary()?),
            };
            Input::Receive { from, message: bytes.arbitrary()? }
        }
    })
}

/// Which peer: the first ones cost no byte, so that short inputs say much.
fn kind_of_peer(kind: u8, bytes: &mut Unstructured<'_>) -> Result<u8> {
    if kind < 6 { Ok(kind - 4) } else { bytes.arbitrary() }
}

/// A length of time as one byte: nothing, or from about a microsecond to about an hour, in steps that grow as it does.
pub(super) fn length(byte: u8) -> Duration {
    match byte {
        0 => Duration::ZERO,
        byte => Duration::from_nanos((8 + u64::from(byte >> 5)) << (7 + (byte & 31))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quorate::clock::{self, Config, LamportClock, Process};
    use quorate::{Group, Infallible, Step, StepOf};
    use std::panic::catch_unwind;

    type Clocks = Process<LamportClock, u8, 2>;

    fn process() -> Clocks {
        let group = Group::new(NodeId::new(1), &[NodeId::new(2)]).expect("two nodes");
        Process::new(
            Config::new(group, LamportClock::new(NodeId::new(1)), 3).expect("a good reserve"),
            None,
            (),
            Instant::ORIGIN,
        )
    }

    #[test]
    fn bytes_say_what_happens_and_when() {
        let to_all = [0, 2, 0, 1]; // at once; a command; the second of two; an address that follows
        let bytes = [&[33, 0, 225, 1][..], &to_all, &[0, 0, 0, 0, 0, 9]].concat();
        let history = history::<Clocks>(&[NodeId::new(2)], &bytes);
        let at = length(33);
        assert_eq!(at, Duration::from_nanos(9 << 8));
        assert_eq!(history[0], (Input::Tick, Instant::ORIGIN.after(at)));
        assert_eq!(history[1], (Input::Tick, Instant::ORIGIN), "time falls back no further than to its origin");
        assert!(matches!(history[2].0, Input::Command(_)), "{history:?}");
    }

    #[test]
    fn lengths_reach_from_a_microsecond_to_an_hour() {
        assert!(length(1) < Duration::from_micros(4));
        assert!((Duration::from_secs(1_800)..Duration::from_secs(7_200)).contains(&length(0xdf)));
    }

    #[test]
    fn a_good_machine_holds_and_a_bad_one_is_caught() {
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        struct Spins(bool);
        impl Machine for Spins {
            type Command = clock::Command<u8, ()>;
            type Message = u8;
            type Record = Infallible;
            type Event = ();
            fn step(&mut self, input: InputOf<Self>, _: Instant) -> StepOf<Self> {
                self.0 |= matches!(input, Input::Receive { message: 7, .. });
                Step::new()
            }
            fn deadline(&self) -> Option<Instant> {
                self.0.then_some(Instant::ORIGIN)
            }
            fn peers(&self) -> &[NodeId] {
                &[]
            }
        }
        let bytes: Vec<u8> = (0..=255).cycle().take(2_000).collect();
        laws(process(), &bytes);
        laws_with_restarts(process(), &bytes);
        laws(Spins(false), &[0, 4, 1, 0, 0, 0, 6]);
        let caught = catch_unwind(|| laws(Spins(false), &[0, 4, 1, 0, 0, 0, 7])).expect_err("it spins");
        assert!(caught.downcast_ref::<std::string::String>().is_some_and(|why| why.contains("NoSpin")));
    }
}
