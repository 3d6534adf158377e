//! A monitor whose time is counted from a later origin.

use super::arrivals::Arrivals;
use super::machine::Peer;
use super::{Detector, Monitor, Quality, Timeout};
use crate::{Instant, Rebase};
use core::time::Duration;

impl Rebase for Arrivals {
    fn rebase(&mut self, now: Instant, by: Duration) {
        let (last, base) = self.instants_mut();
        last.rebase(now, by);
        base.rebase(now, by);
    }
}

impl Rebase for Timeout {
    fn rebase(&mut self, now: Instant, by: Duration) {
        self.0.rebase(now, by);
    }
}

impl Rebase for Quality {
    fn rebase(&mut self, now: Instant, by: Duration) {
        let (since, mistaken_at) = self.instants_mut();
        since.rebase(now, by);
        mistaken_at.rebase(now, by);
    }
}

impl<D: Detector + Rebase> Rebase for Peer<D> {
    fn rebase(&mut self, now: Instant, by: Duration) {
        self.detector.rebase(now, by);
        self.quality.rebase(now, by);
        self.heard.rebase(now, by);
    }
}

impl<D: Detector + Rebase, const N: usize> Rebase for Monitor<D, N> {
    fn rebase(&mut self, now: Instant, by: Duration) {
        self.latest = self.latest.max(now);
        self.latest.rebase(now, by);
        self.beat.rebase(now, by);
        self.bound.rebase(now, by);
        self.resumed.rebase(now, by);
        self.peers.iter_mut().for_each(|peer| peer.rebase(now, by));
        self.ask_deadlines();
    }
}
