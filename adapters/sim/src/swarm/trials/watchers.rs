//! Judging monitors at every happening: D1 to D3, D5 and D6. (D4 shows in the end.)

use super::monitor::{Machine, WINDOW};
use crate::check::Violation;
use crate::swarm::Judge;
use crate::world::{Happening, Observer, What};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;
use quorate::detector::Rejection::{OldIncarnation, OldSequence};
use quorate::detector::{AnyDetector, Detector, Event, Health, Heartbeat};
use quorate::{Incarnation, Input, Instant, Machine as _, NodeId};

/// Judges monitors: whether what they say alternates; whether the level of suspicion only rises in silence, and reaches the
/// threshold when they say that they will suspect; whether who restarts is judged anew, an old heartbeat is none, and nobody is
/// suspected because the monitor itself was held up.
#[derive(Clone, Debug)]
pub struct Watchers {
    size: usize,
    observers: Vec<Observing>,
    /// For each pair, what the first made of the second.
    pairs: Vec<Pair>,
    looked: u32,
    marks: u64,
}

/// One monitor.
#[derive(Clone, Copy, Debug, Default)]
struct Observing {
    /// The latest time that it has seen, and when it is to be stepped.
    latest: Instant,
    deadline: Option<Instant>,
    tolerance: Duration,
    /// When it came back from a pause, until it was on time again.
    resumed: Option<Instant>,
    step: Stepping,
}

/// What is to be seen in the step under way.
#[derive(Clone, Copy, Debug, Default)]
struct Stepping {
    /// It comes late, after steps that did not.
    held_up: bool,
    /// It takes a heartbeat that is not newer than this one of the same peer, and has not rejected it yet.
    old: Option<(Heartbeat, NodeId)>,
    /// It has noticed that this peer is in a new life.
    restarted: Option<NodeId>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Pair {
    /// Whether the first was told to suspect the second, and when so last.
    suspected: bool,
    suspected_last: Option<Instant>,
    /// The level when the second was last looked at, and the last heartbeat then: not when that was heard, for what waited
    /// for a slow node is heard all at one time.
    level: f64,
    heard: Option<(Incarnation, u64)>,
    /// The newest heartbeat: zeros before the first.
    newest: (Incarnation, u64),
}

const MARKS: &[&str] = &[
    "a peer was suspected",
    "a suspected peer was trusted again",
    "a peer was seen to have restarted",
    "a pause of the monitor was noticed",
    "a heartbeat of an old life was rejected",
    "a heartbeat that came late or twice was rejected",
    "a peer that never spoke was suspected",
    "a level was followed up to the threshold",
];

impl Observer<Machine> for Watchers {
    fn see(&mut self, happening: Happening<'_, Machine>) -> Result<(), Violation> {
        let Happening { at, place, node, what } = happening;
        let judged = match what {
            What::Told(event) => self.told(event, at, place),
            What::Started { machine, local, .. } => {
                self.starts(machine, local, place);
                Ok(())
            }
            What::Took { input, local, .. } => {
                self.takes(input, local, place);
                Ok(())
            }
            What::Became { machine, clock } => self.became(machine, place).and_then(|()| {
                // Levels are floating-point logarithms, for people: every so often will do.
                self.looked = self.looked.wrapping_add(1);
                if self.looked.is_multiple_of(64) { self.look(machine, clock.at(at), place) } else { Ok(()) }
            }),
            _ => Ok(()),
        };
        judged.map_err(|Broken { promise, because }| Violation::new(promise, because, at).with_node(node))
    }
}

/// A promise that was broken, and how.
struct Broken {
    promise: &'static str,
    because: String,
}

impl Watchers {
    /// Judges a group of this size.
    #[must_use]
    pub fn new(size: usize) -> Self {
        let pairs = alloc::vec![Pair::default(); size * size];
        Self { size, observers: alloc::vec![Observing::default(); size], pairs, looked: 0, marks: 0 }
    }

    /// When the monitor at a place last said that it suspects the peer at another; in its present life.
    pub(super) fn suspected_last(&self, place: usize, peer: usize) -> Option<Instant> {
        self.pairs.get(place * self.size + peer)?.suspected_last
    }

    fn pair(&mut self, place: usize, peer: NodeId) -> Option<&mut Pair> {
        self.pairs.get_mut(place * self.size + (peer.get() as usize).checked_sub(1)?)
    }

    fn pairs_of(&mut self, place: usize) -> impl Iterator<Item = &mut Pair> {
        self.pairs.iter_mut().skip(place * self.size).take(self.size)
    }

    fn starts(&mut self, machine: &Machine, local: Instant, place: usize) {
        self.pairs_of(place).for_each(|pair| *pair = Pair::default());
        if let Some(observing) = self.observers.get_mut(place) {
            let (deadline, tolerance) = (machine.deadline(), machine.config().tolerance());
            *observing = Observing { latest: local, deadline, tolerance, ..Observing::default() };
        }
    }

    /// What is to be expected of a step.
    fn takes(&mut self, input: &quorate::InputOf<Machine>, local: Instant, place: usize) {
        let mut step = Stepping::default();
        if let Input::Receive { from, message } = *input
            && let Some(pair) = self.pair(place, from)
        {
            let (incarnation, sequence) = pair.newest;
            if (message.incarnation, message.sequence) > pair.newest {
                pair.newest = (message.incarnation, message.sequence);
            } else {
                step.old = Some((Heartbeat { incarnation, sequence }, from));
            }
        }
        let Some(observing) = self.observers.get_mut(place) else { return };
        observing.latest = observing.latest.max(local);
        let now = observing.latest;
        if let Some(deadline) = observing.deadline.filter(|deadline| *deadline <= now) {
            let late = now.since(deadline.max(observing.resumed.unwrap_or(deadline)));
            if late > observing.tolerance {
                step.held_up = observing.resumed.is_none();
                observing.resumed = Some(now);
            } else if observing.resumed.is_some_and(|resumed| resumed < deadline) {
                observing.resumed = None;
            }
        }
        observing.step = step;
    }

    fn told(&mut self, event: &Event, at: Instant, place: usize) -> Result<(), Broken> {
        let Some(observing) = self.observers.get_mut(place) else { return Ok(()) };
        let (peer, suspects) = match *event {
            Event::Suspected { peer, .. } => (peer, true),
            Event::Trusted { peer, .. } => (peer, false),
            Event::Restarted { peer, .. } => {
                self.marks |= 1 << 2;
                observing.step.restarted = Some(peer);
                return Ok(());
            }
            Event::Paused { .. } => {
                self.marks |= 1 << 3;
                self.pairs_of(place).for_each(|pair| (pair.level, pair.heard) = (0.0, None));
                return Ok(());
            }
            Event::Rejected { reason, .. } => {
                observing.step.old = None;
                match reason {
                    OldIncarnation { .. } => self.marks |= 1 << 4,
                    OldSequence { .. } => self.marks |= 1 << 5,
                    _ => {}
                }
                return Ok(());
            }
            Event::Refused(_) => return Ok(()),
        };
        if suspects && observing.step.held_up {
            let because = format!("it suspects node {peer} in the very step that shows that it was itself held up");
            return Err(Broken { promise: "D6", because });
        }
        self.marks |= if suspects { 1 } else { 1 << 1 };
        let Some(pair) = self.pair(place, peer) else { return Ok(()) };
        if core::mem::replace(&mut pair.suspected, suspects) == suspects {
            let said = if suspects { "suspected" } else { "trusted" };
            return Err(Broken {
                promise: "D1",
                because: format!("it said twice in a row that node {peer} is {said}"),
            });
        }
        if suspects {
            pair.suspected_last = Some(at);
        }
        Ok(())
    }

    /// D5, and that an old heartbeat brought no trust.
    fn became(&mut self, machine: &Machine, place: usize) -> Result<(), Broken> {
        let Some(observing) = self.observers.get_mut(place) else { return Ok(()) };
        observing.deadline = machine.deadline();
        let Stepping { old, restarted, .. } = core::mem::take(&mut observing.step);
        if let Some((Heartbeat { incarnation, sequence }, peer)) = old {
            let because =
                format!("it took a heartbeat of node {peer} that is no newer than {sequence} of life {incarnation}");
            return Err(Broken { promise: "D1", because });
        }
        match restarted.and_then(|peer| machine.health(peer)) {
            Some(health) => is_judged_anew(machine, &health),
            None => Ok(()),
        }
    }

    fn look(&mut self, machine: &Machine, local: Instant, place: usize) -> Result<(), Broken> {
        for health in machine.healths() {
            let level = machine.level(health.peer, local).unwrap_or(0.0);
            let Some(pair) = self.pair(place, health.peer) else { continue };
            let heard = health.incarnation.map(|incarnation| (incarnation, health.sequence));
            // In silence it only rises; a pause of the monitor does not count.
            if pair.heard == heard && level < pair.level {
                let because =
                    format!("its level for node {} fell in silence, from {} to {level}", health.peer, pair.level);
                return Err(Broken { promise: "D2", because });
            }
            (pair.level, pair.heard) = (level, heard);
            if health.heard.is_none() && health.suspected {
                self.marks |= 1 << 6;
            }
            if !health.suspected && self.looked.is_multiple_of(256) && reaches(machine, &health, level, local)? {
                self.marks |= 1 << 7;
            }
        }
        Ok(())
    }
}

/// D5: the first heartbeat of a peer's new life is to a monitor what the first of any peer is.
fn is_judged_anew(machine: &Machine, health: &Health) -> Result<(), Broken> {
    let (config, now) = (machine.detector_config(), health.heard.unwrap_or_default());
    let mut fresh = AnyDetector::<WINDOW>::new(config, now);
    fresh.heartbeat(config, 1, now);
    if fresh.deadline() == health.deadline {
        return Ok(());
    }
    let because = format!(
        "it will suspect node {}, which has just restarted, at {}, and whoever met it now for the first time, at {}",
        health.peer,
        health.deadline,
        fresh.deadline()
    );
    Err(Broken { promise: "D5", because })
}

/// D3: the level reaches the threshold at the deadline, coming from below, and not with a jump. Whether there was enough to see.
///
/// All levels are convex over silence, so at seven eighths of the way it has gone no more than that of its height. A level that
/// reckons otherwise than the deadline would have to be held down before it, or lifted at it.
fn reaches(machine: &Machine, health: &Health, level: f64, local: Instant) -> Result<bool, Broken> {
    let Health { peer, deadline, .. } = *health;
    let threshold = AnyDetector::<WINDOW>::threshold(machine.detector_config()).level();
    let (left, before) = (deadline.since(local), deadline.before(Duration::from_micros(2)));
    if level > 0.8 * threshold || before <= local {
        return Ok(false);
    }
    let at = |time| machine.level(peer, time).unwrap_or(0.0);
    let most = level + (threshold - level) * 7.0 / 8.0 + threshold / 100.0;
    let (near, just_before, then) = (at(deadline.before(left / 8)), at(before), at(deadline));
    if then >= threshold && just_before >= 0.98 * threshold && near <= most {
        return Ok(true);
    }
    let because = format!(
        "its level for node {peer} is {level} at {local}, {near} when an eighth of the time is left, {just_before} just before the \
         deadline and {then} at it; the threshold is {threshold}"
    );
    Err(Broken { promise: "D3", because })
}

impl Judge<Machine> for Watchers {
    const MARKS: &'static [&'static str] = MARKS;

    fn marks(&self) -> u64 {
        self.marks
    }
}
