//! When a command has to be told to stop, and when it has to be killed.

use core::time::Duration;
use quorate::Instant;

/// What to do next about a command that runs under a lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Nothing before this time, unless something happens.
    Wait(Instant),
    /// SIGTERM, now.
    Terminate,
    /// SIGKILL, now.
    Kill,
}

/// The timing of one run of a command.
///
/// It is killed `margin` before its lease ends, or `grace` after it was told to stop, whichever is earlier. It is told to stop when
/// somebody says so, and at the latest when a third of the longest time that the lease ever had left remains: then whoever renews it
/// has been silent for long.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    until: Instant,
    margin: Duration,
    grace: Duration,
    longest: Duration,
    stop: Option<Instant>,
    terminated: bool,
}

impl Plan {
    /// A command starts `now` under a lease that lasts until `until`.
    pub(crate) fn new(now: Instant, until: Instant, margin: Duration, grace: Duration) -> Self {
        Self { until, margin, grace, longest: until.since(now), stop: None, terminated: false }
    }

    /// The lease lasts until then.
    pub(crate) fn renewed(&mut self, now: Instant, until: Instant) {
        self.until = until;
        self.longest = self.longest.max(until.since(now));
    }

    /// The command is to stop.
    pub(crate) fn stop(&mut self, now: Instant) {
        self.stop.get_or_insert(now);
    }

    /// Whether the command has been told to stop.
    pub(crate) fn is_stopping(&self) -> bool {
        self.stop.is_some()
    }

    /// What is to be done at `now`. SIGTERM is asked for once, SIGKILL until the command is gone.
    pub(crate) fn next(&mut self, now: Instant) -> Next {
        let silent = self.until - self.longest / 3;
        if now >= silent {
            self.stop(now);
        }
        let kill = self.stop.map_or(self.until, |stop| stop + self.grace).min(self.until - self.margin);
        if now >= kill {
            self.stop(now);
            Next::Kill
        } else if self.stop.is_some() {
            if core::mem::replace(&mut self.terminated, true) { Next::Wait(kill) } else { Next::Terminate }
        } else {
            Next::Wait(silent.min(kill))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MARGIN: Duration = Duration::from_millis(50);
    const GRACE: Duration = Duration::from_secs(10);

    fn at(millis: u64) -> Instant {
        Instant::from_millis(millis)
    }

    #[test]
    fn a_renewed_lease_leaves_the_command_alone() {
        let mut plan = Plan::new(at(0), at(390), MARGIN, GRACE);
        for start in (0..10_000).step_by(100) {
            plan.renewed(at(start), at(start + 390));
            assert_eq!(plan.next(at(start)), Next::Wait(at(start + 260)));
        }
        assert!(!plan.is_stopping());
    }

    #[test]
    fn told_to_stop_it_is_terminated_once_and_killed_before_the_lease_ends() {
        let mut plan = Plan::new(at(0), at(390), MARGIN, GRACE);
        plan.stop(at(160));
        assert_eq!(plan.next(at(160)), Next::Terminate);
        assert_eq!(plan.next(at(160)), Next::Wait(at(340)));
        assert_eq!(plan.next(at(339)), Next::Wait(at(340)));
        assert_eq!(plan.next(at(340)), Next::Kill);
        assert_eq!(plan.next(at(341)), Next::Kill);
    }

    #[test]
    fn without_any_word_it_is_stopped_when_a_third_is_left() {
        let mut plan = Plan::new(at(0), at(390), MARGIN, GRACE);
        assert_eq!(plan.next(at(259)), Next::Wait(at(260)));
        assert_eq!(plan.next(at(260)), Next::Terminate);
        assert_eq!(plan.next(at(300)), Next::Wait(at(340)));
        assert!(plan.is_stopping());
    }

    #[test]
    fn who_slept_through_everything_kills_at_once() {
        let mut plan = Plan::new(at(0), at(390), MARGIN, GRACE);
        assert_eq!(plan.next(at(5_000)), Next::Kill);
        assert!(plan.is_stopping());
    }

    #[test]
    fn grace_ends_earlier_than_a_lease_that_is_still_renewed() {
        let mut plan = Plan::new(at(0), at(4_000), MARGIN, Duration::from_millis(500));
        plan.stop(at(1_000));
        plan.renewed(at(1_100), at(5_100));
        assert_eq!(plan.next(at(1_100)), Next::Terminate);
        assert_eq!(plan.next(at(1_200)), Next::Wait(at(1_500)));
        assert_eq!(plan.next(at(1_500)), Next::Kill);
    }

    #[test]
    fn without_a_lease_only_grace_limits_it() {
        let mut plan = Plan::new(at(0), Instant::FAR_FUTURE, MARGIN, GRACE);
        assert!(matches!(plan.next(at(1_000_000)), Next::Wait(later) if later > at(1_000_000_000)));
        plan.stop(at(1_000_000));
        assert_eq!(plan.next(at(1_000_000)), Next::Terminate);
        assert_eq!(plan.next(at(1_000_001)), Next::Wait(at(1_010_000)));
    }

    #[test]
    fn a_margin_longer_than_the_lease_kills_rather_than_runs() {
        let mut plan = Plan::new(at(0), at(40), MARGIN, GRACE);
        assert_eq!(plan.next(at(0)), Next::Kill);
    }
}
