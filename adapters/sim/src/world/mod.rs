//! A deterministic world: nodes that run machines, a network between them, clocks, storage, and everything that can go
//! wrong with these.
//!
//! Time is virtual: it jumps from one happening to the next. All randomness comes from one seed, so a run can be had
//! again, in every detail, on any platform; [`World::digest`] is one number that says so.
//!
//! # What can go wrong
//!
//! | failure | how |
//! |---|---|
//! | synchronous network: delay and processing bounded, and kept to | [`Settings::synchrony`] |
//! | asynchronous: delays with a heavy tail and no bound | [`Delay::HeavyTailed`] |
//! | crash | [`World::crash`], and [`Disk::crash`] between a record and the sends behind it |
//! | restart with storage, or without | [`World::start`], [`World::forget`] |
//! | omission: by chance, in bursts, one way | [`Link::loss`], [`Link::burst`], [`World::set_link`] |
//! | duplication, reordering | [`Link::duplication`], any delay that varies |
//! | partitions: whole, partial, one-way | [`World::partition`], [`World::cut`] |
//! | slow node, paused node | [`World::set_processing`], [`World::pause`] |
//! | clock rate, offset, steps, leap seconds | [`World::change_clock`] |
//! | slow disk, full disk | [`World::set_disk`] |
//! | corruption, equivocation, impersonation, replay | [`World::set_lies`], [`Link::corruption`], [`World::forge`] |
//! | this one message lost, or late | [`Subject::intercept`] |
//!
//! Everything that happens can be [watched](Observer), by checkers for example.

mod carrier;
mod clock;
mod digest;
mod faults;
mod happening;
mod laws;
mod mixture;
mod network;
mod node;
mod parcels;
mod queue;
mod run;
mod send;
mod settings;
mod subject;

#[cfg(test)]
mod tests;

pub use carrier::{Carrier, Direct, Framed};
pub use clock::LocalClock;
pub use digest::Digest;
pub use happening::{Happening, Observer, What};
pub use mixture::Either;
pub use network::{Delay, Fate, Link, Loss};
pub use node::{Disk, Health, Lies};
pub use settings::{Settings, Synchrony};
pub use subject::{Birth, FromFn, Passing, Simulated, Subject, from_fn};

use alloc::vec::Vec;
use network::Network;
use node::Node;
use parcels::Parcels;
use queue::Queue;
use quorate::{Instant, Machine, NodeId, Random};

type ParcelOf<S, C> = <C as Carrier<<S as Subject>::Machine>>::Parcel;

/// Nodes that run machines, and all that is between them.
///
/// Nodes are named by their place, from 0; their identities are 1, 2, 3 … unless [`Settings::ids`] says otherwise. A
/// place beyond the last is no node, and what is asked of it does nothing.
///
/// ```
/// use core::time::Duration;
/// use quorate::detector::{Monitor, MonitorConfig, Timeout, TimeoutConfig};
/// use quorate::{Group, Instant};
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
/// world.start_all(&mut ())?;
/// world.run_until(Instant::from_secs(2), &mut ())?;
/// world.crash(2, &mut ())?;
/// world.run_until(Instant::from_secs(3), &mut ())?;
/// let one = world.machine(0).expect("it is up");
/// assert!(one.is_suspected(ids[2]) && !one.is_suspected(ids[1]));
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct World<S: Subject, C: Carrier<S::Machine> = Direct> {
    subject: S,
    carrier: C,
    now: Instant,
    random: Random,
    nodes: Vec<Node<S::Machine, ParcelOf<S, C>>>,
    /// Places by identity, sorted.
    route: Vec<(NodeId, usize)>,
    network: Network,
    queue: Queue,
    parcels: Parcels<ParcelOf<S, C>>,
    synchrony: Synchrony,
    most_steps: u32,
    laws_every: u32,
    until_laws: u32,
    digest: Digest,
    steps: u64,
}

impl<S: Subject> World<S> {
    /// A world in which nothing runs yet, and messages travel as they are.
    #[must_use]
    pub fn new(subject: S, settings: Settings) -> Self {
        Self::with_carrier(subject, Direct, settings)
    }
}

impl<S: Subject, C: Carrier<S::Machine>> World<S, C> {
    /// A world in which nothing runs yet, and messages travel in a form of one's choice, such as [`Framed`].
    #[must_use]
    pub fn with_carrier(subject: S, carrier: C, settings: Settings) -> Self {
        let ids = settings.identities();
        let mut route: Vec<(NodeId, usize)> = ids.iter().enumerate().map(|(place, id)| (*id, place)).collect();
        route.sort_unstable();
        let Settings { link, synchrony, processing, seed, most_steps, laws_every, .. } = settings;
        let mut nodes: Vec<Node<_, _>> = ids.into_iter().map(Node::new).collect();
        nodes.iter_mut().for_each(|node| node.processing = synchrony.processing(processing));
        Self {
            subject,
            carrier,
            now: Instant::ORIGIN,
            random: seed.random(),
            network: Network::new(nodes.len(), synchrony.link(link)),
            nodes,
            route,
            queue: Queue::new(),
            parcels: Parcels::new(),
            synchrony,
            most_steps,
            laws_every,
            until_laws: laws_every,
            digest: Digest::new(),
            steps: 0,
        }
    }

    /// True time.
    #[must_use]
    pub const fn now(&self) -> Instant {
        self.now
    }

    /// How many nodes there are, up or down.
    #[must_use]
    pub fn size(&self) -> usize {
        self.nodes.len()
    }

    /// The identity of the node at this place.
    #[must_use]
    pub fn id(&self, place: usize) -> Option<NodeId> {
        self.nodes.get(place).map(|node| node.id)
    }

    /// The machine at this place, if its node is up.
    #[must_use]
    pub fn machine(&self, place: usize) -> Option<&S::Machine> {
        self.nodes.get(place)?.machine.as_ref()
    }

    /// Whether the node at this place does anything.
    #[must_use]
    pub fn health(&self, place: usize) -> Health {
        match self.nodes.get(place) {
            Some(node) if node.machine.is_some() && node.paused_until > self.now => Health::Paused(node.paused_until),
            Some(node) if node.machine.is_some() => Health::Up,
            _ => Health::Down,
        }
    }

    /// What the clock of the node at this place shows.
    #[must_use]
    pub fn local(&self, place: usize) -> Instant {
        self.nodes.get(place).map_or(self.now, |node| node.clock.at(self.now))
    }

    /// The clock of the node at this place.
    #[must_use]
    pub fn clock(&self, place: usize) -> Option<&LocalClock> {
        self.nodes.get(place).map(|node| &node.clock)
    }

    /// What a restart of the node at this place would find.
    #[must_use]
    pub fn durable(&self, place: usize) -> Option<&<S::Machine as Machine>::Record> {
        self.nodes.get(place)?.durable.as_ref()
    }

    /// Whether messages from here to there are lost because the link is cut.
    #[must_use]
    pub fn is_cut(&self, from: usize, to: usize) -> bool {
        self.network.is_cut(from, to)
    }

    /// What links are like that are not [set otherwise](World::set_link).
    #[must_use]
    pub const fn usual_link(&self) -> &Link {
        self.network.usual()
    }

    /// What is between nodes, and its counts.
    #[must_use]
    pub const fn carrier(&self) -> &C {
        &self.carrier
    }

    /// What runs here.
    pub const fn subject_mut(&mut self) -> &mut S {
        &mut self.subject
    }

    /// How many inputs the machines have taken: messages, ticks and commands.
    #[must_use]
    pub const fn steps(&self) -> u64 {
        self.steps
    }

    /// How many happenings lie ahead: messages on their way, and deadlines.
    #[must_use]
    pub fn pending(&self) -> usize {
        self.queue.len()
    }

    /// One number for all that has happened so far: equal for equal runs, whatever the platform and the build.
    #[must_use]
    pub const fn digest(&self) -> u64 {
        self.digest.value()
    }
}
