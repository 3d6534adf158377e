//! D1 and D7 in a world: what monitors say of their peers and of themselves, against when these truly crashed.
#![allow(missing_docs)]

use core::time::Duration;
use quorate::detector::{
    AnyConfig, AnyDetector, BertierConfig, ChenConfig, Event, Monitor, MonitorConfig, PhiExponentialConfig,
    PhiNormalConfig, Threshold, TimeoutConfig,
};
use quorate::{Group, Instant, NodeId, Seed};
use quorate_sim::check::{Service, Suspicions, Violation, Who};
use quorate_sim::world::{self, Delay, Happening, Link, Observer, Settings, What, World};

type Machine = Monitor<AnyDetector<32>, 4>;

const SIZE: usize = 4;
const MS: Duration = Duration::from_millis(1);
const INTERVAL: Duration = Duration::from_secs(1);

/// What is right about each pair of places, and whether monitors agree.
struct Outside {
    suspicions: Suspicions,
    /// From the first heartbeat on that the one has heard of the other.
    services: Vec<Option<Service>>,
    up: [bool; SIZE],
}

impl Outside {
    fn new() -> Self {
        let services = vec![None; SIZE * SIZE];
        Self { suspicions: Suspicions::new(), services, up: [false; SIZE] }
    }

    fn about(&mut self, peer: usize) -> impl Iterator<Item = &mut Service> {
        self.services.iter_mut().skip(peer).step_by(SIZE).flatten()
    }

    fn told(&mut self, at: Instant, by: usize, event: &Event) -> Result<(), Violation> {
        match *event {
            Event::Suspected { peer, .. } => {
                let peer = place(peer);
                self.suspicions.suspects(by, peer);
                if let Some(service) = &mut self.services[by * SIZE + peer] {
                    service.suspects(at);
                }
            }
            Event::Trusted { peer, .. } => {
                let peer = place(peer);
                if let Some(service) = &mut self.services[by * SIZE + peer] {
                    service.trusts(at);
                }
                self.suspicions.trusts(at, by, peer)?;
            }
            _ => {}
        }
        Ok(())
    }
}

impl Observer<Machine> for Outside {
    fn see(&mut self, Happening { at, place: by, node, what }: Happening<'_, Machine>) -> Result<(), Violation> {
        self.suspicions.passes(at)?;
        let who = Who::new(by, node);
        match what {
            What::Started { .. } => {
                self.up[by] = true;
                self.suspicions.starts(at, who);
                (0..SIZE).filter(|peer| *peer != by).for_each(|peer| self.suspicions.watches(at, who, name(peer)));
                // It judges anew, and is judged on.
                self.services[by * SIZE..][..SIZE].fill(None);
                self.about(by).for_each(|service| service.starts(at));
            }
            What::Crashed => {
                self.up[by] = false;
                self.suspicions.crashes(at, who);
                self.about(by).for_each(|service| service.crashes(at));
            }
            What::Told(event) => self.told(at, by, event)?,
            What::Became { machine, .. } => {
                for health in machine.healths() {
                    let pair = &mut self.services[by * SIZE + place(health.peer)];
                    if pair.is_none() && health.heard == Some(at) {
                        let mut service = Service::new(at);
                        if !self.up[place(health.peer)] {
                            service.crashes(at);
                        }
                        *pair = Some(service);
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }
}

fn name(place: usize) -> Who {
    Who::new(place, NodeId::new(place as u32 + 1))
}

fn place(node: NodeId) -> usize {
    node.get() as usize - 1
}

fn detectors() -> [AnyConfig; 5] {
    let level = Threshold::new(1_500).expect("a good threshold");
    [
        AnyConfig::Timeout(TimeoutConfig::new(1_300 * MS).expect("a good timeout")),
        AnyConfig::PhiNormal(PhiNormalConfig::new(INTERVAL, level).expect("good settings")),
        AnyConfig::PhiExponential(PhiExponentialConfig::new(INTERVAL, Threshold::ONE).expect("good settings")),
        AnyConfig::Chen(ChenConfig::new(INTERVAL, 250 * MS).expect("good settings")),
        AnyConfig::Bertier(BertierConfig::new(INTERVAL, 50 * MS).expect("good settings")),
    ]
}

#[test]
fn d1_and_d7_monitors_notice_every_crash_and_know_how_well_they_do() {
    let (mut compared, mut mistakes, mut detections) = (0, 0, 0);
    for config in detectors() {
        for seed in 0..12 {
            // In half of the histories nobody crashes but the one that never speaks: then the figures must be the same.
            let crashes = seed % 2 == 0;
            let services = one_history(config, seed, crashes)
                .unwrap_or_else(|violation| panic!("seed {seed}, {config:?}: {violation}"));
            compared += services.len();
            mistakes += services.iter().map(Service::mistakes).sum::<u32>();
            detections += services.iter().map(Service::detections).sum::<u32>();
        }
    }
    assert!(compared > 200 && mistakes > 2_000 && detections > 100, "{compared} {mistakes} {detections}");
}

/// Lives through a history, and gives what is true of every pair that was compared.
fn one_history(config: AnyConfig, seed: u64, crashes: bool) -> Result<Vec<Service>, Violation> {
    let monitor = MonitorConfig::new(INTERVAL).expect("a good interval");
    let subject = world::from_fn(|birth| {
        let others: Vec<_> = (0..SIZE).map(|place| name(place).node).filter(|id| *id != birth.node).collect();
        let group = Group::new(birth.node, &others).expect("different nodes");
        Machine::new(monitor, config, group, birth.incarnation, birth.now)
    });
    let delay = Delay::Uniform { least: 5 * MS, most: 400 * MS };
    let link = Link { delay, loss: 80_000, ..Link::GOOD };
    let mut world = World::new(subject, Settings { size: SIZE, seed: Seed::new(seed), link, ..Settings::default() });
    let mut outside = Outside::new();
    // No detector here waits longer than so: the longest interval that counts is eight of them, and a threshold or a margin is not
    // more than thrice that.
    outside.suspicions.demand(Instant::ORIGIN, 25 * INTERVAL);
    world.start_all(&mut outside)?;
    world.crash(3, &mut outside)?; // before it could speak
    let mut random = Seed::new(seed ^ 77).random();
    for _ in 0..12 {
        world.run_for(Duration::from_secs(60) + random.up_to(Duration::from_secs(60)), &mut outside)?;
        let place = 1 + random.below(3) as usize;
        if !crashes {
            continue;
        }
        if world.machine(place).is_some() {
            world.crash(place, &mut outside)?
        } else {
            world.start(place, &mut outside)?
        }
    }
    world.run_for(Duration::from_secs(120), &mut outside)?;

    let now = world.now();
    let mut compared = Vec::new();
    for by in 0..SIZE {
        let Some(machine) = world.machine(by) else { continue };
        for peer in (0..SIZE).filter(|peer| *peer != by) {
            // What a monitor makes of a suspicion it says when that ends, so the last one is not counted on either side.
            let (Some(service), Some(live)) =
                (outside.services[by * SIZE + peer], machine.quality(name(peer).node, now))
            else {
                continue;
            };
            let service = service.until(now);
            service.agrees(
                now,
                (name(by), name(peer)),
                &live,
                if crashes { 400 * MS } else { Duration::ZERO },
                2_000,
            )?;
            compared.push(service);
        }
    }
    Ok(compared)
}
