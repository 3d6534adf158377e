//! The trial of logical clocks: C1 to C4 against true causality.

use super::rules::Rules;
use crate::check::{Promise, Stamps, Violation, Who, near_physical};
use crate::swarm::{Fault, Hostility, Judge, PlanOf, Planned, Trial, WorldOf};
use crate::world::{Birth, Direct, Fate, Happening, Observer, Subject, What};
use alloc::vec::Vec;
use core::fmt::Debug;
use core::marker::PhantomData;
use core::time::Duration;
use quorate::clock::{
    Clock, Command, Config, Event, HybridClock, HybridStamp, LamportClock, Process, Rejection, VectorClock,
    VersionClock, WallTime,
};
use quorate::{Group, Instant, NodeId, Random, To};

type Machine<C> = Process<C, u32, 8>;

/// How far ahead of each other the clocks on walls are at most, in seconds.
const APART: u64 = 10;
/// How far ahead of the wall a hybrid clock reserves.
const RESERVE: Duration = Duration::from_secs(1);

/// A clock that can be tried.
pub trait Tried: Clock + Send + Sync + 'static {
    /// The trial's name.
    const NAME: &'static str;
    /// What its stamps promise.
    const PROMISE: Promise;

    /// The clock of a node among its group, and how much it reserves.
    fn of(group: &Group<8>) -> Option<(Self, u32)>;

    /// What the clock on the wall shows.
    fn wall(local: Instant) -> Self::Physical;

    /// Whether a stamp is near physical time, where that is promised.
    ///
    /// # Errors
    ///
    /// C3.
    fn near(at: Instant, who: Who, stamp: &Self::Stamp, physical: Self::Physical) -> Result<(), Violation>;
}

macro_rules! tried {
    ($clock:ty, $name:literal, $promise:expr, |$group:ident| $of:expr) => {
        impl Tried for $clock {
            const NAME: &'static str = $name;
            const PROMISE: Promise = $promise;
            fn of($group: &Group<8>) -> Option<(Self, u32)> {
                $of
            }
            fn wall(_: Instant) {}
            fn near(_: Instant, _: Who, _: &Self::Stamp, (): ()) -> Result<(), Violation> {
                Ok(())
            }
        }
    };
}

tried!(LamportClock, "lamport", Promise::C1, |group| Some((Self::new(group.me()), 20)));
tried!(VectorClock<8>, "vector", Promise::C2, |group| Some((Self::of(group).ok()?, 5)));
tried!(VersionClock<8>, "version", Promise::C2, |group| Some((Self::new(group.me()), 0)));

impl Tried for HybridClock {
    const NAME: &'static str = "hybrid";
    const PROMISE: Promise = Promise::C1;

    fn of(_: &Group<8>) -> Option<(Self, u32)> {
        Some((Self::new(Duration::from_secs(6 * APART)), WallTime::units(RESERVE)))
    }

    fn wall(local: Instant) -> WallTime {
        // True time begins in November 2023.
        let since = Duration::from_secs(1_700_000_000).saturating_add(local.since(Instant::ORIGIN));
        WallTime::since_1970(since).unwrap_or(WallTime::MAX)
    }

    fn near(at: Instant, who: Who, stamp: &HybridStamp, physical: WallTime) -> Result<(), Violation> {
        // ε, and what a restart skips; a unit for what is rounded.
        let ahead = WallTime::units(Duration::from_secs(APART).saturating_add(RESERVE));
        near_physical(at, who, *stamp, physical, u64::from(ahead) + 1)
    }
}

/// Makes processes.
#[derive(Clone, Debug)]
pub struct Clocks<C> {
    size: usize,
    clock: PhantomData<fn() -> C>,
}

impl<C: Tried> Subject for Clocks<C> {
    type Machine = Machine<C>;

    fn start(&mut self, birth: Birth<'_, C::Stamp>) -> Machine<C> {
        let Birth { node, record, now, .. } = birth;
        let made = Group::new(node, &Rules::others(self.size, node)).ok().and_then(|group| {
            let (clock, reserve) = C::of(&group)?;
            let config = Config::new(group, clock, reserve).ok()?;
            Some(Process::new(config, record, C::wall(now), now))
        });
        #[allow(clippy::expect_used)]
        made.expect("a clock of the group")
    }
}

/// Judges the stamps of processes.
#[derive(Clone, Debug)]
pub struct Stamped<C: Clock> {
    stamps: Stamps<C::Stamp>,
    /// For each place its last step.
    steps: Vec<Taken<C>>,
    marks: u64,
}

/// A step, as far as it has been seen.
#[derive(Clone, Debug)]
struct Taken<C: Clock> {
    /// The copy of the message that it took, until it was seen to be received.
    copy: Option<u64>,
    /// What the clock on the wall showed.
    local: Instant,
    /// What it made durable.
    ceiling: Option<C::Stamp>,
    /// The stamp that it put on its event.
    stamp: Option<C::Stamp>,
}

const MARKS: &[&str] =
    &["an event was local", "a message was sent", "a message was received", "a process was restored"];

impl<C: Tried> Stamped<C> {
    fn happens(&mut self, at: Instant, who: Who, stamp: &C::Stamp) -> Result<(), Violation> {
        let Some(step) = self.steps.get_mut(who.place) else { return Ok(()) };
        if step.stamp.as_ref() != Some(stamp) {
            step.stamp = Some(stamp.clone());
            self.stamps.happens(at, who, stamp.clone())?;
        }
        Ok(())
    }

    fn told(&mut self, event: &Event<C::Stamp, u32>, at: Instant, who: Who) -> Result<(), Violation> {
        match event {
            Event::Local { stamp } => {
                self.marks |= 1;
                self.happens(at, who, stamp)
            }
            Event::Sent { stamp } => {
                self.marks |= 1 << 1;
                self.happens(at, who, stamp)
            }
            Event::Received { stamp, .. } => {
                self.marks |= 1 << 2;
                let Some(step) = self.steps.get_mut(who.place) else { return Ok(()) };
                step.stamp = Some(stamp.clone());
                let Some(copy) = step.copy.take() else { return Ok(()) };
                self.stamps.receives(at, who, copy, stamp.clone()).map(drop)
            }
            Event::Rejected { reason: Rejection::Clock(error), .. } => {
                let because = alloc::format!("an honest stamp was refused: {error}");
                Err(Violation::new("C4", because, at).with_node(who.node))
            }
            Event::Rejected { .. } | Event::Refused(_) => Ok(()),
        }
    }
}

impl<C: Tried> Observer<Machine<C>> for Stamped<C> {
    fn see(&mut self, happening: Happening<'_, Machine<C>>) -> Result<(), Violation> {
        let Happening { at, place, node, what } = happening;
        let who = Who::new(place, node);
        match what {
            What::Took { copy, local, .. } => {
                if let Some(step) = self.steps.get_mut(place) {
                    *step = Taken { copy, local, ceiling: None, stamp: None };
                }
                Ok(())
            }
            What::Persisted(ceiling) => {
                if let Some(step) = self.steps.get_mut(place) {
                    step.ceiling = Some(ceiling.clone());
                }
                Ok(())
            }
            // It had received a message, and made durable that it had, though nobody was told: the next life knows.
            What::Crashed => match self.steps.get_mut(place).map(|step| (step.copy.take(), step.ceiling.take())) {
                Some((Some(copy), Some(ceiling))) => self.stamps.receives(at, who, copy, ceiling).map(drop),
                _ => Ok(()),
            },
            What::Sent { copy, message, fate, .. } => {
                self.happens(at, who, &message.stamp)?;
                if let Fate::Arrives(_) = fate {
                    self.stamps.sends(who, copy);
                }
                Ok(())
            }
            What::Dropped { copy, .. } => {
                self.stamps.drops(copy);
                Ok(())
            }
            What::Told(event) => self.told(event, at, who),
            What::Started { recovered: true, .. } => {
                self.marks |= 1 << 3;
                Ok(())
            }
            What::Became { machine, .. } => match self.steps.get_mut(place) {
                Some(Taken { stamp: Some(stamp), local, .. }) => C::near(at, who, stamp, machine.physical(*local)),
                _ => Ok(()),
            },
            _ => Ok(()),
        }
    }
}

impl<C: Tried> Judge<Machine<C>> for Stamped<C> {
    const MARKS: &'static [&'static str] = MARKS;

    fn marks(&self) -> u64 {
        self.marks
    }
}

/// The trial of a clock.
#[derive(Clone, Copy, Debug)]
pub struct ProcessTrial<C>(PhantomData<fn() -> C>);

impl<C> ProcessTrial<C> {
    /// The trial of this clock.
    #[must_use]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<C> Default for ProcessTrial<C> {
    fn default() -> Self {
        Self::new()
    }
}

impl<C: Tried + Debug> Trial for ProcessTrial<C> {
    type Subject = Clocks<C>;
    type Carrier = Direct;
    type Rules = ();
    type Judge = Stamped<C>;

    fn name(&self) -> &'static str {
        C::NAME
    }

    fn draw(&self, length: Duration, random: &mut Random) -> PlanOf<Self> {
        let hostility = Hostility {
            nodes: (2, 7),
            length,
            scale: Duration::from_secs(2),
            drift: 0,
            forgetting: false,
            jumps: false,
            lies: false,
            bad_links: true,
        };
        let mut plan = hostility.draw((), random, |_, _| None);
        for (_, ahead) in &mut plan.clocks {
            *ahead = random.up_to(Duration::from_secs(APART));
        }
        // A history is what happens: an event every tenth of a second, half of them sends.
        let mut at = Instant::ORIGIN;
        while at < Instant::ORIGIN.after(length) {
            at = at.after(random.up_to(Duration::from_millis(200)));
            let place = random.below(plan.size as u64) as usize;
            let to = match random.below(3) {
                0 => To::Peers,
                _ => To::Node(NodeId::new(1 + random.below(plan.size as u64) as u32)),
            };
            let command = if random.below(2) == 0 { Command::Local } else { Command::Send { to, payload: 0 } };
            plan.faults.push(Planned { at, fault: Fault::Command(place, command) });
        }
        plan.faults.sort_by_key(|planned| planned.at);
        plan
    }

    fn subject(&self, plan: &PlanOf<Self>) -> Clocks<C> {
        Clocks { size: plan.size, clock: PhantomData }
    }

    fn carrier(&self, _: &PlanOf<Self>) -> Direct {
        Direct
    }

    fn judge(&self, plan: &PlanOf<Self>) -> Stamped<C> {
        let none = Taken { copy: None, local: Instant::ORIGIN, ceiling: None, stamp: None };
        let stamps = Stamps::new(C::PROMISE, plan.size, 100);
        Stamped { stamps, steps: alloc::vec![none; plan.size], marks: 0 }
    }

    fn settles_within(&self, _: &PlanOf<Self>, _: &WorldOf<Self>) -> Duration {
        Duration::from_secs(1)
    }

    /// A clock has nothing to reach.
    fn settled(&self, _: &PlanOf<Self>, _: &WorldOf<Self>, _: &Stamped<C>) -> Result<(), Violation> {
        Ok(())
    }
}
