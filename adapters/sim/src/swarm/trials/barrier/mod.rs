//! The trial of barriers with coordinators: B1 to B5.

pub(crate) mod attendance;
mod attendee;
mod coup;
mod watch;

pub(crate) use attendee::BARRIER;
pub use attendee::{Attendee, Command, Event, Rules};
pub use watch::Rendezvous;

use crate::check::Violation;
use crate::swarm::{Fault, Hostility, PlanOf, Planned, Trial, WorldOf, make_calm};
use crate::world::{Direct, Observer};
use alloc::format;
use alloc::vec::Vec;
use core::time::Duration;
use quorate::barrier::party::{Standing, Timing};
use quorate::barrier::{coordinator, party};
use quorate::{Epoch, Instant, NodeId, Random};

/// The trial of barriers: parties that arrive, time out, cancel and crash, and coordinators that take over from each other,
/// two at once among them.
#[derive(Clone, Copy, Debug, Default)]
pub struct BarrierTrial;

impl Rules {
    fn draw(random: &mut Random) -> Self {
        let is_fixed = random.below(4) == 0;
        let repeat = Duration::from_millis(100 + random.below(300));
        let timing = Timing {
            retry: repeat / (1 + random.below(8) as u32),
            repeat,
            resolve: Duration::from_millis(1_000 + random.below(9_000)),
            jitter: if random.below(2) == 0 { Duration::ZERO } else { repeat / 8 },
        };
        Self {
            coordinators: if is_fixed { 1 } else { 1 + random.below(3) as usize },
            is_fixed,
            parties: 1 + random.below(4) as u16,
            timing,
            lapse: repeat * (4 + random.below(8) as u32),
            grace: repeat * random.below(8) as u32,
            last_epoch: Epoch::ZERO,
        }
    }

    /// For so long a party waits at most, unless it waits for ever.
    fn longest_patience(&self) -> Duration {
        self.lapse * 4
    }

    /// Until all that went on before the calm is over: patience, doubts, and the places of those who are gone.
    fn quiet(&self) -> Duration {
        (self.longest_patience() + self.lapse + self.timing.resolve + self.grace + self.timing.repeat * 8) * 2
    }
}

/// What the local user of a party asks for.
fn attend(rules: &Rules, random: &mut Random) -> Command {
    let patience = (random.below(8) > 0).then(|| random.up_to(rules.longest_patience()));
    Command::Attend(match random.below(16) {
        0 => party::Command::Cancel,
        1 => party::Command::Leave { patience },
        _ => party::Command::Arrive { patience },
    })
}

/// Now this node coordinates, now that one: the epochs of a history. The former one is told late, or never.
fn leaderships(plan: &mut PlanOf<BarrierTrial>, length: Duration, random: &mut Random) {
    let rules = plan.rules;
    let mut at = Instant::ORIGIN.after(random.up_to(Duration::from_millis(500)));
    let mut epoch = Epoch::ZERO;
    let spacing = rules.lapse * (2 << random.below(5));
    let has_coups = rules.coordinators > 1 && rules.parties > 1 && random.below(2) == 0;
    while at < Instant::ORIGIN.after(length) {
        let Some(next) = epoch.next() else { break };
        epoch = next;
        let leads = random.below(rules.coordinators as u64) as usize;
        let open = Command::Coordinate(coordinator::Command::Open { epoch });
        plan.faults.push(Planned { at, fault: Fault::Command(leads, open) });
        for other in (0..rules.coordinators).filter(|other| *other != leads) {
            let leader = (random.below(4) > 0).then(|| NodeId::new(leads as u32 + 1));
            let close = Command::Coordinate(coordinator::Command::Close { leader });
            let when = if random.below(2) == 0 { at } else { at.after(random.up_to(rules.lapse * 4)) };
            if random.below(8) > 0 {
                plan.faults.push(Planned { at: when, fault: Fault::Command(other, close) });
            }
        }
        if random.below(8) == 0 {
            let reset = Command::Coordinate(coordinator::Command::Reset(BARRIER));
            let when = at.after(random.up_to(spacing));
            plan.faults.push(Planned { at: when, fault: Fault::Command(leads, reset) });
        }
        if has_coups
            && random.below(4) == 0
            && let Some(next) = epoch.next()
        {
            epoch = next;
            let new = (leads + 1) % rules.coordinators;
            coup::plan(plan, (leads, new), at, epoch, random);
            at = coup::end(plan, at);
        }
        at = at.after(random.up_to(spacing)).after(Duration::from_millis(1));
    }
    plan.rules.last_epoch = epoch;
}

impl Trial for BarrierTrial {
    type Subject = Rules;
    type Carrier = Direct;
    type Rules = Rules;
    type Judge = Rendezvous;

    fn name(&self) -> &'static str {
        "barrier"
    }

    fn draw(&self, length: Duration, random: &mut Random) -> PlanOf<Self> {
        let rules = Rules::draw(random);
        let nodes = rules.coordinators + usize::from(rules.parties) + usize::from(random.below(4) == 0);
        let hostility = Hostility {
            nodes: (nodes, nodes),
            length,
            scale: rules.lapse / 2,
            drift: 100_000,
            forgetting: false,
            jumps: true,
            lies: false,
            bad_links: true,
        };
        let mut plan = hostility.draw(rules, random, |_, _| None);
        // Parties arrive again soon after they were released; some are quick.
        let pace = rules.timing.repeat * (1 << random.below(5));
        for place in rules.coordinators..nodes {
            let mut at = Instant::ORIGIN.after(random.up_to(pace));
            while at < Instant::ORIGIN.after(length) {
                plan.faults.push(Planned { at, fault: Fault::Command(place, attend(&rules, random)) });
                at = at.after(random.up_to(pace)).after(Duration::from_millis(10));
            }
        }
        if !rules.is_fixed {
            leaderships(&mut plan, length, random);
        }
        plan.faults.sort_by_key(|planned| planned.at);
        plan
    }

    fn subject(&self, plan: &PlanOf<Self>) -> Rules {
        plan.rules
    }

    fn carrier(&self, _: &PlanOf<Self>) -> Direct {
        Direct
    }

    fn judge(&self, plan: &PlanOf<Self>) -> Rendezvous {
        Rendezvous::new(plan.size, plan.rules.parties)
    }

    /// One coordinates, as many parties as the barrier has are there, and when all is over that went on, all arrive.
    fn calm(
        &self,
        plan: &PlanOf<Self>,
        world: &mut WorldOf<Self>,
        watch: &mut impl Observer<Attendee>,
    ) -> Result<(), Violation> {
        make_calm(world, watch)?;
        world.start_all(watch)?;
        let rules = plan.rules;
        // What slow nodes were told while there were faults has its effect.
        world.run_for(rules.lapse, watch)?;
        if !rules.is_fixed {
            for place in 1..rules.coordinators {
                let close = coordinator::Command::Close { leader: Some(NodeId::new(1)) };
                world.command(place, Command::Coordinate(close), watch)?;
            }
            let epoch = rules.last_epoch.next().unwrap_or(Epoch::MAX);
            world.command(0, Command::Coordinate(coordinator::Command::Open { epoch }), watch)?;
        }
        for place in first_surplus(&rules)..plan.size {
            world.command(place, Command::Attend(party::Command::Cancel), watch)?;
        }
        world.run_for(rules.quiet(), watch)?;
        // One that was bound when it was to cancel is not any more.
        for place in first_surplus(&rules)..plan.size {
            world.command(place, Command::Attend(party::Command::Cancel), watch)?;
        }
        world.run_for(rules.timing.repeat * 4, watch)?;
        // The first time some may learn of a generation that broke without them; then they are in step.
        for _ in 0..2 {
            world.run_for(rules.timing.repeat * 8 + rules.grace, watch)?;
            for place in members(&rules) {
                let waits = |party: &quorate::barrier::Party<u8, 4>| {
                    matches!(party.standing(), Standing::Arriving | Standing::Waiting | Standing::Bound)
                };
                if !world.machine(place).and_then(Attendee::party).is_some_and(waits) {
                    let arrive = party::Command::Arrive { patience: None };
                    world.command(place, Command::Attend(arrive), watch)?;
                }
            }
        }
        Ok(())
    }

    fn settles_within(&self, plan: &PlanOf<Self>, _: &WorldOf<Self>) -> Duration {
        plan.rules.timing.repeat * 8 + plan.rules.grace
    }

    /// B2: all that arrived were released, from one generation, the last one.
    fn settled(&self, plan: &PlanOf<Self>, world: &WorldOf<Self>, _: &Rendezvous) -> Result<(), Violation> {
        if plan.size < first_surplus(&plan.rules) {
            return Ok(()); // a plan that was made smaller, so that not all are there
        }
        let now = world.now();
        let coordinator = world.machine(0).and_then(Attendee::coordinator);
        let next = coordinator.and_then(|coordinator| coordinator.barriers().next()).map(|barrier| barrier.generation);
        let learnt: Vec<_> = members(&plan.rules)
            .map(|place| world.machine(place).and_then(Attendee::party).map(|party| (party.standing(), party.learnt())))
            .collect();
        let is_last = |learnt: &Option<(Standing, Option<(quorate::barrier::Generation, bool)>)>| matches!(learnt, Some((Standing::Present, Some((generation, true)))) if generation.next() == next);
        if next.is_some() && learnt.iter().all(is_last) {
            return Ok(());
        }
        let epochs: Vec<_> = (0..plan.rules.coordinators)
            .map(|place| {
                world.machine(place).and_then(Attendee::coordinator).and_then(|coordinator| coordinator.epoch())
            })
            .collect();
        let because = format!(
            "all have arrived, the next generation is {next:?}, they are {learnt:?}, and these coordinate: {epochs:?}"
        );
        Err(Violation::new("B2", because, now))
    }
}

/// Where the parties are that the barrier has, and behind them those that are too many.
fn members(rules: &Rules) -> core::ops::Range<usize> {
    rules.coordinators..first_surplus(rules)
}

fn first_surplus(rules: &Rules) -> usize {
    rules.coordinators + usize::from(rules.parties)
}
