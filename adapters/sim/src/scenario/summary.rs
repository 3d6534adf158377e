//! What a run amounts to, for people and for programs.

use super::assumptions::NotPromised;
use super::story::Machines;
use crate::check::Violation;
use crate::world::Loss;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;
use quorate::{Epoch, Instant, NodeId};

/// What a run of a scenario amounts to. Printed, it is what a person wants to know; serialized, what a program does.
///
/// All times are true ones, durations are serialized in seconds.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Summary {
    /// The scenario's title.
    pub title: String,
    /// The seed that it ran with.
    pub seed: u64,
    /// Which machines ran.
    pub machines: Machines,
    /// How many nodes there were.
    pub nodes: usize,
    /// How much time passed.
    #[cfg_attr(feature = "serde", serde(rename = "simulated_seconds", serialize_with = "seconds"))]
    pub simulated: Duration,
    /// How many inputs the machines took.
    pub events: u64,
    /// How many messages were sent, broadcasts counted once for each receiver.
    pub sent: u64,
    /// How many messages were lost, and why.
    pub lost: Losses,
    /// How many messages arrived twice.
    pub duplicated: u64,
    /// How many times somebody was elected.
    pub elections: u64,
    /// Who led when; the last 256.
    pub leaderships: Vec<Leadership>,
    /// For how long nobody led, the time before the first election included.
    #[cfg_attr(feature = "serde", serde(rename = "leaderless_seconds", serialize_with = "seconds"))]
    pub leaderless: Duration,
    /// How many times somebody was suspected that could not be heard: down, paused, or behind a link that is cut.
    pub suspicions_right: u64,
    /// How many times somebody was suspected that was up, at most slow or behind a bad link.
    pub suspicions_wrong: u64,
    /// What became of locks and barriers, where there are any.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub services: Option<Services>,
    /// How many things went wrong on request.
    pub faults: u64,
    /// What was expected, and whether it was so.
    pub expectations: Vec<Expected>,
    /// Promises that are not made here, and why.
    pub not_promised: Vec<NotPromised>,
    /// Promises that broke and were not made, or that the scenario shows to break: the first time of each.
    pub broken: Vec<Violation>,
    /// A promise that broke and was made. The run ended there.
    pub violation: Option<Violation>,
    /// One number for all that happened: equal for equal runs.
    pub digest: u64,
}

impl Summary {
    /// Whether everything was as expected, and no promise was broken that was made.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.violation.is_none() && self.expectations.iter().all(|expected| expected.met)
    }
}

/// Messages that did not arrive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Losses {
    /// By chance.
    pub chance: u64,
    /// In a burst of losses.
    pub burst: u64,
    /// Because the link was cut.
    pub cut: u64,
    /// Because the receiver was down.
    pub down: u64,
    /// Because too many waited for the receiver.
    pub overflow: u64,
    /// Because a step of the scenario took them away.
    pub intercepted: u64,
    /// Because they were altered, seen before, or not of whom they said.
    pub refused: u64,
}

impl Losses {
    pub(super) const fn add(&mut self, why: Loss) {
        *match why {
            Loss::Chance => &mut self.chance,
            Loss::Burst => &mut self.burst,
            Loss::Cut => &mut self.cut,
            Loss::Down => &mut self.down,
            Loss::Overflow => &mut self.overflow,
            Loss::Intercepted => &mut self.intercepted,
            Loss::Refused => &mut self.refused,
        } += 1;
    }

    /// All of them.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.chance + self.burst + self.cut + self.down + self.overflow + self.intercepted + self.refused
    }
}

/// What became of locks and barriers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Services {
    /// How many times a lock was acquired.
    pub acquired: u64,
    /// How many times one was lost while it was held.
    pub lost: u64,
    /// How many writes a fence let in.
    pub written: u64,
    /// How many it kept out.
    pub kept_out: u64,
    /// How many times all parties of a barrier went on.
    pub completed: u64,
    /// How many times a generation of one broke.
    pub broken: u64,
}

impl fmt::Display for Services {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { acquired, lost, written, kept_out, completed, broken } = self;
        let plural = |number: u64| if number == 1 { "" } else { "s" };
        write!(f, "{acquired} lock{} acquired, {lost} lost", plural(*acquired))?;
        if written + kept_out > 0 {
            write!(f, "; {written} write{} let in, {kept_out} kept out", plural(*written))?;
        }
        if completed + broken > 0 {
            write!(f, "; {completed} rendezvous complete, {broken} broken")?;
        }
        Ok(())
    }
}

/// Who led, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Leadership {
    /// Who.
    pub node: NodeId,
    /// At which place it stands, from 0: two nodes can have one id.
    pub place: usize,
    /// In which epoch.
    pub epoch: Epoch,
    /// From when on.
    #[cfg_attr(feature = "serde", serde(serialize_with = "instant"))]
    pub from: Instant,
    /// Until when; nothing if it still leads.
    #[cfg_attr(feature = "serde", serde(serialize_with = "maybe_instant"))]
    pub until: Option<Instant>,
}

/// Something that was expected.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Expected {
    /// When.
    #[cfg_attr(feature = "serde", serde(serialize_with = "instant"))]
    pub at: Instant,
    /// In which line of the scenario.
    pub line: usize,
    /// What, such as `node 4 leads`.
    pub what: String,
    /// Whether it was so.
    pub met: bool,
    /// How it was, if it was not so.
    pub but: String,
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { at, what, met, but, line } = self;
        if *met { write!(f, "{at}  {what}") } else { write!(f, "{at}  NOT SO (line {line}): {what}; but {but}") }
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { title, nodes, seed, .. } = self;
        let what = match self.machines {
            Machines::Members => "members",
            Machines::Monitors => "monitors",
            Machines::Hosts => "nodes",
        };
        writeln!(f, "{title}: {nodes} {what}, {}, seed {seed}", long(self.simulated))?;
        write!(f, "  {} messages", self.sent)?;
        let Losses { chance, burst, cut, down, overflow, intercepted, refused } = self.lost;
        for (number, why) in [
            (chance, "lost by chance"),
            (burst, "lost in bursts"),
            (cut, "lost on links that were cut"),
            (down, "for nodes that were down"),
            (overflow, "too many"),
            (intercepted, "taken away"),
            (refused, "refused"),
            (self.duplicated, "twice"),
        ] {
            if number > 0 {
                write!(f, ", {number} {why}")?;
            }
        }
        writeln!(f)?;
        if self.machines != Machines::Monitors {
            self.tell_leaderships(f)?;
        }
        let (right, wrong) = (self.suspicions_right, self.suspicions_wrong);
        writeln!(f, "  {} suspicions, {right} of them right and {wrong} wrong", right + wrong)?;
        if let Some(services) = &self.services {
            writeln!(f, "  {services}")?;
        }
        for NotPromised { promise, because } in &self.not_promised {
            if self.broken.iter().any(|broken| broken.promise == *promise) {
                writeln!(f, "  {promise} is not promised here: {because}")?;
            }
        }
        for broken in &self.broken {
            writeln!(f, "  and {broken}")?;
        }
        if !self.expectations.is_empty() {
            writeln!(f, "  expected:")?;
        }
        for expected in &self.expectations {
            writeln!(f, "    {expected}")?;
        }
        match &self.violation {
            Some(violation) => write!(f, "  BROKEN: {violation}"),
            None if self.is_good() => write!(f, "  as expected"),
            None => write!(f, "  NOT AS EXPECTED"),
        }
    }
}

impl Summary {
    fn tell_leaderships(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (elections, without) = (self.elections, self.leaderless.as_millis());
        let plural = if elections == 1 { "" } else { "s" };
        writeln!(f, "  {elections} election{plural}, {}.{:03} s without a leader", without / 1_000, without % 1_000)?;
        let most = 12;
        let earlier = self.leaderships.len().saturating_sub(most);
        if earlier > 0 {
            writeln!(f, "    … {} earlier leaderships", elections.saturating_sub(most as u64))?;
        }
        for Leadership { node, epoch, from, until, .. } in self.leaderships.iter().skip(earlier) {
            match until {
                Some(until) => writeln!(f, "    node {node} leads epoch {epoch} from {from} to {until}")?,
                None => writeln!(f, "    node {node} leads epoch {epoch} from {from} on")?,
            }
        }
        Ok(())
    }
}

/// `2 h 5 min`.
fn long(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0..120 => alloc::format!("{} s", duration.as_secs_f64()),
        120..7_200 => alloc::format!("{} min {} s", seconds / 60, seconds % 60),
        _ => alloc::format!("{} h {} min", seconds / 3_600, seconds / 60 % 60),
    }
}

#[cfg(feature = "serde")]
fn seconds<S: serde::Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(duration.as_secs_f64())
}

#[cfg(feature = "serde")]
fn instant<S: serde::Serializer>(at: &Instant, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(at.since(Instant::ORIGIN).as_secs_f64())
}

#[cfg(feature = "serde")]
fn maybe_instant<S: serde::Serializer>(at: &Option<Instant>, serializer: S) -> Result<S::Ok, S::Error> {
    serde::Serialize::serialize(&at.map(|at| at.since(Instant::ORIGIN).as_secs_f64()), serializer)
}
