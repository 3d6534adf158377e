//! What a seed stands for: one configuration, and one history of faults.

use crate::world::{Delay, Disk, Lies, Link, LocalClock};
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;
use quorate::{Instant, Random};

/// A whole trial, written out: with the same plan a world does the same things.
///
/// It is a list rather than a generator, so that a shrinker can take things away from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan<R, C> {
    /// Where the world's chance comes from.
    pub seed: u64,
    /// How many nodes there are.
    pub size: usize,
    /// What links are like while there are faults.
    pub link: Link,
    /// How long nodes take over an input.
    pub processing: Delay,
    /// How storage behaves.
    pub disk: Disk,
    /// For each node by how many millionths its clock is fast, and how far ahead it is.
    pub clocks: Vec<(i32, Duration)>,
    /// What goes wrong when, sorted by time.
    pub faults: Vec<Planned<C>>,
    /// For how long there are faults.
    pub faulty: Duration,
    /// The protocol's own configuration.
    pub rules: R,
}

/// A fault, and when it comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Planned<C> {
    /// When, in true time.
    pub at: Instant,
    /// What.
    pub fault: Fault<C>,
}

/// What goes wrong, or is asked for, at one time. Nodes are named by their place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault<C> {
    /// A node crashes.
    Crash(usize),
    /// What a node that is down had stored is lost; if it is up nothing happens.
    Forget(usize),
    /// A node starts again.
    Start(usize),
    /// A node does nothing for so long.
    Pause(usize, Duration),
    /// A link is cut one way.
    Cut(usize, usize),
    /// A node is cut off from all others.
    Isolate(usize),
    /// The group is split: the sides are the bits of this number.
    Split(u64),
    /// All links are healed.
    Heal,
    /// All links become like this.
    Links(Link),
    /// One link becomes like this, one way.
    Link(usize, usize, Link),
    /// A node becomes slow.
    Slow(usize, Delay),
    /// A clock runs at another rate: fast by so many millionths.
    Rate(usize, i32),
    /// A clock jumps ahead.
    Forward(usize, Duration),
    /// A clock falls back.
    Back(usize, Duration),
    /// A node's storage is full, or has room again.
    Full(usize, bool),
    /// A node lies from now on.
    Lies(usize, Lies),
    /// A local user asks for something.
    Command(usize, C),
}

impl<C> Fault<C> {
    /// Whether all nodes that it names exist in a world of this size.
    #[cfg(feature = "std")]
    pub(super) const fn is_within(&self, size: usize) -> bool {
        match *self {
            Self::Crash(a)
            | Self::Forget(a)
            | Self::Start(a)
            | Self::Isolate(a)
            | Self::Pause(a, _)
            | Self::Forward(a, _)
            | Self::Back(a, _)
            | Self::Slow(a, _)
            | Self::Rate(a, _)
            | Self::Full(a, _)
            | Self::Lies(a, _)
            | Self::Command(a, _) => a < size,
            Self::Cut(a, b) | Self::Link(a, b, _) => a < size && b < size,
            Self::Split(_) | Self::Heal | Self::Links(_) => true,
        }
    }
}

/// Which kinds of fault there may be, and how hard they come.
///
/// A seed switches each kind on or off for itself, so that each is also tried without the others: with all at once, they
/// hide what a few would show (Groce and others, *Swarm Testing*, 2012).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hostility {
    /// The least and the most nodes.
    pub nodes: (usize, usize),
    /// For how long there are faults.
    pub length: Duration,
    /// The protocol's own scale of time, such as its lease: faults come, and last, about as long as that.
    pub scale: Duration,
    /// By how many millionths a clock may be off.
    pub drift: u32,
    /// Whether storage may be lost.
    pub forgetting: bool,
    /// Whether clocks may jump, which no drift explains.
    pub jumps: bool,
    /// Whether nodes may lie.
    pub lies: bool,
    /// Whether links may be heavy-tailed, slow or lossy, messages late, doubled and out of order.
    pub bad_links: bool,
}

impl Hostility {
    /// Draws a plan. `command` draws what local users ask for.
    pub fn draw<R, C>(
        &self,
        rules: R,
        random: &mut Random,
        mut command: impl FnMut(usize, &mut Random) -> Option<C>,
    ) -> Plan<R, C> {
        let (least, most) = self.nodes;
        let size = least + random.below((most - least) as u64 + 1) as usize;
        let kinds = Kinds::draw(self, random);
        let clocks = (0..size).map(|_| kinds.clock(self, random)).collect();
        let mut plan = Plan {
            seed: random.number(),
            size,
            link: kinds.link(self, random),
            processing: if kinds.slow && random.below(4) == 0 { self.slowness(random) } else { Delay::NONE },
            disk: kinds.disk(self, random),
            clocks,
            faults: Vec::new(),
            faulty: self.length,
            rules,
        };
        // Some seeds are busy, some nearly quiet.
        let spacing = self.scale.saturating_mul(1 << random.below(6));
        let mut at = Instant::ORIGIN.after(random.up_to(spacing));
        while at < Instant::ORIGIN.after(self.length) {
            let fault = kinds.fault(self, size, random, &mut command);
            plan.faults.extend(fault.map(|fault| Planned { at, fault }));
            at = at.after(random.up_to(spacing)).after(Duration::from_nanos(1));
        }
        plan
    }

    /// From a hundredth of the scale to four times as long.
    fn while_(&self, random: &mut Random) -> Duration {
        let longest = self.scale.saturating_mul(4) / [1, 10, 100][random.below(3) as usize % 3];
        random.up_to(longest)
    }

    fn slowness(&self, random: &mut Random) -> Delay {
        Delay::Uniform { least: Duration::ZERO, most: random.up_to(self.scale / 8) }
    }
}

/// The kinds that one seed has.
#[derive(Clone, Copy, Debug)]
struct Kinds {
    crash: bool,
    forget: bool,
    pause: bool,
    cut: bool,
    split: bool,
    links: bool,
    slow: bool,
    drift: bool,
    jumps: bool,
    disk: bool,
    lies: bool,
    commands: bool,
}

impl Kinds {
    fn draw(hostility: &Hostility, random: &mut Random) -> Self {
        let bits = random.number();
        let on = |bit: u32| bits >> bit & 1 == 1;
        Self {
            crash: on(0),
            forget: on(1) && hostility.forgetting,
            pause: on(2),
            cut: on(3),
            split: on(4),
            links: on(5) && hostility.bad_links,
            slow: on(6),
            drift: on(7) && hostility.drift > 0,
            jumps: on(8) && hostility.jumps,
            disk: on(9),
            lies: on(10) && hostility.lies,
            commands: on(11),
        }
    }

    fn clock(&self, hostility: &Hostility, random: &mut Random) -> (i32, Duration) {
        let drift = i32::try_from(hostility.drift).unwrap_or(i32::MAX);
        let ppm = match random.below(4) {
            _ if !self.drift => 0,
            0 => drift,
            1 => -drift,
            _ => random.below(u64::from(hostility.drift) * 2 + 1) as i32 - drift,
        };
        (ppm, random.up_to(Duration::from_secs(1_000_000)))
    }

    fn link(&self, hostility: &Hostility, random: &mut Random) -> Link {
        if !self.links {
            return Link::GOOD;
        }
        let scale = hostility.scale;
        let often = |random: &mut Random, most: u64| if random.below(2) == 0 { random.below(most) as u32 } else { 0 };
        Link {
            delay: match random.below(4) {
                0 => Delay::Fixed(random.up_to(scale / 16)),
                1 => Delay::Uniform { least: Duration::ZERO, most: random.up_to(scale * 2) },
                2 => Delay::HeavyTailed { least: random.up_to(scale / 64).saturating_add(Duration::from_micros(1)) },
                _ => Link::GOOD.delay,
            },
            ordered: random.below(4) == 0,
            loss: often(random, 400_000),
            duplication: often(random, 300_000),
            burst: often(random, 20_000),
            burst_length: scale * 2,
            corruption: often(random, 100_000),
        }
    }

    fn disk(&self, hostility: &Hostility, random: &mut Random) -> Disk {
        if !self.disk {
            return Disk::default();
        }
        let delay = match random.below(3) {
            0 => Delay::NONE,
            1 => Delay::Fixed(random.up_to(hostility.scale / 16)),
            _ => Delay::Uniform { least: Duration::ZERO, most: random.up_to(hostility.scale / 4) },
        };
        Disk { delay, crash: if self.crash { random.below(100_000) as u32 } else { 0 }, full: false }
    }

    fn fault<C>(
        &self,
        hostility: &Hostility,
        size: usize,
        random: &mut Random,
        command: &mut impl FnMut(usize, &mut Random) -> Option<C>,
    ) -> Option<Fault<C>> {
        let one = random.below(size as u64) as usize;
        let other = random.below(size as u64) as usize;
        Some(match random.below(20) {
            0 | 1 if self.crash => Fault::Crash(one),
            2..=4 if self.crash || self.disk => Fault::Start(one),
            5 if self.forget => Fault::Forget(one),
            6 | 7 if self.pause => Fault::Pause(one, hostility.while_(random)),
            8 if self.cut => Fault::Cut(one, other),
            9 if self.cut => Fault::Isolate(one),
            10 if self.split => Fault::Split(random.number()),
            11 | 12 if self.cut || self.split => Fault::Heal,
            13 if self.links => Fault::Links(self.link(hostility, random)),
            14 if self.links => Fault::Link(one, other, self.link(hostility, random)),
            15 if self.slow => {
                Fault::Slow(one, if random.below(2) == 0 { hostility.slowness(random) } else { Delay::NONE })
            }
            16 if self.drift => Fault::Rate(one, self.clock(hostility, random).0),
            17 if self.jumps && random.below(2) == 0 => Fault::Forward(one, hostility.while_(random)),
            17 if self.jumps => Fault::Back(one, hostility.while_(random)),
            18 if self.lies => {
                let mut chance = || if random.below(2) == 0 { random.below(500_000) as u32 } else { 0 };
                let (lie, equivocate, impersonate) = (chance(), chance(), chance());
                Fault::Lies(one, Lies { lie, equivocate, impersonate, replay: chance(), corrupt: chance() })
            }
            18 if self.disk => Fault::Full(one, random.below(2) == 0),
            19 if self.commands => Fault::Command(one, command(one, random)?),
            _ => return None,
        })
    }
}

impl<R: fmt::Debug, C: fmt::Debug> Plan<R, C> {
    /// Sets a clock as it is when the world begins.
    #[must_use]
    pub fn clock(&self, place: usize) -> LocalClock {
        let (ppm, ahead) = self.clocks.get(place).copied().unwrap_or_default();
        LocalClock::new(ppm, Instant::ORIGIN.after(ahead))
    }
}

impl<R: fmt::Debug, C: fmt::Debug> fmt::Display for Plan<R, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} nodes, {:?} with faults", self.size, self.faulty)?;
        writeln!(f, "  rules       {:?}", self.rules)?;
        if self.link != Link::GOOD {
            writeln!(f, "  links       {:?}", self.link)?;
        }
        if self.processing != Delay::NONE {
            writeln!(f, "  processing  {:?}", self.processing)?;
        }
        if self.disk != Disk::default() {
            writeln!(f, "  storage     {:?}", self.disk)?;
        }
        if self.clocks.iter().any(|clock| *clock != (0, Duration::ZERO)) {
            writeln!(f, "  clocks      {:?}", self.clocks)?;
        }
        let earlier = self.faults.len().saturating_sub(40);
        if earlier > 0 {
            writeln!(f, "  {earlier} earlier faults, and then")?;
        }
        for Planned { at, fault } in self.faults.iter().skip(earlier) {
            writeln!(f, "  {at:>10}  {fault:?}")?;
        }
        Ok(())
    }
}
