//! Transcripts of worlds that are small enough to be told in full.

use super::{Transcript, Worded};
use crate::check::Violation;
use crate::world::{Birth, Delay, Fate, Link, Loss, Observer, Passing, Settings, Subject, World};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::time::Duration;
use quorate::{Infallible, InputOf, Instant, Machine, NodeId, Step, StepOf};
use std::format;

/// Greets everybody each second, and notes who has greeted it with what.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Polite {
    peers: Vec<NodeId>,
    next: Instant,
}

impl Machine for Polite {
    type Command = &'static str;
    type Message = &'static str;
    type Record = Infallible;
    type Event = (NodeId, &'static str);

    fn step(&mut self, input: InputOf<Self>, now: Instant) -> StepOf<Self> {
        let mut step = Step::new();
        match input {
            quorate::Input::Tick if now >= self.next => {
                self.next = now.after(Duration::from_secs(1));
                step.send(quorate::To::Peers, "good day");
            }
            quorate::Input::Tick => {}
            quorate::Input::Command(words) => step.send(quorate::To::Peers, words),
            quorate::Input::Receive { from, message } => step.event((from, message)),
        }
        step
    }
    fn deadline(&self) -> Option<Instant> {
        Some(self.next)
    }
    fn peers(&self) -> &[NodeId] {
        &self.peers
    }
}

impl Worded for Polite {
    fn kind(_: &&'static str) -> &'static str {
        "greeting"
    }
    fn says(message: &&'static str) -> String {
        (*message).to_string()
    }
    fn is_routine(message: &&'static str) -> bool {
        *message == "good day"
    }
    fn tells((from, message): &(NodeId, &'static str)) -> Option<String> {
        (*message != "good day").then(|| format!("hears of {from}: {message}"))
    }
    fn asks(words: &&'static str) -> String {
        format!("is to say {words:?}")
    }
}

struct Company;

impl Subject for Company {
    type Machine = Polite;
    fn start(&mut self, birth: Birth<'_, Infallible>) -> Polite {
        let peers = (1..=3).map(NodeId::new).filter(|id| *id != birth.node).collect();
        Polite { peers, next: birth.now }
    }
    fn intercept(&mut self, passing: Passing<'_, &'static str>) -> Fate {
        match (passing.to, *passing.message) {
            (2, "a secret") => Fate::Lost(Loss::Intercepted),
            (1, "a letter") => Fate::Arrives(passing.at.after(Duration::from_millis(700))),
            _ => passing.fate,
        }
    }
}

fn three(story: impl FnOnce(&mut World<Company>, &mut Transcript) -> Result<(), Violation>) -> String {
    let link = Link { delay: Delay::Fixed(Duration::from_millis(1)), ..Link::GOOD };
    let mut world = World::new(Company, Settings { size: 3, link, ..Settings::default() });
    let mut transcript = Transcript::new();
    world.start_all(&mut transcript).and_then(|()| story(&mut world, &mut transcript)).expect("nobody judges");
    transcript.finish()
}

#[test]
fn routine_is_counted_and_what_is_special_is_told() {
    let told = three(|world, transcript| {
        world.run_until(Instant::from_millis(1_500), transcript)?;
        world.command(0, "a secret", transcript)?;
        world.command(0, "a letter", transcript)?;
        world.run_until(Instant::from_millis(2_500), transcript)
    });
    assert_eq!(
        told,
        "         … 12 greetings
  1.5000 1 is to say \"a secret\"
  1.5000 1 → all: a secret (lost to 3: taken away)
  1.5000 1 is to say \"a letter\"
  1.5000 1 → all: a letter (arrives at 2.200s)
  1.5010 2 hears of 1: a secret
  1.5010 3 hears of 1: a letter
         … 6 greetings
  2.2000 2 hears of 1: a letter
"
    );
}

#[test]
fn the_narrator_is_not_repeated_and_neither_is_anybody_else() {
    let told = three(|world, transcript| {
        world.run_until(Instant::from_millis(100), transcript)?;
        Observer::<Polite>::note(transcript, world.now(), "node 2 crashes");
        world.crash(1, transcript)?;
        for millis in [200, 300, 400] {
            world.run_until(Instant::from_millis(millis), transcript)?;
            world.forge(0, None, 2, &"hello", transcript)?;
        }
        world.run_until(Instant::from_millis(500), transcript)?;
        world.start(1, transcript)
    });
    assert_eq!(
        told,
        "         … 6 greetings

         node 2 crashes
  0.2000 1 → 3: hello
  0.2010 3 hears of 1: hello
  0.3000 1 → 3: hello
  0.5000 2 starts again, with nothing written down
         … 1 greeting; and 2 times something told before
"
    );
}

#[test]
fn it_does_not_grow_for_ever() {
    let link = Link { delay: Delay::Fixed(Duration::from_millis(1)), ..Link::GOOD };
    let mut world = World::new(Company, Settings { size: 3, link, ..Settings::default() });
    let mut transcript = Transcript::new().with_most_lines(3);
    world.start_all(&mut transcript).expect("nobody judges");
    for second in 0..100 {
        world.run_until(Instant::from_secs(second), &mut transcript).expect("nobody judges");
        Observer::<Polite>::note(&mut transcript, world.now(), &format!("second {second}"));
    }
    let told = transcript.finish();
    assert_eq!(told.lines().count(), 4, "{told}");
    assert!(told.ends_with("lines more\n"), "{told}");
}

#[test]
fn two_of_one_name_are_told_apart() {
    let ids = [1, 2, 2].map(NodeId::new).to_vec();
    let mut world = World::new(Company, Settings { size: 3, ids, ..Settings::default() });
    let mut transcript = Transcript::new();
    world.start_all(&mut transcript).expect("nobody judges");
    world.run_until(Instant::from_millis(10), &mut transcript).expect("nobody judges");
    world.command(2, "hello", &mut transcript).expect("nobody judges");
    let told = transcript.finish();
    assert!(told.contains(" 2' is to say \"hello\"\n") && told.contains(" 2' → 1: hello"), "{told}");
}
