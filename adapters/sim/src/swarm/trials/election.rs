//! The trial of elections by themselves, under a detector that is as wrong as it likes.

use super::leadership::{HasElection, Leadership, agreed};
use super::member::{bury, command as ask, election_settles_within, hostility, may_crash};
use super::rules::Rules;
use crate::check::Violation;
use crate::swarm::{Fault, FaultOf, PlanOf, Planned, Trial, WorldOf, make_calm};
use crate::world::{Birth, Direct, Observer, Subject};
use alloc::vec::Vec;
use core::time::Duration;
use quorate::election::{Command, Election, Event, Message, Preempt, Record};
use quorate::{Group, Instant, Machine as _, NodeId, Random};

type Machine = Election<8>;

/// Makes elections.
#[derive(Clone, Debug)]
pub struct Electorate {
    rules: Rules,
    size: usize,
}

impl Subject for Electorate {
    type Machine = Machine;

    fn start(&mut self, birth: Birth<'_, Record>) -> Machine {
        let Birth { place, node, record, seed, now, .. } = birth;
        let made = self.rules.election(place, seed).and_then(|config| {
            let group = Group::new(node, &Rules::others(self.size, node)).ok()?;
            Election::new(config, group, &self.rules.observers(self.size, node), self.rules.start(record), now).ok()
        });
        #[allow(clippy::expect_used)]
        made.expect("rules that were drawn are valid")
    }
}

impl HasElection<8> for Machine {
    fn election(&self) -> &Election<8> {
        self
    }
    fn about(event: &Event) -> Option<&Event> {
        Some(event)
    }
    fn says(message: &Message) -> Option<&Message> {
        Some(message)
    }
    fn stored(record: &Record) -> Record {
        *record
    }
}

/// The trial of elections.
#[derive(Clone, Copy, Debug, Default)]
pub struct ElectionTrial;

/// Whenever the group is split each side suspects the other, and whenever it is healed all trust each other again.
fn believe_in_splits(plan: &mut PlanOf<ElectionTrial>) {
    let size = plan.size;
    let mut faults = Vec::new();
    for planned in core::mem::take(&mut plan.faults) {
        let opinion = |from: usize, to: usize| {
            let peer = NodeId::new(to as u32 + 1);
            let command = match planned.fault {
                Fault::Split(sides) if (sides >> from ^ sides >> to) & 1 == 1 => Command::Suspect(peer),
                _ => Command::Trust(peer),
            };
            Planned { at: planned.at, fault: Fault::Command(from, command) }
        };
        let is_about_all = matches!(planned.fault, Fault::Split(_) | Fault::Heal);
        faults.push(planned);
        if is_about_all {
            let pairs = (0..size).flat_map(|from| (0..size).map(move |to| (from, to)));
            faults.extend(pairs.filter(|(from, to)| from != to).map(|(from, to)| opinion(from, to)));
        }
    }
    plan.faults = faults;
}

/// Again and again the group is split another way, and a node restarts so soon that what it promised has not run out.
fn restart_amid_splits(plan: &mut PlanOf<ElectionTrial>, random: &mut Random) {
    let lease = plan.rules.profile.timing.lease;
    let end = Instant::ORIGIN.after(plan.faulty);
    let mut at = Instant::ORIGIN;
    while at < end {
        let one = random.below(plan.size as u64) as usize;
        let crash = at.after(random.up_to(lease * 2));
        let start = crash.after(random.up_to(lease));
        let split = crash.before(lease / 2).after(random.up_to(lease * 2));
        for (at, fault) in
            [(split, Fault::Split(random.number())), (crash, Fault::Crash(one)), (start, Fault::Start(one))]
        {
            plan.faults.push(Planned { at, fault });
        }
        at = at.after(lease * 2).after(random.up_to(lease * 8));
    }
    plan.faults.sort_by_key(|planned| planned.at);
}

impl Trial for ElectionTrial {
    type Subject = Electorate;
    type Carrier = Direct;
    type Rules = Rules;
    type Judge = Leadership<8>;

    fn name(&self) -> &'static str {
        "election"
    }

    fn draw(&self, length: Duration, random: &mut Random) -> PlanOf<Self> {
        let rules = Rules::draw(7, random);
        let diskless = rules.diskless;
        let hostility = hostility(&rules, length);
        let mut plan = hostility.draw(rules, random, |place, random| {
            let peer = NodeId::new(1 + random.below(7) as u32);
            match random.below(4) {
                0 => Some(Command::Suspect(peer)),
                1 => Some(Command::Trust(peer)),
                2 => Some(Command::SetPriority(random.below(4) as u16)),
                _ => ask(7, place, random),
            }
        });
        if random.below(3) == 0 {
            restart_amid_splits(&mut plan, random);
        }
        if diskless {
            plan.disk.crash = 0;
        }
        if random.below(2) == 0 {
            believe_in_splits(&mut plan);
        }
        plan
    }

    fn subject(&self, plan: &PlanOf<Self>) -> Electorate {
        Electorate { rules: plan.rules.clone(), size: plan.size }
    }

    fn carrier(&self, _: &PlanOf<Self>) -> Direct {
        Direct
    }

    fn judge(&self, plan: &PlanOf<Self>) -> Leadership<8> {
        Leadership::new(plan.size, plan.rules.guarantee, plan.rules.diskless, true)
    }

    fn allows(&self, plan: &PlanOf<Self>, world: &WorldOf<Self>, fault: &FaultOf<Self>) -> bool {
        match fault {
            Fault::Crash(_) if plan.rules.diskless => may_crash(world),
            Fault::Full(..) => !plan.rules.diskless,
            _ => true,
        }
    }

    /// The dead are down and suspected, everybody else is up and trusted, and has the priority that it was drawn with.
    fn calm(
        &self,
        plan: &PlanOf<Self>,
        world: &mut WorldOf<Self>,
        watch: &mut impl Observer<Machine>,
    ) -> Result<(), Violation> {
        make_calm(world, watch)?;
        world.start_all(watch)?;
        // Those that were paused, or busy with their storage, listen again.
        world.run_for(plan.rules.profile.timing.lease, watch)?;
        let dead = bury(&plan.rules, world, watch)?;
        for place in 0..world.size() {
            let peers = world.machine(place).map(|machine| machine.peers().to_vec()).unwrap_or_default();
            for peer in peers {
                let is_dead = dead.contains(&(peer.get() as usize).saturating_sub(1));
                let opinion = if is_dead { Command::Suspect(peer) } else { Command::Trust(peer) };
                world.command(place, opinion, watch)?;
            }
            let priority = plan.rules.parts.get(place).map_or(0, |(priority, _)| *priority);
            world.command(place, Command::SetPriority(priority), watch)?;
        }
        Ok(())
    }

    fn settles_within(&self, plan: &PlanOf<Self>, _: &WorldOf<Self>) -> Duration {
        election_settles_within(&plan.rules, plan.size)
    }

    fn settled(&self, plan: &PlanOf<Self>, world: &WorldOf<Self>, _: &Leadership<8>) -> Result<(), Violation> {
        let takes_over = plan.rules.profile.preempt != Preempt::Never;
        agreed(world, plan.rules.highest(plan.size).filter(|_| takes_over))
    }
}
