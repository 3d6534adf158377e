//! Histories for machines: inputs at times that mostly go forward by a little, and now and then by a lot or back.
#![allow(dead_code, reason = "machines pick what they need")]

use core::fmt::{Debug, Display};
use core::hash::BuildHasher;
use core::time::Duration;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestError, TestRunner};
use quorate::{Input, Instant, NodeId};
use std::hash::RandomState;

/// Inputs for a machine whose peers are `peers`: ticks, the given commands, and the given messages from peers,
/// strangers and the node itself.
pub(crate) fn inputs<C, M>(
    peers: &'static [u32],
    commands: impl Strategy<Value = C> + 'static,
    messages: impl Strategy<Value = M> + 'static,
) -> BoxedStrategy<Input<C, M>>
where
    C: Clone + Debug + 'static,
    M: Clone + Debug + 'static,
{
    let from = prop_oneof![8 => prop::sample::select(peers), 1 => any::<u32>(), 1 => 0_u32..10];
    prop_oneof![
        3 => Just(Input::Tick),
        2 => commands.prop_map(Input::Command),
        5 => (from, messages).prop_map(|(from, message)| Input::Receive { from: NodeId::new(from), message }),
    ]
    .boxed()
}

/// Any number, with the small ones and the extremes more often than chance would have them.
pub(crate) fn number() -> impl Strategy<Value = u64> + Clone {
    prop_oneof![8 => 0_u64..8, 1 => any::<u64>(), 1 => Just(u64::MAX), 1 => (0_u64..4).prop_map(|n| u64::MAX - n)]
}

/// An instant out of [`number`], or one near the times that histories pass through.
pub(crate) fn instant() -> impl Strategy<Value = Instant> + Clone {
    prop_oneof![number().prop_map(Instant::from_nanos), (0_u64..20_000).prop_map(Instant::from_millis)]
}

/// Histories of up to 120 inputs.
pub(crate) fn histories<I: Clone + Debug + 'static>(inputs: BoxedStrategy<I>) -> BoxedStrategy<Vec<(I, Instant)>> {
    let pause = prop_oneof![
        10 => (0_u64..200_000_000).prop_map(Pause::Forward),
        2 => (0_u64..20_000_000_000).prop_map(Pause::Forward),
        1 => (0_u64..5_000_000_000).prop_map(Pause::Back),
        1 => number().prop_map(Pause::Forward),
    ];
    (0_u64..1_000_000_000, prop::collection::vec((inputs, pause), 0..120))
        .prop_map(|(start, steps)| {
            let mut now = Instant::from_nanos(start);
            let mut history = Vec::with_capacity(steps.len());
            for (input, pause) in steps {
                now = match pause {
                    Pause::Forward(nanos) => now + Duration::from_nanos(nanos),
                    Pause::Back(nanos) => now - Duration::from_nanos(nanos),
                };
                history.push((input, now));
            }
            history
        })
        .boxed()
}

#[derive(Clone, Debug)]
enum Pause {
    Forward(u64),
    Back(u64),
}

/// Tries many histories; on a failure prints the shortest that still fails, and how to run the same ones again.
pub(crate) fn run<H: Clone + Debug, B: Display>(histories: BoxedStrategy<H>, check: impl Fn(H) -> Result<(), B>) {
    let seed = match std::env::var("PROPTEST_RNG_SEED") {
        Ok(seed) => seed.parse().expect("PROPTEST_RNG_SEED is a number"),
        Err(_) => RandomState::new().hash_one("a new seed for every run"),
    };
    let config = Config { rng_seed: RngSeed::Fixed(seed), failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new(config);
    let outcome =
        runner.run(&histories, |history| check(history).map_err(|broken| TestCaseError::fail(broken.to_string())));
    match outcome {
        Ok(()) => {}
        Err(TestError::Fail(why, history)) => {
            panic!("{why}\nreplay with PROPTEST_RNG_SEED={seed}\nshortest history: {history:#?}")
        }
        Err(TestError::Abort(why)) => panic!("gave up: {why}"),
    }
}
