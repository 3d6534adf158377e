//! A machine with planted defects: each law must catch the one that breaks it, or the laws check nothing.

use core::sync::atomic::{AtomicU64, Ordering};
use core::time::Duration;
use proptest::prelude::*;
use quorate::laws::{self, Law, Restart};
use quorate::{Infallible, Input, InputOf, Instant, Machine, NodeId, Step, StepOf};

/// What an [`Alarm`] does wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) enum Defect {
    #[default]
    None,
    /// Takes an earlier time at its word.
    Unclamped,
    /// Rings five times at once.
    FiveAtOnce,
    /// Counts early ticks.
    CountsEarlyTicks,
    /// Keeps its deadline after it has passed.
    Spins,
    /// Asks something outside of itself.
    Impure,
    /// Changes what it promised before that is durable.
    Forgets,
}

/// Rings so long after it was told to, and promises never to ring fewer times than it once said.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Alarm {
    defect: Defect,
    at: Option<Instant>,
    latest: Instant,
    rung: u64,
}

static OUTSIDE: AtomicU64 = AtomicU64::new(0);

pub(crate) fn inputs() -> BoxedStrategy<Input<Duration, Infallible>> {
    prop_oneof![Just(Input::Tick), (0_u64..3_000).prop_map(|millis| Input::Command(Duration::from_millis(millis))),]
        .boxed()
}

impl Machine for Alarm {
    type Command = Duration;
    type Message = Infallible;
    type Record = u64;
    type Event = Instant;

    fn step(&mut self, input: InputOf<Self>, now: Instant) -> StepOf<Self> {
        let mut step = Step::new();
        let now = if self.defect == Defect::Unclamped { now } else { now.max(self.latest) };
        match input {
            Input::Receive { message, .. } => match message {},
            Input::Command(after) => {
                self.latest = now;
                self.at = Some(now + after);
            }
            Input::Tick => match self.at {
                Some(at) if at <= now => {
                    self.latest = now;
                    if self.defect != Defect::Spins {
                        self.at = None;
                        self.rung += 1;
                        if self.defect != Defect::Forgets {
                            step.persist(self.rung);
                        }
                        step.event(at);
                    }
                    if self.defect == Defect::FiveAtOnce {
                        (0..3).for_each(|_| step.event(at));
                    }
                    if self.defect == Defect::Impure && OUTSIDE.fetch_add(1, Ordering::Relaxed).is_multiple_of(2) {
                        step.event(now);
                    }
                }
                _ if self.defect == Defect::CountsEarlyTicks => self.rung += 1,
                _ => {}
            },
        }
        step
    }

    fn deadline(&self) -> Option<Instant> {
        self.at
    }

    fn peers(&self) -> &[NodeId] {
        &[]
    }
}

impl Restart for Alarm {
    fn restart(&self, record: Option<&u64>, now: Instant) -> Self {
        Self { rung: record.copied().unwrap_or(0), latest: now, at: None, ..*self }
    }

    fn is_kept_by(&self, after: &Self, _: Instant) -> bool {
        after.rung >= self.rung
    }
}

/// The law that a history of two alarms and a clock that steps back finds broken.
fn law_broken_by(defect: Defect) -> Option<Law> {
    let set = |millis| Input::Command(Duration::from_millis(millis));
    let at = Instant::from_millis;
    let history = [
        (set(500), at(1_000)),
        (Input::Tick, at(1_200)),
        (Input::Tick, at(2_000)),
        (set(100), at(900)),
        (Input::Tick, at(9_000)),
    ];
    laws::check_restart(Alarm { defect, ..Alarm::default() }, history).err().map(|broken| broken.law)
}

#[test]
fn each_law_catches_its_defect() {
    assert_eq!(law_broken_by(Defect::None), None);
    assert_eq!(law_broken_by(Defect::Unclamped), Some(Law::Total));
    assert_eq!(law_broken_by(Defect::FiveAtOnce), Some(Law::Bounded));
    assert_eq!(law_broken_by(Defect::CountsEarlyTicks), Some(Law::EarlyTick));
    assert_eq!(law_broken_by(Defect::Spins), Some(Law::NoSpin));
    assert_eq!(law_broken_by(Defect::Impure), Some(Law::Pure));
    assert_eq!(law_broken_by(Defect::Forgets), Some(Law::Restart));
}
