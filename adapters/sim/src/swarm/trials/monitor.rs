//! The trial of monitors: D1, D2, D3 and D7.

use super::rules::Rules;
use crate::check::Violation;
use crate::swarm::{Hostility, Judge, PlanOf, Trial, WorldOf, make_calm};
use crate::world::{Birth, Direct, Happening, Observer, Subject, What};
use alloc::format;
use alloc::vec::Vec;
use core::time::Duration;
use quorate::detector::{AnyDetector, Event, Monitor};
use quorate::election::Guarantee;
use quorate::member::Profile;
use quorate::{Group, Infallible, Instant, NodeId, Random};

type Machine = Monitor<AnyDetector<16>, 8>;

/// Makes monitors.
#[derive(Clone, Debug)]
pub struct Monitors {
    rules: Watched,
    size: usize,
}

/// How monitors are configured, and who is dead in the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watched {
    /// Timings and the kind of detector.
    pub rules: Rules,
    /// Bit `i` is set if the node at place `i` is down when the faults stop.
    pub dead: u64,
}

impl Watched {
    const fn is_dead(&self, place: usize) -> bool {
        self.dead >> (place % 64) & 1 == 1
    }
}

impl Subject for Monitors {
    type Machine = Machine;

    fn start(&mut self, birth: Birth<'_, Infallible>) -> Machine {
        let Birth { node, incarnation, seed, now, .. } = birth;
        let rules = &self.rules.rules;
        let made = rules.profile.config::<16>(rules.detector, Guarantee::Majority, seed).ok().and_then(|config| {
            let group = Group::new(node, &Rules::others(self.size, node)).ok()?;
            Some(Monitor::new(config.monitor, config.detector, group, incarnation, now))
        });
        #[allow(clippy::expect_used)]
        made.expect("rules that were drawn are valid")
    }
}

/// Judges monitors: whether what they say alternates, whether the level of suspicion only rises in silence, and whether
/// they say that they suspect exactly when it reaches the threshold.
#[derive(Clone, Debug)]
pub struct Watchers {
    size: usize,
    /// For each pair: whether the first was told to suspect the second.
    suspected: Vec<bool>,
    /// For each pair: the level when the second was last looked at, and when it had been heard.
    levels: Vec<(f64, Option<Instant>)>,
    looked: u32,
    marks: u64,
}

const MARKS: &[&str] = &[
    "a peer was suspected",
    "a suspected peer was trusted again",
    "a peer was seen to have restarted",
    "a pause of the monitor was noticed",
    "a heartbeat of an old life was rejected",
    "a heartbeat that came late or twice was rejected",
    "a peer that never spoke was suspected",
];

impl Observer<Machine> for Watchers {
    fn see(&mut self, happening: Happening<'_, Machine>) -> Result<(), Violation> {
        let Happening { at, place, node, what } = happening;
        match what {
            What::Told(event) => self.told(event, at, place, node),
            What::Started { .. } => {
                self.suspected.iter_mut().skip(place * self.size).take(self.size).for_each(|pair| *pair = false);
                self.forget_levels(place);
                Ok(())
            }
            What::Became { machine, clock } => {
                // Levels are floating-point logarithms, for people: every so often will do.
                self.looked = self.looked.wrapping_add(1);
                if self.looked.is_multiple_of(64) { self.look(machine, clock.at(at), at, place, node) } else { Ok(()) }
            }
            _ => Ok(()),
        }
    }
}

impl Watchers {
    fn forget_levels(&mut self, place: usize) {
        self.levels.iter_mut().skip(place * self.size).take(self.size).for_each(|pair| *pair = (0.0, None));
    }

    fn told(&mut self, event: &Event, at: Instant, place: usize, node: NodeId) -> Result<(), Violation> {
        let (peer, suspects) = match *event {
            Event::Suspected { peer, .. } => (peer, true),
            Event::Trusted { peer, .. } => (peer, false),
            Event::Restarted { .. } => {
                self.marks |= 1 << 2;
                return Ok(());
            }
            Event::Paused { .. } => {
                self.marks |= 1 << 3;
                self.forget_levels(place);
                return Ok(());
            }
            Event::Rejected { reason, .. } => {
                use quorate::detector::Rejection::{OldIncarnation, OldSequence};
                match reason {
                    OldIncarnation { .. } => self.marks |= 1 << 4,
                    OldSequence { .. } => self.marks |= 1 << 5,
                    _ => {}
                }
                return Ok(());
            }
            Event::Refused(_) => return Ok(()),
        };
        self.marks |= if suspects { 1 } else { 1 << 1 };
        let pair = place * self.size + (peer.get() as usize).saturating_sub(1);
        match self.suspected.get_mut(pair) {
            Some(known) if *known == suspects => {
                let said = if suspects { "suspected" } else { "trusted" };
                let because = format!("it said twice in a row that node {peer} is {said}");
                Err(Violation::new("D1", because, at).with_node(node))
            }
            Some(known) => {
                *known = suspects;
                Ok(())
            }
            None => Ok(()),
        }
    }

    fn look(
        &mut self,
        machine: &Machine,
        local: Instant,
        at: Instant,
        place: usize,
        node: NodeId,
    ) -> Result<(), Violation> {
        for health in machine.healths() {
            let peer = health.peer;
            let pair = place * self.size + (peer.get() as usize).saturating_sub(1);
            let Some((last, heard)) = self.levels.get_mut(pair) else { continue };
            let level = machine.level(peer, local).unwrap_or(0.0);
            // In silence it only rises; a pause of the monitor does not count.
            if *heard == health.heard && level < *last {
                let because = format!("its level for node {peer} fell in silence, from {last} to {level}");
                return Err(Violation::new("D2", because, at).with_node(node));
            }
            (*last, *heard) = (level, health.heard);
            if health.heard.is_none() && health.suspected {
                self.marks |= 1 << 6;
            }
        }
        Ok(())
    }
}

impl Judge<Machine> for Watchers {
    const MARKS: &'static [&'static str] = MARKS;

    fn marks(&self) -> u64 {
        self.marks
    }
}

/// The trial of monitors.
#[derive(Clone, Copy, Debug, Default)]
pub struct MonitorTrial;

impl Trial for MonitorTrial {
    type Subject = Monitors;
    type Carrier = Direct;
    type Rules = Watched;
    type Judge = Watchers;

    fn name(&self) -> &'static str {
        "monitor"
    }

    fn draw(&self, length: Duration, random: &mut Random) -> PlanOf<Self> {
        let rules = Watched { rules: Rules::draw(7, random), dead: random.number() & random.number() };
        let Profile { detection, timing, .. } = rules.rules.profile;
        let hostility = Hostility {
            nodes: (2, 7),
            length,
            scale: detection,
            drift: timing.drift.ppm(),
            forgetting: false,
            jumps: true,
            lies: false,
            bad_links: true,
        };
        hostility.draw(rules, random, |_, _| None)
    }

    fn subject(&self, plan: &PlanOf<Self>) -> Monitors {
        Monitors { rules: plan.rules.clone(), size: plan.size }
    }

    fn carrier(&self, _: &PlanOf<Self>) -> Direct {
        Direct
    }

    fn judge(&self, plan: &PlanOf<Self>) -> Watchers {
        let pairs = plan.size * plan.size;
        Watchers {
            size: plan.size,
            suspected: alloc::vec![false; pairs],
            levels: alloc::vec![(0.0, None); pairs],
            looked: 0,
            marks: 0,
        }
    }

    /// The dead crash, the others are up, and what was on its way arrives.
    fn calm(
        &self,
        plan: &PlanOf<Self>,
        world: &mut WorldOf<Self>,
        watch: &mut impl Observer<Machine>,
    ) -> Result<(), Violation> {
        make_calm(world, watch)?;
        for place in 0..plan.size {
            match plan.rules.is_dead(place) {
                true => world.crash(place, watch)?,
                false => world.start(place, watch)?,
            }
        }
        Ok(())
    }

    fn settles_within(&self, plan: &PlanOf<Self>, world: &WorldOf<Self>) -> Duration {
        // D1: the machine's own deadline for the dead; it may be put off by what still arrives. D4: what was learned in bad times
        // is unlearned within a window.
        let interval = plan.rules.rules.profile.interval;
        let deadlines = (0..plan.size).filter_map(|place| {
            let machine = world.machine(place)?;
            let local = world.local(place);
            machine.healths().map(|health| health.deadline.since(local)).max()
        });
        let longest = deadlines.max().unwrap_or_default();
        longest.saturating_mul(2).saturating_add(interval * 64)
    }

    fn settled(&self, plan: &PlanOf<Self>, world: &WorldOf<Self>, _: &Watchers) -> Result<(), Violation> {
        for place in 0..plan.size {
            let Some(machine) = world.machine(place) else { continue };
            for (peer, health) in machine.healths().enumerate() {
                let peer_place = if peer < place { peer } else { peer + 1 };
                if health.suspected != plan.rules.is_dead(peer_place) {
                    let (is, suspects) = match health.suspected {
                        true => ("up", "suspects"),
                        false => ("down", "trusts"),
                    };
                    let because = format!("it {suspects} node {}, which has been {is} for long", health.peer);
                    return Err(Violation::new("D1", because, world.now()).with_node(NodeId::new(place as u32 + 1)));
                }
            }
        }
        Ok(())
    }
}
