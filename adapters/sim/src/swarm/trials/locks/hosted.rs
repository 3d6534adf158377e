//! The trial of leases that the leader of a group hosts.

use super::node::{Ask, CLAIMS, Grants, Kept, Node};
use super::{Locksmith, Store, Terms, broken, client, dead, settled};
use crate::check::Violation;
use crate::swarm::trials::member::election_settles_within;
use crate::swarm::trials::rules::Rules;
use crate::swarm::{Fault, FaultOf, Hostility, PlanOf, Trial, WorldOf, make_calm};
use crate::world::{Birth, Direct, Observer, Subject};
use core::time::Duration;
use quorate::detector::AnyDetector;
use quorate::election::{self, Guarantee, Record, Standing};
use quorate::host::{Command, Config, Event, Host, Message};
use quorate::lease::authority::Authority;
use quorate::lease::{self, authority};
use quorate::{Group, NodeId, Random};

/// No barriers are met at here, so there is room for one.
type Granting = Host<AnyDetector<16>, u8, 8, CLAIMS, 1, 2>;

impl Grants for Granting {
    const HOSTED: bool = true;

    #[inline]
    fn wrapped(message: lease::Message<u8>) -> Message<u8> {
        Message::Lease(message)
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
    /// The leases.
    pub terms: Terms,
}

/// Makes members that host, a store, and clients.
#[derive(Clone, Debug)]
pub struct Hosted {
    hosting: Hosting,
}

impl Hosted {
    fn member(&self, birth: &Birth<'_, Kept<Record>>) -> Granting {
        let Hosting { rules, members, terms } = &self.hosting;
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

impl Subject for Hosted {
    type Machine = Node<Granting>;

    fn start(&mut self, birth: Birth<'_, Kept<Record>>) -> Self::Machine {
        let Hosting { members, terms, .. } = &self.hosting;
        match birth.place {
            place if place < *members => Node::Granting(self.member(&birth)),
            place if place == *members => Node::Store(Store::new(match birth.record {
                Some(Kept::Store(shelves)) => Some(*shelves),
                _ => None,
            })),
            _ => Node::Client(client(terms, *members, &birth)),
        }
    }
}

/// The trial of leases that the leader of a group hosts.
#[derive(Clone, Copy, Debug, Default)]
pub struct HostedTrial;

impl Trial for HostedTrial {
    type Subject = Hosted;
    type Carrier = Direct;
    type Rules = Hosting;
    type Judge = Locksmith<Granting>;

    fn name(&self) -> &'static str {
        "hosted"
    }

    fn draw(&self, length: Duration, random: &mut Random) -> PlanOf<Self> {
        let members = 3 + random.below(3) as usize;
        let rules = Rules { guarantee: Guarantee::Majority, ..Rules::draw(7, random) };
        let election = rules.profile.timing;
        // A lease that is as short as a leadership's is hard to keep through a failover, and has to be safe all the same.
        let lease = election.lease * [1, 6, 6, 12][random.below(4) as usize % 4];
        let terms = Terms::draw(lease, election.drift, random);
        let diskless = rules.diskless;
        let hostility = Hostility {
            nodes: (members + 2, members + 4),
            length,
            scale: election.lease * [1, 4][random.below(2) as usize % 2],
            drift: election.drift.ppm(),
            forgetting: false,
            jumps: !terms.is_fair,
            lies: false,
            bad_links: true,
        };
        let hosting = Hosting { rules, members, terms };
        let mut plan = hostility.draw(hosting, random, |place, random| {
            if place >= members {
                return (place > members).then_some(Ask::Drain);
            }
            Some(Ask::Granting(match random.below(4) {
                0 => Command::Break(broken(random)),
                1 => Command::Election(election::Command::Resign),
                2 => Command::Election(election::Command::Transfer(NodeId::new(1 + random.below(5) as u32))),
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
        Locksmith::new(plan.size, &plan.rules.terms)
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
        let Hosting { rules, members, terms } = &plan.rules;
        make_calm(world, watch)?;
        world.start_all(watch)?;
        rules.dead(*members).iter().try_for_each(|place| world.crash(*place, watch))?;
        dead(terms, members + 1, plan.size).try_for_each(|place| world.crash(place, watch))
    }

    fn settles_within(&self, plan: &PlanOf<Self>, _: &WorldOf<Self>) -> Duration {
        let Hosting { rules, members, terms } = &plan.rules;
        let trust = rules.profile.detection.saturating_add(rules.profile.interval * 32);
        let elected = trust.saturating_add(election_settles_within(rules, *members));
        // Then there is one leader for good, whose grace period counts anew.
        elected.saturating_add(terms.served_within(plan.size - members - 1)).saturating_add(terms.asked)
    }

    fn settled(&self, plan: &PlanOf<Self>, world: &WorldOf<Self>, judge: &Self::Judge) -> Result<(), Violation> {
        let Hosting { members, terms, .. } = &plan.rules;
        settled(terms, members + 1, world)?;
        judge.histories()
    }
}
