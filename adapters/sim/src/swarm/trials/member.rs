//! The trial of members: heartbeats, detector and election together.

use super::leadership::{HasElection, Leadership, agreed};
use super::rules::Rules;
use crate::check::Violation;
use crate::swarm::{Fault, FaultOf, Hostility, PlanOf, Trial, WorldOf, make_calm};
use crate::world::{Birth, Carrier, Direct, Framed, Observer, Subject, World};
use alloc::vec::Vec;
use core::time::Duration;
use quorate::detector::AnyDetector;
use quorate::election::{Command, Election, Event as Told, Message as Said, Preempt, Record, Standing};
use quorate::member::{Event, Member, Message};
use quorate::{Group, NodeId, Random};
use quorate_wire::{Codec, GroupId};

type Machine = Member<AnyDetector<16>, 8>;

/// Makes members.
#[derive(Clone, Debug)]
pub struct Members {
    rules: Rules,
    size: usize,
}

impl Subject for Members {
    type Machine = Machine;

    fn start(&mut self, birth: Birth<'_, Record>) -> Machine {
        let Birth { place, node, incarnation, record, seed, now } = birth;
        let rules = &self.rules;
        let made = rules.profile.config::<16>(rules.detector, rules.guarantee, seed).ok().and_then(|mut config| {
            config.election = rules.election(place, seed)?;
            let group = Group::new(node, &Rules::others(self.size, node)).ok()?;
            let observers = rules.observers(self.size, node);
            Member::new(config, group, &observers, incarnation, rules.start(record), now).ok()
        });
        #[allow(clippy::expect_used)]
        made.expect("rules that were drawn are valid")
    }
}

impl HasElection<8> for Machine {
    fn election(&self) -> &Election<8> {
        self.election()
    }
    #[inline]
    fn about(event: &Event) -> Option<&Told> {
        match event {
            Event::Election(event) => Some(event),
            Event::Monitor(_) => None,
        }
    }
    #[inline]
    fn says(message: &Message) -> Option<&Said> {
        match message {
            Message::Election(message) => Some(message),
            Message::Heartbeat(_) => None,
        }
    }
    fn stored(record: &Record) -> Record {
        *record
    }
}

/// The trial of members.
#[derive(Clone, Copy, Debug, Default)]
pub struct MemberTrial;

/// The trial of members whose messages travel as the bytes of frames, and are altered on the way.
#[derive(Clone, Copy, Debug, Default)]
pub struct FramedTrial;

/// What a local user asks for.
pub(super) fn command(size: usize, place: usize, random: &mut Random) -> Option<Command> {
    let _ = place;
    Some(match random.below(5) {
        0 => Command::Resign,
        1 => Command::Transfer(NodeId::new(1 + random.below(size as u64) as u32)),
        2 => Command::Release,
        _ => return None,
    })
}

pub(super) fn hostility(rules: &Rules, length: Duration) -> Hostility {
    Hostility {
        nodes: (1, 7),
        length,
        scale: rules.profile.timing.lease,
        drift: rules.profile.timing.drift.ppm(),
        forgetting: false,
        jumps: false,
        lies: false,
        bad_links: true,
    }
}

/// Without storage only so many may have forgotten at a time as leave a majority that remembers.
pub(super) fn may_crash<S, C, const N: usize>(world: &World<S, C>) -> bool
where
    S: Subject<Machine: HasElection<N>>,
    C: Carrier<S::Machine>,
{
    let forgetful =
        |place: usize| world.machine(place).is_none_or(|machine| machine.election().standing() == Standing::Recalling);
    let most = (world.size() - 1) / 2;
    (0..world.size()).filter(|place| forgetful(*place)).count() < most
}

/// Crashes for good who is to be dead, and says who that is.
pub(super) fn bury<S: Subject, C: Carrier<S::Machine>>(
    rules: &Rules,
    world: &mut World<S, C>,
    watch: &mut impl Observer<S::Machine>,
) -> Result<Vec<usize>, Violation> {
    let dead = rules.dead(world.size());
    dead.iter().try_for_each(|place| world.crash(*place, watch))?;
    Ok(dead)
}

macro_rules! trial_of_members {
    ($trial:ty, $name:literal, $carrier:ty, $make:expr) => {
        impl Trial for $trial {
            type Subject = Members;
            type Carrier = $carrier;
            type Rules = Rules;
            type Judge = Leadership<8>;

            fn name(&self) -> &'static str {
                $name
            }

            fn draw(&self, length: Duration, random: &mut Random) -> PlanOf<Self> {
                let rules = Rules::draw(7, random);
                let diskless = rules.diskless;
                let hostility = hostility(&rules, length);
                let mut plan = hostility.draw(rules, random, |place, random| command(7, place, random));
                if diskless {
                    plan.disk.crash = 0; // crashes are only those that leave enough who remember
                }
                plan
            }

            fn subject(&self, plan: &PlanOf<Self>) -> Members {
                Members { rules: plan.rules.clone(), size: plan.size }
            }

            fn carrier(&self, _: &PlanOf<Self>) -> $carrier {
                $make
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

            fn calm(
                &self,
                plan: &PlanOf<Self>,
                world: &mut WorldOf<Self>,
                watch: &mut impl Observer<Machine>,
            ) -> Result<(), Violation> {
                make_calm(world, watch)?;
                world.start_all(watch)?;
                bury(&plan.rules, world, watch).map(drop)
            }

            fn settles_within(&self, plan: &PlanOf<Self>, _: &WorldOf<Self>) -> Duration {
                // The detectors trust everybody again, then there is a leader.
                let Rules { profile, .. } = &plan.rules;
                let trust = profile.detection.saturating_add(profile.interval * 32);
                trust.saturating_add(election_settles_within(&plan.rules, plan.size))
            }

            fn settled(&self, plan: &PlanOf<Self>, world: &WorldOf<Self>, _: &Leadership<8>) -> Result<(), Violation> {
                let takes_over = plan.rules.profile.preempt != Preempt::Never;
                agreed(world, plan.rules.highest(plan.size).filter(|_| takes_over))
            }
        }
    };
}

trial_of_members!(MemberTrial, "member", Direct, Direct);
trial_of_members!(FramedTrial, "member-framed", Framed<8>, Framed::new(Codec::plain(GroupId::from_name("swarm"))));

/// What the election itself says.
pub(super) fn election_settles_within(rules: &Rules, size: usize) -> Duration {
    let Some(config) = rules.election(0, quorate::Seed::new(0)) else { return Duration::ZERO };
    match rules.profile.preempt {
        Preempt::Never => config.agrees_within(size),
        Preempt::After(_) => config.highest_leads_within(size),
    }
}
