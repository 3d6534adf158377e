//! An election whose time is counted from a later origin.

use super::machine::{Phase, Support};
use super::{Election, Message};
use crate::{Instant, Rebase, Seed};
use core::time::Duration;

impl<const N: usize> Election<N> {
    /// Draws from this seed from now on.
    ///
    /// What a member promises does not depend on chance. This is for explorers, which try each way that chance can go, and to which
    /// the state of a generator makes no difference.
    pub const fn reseed(&mut self, seed: Seed) {
        self.random = seed.random();
    }
}

impl<const N: usize> Rebase for Election<N> {
    fn rebase(&mut self, now: Instant, by: Duration) {
        self.latest = self.latest.max(now);
        self.latest.rebase(now, by);
        for past in [&mut self.aside, &mut self.way] {
            *past = if *past > now { past.before(by) } else { Instant::ORIGIN };
        }
        self.timers.rebase(now, by);
        // A promise that has run out binds nobody.
        self.support = self.support.filter(|support| support.until > now);
        if let Some(Support { until, .. }) = &mut self.support {
            until.rebase(now, by);
        }
        // Answers count for the campaign in which they were given, and acknowledgements for the leadership.
        if matches!(self.phase, Phase::Following | Phase::Leading(_)) {
            self.electorate.clear_answers();
            self.wait = None;
        }
        if !matches!(self.phase, Phase::Leading(_)) {
            self.electorate.clear_acknowledgements();
        }
        match &mut self.phase {
            Phase::Standing { since } => since.rebase(now, by),
            Phase::Leading(lease) => {
                lease.since.rebase(now, by);
                lease.from.rebase(now, by);
                lease.until.rebase(now, by);
            }
            Phase::Recalling { .. } | Phase::Following | Phase::PreVoting { .. } => {}
        }
        self.electorate.rebase(now, by);
    }
}

impl Rebase for Message {
    fn rebase(&mut self, now: Instant, by: Duration) {
        if let Self::Coordinator { sent, .. } | Self::Acknowledge { sent, .. } = self {
            sent.rebase(now, by);
        }
    }
}
