//! What a member shows to threads.

use crate::driver::{Events, Happened};
use crate::membership::{Event, Leader, Show, Stamped, Tenure};
use crate::signal::{Bell, Signal};
use crate::sync::{Mutex, lock};
use std::sync::Arc;

/// What a member shows to threads.
#[derive(Debug)]
pub(super) struct Face {
    pub(super) events: Events<Event>,
    seen: Mutex<Seen>,
    /// Rings when what is seen changes.
    pub(super) changed: Bell,
}

/// What there is to be seen of a member.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) leader: Option<Leader>,
    pub(super) tenure: Option<Arc<Tenure<Bell>>>,
    pub(super) stopped: bool,
}

impl Face {
    pub(super) fn new(events: usize) -> Self {
        Self { events: Events::new(events), seen: Mutex::new(Seen::default()), changed: Bell::default() }
    }

    pub(super) fn look<T>(&self, look: impl FnOnce(&Seen) -> T) -> T {
        look(&lock(&self.seen))
    }

    fn change(&self, change: impl FnOnce(&mut Seen)) {
        change(&mut lock(&self.seen));
        self.changed.notify();
    }
}

impl Show for Arc<Face> {
    type Signal = Bell;

    fn happened(&self, stamped: Stamped) {
        self.events.send(&Happened::Event(stamped.event), stamped.at);
    }

    fn leader(&self, leader: Option<Leader>) {
        self.change(|seen| seen.leader = leader);
    }

    fn tenure(&self, tenure: Option<Arc<Tenure<Bell>>>) {
        self.change(|seen| seen.tenure = tenure);
    }

    fn stopped(&self) {
        self.events.stop();
        self.change(|seen| seen.stopped = true);
    }
}
