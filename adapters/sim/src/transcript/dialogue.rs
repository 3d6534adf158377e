//! The transcript itself.

use super::Worded;
use super::folded::Folded;
use super::sending::Sending;
use crate::check::Violation;
use crate::world::{Fate, Happening, Loss, Observer, What};
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt::Write as _;
use core::time::Duration;
use quorate::{Input, Instant, NodeId};

/// Writes down what nodes say and tell, as a dialogue.
///
/// What comes all the time is left out and counted: messages that are [routine](Worded::is_routine), and whatever a node
/// says or tells again, word for word, before anything else has happened.
///
/// ```
/// use core::time::Duration;
/// use quorate::detector::{Monitor, MonitorConfig, Timeout, TimeoutConfig};
/// use quorate::{Group, Instant, NodeId};
/// use quorate_sim::transcript::Transcript;
/// use quorate_sim::world::{self, Observer, Settings, World};
///
/// let config = MonitorConfig::new(Duration::from_millis(100))?;
/// let timeout = TimeoutConfig::new(Duration::from_millis(350))?;
/// let [one, two] = [1, 2].map(NodeId::new);
/// let subject = world::from_fn(|birth: world::Birth<'_, _>| {
///     let peer = if birth.node == one { two } else { one };
///     let group = Group::new(birth.node, &[peer]).expect("two different nodes");
///     Monitor::<Timeout, 8>::new(config, timeout, group, birth.incarnation, birth.now)
/// });
/// let mut world = World::new(subject, Settings { size: 2, ..Settings::default() });
/// let mut transcript = Transcript::new();
/// world.start_all(&mut transcript)?;
/// world.run_until(Instant::from_secs(1), &mut transcript)?;
/// Observer::<Monitor<Timeout, 8>>::note(&mut transcript, world.now(), "somebody trips over a cable");
/// world.crash(1, &mut transcript)?;
/// world.run_until(Instant::from_millis(1_500), &mut transcript)?;
/// assert_eq!(
///     transcript.finish(),
///     "         … 22 heartbeats
///
///          somebody trips over a cable
///          … 3 heartbeats
///   1.3509 1 suspects node 2
///          … 2 heartbeats
/// "
/// );
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Transcript {
    text: String,
    lines: usize,
    most_lines: usize,
    late_after: Duration,
    names: Vec<Name>,
    sending: Option<(Sending, Kind)>,
    folded: Folded,
    /// When the last line was written, or something was left out for long enough to be told.
    written: Instant,
    /// The news of each place and kind of message.
    news: BTreeSet<(usize, &'static str, u64)>,
    /// What has been said since something else happened, and what was told since the narrator spoke.
    said: BTreeSet<(usize, String)>,
    told: BTreeSet<(usize, String)>,
    /// When the narrator spoke last, who is not to be repeated.
    noted: Option<Instant>,
}

#[derive(Clone, Debug, Default)]
struct Name {
    id: Option<NodeId>,
    text: String,
    peers: Vec<NodeId>,
}

#[derive(Clone, Copy, Debug)]
struct Kind {
    name: &'static str,
    routine: bool,
    news: bool,
}

impl Default for Transcript {
    fn default() -> Self {
        Self::new()
    }
}

impl Transcript {
    /// How many lines are written, unless one says otherwise.
    pub const MOST_LINES: usize = 10_000;

    /// A transcript in which nothing stands yet.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            text: String::new(),
            lines: 0,
            most_lines: Self::MOST_LINES,
            late_after: Duration::from_millis(250),
            names: Vec::new(),
            sending: None,
            folded: Folded::new(),
            written: Instant::ORIGIN,
            news: BTreeSet::new(),
            said: BTreeSet::new(),
            told: BTreeSet::new(),
            noted: None,
        }
    }

    /// The same, which ends after so many lines, however long the run is.
    #[must_use]
    pub fn with_most_lines(self, most_lines: usize) -> Self {
        Self { most_lines, ..self }
    }

    /// The same, which says so if a message is on its way for so long; a quarter of a second unless one says otherwise.
    #[must_use]
    pub fn with_late_after(self, late_after: Duration) -> Self {
        Self { late_after, ..self }
    }

    /// All that was written down.
    #[must_use]
    pub fn finish(mut self) -> String {
        self.end_sending();
        self.tell_folded();
        if self.lines > self.most_lines {
            let _ = writeln!(self.text, "         … and {} lines more", self.lines - self.most_lines);
        }
        self.text
    }

    fn line(&mut self, line: &str) {
        self.lines += 1;
        if self.lines <= self.most_lines {
            self.text += line;
            self.text.push('\n');
        }
    }

    fn tell_folded(&mut self) {
        if let Some(folded) = self.folded.take() {
            self.line(&format!("         … {folded}"));
        }
    }

    /// A line about a node. What was left out before is told first if that was for long.
    fn of(&mut self, at: Instant, place: usize, text: &str) {
        if at.since(self.written) >= Duration::from_millis(250) {
            self.tell_folded();
        }
        self.written = at;
        let micros = at.as_nanos() / 1_000;
        let name = self.names.get(place).map_or("?", |name| &name.text);
        let line = format!("{:>3}.{:04} {name} {text}", micros / 1_000_000, micros % 1_000_000 / 100);
        self.line(&line);
    }

    /// A line about something that happened: whatever is said now may be said again.
    fn happens(&mut self, at: Instant, place: usize, text: &str) {
        self.end_sending();
        self.said.clear();
        self.of(at, place, text);
    }

    /// The same, unless the narrator has just announced it.
    fn happens_unannounced(&mut self, at: Instant, place: usize, text: &str) {
        if self.noted != Some(at) {
            self.happens(at, place, text);
        }
    }

    /// The same, unless it was told since the narrator spoke last.
    fn is_told(&mut self, at: Instant, place: usize, text: String) {
        self.end_sending();
        if self.told.insert((place, text.clone())) {
            self.happens(at, place, &text);
        } else {
            self.folded.event();
        }
    }

    fn meet(&mut self, place: usize, id: NodeId) {
        if self.names.len() <= place {
            self.names.resize(place + 1, Name::default());
        }
        if self.names.get(place).is_some_and(|name| name.id.is_some()) {
            return;
        }
        // Two nodes may claim one identity.
        let namesakes = self.names.iter().filter(|name| name.id == Some(id)).count();
        let text = if namesakes == 0 { id.to_string() } else { format!("{id}{}", "'".repeat(namesakes)) };
        if let Some(name) = self.names.get_mut(place) {
            *name = Name { id: Some(id), text, peers: Vec::new() };
        }
    }

    fn peers(&mut self, place: usize, peers: &[NodeId]) {
        if let Some(name) = self.names.get_mut(place)
            && name.peers != peers
        {
            name.peers = peers.to_vec();
        }
    }

    fn sent(&mut self, at: Instant, place: usize, says: String, kind: Kind, copy: (NodeId, usize, Fate)) {
        if !self.sending.as_ref().is_some_and(|(sending, _)| sending.includes(at, place, &says)) {
            self.end_sending();
            self.sending = Some((Sending { at, place, says, copies: Vec::new() }, kind));
        }
        if let Some((sending, _)) = &mut self.sending {
            sending.copies.push(copy);
        }
    }

    /// All copies of a message have left: it is written down, or left out.
    fn end_sending(&mut self) {
        let Some((sending, kind)) = self.sending.take() else { return };
        let peers = self.names.get(sending.place).map_or(&[][..], |name| &name.peers);
        let line = format!("→ {}: {}", sending.to(peers), sending.says);
        let meddled = |fate: &Fate| match fate {
            Fate::Lost(why) => *why == Loss::Intercepted,
            Fate::Arrives(when) => when.since(sending.at) >= self.late_after,
        };
        // What was meddled with is told once in a chapter, even if it is routine.
        let is_meddled = sending.copies.iter().any(|(.., fate)| meddled(fate));
        let is_news = if !kind.routine || kind.news {
            let lost = if sending.is_lost() { " lost" } else { "" };
            self.said.insert((sending.place, without_waits(&line) + lost))
        } else {
            is_meddled && self.told.insert((sending.place, String::from(kind.name)))
        };
        if is_news {
            let aside = sending.aside(self.late_after);
            self.of(sending.at, sending.place, &format!("{line}{aside}"));
        } else {
            for (.., fate) in &sending.copies {
                self.folded.message(kind.name, matches!(fate, Fate::Lost(_)));
            }
        }
    }

    fn spoken(&mut self, at: Instant, text: &str) {
        self.end_sending();
        self.tell_folded();
        self.said.clear();
        self.told.clear();
        self.written = at;
        if self.noted != Some(at) && self.lines > 0 {
            self.line("");
        }
        self.noted = Some(at);
        self.line(&format!("         {text}"));
    }
}

/// The same words, whatever the number of milliseconds that they name.
fn without_waits(line: &str) -> String {
    let is_wait = |words: &str| words.starts_with("ms ");
    let mut text = String::new();
    let mut rest = line;
    while let Some((word, after)) = rest.split_once(' ') {
        if !(is_wait(after) && word.bytes().all(|byte| byte.is_ascii_digit())) {
            text += word;
            text.push(' ');
        }
        rest = after;
    }
    text + rest
}

impl<M: Worded> Observer<M> for Transcript {
    fn see(&mut self, happening: Happening<'_, M>) -> Result<(), Violation> {
        let Happening { at, place, node, what } = happening;
        self.meet(place, node);
        match what {
            What::Started { incarnation, recovered, machine, .. } => {
                self.peers(place, machine.peers());
                let how = if recovered { "with what it had written down" } else { "with nothing written down" };
                if incarnation.get() > 1 {
                    self.happens_unannounced(at, place, &format!("starts again, {how}"));
                } else if at > Instant::ORIGIN {
                    self.happens_unannounced(at, place, &format!("starts, {how}"));
                }
            }
            What::Crashed => self.happens_unannounced(at, place, "crashes"),
            What::Paused { until } => self.happens_unannounced(at, place, &format!("pauses until {until}")),
            What::Clock { clock, .. } => {
                let text = format!("has its clock set to {}, {:+} millionths fast", clock.at(at), clock.ppm());
                self.happens_unannounced(at, place, &text);
            }
            What::Link { to_place, cut } => {
                let to = self.names.get(to_place).and_then(|name| name.id);
                let to = to.map_or_else(|| format!("place {to_place}"), |id| format!("node {id}"));
                let how = if cut { "is cut" } else { "is healed" };
                self.happens_unannounced(at, place, &format!("has its link to {to}: it {how}"));
            }
            What::Took { input: Input::Command(command), .. } => {
                self.happens_unannounced(at, place, &M::asks(command));
            }
            What::Took { .. } => self.end_sending(),
            What::Persisted(record) => self.happens(at, place, &M::stores(record)),
            What::Sent { to, to_place, message, fate, .. } => {
                let name = M::kind(message);
                let news = M::news(message).is_some_and(|news| {
                    let is_new = self.news.insert((place, name, news));
                    let goes_on = self
                        .sending
                        .as_ref()
                        .is_some_and(|(sending, kind)| kind.news && sending.includes(at, place, &M::says(message)));
                    is_new || goes_on
                });
                let kind = Kind { name, routine: M::is_routine(message), news };
                let plain = matches!(fate, Fate::Arrives(when) if when.since(at) < self.late_after);
                if kind.routine && !news && plain && self.sending.is_none() {
                    self.folded.message(name, false); // by far the most: they need no words
                } else {
                    self.sent(at, place, M::says(message), kind, (to, to_place, fate));
                }
            }
            What::Dropped { why: Loss::Refused, .. } => {
                self.is_told(at, place, String::from("drops a frame: altered, seen before, or not of whom it says"));
            }
            What::Dropped { why: Loss::Overflow, .. } => {
                self.is_told(at, place, String::from("has no room for more messages, and loses one"));
            }
            What::Dropped { .. } => {}
            What::Told(event) => {
                if let Some(text) = M::tells(event) {
                    self.is_told(at, place, text);
                }
            }
            What::Became { machine, .. } => self.peers(place, machine.peers()),
        }
        Ok(())
    }

    fn note(&mut self, at: Instant, text: &str) {
        self.spoken(at, text);
    }
}
