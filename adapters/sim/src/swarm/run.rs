//! Running many seeds, on all cores.

use super::failure::Failure;
use super::shrink::shrink;
use super::stopwatch::Stopwatch;
use super::trial::{Judge, Outcome, PlanOf, Trial, beginning, run};
use crate::Answer;
use crate::check::Violation;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicU64, Ordering};
use core::time::Duration;
use quorate::{Instant, Seed};
use std::sync::Mutex;
use std::thread;

/// How many seeds of which length, from which on, on how many threads.
///
/// ```
/// use core::time::Duration;
/// use quorate_sim::swarm::{Swarm, trials::Canary};
///
/// // A protocol with a planted bug must be caught.
/// let report = Swarm { seeds: 50, length: Duration::from_secs(60), ..Swarm::default() }.run(&Canary, |_| ());
/// let failure = report.failures.first().expect("the canary is dead");
/// assert_eq!(failure.violation.promise, "mutual exclusion");
/// println!("{failure}");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Swarm {
    /// The first seed.
    pub first: u64,
    /// How many.
    pub seeds: u64,
    /// For how long there are faults in each.
    pub length: Duration,
    /// On how many threads; as many as there are cores, if 0.
    pub threads: usize,
    /// After how many failures to stop.
    pub most_failures: usize,
    /// How many runs a failing plan may be shrunk with.
    pub shrinking: u32,
}

impl Default for Swarm {
    /// A hundred seeds of ten minutes on all cores; the first failure ends it, and is shrunk.
    fn default() -> Self {
        Self { first: 0, seeds: 100, length: Duration::from_secs(600), threads: 0, most_failures: 1, shrinking: 300 }
    }
}

/// How far a swarm is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// How many seeds are done.
    pub seeds: u64,
    /// How many inputs all machines took.
    pub events: u64,
    /// How many seeds broke a promise.
    pub violations: u64,
}

/// What a swarm did and found.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Report {
    /// The trial.
    pub trial: &'static str,
    /// How many seeds were run.
    pub seeds: u64,
    /// How many inputs all machines took.
    pub events: u64,
    /// How many of these in a second of one core's time; what drawing the plans and running the beginnings twice took is in
    /// it ([`Stopwatch`]).
    pub events_per_second: f64,
    /// How much time passed in the worlds, in hours.
    pub simulated_hours: f64,
    /// How many faults there were.
    pub faults: u64,
    /// How many seeds broke a promise.
    pub violations: u64,
    /// Which interesting states no seed reached.
    pub sometimes_missing: Vec<&'static str>,
    /// For each interesting state how many seeds reached it.
    pub sometimes: Vec<(&'static str, u64)>,
    /// What was broken, the first few.
    pub failures: Vec<Failure>,
    /// How long it took, in seconds on the wall.
    pub seconds: f64,
}

impl Report {
    /// Whether nothing was broken, and everything reached.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.violations == 0 && self.sometimes_missing.is_empty()
    }

    /// Whether so much was tried that an interesting state that no seed reached is a failure of the swarm: as many seeds as there
    /// are [by default](Swarm::default), and sixteen hours of them.
    #[must_use]
    pub fn is_broad(&self) -> bool {
        self.seeds >= Swarm::default().seeds && self.simulated_hours >= 16.0
    }
}

/// The plan of a seed.
pub fn plan_of<T: Trial>(trial: &T, seed: u64, length: Duration) -> PlanOf<T> {
    trial.draw(length, &mut Seed::new(seed).random())
}

struct Sum {
    report: Report,
    marks: [u64; 64],
    busy: Duration,
    failed: Vec<(u64, Violation)>,
}

impl Swarm {
    /// Runs it. `progress` hears after each seed how far it is, from any thread, and may [end](Answer) it there; the report is then of
    /// the seeds that were run.
    pub fn run<T: Trial, A: Answer>(&self, trial: &T, progress: impl Fn(Progress) -> A + Sync) -> Report {
        let begun = std::time::Instant::now();
        let cores = thread::available_parallelism().map_or(1, core::num::NonZero::get);
        let threads = if self.threads == 0 { cores } else { self.threads };
        let next = AtomicU64::new(0);
        let sum = Mutex::new(Sum {
            report: Report { trial: trial.name(), ..Report::default() },
            marks: [0; 64],
            busy: Duration::ZERO,
            failed: Vec::new(),
        });
        thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| self.work(trial, &next, &sum, &progress));
            }
        });
        let Ok(Sum { mut report, marks, busy, mut failed }) = sum.into_inner() else {
            return Report { trial: trial.name(), violations: 1, ..Report::default() };
        };
        failed.sort_by_key(|(seed, _)| *seed);
        report.violations = failed.len() as u64;
        report.failures = failed
            .into_iter()
            .take(self.most_failures.max(1))
            .map(|(seed, violation)| {
                let plan = plan_of(trial, seed, self.length);
                let plan = shrink(trial, plan, violation.promise, self.shrinking);
                Failure::new(trial, seed, self.length, &plan, violation)
            })
            .collect();
        report.sometimes = T::Judge::MARKS.iter().copied().zip(marks).collect();
        report.sometimes_missing =
            report.sometimes.iter().filter(|(_, seeds)| *seeds == 0).map(|(mark, _)| *mark).collect();
        report.events_per_second = report.events as f64 / busy.as_secs_f64().max(1e-9);
        report.seconds = begun.elapsed().as_secs_f64();
        report
    }

    fn work<T: Trial, A: Answer>(
        &self,
        trial: &T,
        next: &AtomicU64,
        sum: &Mutex<Sum>,
        progress: &(impl Fn(Progress) -> A + Sync),
    ) {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= self.seeds {
                return;
            }
            let seed = self.first.wrapping_add(number);
            let stopwatch = Stopwatch::start();
            let outcome = self.one(trial, seed);
            let took = stopwatch.elapsed();
            let Ok(mut sum) = sum.lock() else { return };
            sum.add(seed, &outcome, took);
            let Report { seeds, events, .. } = sum.report;
            let goes_on = progress(Progress { seeds, events, violations: sum.failed.len() as u64 }).goes_on();
            if !goes_on || sum.failed.len() >= self.most_failures.max(1) {
                next.store(self.seeds, Ordering::Relaxed);
            }
        }
    }

    /// One seed; and its beginning once more, which must be the same.
    fn one<T: Trial>(&self, trial: &T, seed: u64) -> Outcome {
        let plan = plan_of(trial, seed, self.length);
        let mut outcome = run(trial, &plan, &mut ());
        let begin = || beginning(trial, &plan, self.length / 64);
        if begin() != begin() {
            let because = "two runs of the same seed differ";
            outcome.violation.get_or_insert_with(|| Violation::new("determinism", because, Instant::ORIGIN));
        }
        outcome
    }
}

impl Sum {
    fn add(&mut self, seed: u64, outcome: &Outcome, took: Duration) {
        self.report.seeds += 1;
        self.report.events += outcome.steps;
        self.report.faults += outcome.faults as u64;
        self.report.simulated_hours += outcome.simulated.as_secs_f64() / 3_600.0;
        self.busy += took;
        for (bit, count) in self.marks.iter_mut().enumerate() {
            *count += outcome.marks >> bit & 1;
        }
        if let Some(violation) = &outcome.violation {
            self.failed.push((seed, violation.clone()));
        }
    }
}
