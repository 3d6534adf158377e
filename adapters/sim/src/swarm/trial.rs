//! What is tried over many seeds.

use super::{Fault, Plan};
use crate::check::Violation;
use crate::world::{Carrier, Delay, Disk, Lies, Link, Observer, Settings, Subject, World};
use alloc::vec::Vec;
use core::fmt::Debug;
use core::time::Duration;
use quorate::{Instant, Machine, Random, Seed};

/// The plan of a trial.
pub type PlanOf<T> = Plan<<T as Trial>::Rules, <<<T as Trial>::Subject as Subject>::Machine as Machine>::Command>;
/// A fault of a trial.
pub type FaultOf<T> = Fault<<<<T as Trial>::Subject as Subject>::Machine as Machine>::Command>;
/// The world of a trial.
pub type WorldOf<T> = World<<T as Trial>::Subject, <T as Trial>::Carrier>;

/// Something that is tried over many seeds: a protocol, those who judge it, and what is to be reached.
pub trait Trial: Sync {
    /// What runs.
    type Subject: Subject;
    /// In which form messages travel.
    type Carrier: Carrier<<Self::Subject as Subject>::Machine>;
    /// The protocol's own configuration, drawn with the rest.
    type Rules: Clone + PartialEq + Debug + Send;
    /// Who watches every happening, and says which promise is broken.
    type Judge: Judge<<Self::Subject as Subject>::Machine>;

    /// Its name, which the program knows it by.
    fn name(&self) -> &'static str;

    /// Draws a configuration and a history of faults that last `length`.
    fn draw(&self, length: Duration, random: &mut Random) -> PlanOf<Self>;

    /// What runs under this plan.
    fn subject(&self, plan: &PlanOf<Self>) -> Self::Subject;

    /// In which form messages travel under this plan.
    fn carrier(&self, plan: &PlanOf<Self>) -> Self::Carrier;

    /// Who judges.
    fn judge(&self, plan: &PlanOf<Self>) -> Self::Judge;

    /// More steps than this of one node in a second are a violation.
    fn most_steps(&self, plan: &PlanOf<Self>) -> u32 {
        let _ = plan;
        100_000
    }

    /// Whether a fault may happen now: what the protocol assumes must hold, or nothing is promised.
    fn allows(&self, plan: &PlanOf<Self>, world: &WorldOf<Self>, fault: &FaultOf<Self>) -> bool {
        let _ = (plan, world, fault);
        true
    }

    /// The faults are over: by default every node is started, goes on, and has good links, good storage and no lies;
    /// clocks keep their rates.
    ///
    /// # Errors
    ///
    /// What `watch` finds broken.
    fn calm(
        &self,
        plan: &PlanOf<Self>,
        world: &mut WorldOf<Self>,
        watch: &mut impl Observer<<Self::Subject as Subject>::Machine>,
    ) -> Result<(), Violation> {
        let _ = plan;
        make_calm(world, watch)?;
        world.start_all(watch)
    }

    /// Within which time after the faults the good state must be reached: what the machine itself promises.
    fn settles_within(&self, plan: &PlanOf<Self>, world: &WorldOf<Self>) -> Duration;

    /// Whether the state is good.
    ///
    /// # Errors
    ///
    /// In what it is not.
    fn settled(&self, plan: &PlanOf<Self>, world: &WorldOf<Self>, judge: &Self::Judge) -> Result<(), Violation>;
}

/// Everything that is not a node is good again: links, storage, speed; nobody is paused, and nobody lies.
///
/// # Errors
///
/// What `watch` finds broken.
pub fn make_calm<S: Subject, C: Carrier<S::Machine>>(
    world: &mut World<S, C>,
    watch: &mut impl Observer<S::Machine>,
) -> Result<(), Violation> {
    world.heal(watch)?;
    world.reset_links();
    world.set_usual_link(Link::GOOD);
    for place in 0..world.size() {
        world.set_disk(place, Disk::default());
        world.set_processing(place, Delay::NONE);
        world.set_lies(place, Lies::default());
        world.resume(place);
    }
    Ok(())
}

/// Watches a trial: for broken promises, and for interesting states that ought to be reached by some seed at least.
pub trait Judge<M: crate::world::Simulated>: Observer<M> {
    /// The names of the interesting states, at most 64.
    const MARKS: &'static [&'static str];

    /// Which of them were reached: bit `i` for the `i`-th.
    fn marks(&self) -> u64;
}

/// How one seed went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// What was broken, if anything.
    pub violation: Option<Violation>,
    /// How many inputs the machines took.
    pub steps: u64,
    /// How much time passed in the world.
    pub simulated: Duration,
    /// The world's digest at the end.
    pub digest: u64,
    /// Which interesting states were reached.
    pub marks: u64,
    /// How many faults there were.
    pub faults: usize,
}

/// Runs one plan, with somebody else watching too.
pub fn run<T: Trial>(
    trial: &T,
    plan: &PlanOf<T>,
    watch: &mut impl Observer<<T::Subject as Subject>::Machine>,
) -> Outcome {
    run_with(trial, plan, Settings::default().laws_every, watch)
}

/// The same, with the laws checked at every so manieth step.
pub(crate) fn run_with<T: Trial>(
    trial: &T,
    plan: &PlanOf<T>,
    laws_every: u32,
    watch: &mut impl Observer<<T::Subject as Subject>::Machine>,
) -> Outcome {
    let mut world = new_world(trial, plan, laws_every);
    let mut judge = trial.judge(plan);
    let violation = through(trial, plan, &mut world, &mut judge, watch).err();
    let simulated = world.now().since(Instant::ORIGIN);
    let (steps, digest) = (world.steps(), world.digest());
    Outcome { violation, steps, simulated, digest, marks: judge.marks(), faults: plan.faults.len() }
}

fn new_world<T: Trial>(trial: &T, plan: &PlanOf<T>, laws_every: u32) -> WorldOf<T> {
    let settings = Settings {
        size: plan.size,
        seed: Seed::new(plan.seed),
        link: plan.link,
        processing: plan.processing,
        most_steps: trial.most_steps(plan),
        laws_every,
        ..Settings::default()
    };
    let mut world = World::with_carrier(trial.subject(plan), trial.carrier(plan), settings);
    for place in 0..plan.size {
        world.set_disk(place, plan.disk);
        let _ = world.change_clock(place, |clock, _| *clock = plan.clock(place), &mut ());
    }
    world
}

fn through<T: Trial>(
    trial: &T,
    plan: &PlanOf<T>,
    world: &mut WorldOf<T>,
    judge: &mut T::Judge,
    watch: &mut impl Observer<<T::Subject as Subject>::Machine>,
) -> Result<(), Violation> {
    let both = &mut (&mut *watch, &mut *judge);
    with_faults(trial, plan, world, plan.faulty, both)?;
    trial.calm(plan, world, both)?;
    world.run_for(trial.settles_within(plan, world), both)?;
    trial.settled(plan, world, judge)
}

/// The first phase, up to a time.
fn with_faults<T: Trial>(
    trial: &T,
    plan: &PlanOf<T>,
    world: &mut WorldOf<T>,
    length: Duration,
    watch: &mut impl Observer<<T::Subject as Subject>::Machine>,
) -> Result<(), Violation> {
    let end = Instant::ORIGIN.after(length);
    world.start_all(watch)?;
    for planned in plan.faults.iter().take_while(|planned| planned.at <= end) {
        world.run_until(planned.at, watch)?;
        if trial.allows(plan, world, &planned.fault) {
            apply(world, &planned.fault, watch)?;
        }
    }
    world.run_until(end, watch)
}

/// The digest of a plan's beginning, for comparing two runs of it.
#[cfg(feature = "std")]
pub(super) fn beginning<T: Trial>(trial: &T, plan: &PlanOf<T>, length: Duration) -> u64 {
    let mut world = new_world(trial, plan, 0);
    let _ = with_faults(trial, plan, &mut world, length, &mut ());
    world.digest()
}

/// Lets a fault happen.
///
/// # Errors
///
/// What `watch` finds broken.
pub fn apply<S: Subject, C: Carrier<S::Machine>>(
    world: &mut World<S, C>,
    fault: &Fault<<S::Machine as Machine>::Command>,
    watch: &mut impl Observer<S::Machine>,
) -> Result<(), Violation> {
    match fault.clone() {
        Fault::Crash(place) => world.crash(place, watch)?,
        Fault::Forget(place) if world.machine(place).is_none() => world.forget(place),
        Fault::Forget(_) => {}
        Fault::Start(place) => world.start(place, watch)?,
        Fault::Pause(place, length) => world.pause(place, length, watch)?,
        Fault::Cut(from, to) => world.cut(from, to, true, watch)?,
        Fault::Isolate(place) => {
            let others: Vec<usize> = (0..world.size()).filter(|other| *other != place).collect();
            for other in others {
                world.cut(place, other, true, watch)?;
                world.cut(other, place, true, watch)?;
            }
        }
        Fault::Split(bits) => world.partition(|place| (bits >> (place % 64) & 1) as u32, watch)?,
        Fault::Heal => world.heal(watch)?,
        Fault::Links(link) => world.set_usual_link(link),
        Fault::Link(from, to, link) => world.set_link(from, to, Some(link)),
        Fault::Slow(place, processing) => world.set_processing(place, processing),
        Fault::Rate(place, ppm) => world.change_clock(place, |clock, now| clock.set_rate(now, ppm), watch)?,
        Fault::Forward(place, by) => world.change_clock(place, |clock, now| clock.step_forward(now, by), watch)?,
        Fault::Back(place, by) => world.change_clock(place, |clock, now| clock.step_back(now, by), watch)?,
        Fault::Full(place, full) => world.set_disk(place, Disk { full, ..Disk::default() }),
        Fault::Lies(place, lies) => world.set_lies(place, lies),
        Fault::Command(place, command) => world.command(place, command, watch)?,
    }
    Ok(())
}
