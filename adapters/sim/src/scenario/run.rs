//! Running a scenario.

use super::assumptions::{NotPromised, not_promised};
use super::chronicle::Chronicle;
use super::player::{Company, MemberMachine, MonitorMachine, Player};
use super::services::ServiceNode;
use super::stage::Stage;
use super::story::{Expectation, Machines, Messages, Scenario};
use super::summary::{Expected, Summary};
use crate::check::Violation;
use crate::world::{Carrier, Direct, Framed, Happening, Observer, Settings, World};
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;
use quorate::{Instant, Seed};
use quorate_wire::{Codec, GroupId, Key, Keyring};

/// How a scenario is run, other than as it stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// With this seed instead of its own.
    pub seed: Option<u64>,
    /// For so long at least: when its steps are over the world goes on with what there is then.
    pub at_least: Duration,
}

/// Runs a scenario, with somebody else watching too, and says what it amounts to.
///
/// `watch` can be `&mut ()`, a [`Transcript`](crate::transcript::Transcript), or whatever observes members, monitors and nodes with services.
///
/// ```
/// use quorate_sim::scenario::{self, Options};
/// use quorate_sim::transcript::Transcript;
///
/// let scenario = scenario::named("paused-leader").expect("there is one of this name");
/// let mut transcript = Transcript::new();
/// let summary = scenario::run(&scenario, Options::default(), &mut transcript);
/// assert!(summary.is_good(), "{summary}");
/// println!("{}\n{summary}", transcript.finish());
/// ```
pub fn run<W>(scenario: &Scenario, options: Options, watch: &mut W) -> Summary
where
    W: Observer<MemberMachine> + Observer<MonitorMachine> + Observer<ServiceNode>,
{
    match scenario.machines {
        Machines::Members => carried::<MemberMachine, W>(scenario, options, watch),
        Machines::Monitors => carried::<MonitorMachine, W>(scenario, options, watch),
        Machines::Hosts => play::<ServiceNode, Direct>(scenario, options, Direct, watch),
    }
}

fn carried<M, W>(scenario: &Scenario, options: Options, watch: &mut W) -> Summary
where
    M: Player<Message: quorate_wire::Payload>,
    W: Observer<M>,
{
    let group = GroupId::from_name("scenario");
    let sealed = |key: u8| Keyring::new(1, Key::new([key; Key::LENGTH])).map(|keys| Codec::sealed(group, &keys));
    match (scenario.messages, sealed(7), sealed(9)) {
        (Messages::Sealed, Ok(codec), Ok(forger)) => {
            play::<M, Framed<8>>(scenario, options, Framed::new(codec).with_forger(forger), watch)
        }
        (Messages::Frames | Messages::Sealed, ..) => {
            play::<M, Framed<8>>(scenario, options, Framed::new(Codec::plain(group)), watch)
        }
        (Messages::Values, ..) => play::<M, Direct>(scenario, options, Direct, watch),
    }
}

fn play<M: Player, C: Carrier<M>>(
    scenario: &Scenario,
    options: Options,
    carrier: C,
    watch: &mut impl Observer<M>,
) -> Summary {
    let rules = &scenario.rules;
    let seed = options.seed.unwrap_or(scenario.seed);
    let ids: Vec<_> = (0..rules.size).map(|place| rules.id(place)).collect();
    let settings = Settings {
        size: rules.size,
        ids: ids.clone(),
        seed: Seed::new(seed),
        link: scenario.link,
        ..Settings::default()
    };
    let world = World::with_carrier(Company::<M>::new(rules.clone()), carrier, settings);
    let not_promised = not_promised::<M>(scenario);
    let bench = Bench::new(M::judge(rules), scenario, &not_promised);
    let mut chronicle = Chronicle::new(ids);
    for expectation in scenario.steps.iter().flat_map(|step| &step.expect) {
        if let Expectation::Told(_, words, since)
        | Expectation::NeverTold(_, words, since)
        | Expectation::Said(_, words, since)
        | Expectation::NeverSaid(_, words, since) = expectation
        {
            chronicle.listen(words, *since);
        }
    }
    let mut stage = Stage { world, scenario, called: BTreeMap::new(), faults: 0, expected: Vec::new() };
    let mut audience = (bench, chronicle, watch);
    let end = Instant::ORIGIN.after(scenario.length.max(options.at_least));
    let violation = stage.perform(end, &mut audience).err();
    let (bench, mut chronicle, _) = audience;
    let Stage { world, faults, mut expected, .. } = stage;
    let now = world.now();
    chronicle.close(now);
    expected.extend(scenario.breaks.iter().map(|promise| bench.shown(promise, now)));
    Summary {
        title: scenario.title.clone(),
        seed,
        machines: scenario.machines,
        nodes: rules.size,
        simulated: now.since(Instant::ORIGIN),
        events: world.steps(),
        sent: chronicle.sent,
        lost: chronicle.lost,
        duplicated: chronicle.duplicated,
        elections: chronicle.leaderships_in_all,
        leaderless: chronicle.leaderless(now),
        leaderships: chronicle.leaderships,
        suspicions_right: chronicle.right,
        suspicions_wrong: chronicle.wrong,
        services: (scenario.machines == Machines::Hosts).then_some(chronicle.services),
        faults,
        expectations: expected,
        not_promised,
        broken: bench.broken,
        violation,
        digest: world.digest(),
    }
}

/// The judge, who lets go what was not promised, and writes it down.
#[derive(Debug)]
pub(super) struct Bench<J> {
    judge: J,
    let_go: Vec<&'static str>,
    pub(super) broken: Vec<Violation>,
}

impl<J> Bench<J> {
    fn new(judge: J, scenario: &Scenario, not_promised: &[NotPromised]) -> Self {
        let mut let_go = scenario.breaks.clone();
        let_go.extend(not_promised.iter().map(|not| not.promise));
        Self { judge, let_go, broken: Vec::new() }
    }

    pub(super) fn is_broken(&self, promise: &str) -> bool {
        self.broken.iter().any(|broken| broken.promise == promise)
    }

    fn shown(&self, promise: &str, at: Instant) -> Expected {
        let what = alloc::format!("{promise} breaks, which is what this scenario shows");
        Expected { at, line: 1, what, met: self.is_broken(promise), but: String::from("it was kept") }
    }
}

impl<M: Player, J: Observer<M>> Observer<M> for Bench<J> {
    #[inline]
    fn see(&mut self, happening: Happening<'_, M>) -> Result<(), Violation> {
        match self.judge.see(happening) {
            Err(violation) if self.let_go.contains(&violation.promise) => {
                if !self.is_broken(violation.promise) {
                    self.broken.push(violation);
                }
                Ok(())
            }
            outcome => outcome,
        }
    }
}
