//! The monitor: heartbeats out, heartbeats in, and whom that makes suspect.

use super::{Command, CommandError, Detector, Event, Heartbeat, MonitorConfig, Quality, Rejection};
use crate::time::nanos;
use crate::total;
use crate::{Group, Incarnation, Infallible, Input, InputOf, Instant, Machine, NodeId, Step, StepOf, To};
use core::time::Duration;
use heapless::Vec;

/// Sends heartbeats to its peers, listens for theirs, and reports which of them it suspects and trusts.
///
/// A peer is trusted from the moment it is watched, and suspected when the [`Detector`] `D` says that its next heartbeat
/// is overdue. Room is for `N` peers, and what a step costs does not grow with their number, but for a binary search.
///
/// ```
/// use quorate::detector::{Event, Heartbeat, Monitor, MonitorConfig, Timeout, TimeoutConfig};
/// use quorate::{Group, Incarnation, Input, Instant, Machine, NodeId, Output};
/// use core::time::Duration;
///
/// let [me, peer] = [1, 2].map(NodeId::new);
/// let mut monitor = Monitor::<Timeout, 4>::new(
///     MonitorConfig::new(Duration::from_secs(1))?,
///     TimeoutConfig::new(Duration::from_secs(3))?,
///     Group::new(me, &[peer])?,
///     Incarnation::new(1),
///     Instant::ORIGIN,
/// );
/// let at = Instant::from_secs;
/// let message = Heartbeat { incarnation: Incarnation::new(1), sequence: 1 };
/// assert!(matches!(monitor.step(Input::Tick, at(0)).into_iter().next(), Some(Output::Send { .. }))); // its own
/// let _ = monitor.step(Input::Receive { from: peer, message }, at(0)); // the peer's, and then no more
/// for second in 1..3 {
///     assert!(monitor.step(Input::Tick, at(second)).events().next().is_none());
/// }
/// let suspected = Event::Suspected { peer, silence: Duration::from_secs(3) };
/// assert_eq!(monitor.step(Input::Tick, at(3)).events().next(), Some(&suspected));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Monitor<D: Detector, const N: usize> {
    config: MonitorConfig,
    detector: D::Config,
    group: Group<N>,
    /// In the order of the group, whose ids stand together so that a search touches little memory.
    pub(super) peers: Vec<Peer<D>, N>,
    /// When each of them is to be suspected, by itself, so that a search for those who are due reads eight bytes of each and no more;
    /// the end of time for whoever is suspected already.
    overdue: Vec<Instant, N>,
    incarnation: Incarnation,
    /// The last heartbeat sent; zero before the first.
    sequence: u64,
    /// When the next one is due; `None` with nobody to send to.
    pub(super) beat: Option<Instant>,
    /// No trusted peer's deadline is earlier than this; `None` if no trusted peer has any.
    pub(super) bound: Option<Instant>,
    /// When the monitor came back from a pause, until it has been on time again.
    pub(super) resumed: Option<Instant>,
    pub(super) latest: Instant,
}

/// What is known of one peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Peer<D> {
    pub(super) detector: D,
    pub(super) quality: Quality,
    incarnation: Incarnation,
    /// The highest sequence number heard in this incarnation; zero before any.
    sequence: u64,
    pub(super) heard: Instant,
}

const _: () = assert!(size_of::<Step<Heartbeat, Infallible, Event>>() <= 200);

impl<D: Detector, const N: usize> Monitor<D, N> {
    /// A monitor of `group`'s peers, in this `incarnation` of this node, that starts at `now`: its first heartbeat is due at
    /// once, and so are its peers'.
    #[must_use]
    pub fn new(
        config: MonitorConfig,
        detector: D::Config,
        group: Group<N>,
        incarnation: Incarnation,
        now: Instant,
    ) -> Self {
        let peers: Vec<Peer<D>, N> = total::gather(group.peers().iter().map(|_| Peer::new(&detector, now)));
        let overdue = total::gather(peers.iter().map(Peer::overdue));
        let mut monitor = Self {
            config,
            detector,
            group,
            peers,
            overdue,
            incarnation,
            sequence: 0,
            beat: None,
            bound: None,
            resumed: None,
            latest: now,
        };
        monitor.bound = monitor.earliest();
        if !monitor.peers.is_empty() {
            monitor.beat = Some(now);
        }
        monitor
    }

    /// The settings of the monitor.
    #[must_use]
    pub const fn config(&self) -> &MonitorConfig {
        &self.config
    }

    /// The settings of all its detectors.
    #[must_use]
    pub const fn detector_config(&self) -> &D::Config {
        &self.detector
    }

    /// This node and whom it watches.
    #[must_use]
    pub const fn group(&self) -> &Group<N> {
        &self.group
    }

    /// Which life of this node it is.
    #[must_use]
    pub const fn incarnation(&self) -> Incarnation {
        self.incarnation
    }

    /// How many heartbeats this node has sent, those counted that it was too late to send.
    #[must_use]
    pub const fn sequence(&self) -> u64 {
        self.sequence
    }

    /// Whether `peer` is suspected, as last reported; no, if it is not watched.
    #[must_use]
    pub fn is_suspected(&self, peer: NodeId) -> bool {
        self.peer(peer).is_some_and(|peer| peer.quality.is_suspected())
    }

    /// How strongly `peer` is suspected at `now`; `None` if it is not watched.
    #[must_use]
    pub fn level(&self, peer: NodeId, now: Instant) -> Option<f64> {
        Some(self.peer(peer)?.detector.level(&self.detector, now.max(self.latest)))
    }

    /// How well `peer`'s detector has done up to `now`; `None` if it is not watched.
    #[must_use]
    pub fn quality(&self, peer: NodeId, now: Instant) -> Option<Quality> {
        Some(self.peer(peer)?.quality.until(now.max(self.latest)))
    }

    /// What is known of `peer`; `None` if it is not watched.
    #[must_use]
    pub fn health(&self, peer: NodeId) -> Option<Health> {
        Some(self.peer(peer)?.health(peer))
    }

    /// What is known of each peer, in the order of their ids.
    pub fn healths(&self) -> impl Iterator<Item = Health> {
        self.group.peers().iter().zip(&self.peers).map(|(&id, peer)| peer.health(id))
    }

    fn peer(&self, peer: NodeId) -> Option<&Peer<D>> {
        self.peers.get(self.group.position(peer)?)
    }

    /// Asks all detectors for their deadlines.
    pub(super) fn ask_deadlines(&mut self) {
        for (overdue, peer) in self.overdue.iter_mut().zip(&self.peers) {
            *overdue = peer.overdue();
        }
    }

    /// The earliest deadline of a trusted peer. The end of time is not one.
    fn earliest(&self) -> Option<Instant> {
        self.overdue.iter().copied().min().filter(|at| *at < Instant::FAR_FUTURE)
    }

    /// D6. A step that comes too late by more than the tolerance says that nobody listened until now, so every wait begins
    /// anew. If the step before came too late as well, only the time lost is given back: a monitor that is late at every
    /// step gets slower by it, but not blind, and D1 holds.
    fn notice_pause(&mut self, deadline: Instant, now: Instant, step: &mut StepOf<Self>) {
        let late = now.since(deadline.max(self.resumed.unwrap_or(deadline)));
        if late <= self.config.tolerance() || planted!(OwnPauseUnnoticed) {
            if self.resumed.is_some_and(|resumed| resumed < deadline) {
                self.resumed = None;
            }
            return;
        }
        for peer in &mut self.peers {
            let shift = match (peer.quality.is_suspected(), self.resumed) {
                (true, _) => Duration::ZERO,
                (false, None) => now.since(peer.detector.since()),
                (false, Some(_)) => late,
            };
            peer.detector.pause(shift, now);
            peer.quality.pause(late);
        }
        self.resumed = Some(now);
        self.ask_deadlines();
        self.bound = self.earliest();
        step.event(Event::Paused { by: late });
    }

    /// How many whole intervals lie between two instants.
    fn slots(&self, from: Instant, to: Instant) -> u64 {
        nanos(to.since(from)).checked_div(nanos(self.config.interval())).unwrap_or(0)
    }

    /// Sends the heartbeat that is due, and counts those that were missed.
    fn send_heartbeat(&mut self, beat: Instant, now: Instant, step: &mut StepOf<Self>) {
        let missed = self.slots(beat, now);
        self.sequence = self.sequence.saturating_add(missed).saturating_add(1);
        let skipped = nanos(self.config.interval()).saturating_mul(missed.saturating_add(1));
        let next = beat.after(Duration::from_nanos(skipped));
        // At the end of time there is no next one.
        self.beat = (next > now && next < Instant::FAR_FUTURE).then_some(next);
        step.send(To::Peers, Heartbeat { incarnation: self.incarnation, sequence: self.sequence });
    }

    /// Suspects whom it is time to suspect, as many as there is room for; the others keep the bound where it is.
    fn suspect(&mut self, now: Instant, step: &mut StepOf<Self>) {
        let mut earliest = Instant::FAR_FUTURE;
        for (overdue, (&id, peer)) in self.overdue.iter_mut().zip(self.group.peers().iter().zip(&mut self.peers)) {
            if *overdue <= now && peer.is_trusted() && (step.room() > 0 || planted!(FifthOutput)) {
                peer.quality.suspect(now);
                *overdue = Instant::FAR_FUTURE;
                step.event(Event::Suspected { peer: id, silence: now.since(peer.detector.since()) });
            }
            earliest = earliest.min(*overdue);
        }
        if !planted!(DeadlineStays) {
            self.bound = (earliest < Instant::FAR_FUTURE).then_some(earliest);
        }
    }

    fn receive(&mut self, from: NodeId, message: Heartbeat, now: Instant, step: &mut StepOf<Self>) {
        let position = self.group.position(from).unwrap_or(usize::MAX);
        let (Some(peer), Some(overdue)) = (self.peers.get_mut(position), self.overdue.get_mut(position)) else {
            let reason = if from == self.group.me() { Rejection::Myself } else { Rejection::Stranger };
            step.event(Event::Rejected { from, reason });
            return;
        };
        let suspected = peer.quality.is_suspected();
        let suspected_since = peer.quality.since();
        let heard = peer.hear(message, &self.detector, now);
        match heard {
            Err(reason) => return step.event(Event::Rejected { from, reason }),
            Ok(Heard::Restarted) => step.event(Event::Restarted { peer: from, incarnation: message.incarnation }),
            Ok(Heard::Again) => {}
        }
        if suspected {
            step.event(Event::Trusted { peer: from, suspected_for: now.since(suspected_since) });
        }
        // Mostly later than before, but an outlier that leaves a window can bring it forward.
        let deadline = peer.overdue();
        *overdue = deadline;
        self.expect_by(deadline);
    }

    fn expect_by(&mut self, deadline: Instant) {
        if deadline < self.bound.unwrap_or(Instant::FAR_FUTURE) {
            self.bound = Some(deadline);
        }
    }

    fn watch(&mut self, id: NodeId, now: Instant) -> Result<(), CommandError> {
        let position = self.group.add(id).map_err(CommandError::Watch)?;
        let peer = Peer::<D>::new(&self.detector, now);
        let deadline = peer.overdue();
        self.expect_by(deadline);
        // There is room, for the group had room, and all have the same capacity.
        let _ = total::insert(&mut self.peers, position, peer);
        let _ = total::insert(&mut self.overdue, position, deadline);
        self.beat = self.beat.or(Some(now));
        Ok(())
    }

    fn unwatch(&mut self, id: NodeId) -> Result<(), CommandError> {
        let position = self.group.remove(id).map_err(CommandError::Unwatch)?;
        total::remove(&mut self.peers, position);
        total::remove(&mut self.overdue, position);
        if self.peers.is_empty() {
            (self.beat, self.bound) = (None, None);
        }
        Ok(())
    }
}

/// What a heartbeat that was accepted tells.
enum Heard {
    Again,
    Restarted,
}

impl<D: Detector> Peer<D> {
    fn new(config: &D::Config, now: Instant) -> Self {
        Self {
            detector: D::new(config, now),
            quality: Quality::new(now),
            incarnation: Incarnation::new(0),
            sequence: 0,
            heard: now,
        }
    }

    fn is_known(&self) -> bool {
        self.sequence > 0
    }

    /// Whether it may become suspected.
    fn is_trusted(&self) -> bool {
        !self.quality.is_suspected() && (self.is_known() || !planted!(SilentNeverSuspected))
    }

    /// When it is to be suspected; the end of time if it is already, or cannot be.
    fn overdue(&self) -> Instant {
        if self.is_trusted() { self.detector.deadline() } else { Instant::FAR_FUTURE }
    }

    fn hear(&mut self, message: Heartbeat, config: &D::Config, now: Instant) -> Result<Heard, Rejection> {
        let Heartbeat { incarnation, sequence } = message;
        if self.is_known() && incarnation < self.incarnation {
            return Err(Rejection::OldIncarnation { received: incarnation, current: self.incarnation });
        }
        let same_life = self.is_known() && incarnation == self.incarnation;
        let latest = if same_life { self.sequence } else { 0 };
        if sequence <= latest && !planted!(CopyIsHeartbeat) {
            return Err(Rejection::OldSequence { received: sequence, latest });
        }
        let steps = if same_life { u32::try_from(sequence.saturating_sub(latest)).unwrap_or(u32::MAX) } else { 1 };
        let heard = match (self.is_known(), same_life) {
            (false, _) => {
                // Whether it was right to suspect a peer that may not have been there yet, nobody can tell.
                self.quality = Quality::new(now);
                Heard::Again
            }
            (true, true) => {
                self.quality.trust(now);
                Heard::Again
            }
            (true, false) => {
                self.quality.restart(self.heard, now);
                if !planted!(RestartKeepsWindow) {
                    self.detector = D::new(config, now);
                }
                Heard::Restarted
            }
        };
        self.detector.heartbeat(config, steps, now);
        (self.incarnation, self.sequence, self.heard) = (incarnation, sequence, now);
        Ok(heard)
    }

    fn health(&self, peer: NodeId) -> Health {
        Health {
            peer,
            suspected: self.quality.is_suspected(),
            changed: self.quality.since(),
            heard: self.is_known().then_some(self.heard),
            incarnation: self.is_known().then_some(self.incarnation),
            sequence: self.sequence,
            deadline: self.detector.deadline(),
        }
    }
}

impl<D: Detector, const N: usize> Machine for Monitor<D, N> {
    type Command = Command;
    type Message = Heartbeat;
    type Record = Infallible;
    type Event = Event;

    fn step(&mut self, input: InputOf<Self>, now: Instant) -> StepOf<Self> {
        let now = now.max(self.latest);
        let due = self.deadline().filter(|deadline| *deadline <= now);
        if matches!(input, Input::Tick) && due.is_none() {
            self.latest = if planted!(EarlyTickCounts) { now } else { self.latest };
            return Step::new();
        }
        let mut step = Step::new();
        self.latest = now;
        if let Some(deadline) = due {
            self.notice_pause(deadline, now, &mut step);
        }
        match input {
            Input::Tick => {
                if let Some(beat) = self.beat.filter(|beat| *beat <= now) {
                    self.send_heartbeat(beat, now, &mut step);
                }
                if self.bound.is_some_and(|bound| bound <= now) {
                    self.suspect(now, &mut step);
                }
            }
            Input::Receive { from, message } => self.receive(from, message, now, &mut step),
            Input::Command(command) => {
                let outcome = match command {
                    Command::Watch(peer) => self.watch(peer, now),
                    Command::Unwatch(peer) => self.unwatch(peer),
                };
                if let Err(why) = outcome {
                    step.event(Event::Refused(why));
                }
            }
        }
        step
    }

    fn deadline(&self) -> Option<Instant> {
        match (self.beat, self.bound) {
            (Some(beat), Some(bound)) => Some(beat.min(bound)),
            (either, None) | (None, either) => either,
        }
    }

    fn peers(&self) -> &[NodeId] {
        self.group.peers()
    }
}

/// What a [`Monitor`] knows of one peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Health {
    /// The peer.
    pub peer: NodeId,
    /// Whether it is suspected.
    pub suspected: bool,
    /// Since when it is suspected, or trusted; pauses of the monitor left out.
    pub changed: Instant,
    /// When it was last heard; `None` if never.
    pub heard: Option<Instant>,
    /// In which life it is; `None` if it was never heard.
    pub incarnation: Option<Incarnation>,
    /// The highest sequence number received in that life; zero if it was never heard.
    pub sequence: u64,
    /// When it is to be suspected if it stays silent, or was to be.
    pub deadline: Instant,
}
