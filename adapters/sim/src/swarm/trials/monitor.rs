//! The trial of monitors: D1 to D6.

use super::rules::Rules;
use super::watchers::Watchers;
use crate::check::Violation;
use crate::swarm::{Hostility, PlanOf, Trial, WorldOf, make_calm};
use crate::world::{Birth, Direct, Observer, Subject};
use alloc::format;
use core::time::Duration;
use quorate::detector::{AnyDetector, Monitor, MonitorConfig};
use quorate::election::Guarantee;
use quorate::member::{DetectorKind, Profile};
use quorate::{Group, Infallible, Random};

/// How many samples the detectors' windows hold.
pub(super) const WINDOW: usize = 16;

pub(super) type Machine = Monitor<AnyDetector<WINDOW>, 8>;

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
    /// Bit `i` is set if the node at place `i` sends its heartbeats more slowly than the others expect,
    pub slow: u64,
    /// by so many times.
    pub slower: u32,
}

impl Watched {
    const fn is_dead(&self, place: usize) -> bool {
        self.dead >> (place % 64) & 1 == 1
    }

    /// How often the node at a place sends heartbeats, in configured intervals.
    const fn slowness(&self, place: usize) -> u32 {
        if self.slow >> (place % 64) & 1 == 1 { self.slower } else { 1 }
    }

    /// D1: a generous bound for the silence after which any of the detectors suspects. They know no interval above eight
    /// times the configured one, and no deviation above half of that.
    fn detects_within(&self) -> Duration {
        let Profile { interval, detection, .. } = self.rules.profile;
        (detection + interval * 2) * 16
    }

    /// D4: so long does a detector take until its window holds nothing but what came since the faults stopped.
    fn learns_within(&self) -> Duration {
        self.rules.profile.interval * self.slower * 2 * WINDOW as u32
    }

    /// So long is nobody suspected any more who is up.
    fn is_sure_for(&self) -> Duration {
        self.rules.profile.interval * self.slower * 8
    }
}

impl Subject for Monitors {
    type Machine = Machine;

    fn start(&mut self, birth: Birth<'_, Infallible>) -> Machine {
        let Birth { place, node, incarnation, seed, now, .. } = birth;
        let rules = &self.rules.rules;
        let interval = rules.profile.interval;
        let made = rules.profile.config::<WINDOW>(rules.detector, Guarantee::Majority, seed).ok().and_then(|config| {
            let group = Group::new(node, &Rules::others(self.size, node)).ok()?;
            let sends = MonitorConfig::new(interval * self.rules.slowness(place)).ok()?;
            let sends = sends.with_tolerance(config.monitor.tolerance()).ok()?;
            Some(Monitor::new(sends, config.detector, group, incarnation, now))
        });
        #[allow(clippy::expect_used)]
        made.expect("rules that were drawn are valid")
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
        let rules = Rules::draw(7, random);
        let dead = random.number() & random.number();
        // A fixed timeout learns nothing, so nothing can be asked of it but what it was set to.
        let learns = rules.detector != DetectorKind::Timeout && random.below(2) == 0;
        let (slow, slower) = (random.number() & random.number(), 2 + random.below(4) as u32);
        let rules =
            Watched { rules, dead, slow: if learns { slow } else { 0 }, slower: if learns { slower } else { 1 } };
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
        Watchers::new(plan.size)
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

    fn settles_within(&self, plan: &PlanOf<Self>, _: &WorldOf<Self>) -> Duration {
        plan.rules.detects_within() + plan.rules.learns_within() + plan.rules.is_sure_for()
    }

    fn settled(&self, plan: &PlanOf<Self>, world: &WorldOf<Self>, judge: &Watchers) -> Result<(), Violation> {
        let now = world.now();
        let sure = now.before(plan.rules.is_sure_for());
        for place in 0..plan.size {
            let Some(machine) = world.machine(place) else { continue };
            for health in machine.healths() {
                let peer = (health.peer.get() as usize).saturating_sub(1);
                let broken =
                    |promise, because| Err(Violation::new(promise, because, now).with_node(machine.group().me()));
                if plan.rules.is_dead(peer) {
                    // Without a bound on delays, a heartbeat from before the crash may have come a moment ago.
                    let silent = world.local(place).since(health.heard.unwrap_or_default());
                    if !health.suspected && silent > plan.rules.detects_within() {
                        return broken("D1", format!("it trusts node {}, which has been down for long", health.peer));
                    }
                    continue;
                }
                if health.suspected {
                    return broken("D1", format!("it suspects node {}, which has been up for long", health.peer));
                }
                if let Some(at) = judge.suspected_last(place, peer).filter(|at| *at > sure) {
                    let because =
                        format!("it suspected node {} at {at}, whose heartbeats had long been regular", health.peer);
                    return broken("D4", because);
                }
                let waits = health.deadline.since(health.heard.unwrap_or_default());
                let Profile { interval, detection, .. } = plan.rules.rules.profile;
                let most = (detection + interval * 3) * plan.rules.slowness(peer) * 2;
                if waits > most {
                    let because = format!(
                        "it waits {waits:?} for node {}, whose heartbeats are regular; {most:?} are enough",
                        health.peer
                    );
                    return broken("D4", because);
                }
            }
        }
        Ok(())
    }
}
