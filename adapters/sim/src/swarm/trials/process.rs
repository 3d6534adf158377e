//! The trial of logical clocks: C1 to C4 against true causality.

use super::rules::Rules;
use crate::check::{Promise, Stamps, Violation, Who, near_physical};
use crate::swarm::{Fault, Hostility, Judge, PlanOf, Planned, Trial, WorldOf};
use crate::world::{Birth, Direct, Fate, Happening, Lies, Observer, Subject, What};
use alloc::vec::Vec;
use core::fmt::Debug;
use core::marker::PhantomData;
use core::time::Duration;
use quorate::clock::{
    Clock, Command, Config, Event, HybridClock, HybridStamp, LamportClock, LamportStamp, Message, Process, Rejection,
    VectorClock, VectorStamp, VersionClock, VersionVector, WallTime,
};
use quorate::{Group, Input, Instant, NodeId, Random, To};

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

    /// A stamp that would harm whoever believed it, such as a liar sends in place of its own.
    fn poison(stamp: &Self::Stamp, random: &mut Random) -> Self::Stamp;

    /// Whether a stamp is near physical time, where that is promised.
    ///
    /// # Errors
    ///
    /// C3.
    fn near(at: Instant, who: Who, stamp: &Self::Stamp, physical: Self::Physical) -> Result<(), Violation>;
}

macro_rules! tried {
    ($clock:ty, $name:literal, $promise:expr, |$group:ident| $of:expr, |$stamp:ident, $random:ident| $poison:expr) => {
        impl Tried for $clock {
            const NAME: &'static str = $name;
            const PROMISE: Promise = $promise;
            fn of($group: &Group<8>) -> Option<(Self, u32)> {
                $of
            }
            fn wall(_: Instant) {}
            fn poison($stamp: &Self::Stamp, $random: &mut Random) -> Self::Stamp {
                $poison
            }
            fn near(_: Instant, _: Who, _: &Self::Stamp, (): ()) -> Result<(), Violation> {
                Ok(())
            }
        }
    };
}

tried!(LamportClock, "lamport", Promise::C1, |group| Some((Self::new(group.me()), 20)), |stamp, random| {
    LamportStamp { time: endless(random), ..*stamp }
});
tried!(VectorClock<8>, "vector", Promise::C2, |group| Some((Self::of(group).ok()?, 5)), |stamp, random| {
    let mut counts = *stamp.counts();
    if let Some(count) = counts.get_mut(random.below(8) as usize) {
        *count = endless(random);
    }
    VectorStamp::new(counts)
});
tried!(VersionClock<8>, "version", Promise::C2, |group| Some((Self::new(group.me()), 0)), |stamp, random| {
    let mut entries: Vec<_> = stamp.iter().collect();
    let index = random.below(entries.len().max(1) as u64) as usize;
    if let Some((_, count)) = entries.get_mut(index) {
        *count = endless(random);
    }
    VersionVector::from_entries(&entries).unwrap_or_default()
});

/// A number near the last there is, or beyond what anybody can have reached.
fn endless(random: &mut Random) -> u64 {
    u64::MAX >> random.below(12)
}

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

    /// An hour to some years ahead, or the end of time.
    fn poison(stamp: &HybridStamp, random: &mut Random) -> HybridStamp {
        let ahead = (WallTime::PER_SECOND * 3_600) << random.below(16);
        match random.below(4) {
            0 => HybridStamp::from_bits(endless(random) | 1 << 63),
            _ => HybridStamp::new(stamp.physical() + ahead, stamp.counter()),
        }
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

    fn lie(&mut self, message: &Said<C>, random: &mut Random) -> Option<Said<C>> {
        Some(Message { stamp: C::poison(&message.stamp, random), payload: POISON })
    }
}

/// What is written on a message whose stamp is a lie, so that the judge knows it.
const POISON: u32 = 666;

type Said<C> = Message<<C as Clock>::Stamp, u32>;

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
    /// What it took was poisoned.
    poisoned: bool,
    /// It refused what it took.
    refused: bool,
    /// The latest stamp that its clock had after the last step.
    latest: Option<C::Stamp>,
}

impl<C: Clock> Taken<C> {
    const fn new(copy: Option<u64>, local: Instant, poisoned: bool, latest: Option<C::Stamp>) -> Self {
        Self { copy, local, ceiling: None, stamp: None, poisoned, refused: false, latest }
    }
}

const MARKS: &[&str] = &[
    "an event was local",
    "a message was sent",
    "a message was received",
    "a process was restored",
    "a poisoned stamp was refused",
];

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
            Event::Received { sent, payload: POISON, .. } => {
                Err(Violation::new("C4", alloc::format!("it believed the stamp {sent:?}"), at).with_node(who.node))
            }
            Event::Received { stamp, .. } => {
                self.marks |= 1 << 2;
                let Some(step) = self.steps.get_mut(who.place) else { return Ok(()) };
                step.stamp = Some(stamp.clone());
                let Some(copy) = step.copy.take() else { return Ok(()) };
                self.stamps.receives(at, who, copy, stamp.clone()).map(drop)
            }
            Event::Rejected { reason: Rejection::Clock(error), .. } => {
                let step = self.steps.get_mut(who.place);
                if let Some(step) = step.filter(|step| step.poisoned) {
                    self.marks |= 1 << 4;
                    step.refused = true;
                    return Ok(());
                }
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
            What::Took { copy, local, input } => {
                if let Some(step) = self.steps.get_mut(place) {
                    let poisoned = matches!(input, Input::Receive { message: Message { payload: POISON, .. }, .. });
                    *step = Taken::new(copy, local, poisoned, step.latest.take());
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
            What::Sent { message: Message { payload: POISON, .. }, .. } => Ok(()),
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
            What::Started { recovered, machine, .. } => {
                self.marks |= if recovered { 1 << 3 } else { 0 };
                if let Some(step) = self.steps.get_mut(place) {
                    step.latest = Some(machine.clock().latest());
                }
                Ok(())
            }
            What::Became { machine, .. } => {
                let Some(step) = self.steps.get_mut(place) else { return Ok(()) };
                let latest = machine.clock().latest();
                if step.refused && step.latest.as_ref().is_some_and(|before| *before != latest) {
                    let because = alloc::format!("it refused a stamp and went from {:?} to {latest:?}", step.latest);
                    return Err(Violation::new("C4", because, at).with_node(node));
                }
                step.latest = Some(latest);
                match &step.stamp {
                    Some(stamp) => C::near(at, who, stamp, machine.physical(step.local)),
                    None => Ok(()),
                }
            }
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
        if random.below(2) == 0 {
            let liar = random.below(plan.size as u64) as usize;
            let lies = Lies { lie: 1 + random.below(300_000) as u32, ..Lies::default() };
            plan.faults.push(Planned { at: Instant::ORIGIN, fault: Fault::Lies(liar, lies) });
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
        let none = Taken::new(None, Instant::ORIGIN, false, None);
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
