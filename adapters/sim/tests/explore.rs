//! Explorations that end, and explorers that find what is planted. The large models run by `quorate sim explore`.
#![allow(missing_docs)]

use core::time::Duration;
use quorate::election::Guarantee;
use quorate::{Infallible, Input, InputOf, Instant, Machine, NodeId, Step, StepOf, To};
use quorate_sim::explore::models::{Barriers, Elections, Monitors};
use quorate_sim::explore::{Bounds, Deed, Explorer, Model, Report, View};
use quorate_sim::picture::{Options, space_time};

fn explored(model: &impl Model) -> Report {
    let report = Explorer::default().explore(model, |_| ());
    println!("{report}");
    report
}

#[test]
fn every_election_of_one_epoch() {
    for guarantee in [Guarantee::Majority, Guarantee::PerPartition] {
        let report = explored(&Elections { epochs: 1, chances: 1, ..Elections::new(guarantee) });
        assert!(report.is_good() && report.states > 500 && report.good > 0, "{report}");
    }
}

#[test]
fn every_election_in_each_partition_with_a_crash_and_a_restart() {
    let crash = Elections { crashes: 1, restarts: 1, epochs: 1, chances: 1, ..Elections::new(Guarantee::PerPartition) };
    assert!(explored(&crash).is_good());
}

#[test]
fn two_that_watch_each_other_through_a_crash_and_a_restart() {
    let report = explored(&Monitors { heartbeats: 6, ..Monitors::default() });
    assert!(report.is_good() && report.at_the_edge > 0, "{report}");
}

#[test]
fn three_parties_at_a_barrier_with_a_crash() {
    let report = explored(&Barriers { crashes: 1, ..Barriers::new(3) });
    assert!(report.is_good() && report.states > 5_000 && report.good > 0, "{report}");
}

/// The first coordinator may crash, or may not know that it is deposed.
#[test]
fn two_parties_at_a_barrier_whose_coordinator_is_taken_over_from() {
    let report = explored(&Barriers { coordinators: 2, crashes: 1, ..Barriers::new(2) });
    assert!(report.is_good() && report.states > 5_000 && report.good > 0, "{report}");
}

/// The same on one thread and on three: numbers of states are no accident.
#[test]
fn an_exploration_is_the_same_however_many_work_at_it() {
    let model = Elections { epochs: 1, chances: 1, ..Elections::new(Guarantee::PerPartition) };
    let [one, three] = [1, 3].map(|threads| Explorer { threads, ..Explorer::default() }.explore(&model, |_| ()));
    let counts = |report: &Report| (report.states, report.transitions, report.depth, report.good, report.at_the_edge);
    assert_eq!(counts(&one), counts(&three));
}

#[test]
fn an_exploration_that_is_cut_short_does_not_pass() {
    let few = Explorer { most_states: 100, ..Explorer::default() };
    let report = few.explore(&Elections::new(Guarantee::Majority), |_| ());
    assert!(!report.complete && !report.is_good());
    assert!(report.to_string().contains("NOT COMPLETE"), "{report}");
}

/// Two nodes that hand a token back and forth.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Token {
    me: NodeId,
    other: NodeId,
    has_it_until: Option<Instant>,
    /// When to make a new token, for the old one must be lost: if there is such a time, a token that was merely slow has company.
    patience: Option<Instant>,
    impatient: bool,
}

const QUANTUM: Duration = Duration::from_millis(10);

impl Machine for Token {
    type Command = Infallible;
    type Message = ();
    type Record = Infallible;
    type Event = ();

    fn step(&mut self, input: InputOf<Self>, now: Instant) -> StepOf<Self> {
        let mut step = Step::new();
        let is_due = |at: Option<Instant>| at.is_some_and(|at| at <= now);
        match input {
            Input::Tick if is_due(self.has_it_until) => {
                self.has_it_until = None;
                self.patience = self.impatient.then(|| now + QUANTUM * 3);
                step.send(To::Node(self.other), ());
            }
            Input::Tick if !is_due(self.patience) => {}
            Input::Tick | Input::Receive { .. } => {
                (self.has_it_until, self.patience) = (Some(now + QUANTUM), None);
                step.event(());
            }
            Input::Command(never) => match never {},
        }
        step
    }

    fn deadline(&self) -> Option<Instant> {
        self.has_it_until.or(self.patience)
    }

    fn peers(&self) -> &[NodeId] {
        core::slice::from_ref(&self.other)
    }
}

/// What can go wrong with tokens.
struct Tokens {
    impatient: bool,
    losses: u8,
}

impl Model for Tokens {
    type Machine = Token;
    type Memory = ();

    fn name(&self) -> String {
        "tokens".into()
    }
    fn size(&self) -> usize {
        2
    }
    fn bounds(&self) -> Bounds {
        Bounds { delay: 3, losses: self.losses, ..Bounds::quiet(QUANTUM) }
    }
    fn start(&self, place: usize, _: u64, _: Option<&Infallible>, now: Instant) -> Token {
        let [me, other] = [[1, 2], [2, 1]][place].map(NodeId::new);
        let has_it_until = (place == 0).then(|| now + QUANTUM);
        Token { me, other, has_it_until, patience: None, impatient: self.impatient }
    }
    fn rebase(&self, machine: &mut Token, _: Instant, by: Duration) {
        for at in [&mut machine.has_it_until, &mut machine.patience].into_iter().flatten() {
            *at = at.before(by);
        }
    }
    fn check(&self, view: &View<'_, Token, ()>) -> Result<(), String> {
        let holders =
            view.nodes.iter().flatten().filter(|node| node.has_it_until.is_some_and(|until| until > view.now));
        if holders.count() > 1 { Err("two have a token".into()) } else { Ok(()) }
    }
    /// The first has it.
    fn is_good(&self, view: &View<'_, Token, ()>) -> bool {
        view.nodes.iter().flatten().any(|node| node.has_it_until.is_some() && node.me == NodeId::new(1))
    }
}

#[test]
fn a_token_that_is_never_lost_goes_round_for_ever() {
    let report = explored(&Tokens { impatient: false, losses: 0 });
    assert!(report.is_good() && report.counterexample.is_none());
}

/// No check of safety sees this: the token is gone, and nobody does anything wrong any more.
#[test]
fn a_trap_is_found_and_the_way_into_it_told() {
    let report = explored(&Tokens { impatient: false, losses: 1 });
    assert!(report.violations == 0 && report.traps > 0 && !report.is_good());
    let counterexample = report.counterexample.expect("there is a way into the trap");
    assert!(counterexample.moves.iter().any(|step| matches!(step.deed, Deed::Lost(_))), "{counterexample}");
}

/// Patience for three quanta is too short: a token may take as long to arrive, and then there are two of them at once.
#[test]
fn a_violation_is_found_by_a_shortest_way() {
    let report = explored(&Tokens { impatient: true, losses: 0 });
    assert!(report.violations > 0 && !report.is_good());
    let counterexample = report.counterexample.expect("there is a way to it");
    assert!(counterexample.because.starts_with("two have a token"), "{counterexample}");
    let drawn = space_time(&counterexample.recording(), &Options::default());
    assert!(drawn.starts_with("<svg") && drawn.contains("two have a token"), "{drawn}");
    // Node 1 sends it after a quantum, and makes another three quanta later, when it arrives.
    let end = counterexample.moves.last().expect("something happened").at;
    assert!(end <= QUANTUM * 4, "{counterexample}");
}
