//! Timing everything of a family in turn.

use super::{Clock, Contest, Family, Lane};
use crate::workload::BATCH;
use core::time::Duration;

/// How thoroughly.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// How many passes there are.
    pub passes: usize,
    /// About how long one contestant takes in one pass.
    pub sample: Duration,
}

/// Times everything; `progress` is told how many passes of it are done.
pub fn run(family: &mut Family, settings: Settings, mut progress: impl FnMut(usize)) {
    for contest in &mut family.contests {
        let clock = contest.clock;
        for lane in contest.lanes_mut() {
            lane.calibrate(clock, settings.sample);
        }
    }
    for pass in 0..settings.passes {
        progress(pass);
        // There and back, so that nobody always runs behind the same other.
        if pass % 2 == 0 {
            family.contests.iter_mut().for_each(|contest| contest.time(false));
        } else {
            family.contests.iter_mut().rev().for_each(|contest| contest.time(true));
        }
    }
}

impl Contest {
    fn time(&mut self, backwards: bool) {
        let clock = self.clock;
        if backwards {
            self.lanes_mut().rev().for_each(|lane| lane.time(clock));
        } else {
            self.lanes_mut().for_each(|lane| lane.time(clock));
        }
    }
}

impl Lane {
    /// Finds out how many rounds take so long.
    fn calibrate(&mut self, clock: Clock, sample: Duration) {
        if self.work.is_none() {
            return;
        }
        self.rounds = 1;
        loop {
            let took = self.spend(clock);
            if took >= sample / 2 || self.rounds >= 1 << 40 {
                return;
            }
            let wanted = sample.as_secs_f64() / took.as_secs_f64().max(1e-9);
            self.rounds = (self.rounds as f64 * wanted.clamp(2.0, 16.0)) as u64;
        }
    }

    fn time(&mut self, clock: Clock) {
        if self.work.is_some() {
            let took = self.spend(clock);
            self.figures.push(took.as_secs_f64() * 1e9 / self.rounds as f64);
        }
    }

    /// How long its rounds take, without what is prepared for them.
    fn spend(&mut self, clock: Clock) -> Duration {
        let Some(work) = &mut self.work else { return Duration::ZERO };
        if !work.prepares() {
            return clock.time(|| work.run(self.rounds));
        }
        let (mut left, mut took) = (self.rounds, Duration::ZERO);
        while left > 0 {
            let batch = left.min(BATCH);
            work.prepare(batch);
            took += clock.time(|| work.run(batch));
            left -= batch;
        }
        took
    }
}
