//! How nodes with services play.

use super::client::Client;
use super::judge::Steward;
use super::node::{Asked, HostMachine, Kept, Said, ServiceNode, Told};
use super::store::Store;
use crate::scenario::player::{MemberMachine, Player};
use crate::scenario::story::{Forged, Machines, Order, Part, Rules};
use crate::scenario::summary::Services;
use crate::swarm::trials::Leadership;
use crate::world::Birth;
use quorate::election::{self, Record, Start};
use quorate::host::{self, Config};
use quorate::lease::holder;
use quorate::{Epoch, Group, Instant, NodeId, Random, barrier};

impl Player for ServiceNode {
    const MACHINES: Machines = Machines::Hosts;
    type Judge = Steward;

    fn judge(rules: &Rules) -> Steward {
        let leadership = Leadership::new(rules.size, rules.guarantee, rules.diskless, true);
        Steward::new(rules.size, leadership)
    }

    fn start(rules: &Rules, birth: Birth<'_, Kept>) -> Self {
        let made = match rules.part(birth.place) {
            Part::Member => member(rules, &birth).map(Self::Member),
            Part::Client => client(rules, &birth).map(Self::Client),
            Part::Store => Some(Self::Store(Store::new(match birth.record {
                Some(Kept::Store(marks)) => Some(marks),
                _ => None,
            }))),
        };
        #[allow(clippy::expect_used)]
        made.expect("rules are valid once they are read")
    }

    fn remembers(epoch: Epoch) -> Option<Kept> {
        MemberMachine::remembers(epoch).map(Kept::Member)
    }

    fn order(order: &Order, node: impl Fn() -> Option<NodeId>) -> Option<Asked> {
        Some(match order {
            Order::Wish(wish) => Asked::Client(*wish),
            Order::Break(resource) => Asked::Member(host::Command::Break(*resource)),
            Order::Reset(barrier) => Asked::Member(host::Command::Reset(*barrier)),
            order => Asked::Member(host::Command::Election(MemberMachine::order(order, node)?)),
        })
    }

    fn forge(what: Forged, epoch: Epoch, now: Instant) -> Option<Said> {
        MemberMachine::forge(what, epoch, now).map(|message| Said::Host(host::Message::Member(message)))
    }

    fn lie(message: &Said, random: &mut Random) -> Option<Said> {
        match message {
            Said::Host(host::Message::Member(message)) => {
                MemberMachine::lie(message, random).map(|message| Said::Host(host::Message::Member(message)))
            }
            _ => None,
        }
    }

    fn is_member(&self) -> bool {
        self.member().is_some()
    }

    fn follows(&self) -> Option<(NodeId, Epoch)> {
        let leader = self.member()?.member().election().leader();
        leader.map(|election::Leader { id, epoch, .. }| (id, epoch))
    }

    fn suspects(&self, peer: NodeId) -> bool {
        self.member().is_some_and(|host| host.member().monitor().is_suspected(peer))
    }

    fn counts(event: &Told, services: &mut Services) {
        let counter = match event {
            Told::Holds { event: holder::Event::Acquired { .. }, .. } => &mut services.acquired,
            Told::Holds { event: holder::Event::Lost { .. }, .. } => &mut services.lost,
            Told::LetIn { .. } => &mut services.written,
            Told::KeptOut { .. } => &mut services.kept_out,
            Told::Member(host::Event::Barrier(barrier::coordinator::Event::Completed { .. })) => {
                &mut services.completed
            }
            Told::Member(host::Event::Barrier(barrier::coordinator::Event::Broken { .. })) => &mut services.broken,
            _ => return,
        };
        *counter += 1;
    }
}

fn member(rules: &Rules, birth: &Birth<'_, Kept>) -> Option<HostMachine> {
    let Birth { place, node, incarnation, record, seed, now } = *birth;
    let start = match record {
        _ if rules.diskless => Start::Forgetful,
        Some(Kept::Member(Record { epoch, vote })) => Start::Recovered(Record { epoch: *epoch, vote: *vote }),
        _ => Start::First,
    };
    let (priority, role) = rules.parts.get(place).copied().unwrap_or_default();
    let mut config = rules.profile.config::<16>(rules.detector, rules.guarantee, seed).ok()?;
    config.election = config.election.with_priority(priority).with_role(role);
    let config = Config::new(config, rules.leases, rules.profile.barriers()).ok()?;
    let group = Group::new(node, &rules.others(node)).ok()?;
    HostMachine::new(config, group, &rules.observers(node), incarnation, start, now).ok()
}

fn client(rules: &Rules, birth: &Birth<'_, Kept>) -> Option<Client> {
    let group = Group::new(birth.node, &rules.others(birth.node)).ok()?;
    let timing = holder::Timing::for_lease(rules.leases.longest(), rules.leases.drift());
    Client::new(&rules.profile, timing, group, rules.store(), birth.incarnation, birth.seed, birth.now)
}
