//! The trial of leases and of a barrier that the leader of a group hosts.

use super::node::{Ask, CLAIMS, Grants, Kept, Node};
use super::{Attending, Locksmith, Store, Terms, broken, client, dead, settled};
use crate::check::{Violation, Who};
use crate::swarm::trials::barrier::BARRIER;
use crate::swarm::trials::barrier::attendance::{Attendance, Sight};
use crate::swarm::trials::member::election_settles_within;
use crate::swarm::trials::rules::Rules;
use crate::swarm::{Fault, FaultOf, Hostility, Judge, PlanOf, Trial, WorldOf, make_calm};
use crate::world::{Birth, Direct, Happening, Observer, Subject, What};
use alloc::vec::Vec;
use core::time::Duration;
use quorate::barrier::PartyId;
use quorate::detector::AnyDetector;
use quorate::election::{self, Guarantee, Record, Standing};
use quorate::host::{Command, Config, Event, Host, Message};
use quorate::lease::authority::Authority;
use quorate::lease::{self, authority};
use quorate::{Group, Instant, NodeId, Random, barrier};

/// There is one barrier, of three parties at most.
type Granting = Host<AnyDetector<16>, u8, 8, CLAIMS, 1, 3>;

impl Grants for Granting {
    const HOSTED: bool = true;

    #[inline]
    fn wrapped(message: lease::Message<u8>) -> Message<u8> {
        Message::Lease(message)
    }
    #[inline]
    fn wrapped_meeting(message: barrier::Message<u8>) -> Option<Message<u8>> {
        Some(Message::Barrier(message))
    }
    #[inline]
    fn meets(message: &Message<u8>) -> Option<&barrier::Message<u8>> {
        match message {
            Message::Barrier(message) => Some(message),
            Message::Member(_) | Message::Lease(_) => None,
        }
    }
    #[inline]
    fn says(message: &Message<u8>) -> Option<&lease::Message<u8>> {
        match message {
            Message::Lease(message) => Some(message),
            Message::Member(_) | Message::Barrier(_) => None,
        }
    }
    #[inline]
    fn about(event: &Event<u8>) -> Option<&authority::Event<u8>> {
        match event {
            Event::Lease(event) => Some(event),
            Event::Member(_) | Event::Barrier(_) => None,
        }
    }
    fn breaks(command: &Command<u8>) -> Option<u8> {
        match command {
            Command::Break(resource) => Some(*resource),
            Command::Election(_) | Command::Reset(_) => None,
        }
    }
    #[inline]
    fn authority(&self) -> &Authority<u8, CLAIMS> {
        self.authority()
    }
}

/// How a group is configured, and the leases that its leader hosts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hosting {
    /// The group.
    pub rules: Rules,
    /// How many members it has: the first nodes. The store is the next one.
    pub members: usize,
    /// How many parties the barrier has. They come after the store, and after them the clients.
    pub parties: u16,
    /// The leases.
    pub terms: Terms,
}

impl Hosting {
    /// The first client.
    fn clients(&self) -> usize {
        self.members + 1 + usize::from(self.parties)
    }

    /// Within which time patient parties meet when there is a leader for good: what went on before is over, and all arrive.
    fn meet_within(&self) -> Duration {
        let (timing, rules) = (self.rules.profile.attending(), self.rules.profile.barriers());
        let pace = Attending::longest_pace(&timing);
        let once = pace * 5 + timing.resolve + rules.lapse() + rules.grace() + timing.repeat * 8;
        self.rules.profile.timing.drift.outwait(once) * 3
    }
}

/// Makes members that host, a store, and clients.
#[derive(Clone, Debug)]
pub struct Hosted {
    hosting: Hosting,
}

impl Hosted {
    fn member(&self, birth: &Birth<'_, Kept<Record>>) -> Granting {
        let Hosting { rules, members, terms, .. } = &self.hosting;
        let Birth { place, node, incarnation, record, seed, now } = *birth;
        let record = match record {
            Some(Kept::Granting(record)) => Some(record),
            _ => None,
        };
        let made = rules.profile.config::<16>(rules.detector, rules.guarantee, seed).ok().and_then(|mut config| {
            config.election = rules.election(place, seed)?;
            let group = Group::new(node, &Rules::others(*members, node)).ok()?;
            let config = Config::new(config, terms.granting(), rules.profile.barriers()).ok()?;
            Host::new(config, group, &rules.observers(*members, node), incarnation, rules.start(record), now).ok()
        });
        #[allow(clippy::expect_used)]
        made.expect("rules that were drawn are valid")
    }
}

impl Hosted {
    fn party(&self, birth: &Birth<'_, Kept<Record>>) -> Attending {
        let Hosting { rules, members, parties, .. } = &self.hosting;
        let may_lead: Vec<NodeId> = (1..=*members as u32).map(NodeId::new).collect();
        let made = Group::new(birth.node, &may_lead).ok().and_then(|group| {
            let id = PartyId::new(birth.incarnation.get());
            Attending::new(*parties, rules.profile.attending(), group, id, birth.seed, birth.now)
        });
        #[allow(clippy::expect_used)]
        made.expect("rules that were drawn are valid")
    }
}

impl Subject for Hosted {
    type Machine = Node<Granting>;

    fn start(&mut self, birth: Birth<'_, Kept<Record>>) -> Self::Machine {
        let Hosting { members, terms, .. } = &self.hosting;
        match birth.place {
            place if place > *members && place < self.hosting.clients() => Node::Party(self.party(&birth)),
            place if place < *members => Node::Granting(self.member(&birth)),
            place if place == *members => Node::Store(Store::new(match birth.record {
                Some(Kept::Store(shelves)) => Some(*shelves),
                _ => None,
            })),
            _ => Node::Client(client(terms, *members, &birth)),
        }
    }
}

/// Judges both the locks and the barrier.
#[derive(Clone, Debug)]
pub struct Steward {
    locks: Locksmith<Granting>,
    barrier: Attendance,
    /// When somebody was released last.
    released: Option<Instant>,
}

const OF_LOCKS: &[&str] = <Locksmith<Granting> as Judge<Node<Granting>>>::MARKS;
const OF_BARRIERS: [(Sight, &str); 2] =
    [(Sight::Released, "all parties of a barrier went on"), (Sight::Broken, "a generation of a barrier broke")];
const MARKS: [&str; OF_LOCKS.len() + OF_BARRIERS.len()] = {
    let mut all = [""; OF_LOCKS.len() + OF_BARRIERS.len()];
    let mut at = 0;
    while at < all.len() {
        all[at] = if at < OF_LOCKS.len() { OF_LOCKS[at] } else { OF_BARRIERS[at - OF_LOCKS.len()].1 };
        at += 1;
    }
    all
};

impl Observer<Node<Granting>> for Steward {
    #[inline]
    fn see(&mut self, happening: Happening<'_, Node<Granting>>) -> Result<(), Violation> {
        let Happening { at, place, node, what } = happening;
        match what {
            What::Told(super::Told::Attends(event)) => {
                if matches!(event, barrier::party::Event::Released { .. }) {
                    self.released = Some(at);
                }
                self.barrier.told(at, Who::new(place, node), event)?;
            }
            What::Started { machine: Node::Party(attending), .. }
            | What::Became { machine: Node::Party(attending), .. } => {
                self.barrier.became(at, Who::new(place, node), attending.party())?;
            }
            What::Crashed => self.barrier.crashed(place),
            _ => {}
        }
        self.locks.see(happening)
    }
}

impl Judge<Node<Granting>> for Steward {
    const MARKS: &'static [&'static str] = &MARKS;

    fn marks(&self) -> u64 {
        let seen = OF_BARRIERS.iter().enumerate().filter(|(_, (sight, _))| self.barrier.has_seen(*sight));
        seen.fold(self.locks.marks(), |marks, (index, _)| marks | 1 << (OF_LOCKS.len() + index))
    }
}

/// The trial of leases and of a barrier that the leader of a group hosts.
#[derive(Clone, Copy, Debug, Default)]
pub struct HostedTrial;

impl Trial for HostedTrial {
    type Subject = Hosted;
    type Carrier = Direct;
    type Rules = Hosting;
    type Judge = Steward;

    fn name(&self) -> &'static str {
        "hosted"
    }

    fn draw(&self, length: Duration, random: &mut Random) -> PlanOf<Self> {
        let members = 3 + random.below(3) as usize;
        let parties = 2 + random.below(2) as u16;
        let rules = Rules { guarantee: Guarantee::Majority, ..Rules::draw(7, random) };
        let election = rules.profile.timing;
        // A lease that is as short as a leadership's is hard to keep through a failover, and has to be safe all the same.
        let lease = election.lease * [1, 6, 6, 12][random.below(4) as usize % 4];
        let terms = Terms::draw(lease, election.drift, random);
        let diskless = rules.diskless;
        let hostility = Hostility {
            nodes: (members + 2 + usize::from(parties), members + 4 + usize::from(parties)),
            length,
            scale: election.lease * [1, 4][random.below(2) as usize % 2],
            drift: election.drift.ppm(),
            forgetting: false,
            jumps: !terms.is_fair,
            lies: false,
            bad_links: true,
        };
        let hosting = Hosting { rules, members, parties, terms };
        let clients = hosting.clients();
        let mut plan = hostility.draw(hosting, random, |place, random| {
            if place >= members {
                return (place >= clients).then_some(Ask::Drain);
            }
            Some(Ask::Granting(match random.below(6) {
                4 => Command::Reset(BARRIER),
                0 | 1 => Command::Break(broken(random)),
                2 => Command::Election(election::Command::Resign),
                3 => Command::Election(election::Command::Transfer(NodeId::new(1 + random.below(5) as u32))),
                _ => Command::Election(election::Command::Release),
            }))
        });
        if diskless {
            plan.disk.crash = 0; // crashes are only those that leave enough who remember
        }
        plan
    }

    fn subject(&self, plan: &PlanOf<Self>) -> Hosted {
        Hosted { hosting: plan.rules.clone() }
    }

    fn carrier(&self, _: &PlanOf<Self>) -> Direct {
        Direct
    }

    fn judge(&self, plan: &PlanOf<Self>) -> Self::Judge {
        Steward {
            locks: Locksmith::new(plan.size, &plan.rules.terms),
            barrier: Attendance::new(plan.size, plan.rules.parties),
            released: None,
        }
    }

    fn allows(&self, plan: &PlanOf<Self>, world: &WorldOf<Self>, fault: &FaultOf<Self>) -> bool {
        let Hosting { rules, members, .. } = &plan.rules;
        match fault {
            // Without storage only so many may have forgotten at a time as leave a majority that remembers.
            Fault::Crash(place) if rules.diskless && place < members => {
                let forgetful = |place: &usize| match world.machine(*place) {
                    Some(Node::Granting(host)) => host.member().election().standing() == Standing::Recalling,
                    _ => true,
                };
                (0..*members).filter(forgetful).count() < (members - 1) / 2
            }
            Fault::Full(place, _) => !rules.diskless || place > members,
            _ => true,
        }
    }

    fn calm(
        &self,
        plan: &PlanOf<Self>,
        world: &mut WorldOf<Self>,
        watch: &mut impl Observer<Node<Granting>>,
    ) -> Result<(), Violation> {
        let Hosting { rules, members, terms, .. } = &plan.rules;
        make_calm(world, watch)?;
        world.start_all(watch)?;
        rules.dead(*members).iter().try_for_each(|place| world.crash(*place, watch))?;
        for place in *members + 1..plan.rules.clients().min(plan.size) {
            world.command(place, Ask::BePatient, watch)?;
        }
        dead(terms, plan.rules.clients(), plan.size).try_for_each(|place| world.crash(place, watch))
    }

    fn settles_within(&self, plan: &PlanOf<Self>, _: &WorldOf<Self>) -> Duration {
        let Hosting { rules, members, terms, .. } = &plan.rules;
        let trust = rules.profile.detection.saturating_add(rules.profile.interval * 32);
        let elected = trust.saturating_add(election_settles_within(rules, *members));
        // Then there is one leader for good, whose grace period counts anew.
        let served = terms.served_within(plan.size.saturating_sub(plan.rules.clients())).saturating_add(terms.asked);
        elected.saturating_add(served.max(plan.rules.meet_within()))
    }

    fn settled(&self, plan: &PlanOf<Self>, world: &WorldOf<Self>, judge: &Self::Judge) -> Result<(), Violation> {
        settled(&plan.rules.terms, plan.rules.clients(), world)?;
        if plan.size >= plan.rules.clients()
            && judge.released.is_none_or(|released| released < Instant::ORIGIN.after(plan.faulty))
        {
            let because =
                alloc::format!("nobody was released since the faults stopped, and last at {:?}", judge.released);
            return Err(Violation::new("B2", because, world.now()));
        }
        judge.locks.histories()
    }
}
