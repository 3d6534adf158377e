//! Who looks on while a machine is driven.

use super::Counters;
use crate::{Error, Notice};
use core::fmt;
use core::net::SocketAddr;
use quorate::{Instant, Machine, NodeId};
use quorate_wire::Writer;

/// Learns what a driven machine does, in the driver's own thread or task: so its methods return at once.
///
/// All methods do nothing unless they are written. `()` is an observer that ignores everything.
pub trait Observer<M: Machine>: Send + 'static {
    /// The machine told something; every output before it has been carried out.
    fn event(&mut self, event: &M::Event, at: Instant) {
        let _ = (event, at);
    }

    /// The adapter itself has something to tell.
    fn notice(&mut self, notice: &Notice, at: Instant) {
        let _ = (notice, at);
    }

    /// A step was taken and all of its outputs were carried out, or a handle's nudge arrived.
    /// What is returned is the next command to the machine.
    fn stepped(&mut self, machine: &M, now: Instant) -> Option<M::Command> {
        let _ = (machine, now);
        None
    }

    /// About once a second.
    fn survey(&mut self, survey: Survey<'_, M>) {
        let _ = survey;
    }

    /// Somebody who is no member asks something; the frame is well-formed and, if there are keys, was made with one.
    /// Returns whether an answer was written, which goes back under the same protocol's number. Then [`stepped`](Self::stepped) is
    /// called, so what was asked for can be done before anything else is. A copy of a question can come at any later time.
    fn asked(&mut self, protocol: u8, question: &[u8], survey: Survey<'_, M>, answer: &mut Writer<'_>) -> bool {
        let _ = (protocol, question, survey, answer);
        false
    }

    /// The driver has stopped. Called once, and last.
    fn stopped(&mut self, result: &Result<(), Error>) {
        let _ = result;
    }
}

impl<M: Machine> Observer<M> for () {}

/// Something that happened: to the machine, or to the adapter itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happened<E> {
    /// The machine told it.
    Event(E),
    /// The adapter tells it.
    Notice(Notice),
}

/// A look at everything.
pub struct Survey<'a, M> {
    /// The machine.
    pub machine: &'a M,
    /// What the driver counted.
    pub counters: Counters,
    /// The time.
    pub now: Instant,
    /// How many clients the driver remembers.
    pub clients: usize,
    places: &'a dyn Fn(NodeId) -> Option<SocketAddr>,
}

impl<'a, M> Survey<'a, M> {
    /// A look at all this, with where the transport looks for peers.
    #[must_use]
    pub fn new(
        machine: &'a M,
        counters: Counters,
        now: Instant,
        clients: usize,
        places: &'a dyn Fn(NodeId) -> Option<SocketAddr>,
    ) -> Self {
        Self { machine, counters, now, clients, places }
    }

    /// Where the transport looks for `peer`, or a client was heard last.
    #[must_use]
    pub fn address(&self, peer: NodeId) -> Option<SocketAddr> {
        (self.places)(peer)
    }
}

impl<M: fmt::Debug> fmt::Debug for Survey<'_, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { machine, counters, now, clients, places: _ } = self;
        f.debug_struct("Survey")
            .field("machine", machine)
            .field("counters", counters)
            .field("now", now)
            .field("clients", clients)
            .finish_non_exhaustive()
    }
}
