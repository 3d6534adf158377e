//! How fast something goes.

use crate::Failure;
use core::time::Duration;
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use std::time::Instant;

/// Keeps this process, and whatever it starts, on the last core that it may use. Returns which one.
pub(crate) fn stay_on_one_core() -> Result<usize, Failure> {
    let allowed = sched_getaffinity(None)?;
    let last = (0..CpuSet::MAX_CPU).rev().find(|core| allowed.is_set(*core)).ok_or("there is no core to run on")?;
    let mut only = CpuSet::new();
    only.set(last);
    sched_setaffinity(None, &only)?;
    Ok(last)
}

/// The time that one round took, in each pass.
#[derive(Debug, Default)]
pub(crate) struct Pass(Vec<Duration>);

impl Pass {
    /// Does this for about so long, again and again, and notes how long one round took on average.
    pub(crate) async fn run(
        &mut self,
        length: Duration,
        mut round: impl AsyncFnMut() -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        round().await?; // warm
        let began = Instant::now();
        let mut rounds = 0;
        while rounds < 4 || began.elapsed() < length {
            round().await?;
            rounds += 1;
        }
        self.note(began.elapsed(), rounds);
        Ok(())
    }

    /// Notes a pass in which so many rounds took so long.
    pub(crate) fn note(&mut self, took: Duration, rounds: u32) {
        self.0.push(took / rounds);
    }

    /// The median.
    pub(crate) fn median(&self) -> Duration {
        median(self.0.clone()).unwrap_or_default()
    }
}

/// The median of the ratios of passes that were next to each other.
pub(crate) fn ratio(of: &Pass, to: &Pass) -> f64 {
    let ratios = of.0.iter().zip(&to.0).map(|(of, to)| of.as_secs_f64() / to.as_secs_f64());
    let mut ratios: Vec<f64> = ratios.collect();
    ratios.sort_by(f64::total_cmp);
    ratios.get(ratios.len() / 2).copied().unwrap_or(f64::NAN)
}

/// The median.
pub(crate) fn median<T: Ord + Copy>(mut values: Vec<T>) -> Option<T> {
    values.sort();
    values.get(values.len() / 2).copied()
}
