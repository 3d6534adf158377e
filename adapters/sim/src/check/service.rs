//! D7: how well a detector truly does.

use super::{Violation, Who};
use alloc::format;
use core::time::Duration;
use quorate::Instant;
use quorate::detector::Quality;

/// What one observer's suspicions of one peer are worth, by the measures of Chen, Toueg and Aguilera (2002), from true times.
///
/// A detector itself can only guess when a peer crashed; who sees both sides knows. All is counted while the observer is up.
/// Tell it of each change once; times never go back.
///
/// * T_D: from a crash to the suspicion that is there when the peer starts again (or [at the end](Service::until)). A peer that was
///   suspected when it crashed was detected at once.
/// * T_MR: from the beginning of one mistake to that of the next, in one life of the peer.
/// * T_M: from the beginning of a mistake to its end, if it ended while the peer was up.
/// * P_A: the share of the peer's time up in which it was trusted.
///
/// ```
/// use quorate::Instant;
/// use quorate_sim::check::Service;
/// use core::time::Duration;
///
/// let at = Instant::from_secs;
/// let mut service = Service::new(at(0));
/// service.suspects(at(10));
/// service.trusts(at(12));
/// service.crashes(at(40));
/// service.suspects(at(43));
/// let service = service.until(at(60));
/// assert_eq!((service.mistakes(), service.mistake_duration()), (1, Some(Duration::from_secs(2))));
/// assert_eq!((service.detections(), service.detection_time()), (1, Some(Duration::from_secs(3))));
/// assert_eq!(service.query_accuracy(), Some(950_000));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Service {
    up: bool,
    suspected: bool,
    /// When either changed last.
    since: Instant,
    /// When the suspicion that lasts began, and when the peer went down.
    suspected_at: Instant,
    crashed_at: Instant,
    /// When the last mistake of this life began.
    mistaken_at: Option<Instant>,
    /// Whether the suspicion that lasts began in this life.
    mistaken: bool,
    /// Sums, in nanoseconds.
    right: u128,
    wrong: u128,
    durations: u128,
    recurrences: u128,
    detected: u128,
    mistakes: u32,
    ended: u32,
    chained: u32,
    detections: u32,
    undetected: u32,
    crashes: u32,
}

impl Service {
    /// The peer is up and trusted, and is judged from `at` on.
    #[must_use]
    pub const fn new(at: Instant) -> Self {
        Self {
            up: true,
            suspected: false,
            since: at,
            suspected_at: at,
            crashed_at: at,
            mistaken_at: None,
            mistaken: false,
            right: 0,
            wrong: 0,
            durations: 0,
            recurrences: 0,
            detected: 0,
            mistakes: 0,
            ended: 0,
            chained: 0,
            detections: 0,
            undetected: 0,
            crashes: 0,
        }
    }

    /// The observer suspects the peer.
    pub fn suspects(&mut self, at: Instant) {
        if self.suspected {
            return;
        }
        self.pass(at);
        (self.suspected, self.suspected_at, self.mistaken) = (true, at, self.up);
        if self.up {
            self.mistakes += 1;
            if let Some(before) = self.mistaken_at.replace(at) {
                self.recurrences += nanos(at.since(before));
                self.chained += 1;
            }
        }
    }

    /// The observer trusts the peer again.
    pub fn trusts(&mut self, at: Instant) {
        if !self.suspected {
            return;
        }
        self.pass(at);
        self.suspected = false;
        if self.up && self.mistaken {
            self.durations += nanos(at.since(self.suspected_at));
            self.ended += 1;
        }
    }

    /// The peer goes down.
    pub fn crashes(&mut self, at: Instant) {
        if !self.up {
            return;
        }
        self.pass(at);
        (self.up, self.crashed_at, self.mistaken_at, self.mistaken) = (false, at, None, false);
        self.crashes += 1;
    }

    /// The peer starts again.
    pub fn starts(&mut self, at: Instant) {
        if self.up {
            return;
        }
        self.pass(at);
        self.settle();
        self.up = true;
    }

    /// The same with all counted up to `at`, the suspicion of a peer that is down taken to last.
    #[must_use]
    pub fn until(mut self, at: Instant) -> Self {
        self.pass(at);
        if !self.up {
            self.settle();
        }
        self
    }

    /// T_D, on average; `None` without a detection.
    #[must_use]
    pub fn detection_time(&self) -> Option<Duration> {
        average(self.detected, self.detections)
    }

    /// T_MR, on average; `None` before the second mistake in a life of the peer.
    #[must_use]
    pub fn mistake_recurrence(&self) -> Option<Duration> {
        average(self.recurrences, self.chained)
    }

    /// T_M, on average; `None` before the end of the first mistake.
    #[must_use]
    pub fn mistake_duration(&self) -> Option<Duration> {
        average(self.durations, self.ended)
    }

    /// P_A, in parts per million; `None` before the peer was up for any time.
    #[must_use]
    pub fn query_accuracy(&self) -> Option<u32> {
        let ppm = (self.right * 1_000_000).checked_div(self.right + self.wrong)?;
        u32::try_from(ppm).ok()
    }

    /// How long the peer was up.
    #[must_use]
    pub fn uptime(&self) -> Duration {
        duration(self.right + self.wrong)
    }

    /// How many suspicions began while the peer was up.
    #[must_use]
    pub const fn mistakes(&self) -> u32 {
        self.mistakes
    }

    /// How many crashes were detected.
    #[must_use]
    pub const fn detections(&self) -> u32 {
        self.detections
    }

    /// How many crashes were over before they were detected.
    #[must_use]
    pub const fn undetected(&self) -> u32 {
        self.undetected
    }

    /// Checks **D7**: what a detector has counted itself, against the truth, both up to `at`.
    ///
    /// The two begin at the same heartbeat, and the observer was not paused. Then they differ for these reasons only: clocks run at
    /// other rates, heartbeats can arrive after their sender's crash, and what a suspicion
    /// that still lasts is worth only the truth knows (it is left out). So counts may differ by the number of crashes; where they
    /// do not, average times may differ by `within`, and query accuracies by `ppm` parts per million. A detector's own T_D begins
    /// with the arrival of the last heartbeat, so it can be longer than the true one by any time, and shorter only by how long that was on
    /// its way: with crashes, `within` is to be at least the longest delay.
    ///
    /// # Errors
    ///
    /// D7, with the figures that differ.
    pub fn agrees(
        &self,
        at: Instant,
        (by, peer): (Who, Who),
        live: &Quality,
        within: Duration,
        ppm: u32,
    ) -> Result<(), Violation> {
        let broken = |because| Err(Violation::new("D7", because, at).with_nodes([by.node, peer.node]));
        let close = |live: Option<Duration>, truth: Option<Duration>| match (live, truth) {
            (Some(live), Some(truth)) => live.abs_diff(truth) <= within,
            _ => true,
        };
        if live.mistakes().abs_diff(self.ended) > self.crashes {
            let (counted, ended) = (live.mistakes(), self.ended);
            return broken(format!("node {by} counts {counted} mistakes about node {peer}, and there were {ended}"));
        }
        let (live_t_m, t_m) = (live.mistake_duration(), self.mistake_duration());
        if live.mistakes() == self.ended && !close(live_t_m, t_m) {
            return broken(format!(
                "node {by} takes mistakes about node {peer} to last {live_t_m:?}, and it is {t_m:?}"
            ));
        }
        let (live_t_mr, t_mr) = (live.mistake_recurrence(), self.mistake_recurrence());
        if live.mistakes() == self.mistakes && !close(live_t_mr, t_mr) {
            return broken(format!(
                "node {by} takes mistakes about node {peer} to recur in {live_t_mr:?}, and it is {t_mr:?}"
            ));
        }
        let (live_t_d, t_d) = (live.detection_time(), self.detection_time());
        if let (Some(live), Some(truth)) = (live_t_d, t_d)
            && live_t_d < t_d
            && self.detections == self.crashes
            && !close(Some(live), Some(truth))
        {
            return broken(format!(
                "node {by} takes crashes of node {peer} to be detected in {live:?}, and it is {truth:?}"
            ));
        }
        if let (Some(live), Some(truth)) = (live.query_accuracy(), self.without_the_last().query_accuracy())
            && self.crashes == 0
            && live.abs_diff(truth) > ppm
        {
            return broken(format!(
                "node {by} takes {live} ppm of its answers about node {peer} to be right, and {truth} are"
            ));
        }
        Ok(())
    }

    /// The same without the suspicion that lasts, if one does: of it a detector cannot know what it is.
    fn without_the_last(mut self) -> Self {
        if self.up && self.mistaken && self.suspected {
            self.wrong = self.wrong.saturating_sub(nanos(self.since.since(self.suspected_at)));
        }
        self
    }

    fn pass(&mut self, at: Instant) {
        if self.up {
            let sum = if self.suspected { &mut self.wrong } else { &mut self.right };
            *sum += nanos(at.since(self.since));
        }
        self.since = at;
    }

    fn settle(&mut self) {
        if self.suspected {
            self.detections += 1;
            self.detected += nanos(self.suspected_at.since(self.crashed_at));
        } else {
            self.undetected += 1;
        }
    }
}

const fn nanos(duration: Duration) -> u128 {
    duration.as_nanos()
}

fn duration(nanos: u128) -> Duration {
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

fn average(sum: u128, count: u32) -> Option<Duration> {
    sum.checked_div(u128::from(count)).map(duration)
}

#[cfg(test)]
mod tests {
    use super::*;
    use quorate::detector::{Command, Event, Heartbeat, Monitor, MonitorConfig, Timeout, TimeoutConfig};
    use quorate::{Group, Incarnation, Input, Machine, NodeId, Random, Seed};

    fn at(secs: u64) -> Instant {
        Instant::from_secs(secs)
    }

    #[test]
    fn the_measures_of_a_history_done_by_hand() {
        let mut service = Service::new(at(0));
        service.suspects(at(10)); // a mistake of 2 s
        service.suspects(at(11)); // told twice
        service.trusts(at(12));
        service.suspects(at(20)); // 10 s after the first, of 4 s
        service.trusts(at(24));
        service.suspects(at(30)); // 10 s later; the crash ends it
        service.crashes(at(31));
        service.starts(at(40)); // detected at once
        service.trusts(at(41)); // 1 s in which it was up and suspected, but no new mistake
        service.crashes(at(50));
        service.starts(at(52)); // unnoticed
        service.crashes(at(60));
        service.suspects(at(61));
        service.trusts(at(62)); // a heartbeat came late
        service.suspects(at(66));
        let service = service.until(at(100));
        assert_eq!((service.mistakes(), service.mistake_duration()), (3, Some(Duration::from_secs(3))));
        assert_eq!(service.mistake_recurrence(), Some(Duration::from_secs(10)));
        assert_eq!((service.detections(), service.undetected()), (2, 1));
        assert_eq!(service.detection_time(), Some(Duration::from_secs(3)));
        assert_eq!(service.uptime(), Duration::from_secs(49));
        assert_eq!(service.query_accuracy(), Some(41 * 1_000_000 / 49)); // 2 + 4 + 1 + 1 of 49 s were wrong
    }

    #[test]
    fn nothing_is_measured_of_nothing() {
        let service = Service::new(at(5)).until(at(5));
        let times = [service.detection_time(), service.mistake_recurrence(), service.mistake_duration()];
        assert_eq!((times, service.query_accuracy()), ([None; 3], None));
    }

    /// A monitor and its peer, whose heartbeats come irregularly and which restarts now and then, judged from both sides.
    fn both_sides(random: &mut Random, restarts: bool) -> (Quality, Service, Instant) {
        let [me, peer] = [1, 2].map(NodeId::new);
        let timeout = TimeoutConfig::new(Duration::from_millis(1_500)).expect("a good timeout");
        let config = MonitorConfig::new(Duration::from_secs(1)).expect("a good interval");
        let group = Group::new(me, &[]).expect("a good group");
        let mut monitor = Monitor::<Timeout, 1>::new(config, timeout, group, Incarnation::new(1), at(0));
        let _ = monitor.step(Input::Command(Command::Watch(peer)), at(0));
        let mut now = at(1);
        let mut beat = Heartbeat { incarnation: Incarnation::new(1), sequence: 1 };
        let _ = monitor.step(Input::Receive { from: peer, message: beat }, now);
        let mut service = Service::new(now);
        for round in 1..200 {
            let next = now + Duration::from_millis(200 + random.below(1_800));
            let crash = (restarts && round % 20 == 0).then(|| now + random.up_to(next.since(now)));
            let next = if crash.is_some() { next + Duration::from_secs(4) } else { next };
            let mut told = crash;
            loop {
                let due = monitor.deadline().filter(|due| *due < next).unwrap_or(next);
                if let Some(crash) = told.filter(|crash| *crash <= due) {
                    service.crashes(crash);
                    told = None;
                }
                if due == next {
                    break;
                }
                for event in monitor.step(Input::Tick, due).events() {
                    if let Event::Suspected { .. } = event {
                        service.suspects(due);
                    }
                }
            }
            now = next;
            beat.sequence += 1;
            if crash.is_some() {
                service.starts(now);
                beat = Heartbeat { incarnation: Incarnation::new(beat.incarnation.get() + 1), sequence: 1 };
            }
            for event in monitor.step(Input::Receive { from: peer, message: beat }, now).events() {
                if let Event::Trusted { .. } = event {
                    service.trusts(now);
                }
            }
        }
        (monitor.quality(peer, now).expect("it is watched"), service.until(now), now)
    }

    #[test]
    fn d7_a_monitor_counts_what_is_true() {
        let pair = (Who::new(0, NodeId::new(1)), Who::new(1, NodeId::new(2)));
        for seed in 0..50 {
            let mut random = Seed::new(seed).random();
            let (live, service, now) = both_sides(&mut random, false);
            assert!(service.mistakes() > 20, "seed {seed}");
            assert_eq!(service.agrees(now, pair, &live, Duration::ZERO, 0), Ok(()), "seed {seed}");
            let (live, service, now) = both_sides(&mut random, true);
            assert!(service.detections() > 5, "seed {seed}");
            assert_eq!(service.agrees(now, pair, &live, Duration::from_secs(1), 10_000), Ok(()), "seed {seed}");
        }
    }

    #[test]
    fn d7_another_history_does_not_agree() {
        let pair = (Who::new(0, NodeId::new(1)), Who::new(1, NodeId::new(2)));
        let (live, service, now) = both_sides(&mut Seed::new(1).random(), false);
        let agrees = |service: &Service| service.agrees(now, pair, &live, Duration::from_millis(5), 1_000);
        let mut more = service;
        (more.ended, more.mistakes) = (more.ended + 1, more.mistakes + 1);
        assert!(agrees(&more).expect_err("one more").because.contains("mistakes about node 2, and there were"));
        let longer = Service { durations: service.durations * 2, ..service };
        assert!(agrees(&longer).expect_err("longer ones").because.contains("to last"));
        let rarer = Service { recurrences: service.recurrences * 2, ..service };
        assert!(agrees(&rarer).expect_err("rarer ones").because.contains("to recur"));
        let better = Service { right: service.right * 2, ..service };
        assert!(agrees(&better).expect_err("a better one").because.contains("ppm"));
    }
}
