//! Watching a world for what is to be drawn.

use super::{Cut, Depicted, Emphasis, End, Flight, Lane, Mark, Note, Recording, Span, State, Symbol};
use crate::check::Violation;
use crate::world::{Fate, Happening, LocalClock, Observer, What};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;
use quorate::{Instant, NodeId};

/// An [`Observer`] that keeps what a picture needs of what happens within a window of true time.
///
/// Its memory is bounded: at most so many messages, and of everything else as many. When there are more messages, those that are
/// [routine](Emphasis::Routine) are given up first, and what was left out is counted; the picture says so.
///
/// ```
/// use core::time::Duration;
/// use quorate::detector::{Monitor, MonitorConfig, Timeout, TimeoutConfig};
/// use quorate::{Group, Instant};
/// use quorate_sim::picture::{self, Options, Recorder};
/// use quorate_sim::world::{self, Settings, World};
///
/// let config = MonitorConfig::new(Duration::from_millis(100))?;
/// let timeout = TimeoutConfig::new(Duration::from_millis(350))?;
/// let ids = [1, 2, 3].map(quorate::NodeId::new);
/// let subject = world::from_fn(|birth| {
///     let others: Vec<_> = ids.into_iter().filter(|id| *id != birth.node).collect();
///     let group = Group::new(birth.node, &others).expect("three different nodes");
///     Monitor::<Timeout, 8>::new(config, timeout, group, birth.incarnation, birth.now)
/// });
///
/// let mut world = World::new(subject, Settings { size: 3, ..Settings::default() });
/// let mut recorder = Recorder::new(Instant::ORIGIN, Instant::from_secs(2));
/// world.start_all(&mut recorder)?;
/// world.run_until(Instant::from_secs(1), &mut recorder)?;
/// recorder.note(world.now(), "node 3 is switched off");
/// world.crash(2, &mut recorder)?;
/// world.run_until(Instant::from_secs(2), &mut recorder)?;
///
/// let svg = picture::space_time(&recorder.finish("A crash is noticed"), &Options::default());
/// assert!(svg.starts_with("<svg") && svg.contains("suspects node 3"));
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Recorder {
    recording: Recording,
    most: usize,
    /// Whether routine messages are given up.
    crowded: bool,
    nodes: Vec<Node>,
    /// The last instant at which anything was seen.
    latest: Instant,
}

/// What is going on at a node, whether or not it is within the window.
#[derive(Clone, Debug)]
struct Node {
    clock: LocalClock,
    up_since: Option<Instant>,
    paused: Option<(Instant, Instant)>,
    open: Vec<Span>,
}

impl Recorder {
    /// How many messages are kept, unless one says otherwise.
    pub const MOST: usize = 100_000;

    /// A recorder of what happens from then until then.
    #[must_use]
    pub fn new(from: Instant, until: Instant) -> Self {
        let recording = Recording { from, until: until.max(from), ..Recording::default() };
        Self { recording, most: Self::MOST, crowded: false, nodes: Vec::new(), latest: from }
    }

    /// The same, which keeps at most so many messages, and of everything else as many.
    #[must_use]
    pub fn with_most(self, most: usize) -> Self {
        Self { most, ..self }
    }

    /// Adds a few words about an instant. (As an [`Observer`] it takes those of a scenario.)
    pub fn note(&mut self, at: Instant, text: &str) {
        if self.is_within(at) {
            let note = Note { at, text: text.into() };
            keep(&mut self.recording.notes, note, self.most, &mut self.recording.left_out);
        }
    }

    /// What was recorded. If the run ended before the window did, so does the recording.
    #[must_use]
    pub fn finish(mut self, title: impl Into<String>) -> Recording {
        let until = self.recording.until.min(self.latest.max(self.recording.from));
        self.recording.until = until;
        self.recording.title = title.into();
        for place in 0..self.nodes.len() {
            let Some(node) = self.nodes.get_mut(place) else { continue };
            let (up, paused, open) = (node.up_since.take(), node.paused.take(), core::mem::take(&mut node.open));
            if let Some((from, end)) = paused {
                self.add_pause(place, from, end.min(until));
            }
            if let Some(from) = up {
                self.add_life(place, from, None);
            }
            open.into_iter().for_each(|span| self.add_span(place, span));
        }
        self.recording
    }

    fn is_within(&self, at: Instant) -> bool {
        self.recording.from <= at && at <= self.recording.until
    }

    fn node(&mut self, place: usize, id: NodeId) -> &mut Node {
        while self.nodes.len() <= place {
            self.nodes.push(Node { clock: LocalClock::TRUE, up_since: None, paused: None, open: Vec::new() });
            self.recording.lanes.push(Lane::default());
        }
        if let Some(lane) = self.recording.lanes.get_mut(place).filter(|lane| lane.name.is_empty()) {
            lane.name = format!("node {id}");
        }
        &mut self.nodes[place]
    }

    fn add_life(&mut self, place: usize, from: Instant, until: Option<Instant>) {
        let (window, most) = (self.recording.until, self.most);
        if from <= window && until.is_none_or(|until| until >= self.recording.from) {
            let until = until.filter(|until| *until <= window);
            if let Some(lane) = self.recording.lanes.get_mut(place) {
                keep(&mut lane.lives, (from, until), most, &mut self.recording.left_out);
            }
        }
    }

    fn add_pause(&mut self, place: usize, from: Instant, until: Instant) {
        let (window, most) = (self.recording.until, self.most);
        if from <= window
            && until >= self.recording.from
            && from < until
            && let Some(lane) = self.recording.lanes.get_mut(place)
        {
            keep(&mut lane.pauses, (from, until), most, &mut self.recording.left_out);
        }
    }

    fn add_span(&mut self, place: usize, span: Span) {
        let most = self.most;
        let end = if span.crashed { span.closed.max(span.until) } else { span.closed };
        if span.from <= self.recording.until
            && end.is_none_or(|end| end >= self.recording.from)
            && let Some(lane) = self.recording.lanes.get_mut(place)
        {
            keep(&mut lane.spans, span, most, &mut self.recording.left_out);
        }
    }

    fn mark(&mut self, place: usize, at: Instant, mark: Mark) {
        let most = self.most;
        if self.is_within(at)
            && let Some(lane) = self.recording.lanes.get_mut(place)
        {
            keep(&mut lane.marks, (at, mark), most, &mut self.recording.left_out);
        }
    }

    fn send(&mut self, flight: Flight) {
        let routine = flight.class.emphasis == Emphasis::Routine;
        if !self.is_within(flight.sent) {
            return;
        }
        if self.recording.flights.len() >= self.most && !self.crowded {
            self.crowded = true;
            let before = self.recording.flights.len();
            self.recording.flights.retain(|flight| flight.class.emphasis != Emphasis::Routine);
            self.recording.left_out += (before - self.recording.flights.len()) as u64;
        }
        if self.recording.flights.len() >= self.most || (self.crowded && routine) {
            self.recording.left_out += 1;
        } else {
            self.recording.flights.push(flight);
        }
    }

    fn end(&mut self, copy: u64, end: End) {
        let flights = &mut self.recording.flights;
        if let Ok(index) = flights.binary_search_by_key(&copy, |flight| flight.copy)
            && let Some(flight) = flights.get_mut(index)
        {
            flight.end = end;
        }
    }

    fn cut(&mut self, from: usize, to: usize, at: Instant, cut: bool) {
        let cuts = &mut self.recording.cuts;
        if cut {
            if at <= self.recording.until {
                keep(cuts, Cut { from, to, since: at, until: None }, self.most, &mut self.recording.left_out);
            }
            return;
        }
        let open = |cut: &Cut| (cut.from, cut.to) == (from, to) && cut.until.is_none();
        if let Some(index) = cuts.iter().rposition(open) {
            if at < self.recording.from {
                cuts.remove(index);
            } else if let Some(cut) = cuts.get_mut(index) {
                cut.until = Some(at).filter(|at| *at <= self.recording.until);
            }
        }
    }

    /// A pause is over: at its end, or sooner if the node was woken.
    fn resumed(&mut self, place: usize, at: Instant) {
        if let Some((from, until)) = self.nodes.get_mut(place).and_then(|node| node.paused.take()) {
            self.add_pause(place, from, until.min(at));
        }
    }

    fn became<M: Depicted>(&mut self, place: usize, id: NodeId, at: Instant, machine: &M, clock: &LocalClock) {
        let node = self.node(place, id);
        node.clock = *clock;
        let mut open = core::mem::take(&mut node.open);
        let mut still = Vec::new();
        machine.states(&mut |State { class, label, until }| {
            let until = until.map(|until| clock.when(until));
            let same = |span: &Span| span.class == class && span.label == label;
            let span = match open.iter().position(same) {
                Some(index) => Span { until, ..open.swap_remove(index) },
                None => Span { class, label, from: at, closed: None, until, crashed: false },
            };
            still.push(span);
        });
        self.node(place, id).open = still;
        for span in open {
            self.add_span(place, Span { closed: Some(at), ..span });
        }
    }

    fn crashed(&mut self, place: usize, id: NodeId, at: Instant) {
        self.resumed(place, at);
        let node = self.node(place, id);
        let (up, open) = (node.up_since.take(), core::mem::take(&mut node.open));
        if let Some(from) = up {
            self.add_life(place, from, Some(at));
        }
        for span in open {
            self.add_span(place, Span { closed: Some(at), crashed: true, ..span });
        }
    }

    /// The clock was changed: by how much it was set, or how fast it goes now.
    fn clock_changed(&mut self, place: usize, id: NodeId, at: Instant, clock: &LocalClock) {
        let before = core::mem::replace(&mut self.node(place, id).clock, *clock);
        let (old, new) = (before.at(at), clock.at(at));
        let label = if new > old {
            format!("+{}", short(new.since(old)))
        } else if new < old {
            format!("−{}", short(old.since(new)))
        } else if clock.ppm() != before.ppm() {
            format!("{:+} ppm", clock.ppm())
        } else {
            return;
        };
        let text = format!("its clock was changed, {label}; it shows {new}, {:+} ppm fast", clock.ppm());
        self.mark(place, at, Mark { symbol: Symbol::Clock, label, text });
    }
}

impl<M: Depicted> Observer<M> for Recorder {
    fn see(&mut self, happening: Happening<'_, M>) -> Result<(), Violation> {
        let Happening { at, place, node, what } = happening;
        self.latest = self.latest.max(at);
        match what {
            What::Started { local, incarnation, recovered, .. } => {
                let state = self.node(place, node);
                state.up_since = Some(at);
                state.paused = None;
                // What its clock was set to before it first ran is not seen otherwise.
                if state.clock.at(at) != local {
                    state.clock = LocalClock::new(0, local);
                }
                if incarnation.get() > 1 {
                    let how = if recovered { "what it had stored" } else { "nothing stored" };
                    let text = format!("starts, life {incarnation}, with {how}");
                    self.mark(place, at, Mark { symbol: Symbol::Point, label: String::new(), text });
                }
            }
            What::Crashed => self.crashed(place, node, at),
            What::Paused { until } => {
                // A longer pause begins where the one before did.
                let from = self.node(place, node).paused.filter(|(_, end)| *end >= at).map(|(from, _)| from);
                if from.is_none() {
                    self.resumed(place, at);
                }
                self.node(place, node).paused = Some((from.unwrap_or(at), until));
            }
            What::Clock { clock, machine } => {
                self.clock_changed(place, node, at, clock);
                if let Some(machine) = machine {
                    self.became(place, node, at, machine, clock);
                }
            }
            What::Took { .. } => self.resumed(place, at),
            What::Persisted(_) => {}
            What::Sent { copy, to_place, message, fate, .. } => {
                let said = M::said(message);
                let end = match fate {
                    Fate::Arrives(at) => End::Arrives(at),
                    Fate::Lost(why) => End::Lost(why),
                };
                let (class, text) = (said.class, said.text);
                self.send(Flight { copy, from: place, to: to_place, class, text, sent: at, end });
            }
            What::Dropped { copy, why } => self.end(copy, End::Dropped { at, why }),
            What::Told(event) => {
                if let Some(mark) = M::learned(event) {
                    self.mark(place, at, mark);
                }
            }
            What::Became { machine, clock } => self.became(place, node, at, machine, clock),
            What::Link { to_place, cut } => self.cut(place, to_place, at, cut),
        }
        Ok(())
    }

    fn note(&mut self, at: Instant, text: &str) {
        Self::note(self, at, text);
    }
}

/// Keeps a thing if there is room, and counts it otherwise.
fn keep<T>(things: &mut Vec<T>, thing: T, most: usize, left_out: &mut u64) {
    if things.len() < most { things.push(thing) } else { *left_out += 1 }
}

/// A duration in one unit.
fn short(duration: Duration) -> String {
    let millis = duration.as_millis();
    match millis {
        3_600_000.. if millis.is_multiple_of(3_600_000) => format!("{} h", millis / 3_600_000),
        60_000.. if millis.is_multiple_of(60_000) => format!("{} min", millis / 60_000),
        1_000.. if millis.is_multiple_of(1_000) => format!("{} s", millis / 1_000),
        10.. => format!("{millis} ms"),
        _ => format!("{} µs", duration.as_micros()),
    }
}
