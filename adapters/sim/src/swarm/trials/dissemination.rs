//! The trial of the barrier without a coordinator: B1 to B3.

use super::rules::Rules;
use crate::check::Violation;
use crate::swarm::{Fault, FaultOf, Hostility, Judge, PlanOf, Planned, Trial, WorldOf, make_calm};
use crate::world::{Birth, Direct, Happening, Observer, Subject, What};
use alloc::format;
use alloc::vec::Vec;
use core::time::Duration;
use quorate::barrier::Dissemination;
use quorate::barrier::dissemination::{Command, Config, Event, Standing};
use quorate::{Group, Infallible, Input, Instant, NodeId, Random};

/// At most so many other members.
const PEERS: usize = 8;

type Machine = Dissemination<PEERS>;

/// Makes members that meet without a coordinator.
#[derive(Clone, Debug)]
pub struct Ring {
    retry: Duration,
    size: usize,
}

impl Subject for Ring {
    type Machine = Machine;

    fn start(&mut self, birth: Birth<'_, Infallible>) -> Machine {
        let made = Config::new(self.retry, birth.seed).ok().and_then(|config| {
            let group = Group::new(birth.node, &Rules::others(self.size, birth.node)).ok()?;
            let config = config.with_jitter(self.retry / 4).ok()?;
            Some(Dissemination::new(config, group, birth.incarnation, birth.now))
        });
        #[allow(clippy::expect_used)]
        made.expect("rules that were drawn are valid")
    }
}

const MARKS: &[&str] = &["a generation completed", "a member joined again", "one was reported as overdue"];

/// Judges that nobody is early, and that an arrival is good for one release.
#[derive(Clone, Debug)]
pub struct Meetings {
    /// By place: the latest generation that it has arrived in, in any of its lives.
    arrived: Vec<u64>,
    /// By place, in its present life: the last generation that it was released from, and how many arrivals were not yet.
    lives: Vec<(u64, u32)>,
    marks: u64,
}

impl Meetings {
    fn released(&mut self, at: Instant, place: usize, node: NodeId, generation: u64) -> Result<(), Violation> {
        self.marks |= 1;
        let broken = |promise, because| Err(Violation::new(promise, because, at).with_node(node));
        let Some((last, open)) = self.lives.get_mut(place) else { return Ok(()) };
        if generation <= *last || *open == 0 {
            let what = format!("it is released from generation {generation}, after {last}, by {open} arrivals");
            return broken("B3", what);
        }
        (*last, *open) = (generation, *open - 1);
        self.arrives(place, generation);
        match self.arrived.iter().position(|arrived| *arrived < generation) {
            Some(other) => {
                let what =
                    format!("it is released from generation {generation}, and node {} has not arrived", other + 1);
                broken("B1", what)
            }
            None => Ok(()),
        }
    }

    fn arrives(&mut self, place: usize, generation: u64) {
        if let Some(arrived) = self.arrived.get_mut(place) {
            *arrived = generation.max(*arrived);
        }
    }
}

impl Observer<Machine> for Meetings {
    fn see(&mut self, happening: Happening<'_, Machine>) -> Result<(), Violation> {
        let Happening { at, place, node, what } = happening;
        match what {
            What::Started { incarnation, .. } => {
                if let Some(life) = self.lives.get_mut(place) {
                    *life = (0, 0);
                }
                self.marks |= u64::from(incarnation.get() > 1) << 1;
            }
            What::Took { input: Input::Command(Command::Arrive), .. } => {
                if let Some((_, open)) = self.lives.get_mut(place) {
                    *open += 1;
                }
            }
            What::Told(Event::Refused(_)) => {
                if let Some((_, open)) = self.lives.get_mut(place) {
                    *open = open.saturating_sub(1);
                }
            }
            What::Told(Event::Overdue { .. }) => self.marks |= 1 << 2,
            What::Told(Event::Released { generation }) => return self.released(at, place, node, *generation),
            What::Became { machine, .. } if machine.standing() == Standing::Waiting => {
                self.arrives(place, machine.complete() + 1);
            }
            _ => {}
        }
        Ok(())
    }
}

impl Judge<Machine> for Meetings {
    const MARKS: &'static [&'static str] = MARKS;

    fn marks(&self) -> u64 {
        self.marks
    }
}

/// The trial of the dissemination barrier.
#[derive(Clone, Copy, Debug, Default)]
pub struct DisseminationTrial;

impl Trial for DisseminationTrial {
    type Subject = Ring;
    type Carrier = Direct;
    /// After which time members ask again.
    type Rules = Duration;
    type Judge = Meetings;

    fn name(&self) -> &'static str {
        "dissemination"
    }

    fn draw(&self, length: Duration, random: &mut Random) -> PlanOf<Self> {
        let retry = Duration::from_millis(20 + random.below(200));
        let hostility = Hostility {
            nodes: (1, PEERS + 1),
            length,
            scale: retry * 8,
            drift: 100_000,
            forgetting: false,
            jumps: true,
            lies: false,
            bad_links: true,
        };
        let mut plan = hostility.draw(retry, random, |_, _| None);
        let pace = retry * (1 << random.below(6));
        for place in 0..plan.size {
            let mut at = Instant::ORIGIN.after(random.up_to(pace));
            while at < Instant::ORIGIN.after(length) {
                plan.faults.push(Planned { at, fault: Fault::Command(place, Command::Arrive) });
                at = at.after(random.up_to(pace)).after(Duration::from_millis(5));
            }
        }
        plan.faults.sort_by_key(|planned| planned.at);
        plan
    }

    fn subject(&self, plan: &PlanOf<Self>) -> Ring {
        Ring { retry: plan.rules, size: plan.size }
    }

    fn carrier(&self, _: &PlanOf<Self>) -> Direct {
        Direct
    }

    fn judge(&self, plan: &PlanOf<Self>) -> Meetings {
        Meetings { arrived: alloc::vec![0; plan.size], lives: alloc::vec![(0, 0); plan.size], marks: 0 }
    }

    /// One that knows how far the group is keeps running, and keeps running while another one asks.
    fn allows(&self, _: &PlanOf<Self>, world: &WorldOf<Self>, fault: &FaultOf<Self>) -> bool {
        let Fault::Crash(place) = fault else { return true };
        let mut others = (0..world.size()).filter(|other| other != place).filter_map(|other| world.machine(other));
        let mut somebody = false;
        others.all(|other| {
            somebody = true;
            other.standing() != Standing::Joining
        }) && somebody
    }

    /// All are up, and arrive; whoever is one generation behind arrives twice.
    fn calm(
        &self,
        plan: &PlanOf<Self>,
        world: &mut WorldOf<Self>,
        watch: &mut impl Observer<Machine>,
    ) -> Result<(), Violation> {
        make_calm(world, watch)?;
        world.start_all(watch)?;
        for _ in 0..2 {
            world.run_for(plan.rules * 40, watch)?;
            for place in 0..plan.size {
                if world.machine(place).is_some_and(|machine| machine.standing() == Standing::Present) {
                    world.command(place, Command::Arrive, watch)?;
                }
            }
        }
        Ok(())
    }

    /// A round trip a round, and what was on its way on a slow link.
    fn settles_within(&self, plan: &PlanOf<Self>, _: &WorldOf<Self>) -> Duration {
        plan.rules * 40
    }

    /// B2: all were released, from the same generation.
    fn settled(&self, plan: &PlanOf<Self>, world: &WorldOf<Self>, _: &Meetings) -> Result<(), Violation> {
        let states: Vec<_> = (0..plan.size)
            .map(|place| world.machine(place).map(|machine| (machine.standing(), machine.complete())))
            .collect();
        let first = states.first().copied().flatten().map(|(_, complete)| complete);
        if states.iter().all(|state| *state == first.map(|complete| (Standing::Present, complete))) {
            return Ok(());
        }
        Err(Violation::new("B2", format!("all have arrived, and they are {states:?}"), world.now()))
    }
}
