//! Memory follows what is going on in a world, and not how long it has gone on.

use core::time::Duration;
use peak_alloc::PeakAlloc;
use quorate::{Instant, Seed};
use quorate_sim::check::Violation;
use quorate_sim::swarm::trials::MemberTrial;
use quorate_sim::swarm::{self, Fault, Plan, Trial, plan_of};
use quorate_sim::world::{Happening, Observer, Settings, Simulated, World};

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

const HOUR: Duration = Duration::from_secs(3_600);

/// The most bytes in use in each hour of a world.
struct Hours {
    before: usize,
    peaks: Vec<usize>,
}

impl Hours {
    fn over(&mut self) {
        self.peaks.push(ALLOCATOR.peak_usage() - self.before);
        ALLOCATOR.reset_peak_usage();
    }
}

impl<M: Simulated> Observer<M> for Hours {
    fn see(&mut self, happening: Happening<'_, M>) -> Result<(), Violation> {
        while u128::from(happening.at.as_nanos()) >= HOUR.as_nanos() * (self.peaks.len() as u128 + 1) {
            self.over();
        }
        Ok(())
    }
}

/// A fault after which messages may be on their way for days: that many are is not the simulator's doing.
fn has_no_bound<C>(fault: &Fault<C>) -> bool {
    matches!(fault, Fault::Links(link) | Fault::Link(_, _, link) if link.delay.most().is_none())
}

/// Five members under all faults but delays without a bound, for a day. Judges remember as much as they say that they do
/// (`Leaders` a thousand epochs), which takes days to fill, so nobody judges.
#[test]
fn the_second_half_of_a_day_takes_no_more_memory_than_the_first() {
    let plans = (0..).map(|seed| plan_of(&MemberTrial, seed, 24 * HOUR));
    for mut plan in plans.filter(|plan| plan.size == 5 && plan.link.delay.most().is_some()).take(3) {
        plan.faults.retain(|planned| !has_no_bound(&planned.fault));
        let mut hours = Hours { before: ALLOCATOR.current_usage(), peaks: Vec::with_capacity(32) };
        ALLOCATOR.reset_peak_usage();
        let Plan { size, link, processing, seed, .. } = plan;
        let settings = Settings { size, link, processing, seed: Seed::new(seed), ..Settings::default() };
        let mut world = World::new(MemberTrial.subject(&plan), settings);
        world.start_all(&mut hours).expect("no law is broken");
        for planned in &plan.faults {
            world.run_until(planned.at, &mut hours).expect("no law is broken");
            swarm::apply(&mut world, &planned.fault, &mut hours).expect("no law is broken");
        }
        world.run_until(Instant::ORIGIN.after(24 * HOUR), &mut hours).expect("no law is broken");
        let (steps, faults, peaks) = (world.steps(), plan.faults.len(), hours.peaks);
        println!("{steps} events, {faults} faults, bytes at most in each hour: {peaks:?}");
        let (early, late) = peaks.split_at(12);
        let (early, late) = (early.iter().max().copied(), late.iter().max().copied());
        assert!(
            late <= early.map(|early| early + early / 8),
            "in the first half {early:?} bytes, in the second {late:?}"
        );
    }
}
