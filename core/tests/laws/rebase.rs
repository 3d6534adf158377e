//! The law of `Rebase`: rebasing and then stepping is the same as stepping, with a time so much later, and then rebasing.

use core::fmt::Debug;
use core::time::Duration;
use proptest::prelude::*;
use quorate::election::Message;
use quorate::{Input, InputOf, Instant, Machine, Output, Rebase};

/// When histories begin: late enough that none of them looks back beyond the origin.
pub(crate) const BEGIN: Instant = Instant::from_secs(3_600);

/// Inputs, each with how many milliseconds pass before it, and whether one of the machines is rebased there.
pub(crate) fn histories<I: Clone + Debug + 'static>(inputs: BoxedStrategy<I>) -> BoxedStrategy<Vec<(I, (u64, bool))>> {
    prop::collection::vec((inputs, (0_u64..300, any::<bool>())), 0..120).boxed()
}

/// Says that a message was sent within the last two seconds.
pub(crate) fn make_recent(message: &mut Message, now: Instant) {
    if let Message::Coordinator { sent, .. } | Message::Acknowledge { sent, .. } = message {
        *sent = now - Duration::from_nanos(sent.as_nanos() % 2_000_000_000);
    }
}

/// Leads two machines through a history, one of which has its time counted anew now and then.
pub(crate) fn check<M: Machine<Command: Clone, Message: PartialEq + Debug, Record: PartialEq + Debug> + Rebase>(
    mut plain: M,
    history: Vec<(InputOf<M>, (u64, bool))>,
    make_recent: impl Fn(&mut M::Message, Instant),
    rebase: impl Fn(&mut M::Message, Duration),
) -> Result<(), String> {
    let mut shifted = plain.clone();
    let (mut now, mut by) = (BEGIN, Duration::ZERO);
    for (number, (mut input, (pause, is_rebased))) in history.into_iter().enumerate() {
        let then = now;
        now = now + Duration::from_millis(pause);
        if is_rebased {
            shifted.rebase(then - by, Duration::from_millis(pause));
            by += Duration::from_millis(pause);
        }
        if let Input::Receive { message, .. } = &mut input {
            make_recent(message, now);
        }
        let mut same = input.clone();
        if let Input::Receive { message, .. } = &mut same {
            rebase(message, by);
        }
        let said = |outputs: &mut dyn Iterator<Item = Output<M::Message, M::Record, M::Event>>, by| -> Vec<String> {
            let say = |output| match output {
                Output::Persist(record) => format!("{record:?}"),
                Output::Send { to, mut message } => {
                    rebase(&mut message, by);
                    format!("{message:?} to {to:?}")
                }
                Output::Event(_) => "an event".into(), // with instants of its own
            };
            outputs.map(say).collect()
        };
        let (one, two) = (
            said(&mut plain.step(input, now).into_iter(), by),
            said(&mut shifted.step(same, now - by).into_iter(), Duration::ZERO),
        );
        if one != two {
            return Err(format!("input {number}: {one:?} became {two:?}"));
        }
        let deadlines = (plain.deadline().map(|at| at - by), shifted.deadline());
        if deadlines.0 != deadlines.1 && plain.deadline() != Some(Instant::FAR_FUTURE) {
            return Err(format!("input {number}: the deadlines are {deadlines:?}"));
        }
    }
    plain.rebase(now, by);
    shifted.rebase(now - by, Duration::ZERO);
    if plain == shifted { Ok(()) } else { Err(format!("in the end {plain:?} became {shifted:?}")) }
}
