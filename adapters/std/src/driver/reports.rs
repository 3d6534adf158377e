//! Telling of what was dropped, but not of each.

use crate::transport::Origin;
use crate::{Notice, Rejection};
use core::time::Duration;
use quorate::Instant;

/// How far apart two reports for one reason are, at least.
const APART: Duration = Duration::from_secs(1);

#[derive(Clone, Copy, Debug, Default)]
struct Last {
    told: Option<Instant>,
    untold: u64,
}

/// When each reason was told last: of what is dropped, one in a second is told for each reason.
#[derive(Debug, Default)]
pub struct Reports([Last; Rejection::COUNT]);

impl Reports {
    /// Nothing was told yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What to tell of this one, if anything.
    pub fn report(&mut self, from: Origin, rejection: Rejection, now: Instant) -> Option<Notice> {
        let last = &mut self.0[rejection.index()];
        if last.told.is_some_and(|told| now.since(told) < APART) {
            last.untold += 1;
            return None;
        }
        let more = core::mem::take(&mut last.untold);
        last.told = Some(now);
        Some(Notice::Dropped { from, rejection, more })
    }
}

/// How often something may be done: so many at once, and one more each interval.
#[derive(Debug)]
pub struct Allowance {
    most: u32,
    left: u32,
    each: Duration,
    counted: Instant,
}

impl Allowance {
    /// So many at once, and one more after each interval.
    ///
    /// ```
    /// use quorate::Instant;
    /// use quorate_std::driver::Allowance;
    /// use std::time::Duration;
    /// let mut allowance = Allowance::new(1, Duration::from_millis(10));
    /// assert!(allowance.take(Instant::ORIGIN) && !allowance.take(Instant::ORIGIN));
    /// assert!(allowance.take(Instant::from_millis(10)));
    /// ```
    #[must_use]
    pub fn new(most: u32, each: Duration) -> Self {
        Self { most, left: most, each, counted: Instant::ORIGIN }
    }

    /// Whether it may be done now, which is then taken to have been done.
    pub fn take(&mut self, now: Instant) -> bool {
        let intervals = now.since(self.counted).as_nanos() / self.each.as_nanos().max(1);
        if intervals > 0 {
            let more = u32::try_from(intervals).unwrap_or(u32::MAX);
            self.left = self.left.saturating_add(more).min(self.most);
            self.counted = now;
        }
        let allowed = self.left > 0;
        self.left -= u32::from(allowed);
        allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quorate::NodeId;
    use quorate_wire::Rejected;

    #[test]
    fn one_report_a_second_and_reason_and_none_forgotten() {
        let mut reports = Reports::new();
        let from = Origin::Peer(NodeId::new(1));
        let (plain, empty) = (Rejection::Frame(Rejected::Plain), Rejection::Frame(Rejected::Empty));
        let dropped = |rejection, more| Some(Notice::Dropped { from, rejection, more });
        assert_eq!(reports.report(from, plain, Instant::ORIGIN), dropped(plain, 0));
        assert_eq!(reports.report(from, plain, Instant::from_millis(1)), None);
        assert_eq!(reports.report(from, plain, Instant::from_millis(999)), None);
        assert_eq!(reports.report(from, empty, Instant::from_millis(999)), dropped(empty, 0));
        assert_eq!(reports.report(from, plain, Instant::from_millis(1_000)), dropped(plain, 2));
    }

    #[test]
    fn an_allowance_refills_at_its_rate() {
        let mut allowance = Allowance::new(2, Duration::from_millis(100));
        let mut taken = |millis| allowance.take(Instant::from_millis(millis));
        assert_eq!([taken(0), taken(0), taken(99), taken(100), taken(150)], [true, true, false, true, false]);
        assert_eq!([taken(10_000), taken(10_000), taken(10_000)], [true, true, false]);
    }
}
