//! Who judges scenarios with services: E1, E2, E5 and E6 of the members, L1, L2, L3 and L5 of locks, B1, B3, B4 and B5 of barriers.

use super::client::Client;
use super::node::{Asked, HostMachine, Kept, Said, ServiceNode, Told};
use crate::check::{self, Leases, Line, Tokens, Violation, Who};
use crate::swarm::trials::barrier::attendance::Attendance;
use crate::swarm::trials::{HasElection, Leadership};
use crate::world::{Happening, LocalClock, Observer, What};
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use quorate::election::{self, Election, Record};
use quorate::host;
use quorate::lease::authority::{self, ClaimState};
use quorate::lease::{ClaimId, Mode};
use quorate::{Input, Instant, Name, NodeId, member};

/// Judges a scenario with services.
#[derive(Clone, Debug)]
pub(in crate::scenario) struct Steward {
    leadership: Leadership<8>,
    locks: Leases<Name>,
    /// One for each semaphore, for it knows how many permits there are.
    semaphores: BTreeMap<Name, Leases>,
    tokens: Tokens<Name>,
    /// The line of those who wait at each place.
    lines: Vec<Line<Name, ClaimId>>,
    /// Who was granted what in the present step.
    granted: Vec<(Name, Who, ClaimId)>,
    /// What the client at each place holds.
    held: Vec<Option<(Name, Mode)>>,
    barriers: BTreeMap<Name, Attendance>,
}

impl HasElection<8> for HostMachine {
    fn election(&self) -> &Election<8> {
        self.member().election()
    }
    fn about(event: &host::Event<Name>) -> Option<&election::Event> {
        match event {
            host::Event::Member(member::Event::Election(event)) => Some(event),
            _ => None,
        }
    }
    fn says(message: &host::Message<Name>) -> Option<&election::Message> {
        match message {
            host::Message::Member(member::Message::Election(message)) => Some(message),
            _ => None,
        }
    }
    fn stored(record: &Record) -> Record {
        *record
    }
}

impl Steward {
    pub(in crate::scenario) fn new(size: usize, leadership: Leadership<8>) -> Self {
        Self {
            leadership,
            locks: Leases::new("L1"),
            semaphores: BTreeMap::new(),
            tokens: Tokens::new(),
            lines: alloc::vec![Line::new(); size],
            granted: Vec::new(),
            held: alloc::vec![None; size],
            barriers: BTreeMap::new(),
        }
    }

    fn who(node: NodeId) -> Who {
        Who::new((node.get() as usize).saturating_sub(1), node)
    }

    /// L1: what a client holds, and until when.
    fn client(&mut self, client: &Client, clock: &LocalClock, who: Who, at: Instant) -> Result<(), Violation> {
        let until = client.holder.valid_until().map(|until| clock.when(until));
        let holds = client.holder.wanted().filter(|_| until.is_some());
        let held = self.held.get_mut(who.place).and_then(|held| core::mem::replace(held, holds));
        if let Some((resource, mode)) = held.filter(|_| held != holds) {
            self.holds(at, who, at, resource, mode)?;
        }
        if let (Some((resource, mode)), Some(until)) = (holds, until) {
            self.holds(at, who, until, resource, mode)?;
        }
        let Some(party) = &client.party else { return Ok(()) };
        let (size, parties) = (self.held.len(), party.config().parties());
        let attendance = self.barriers.entry(party.resource()).or_insert_with(|| Attendance::new(size, parties));
        attendance.became(at, who, party)
    }

    fn holds(&mut self, at: Instant, who: Who, until: Instant, resource: Name, mode: Mode) -> Result<(), Violation> {
        match mode {
            Mode::Exclusive => self.locks.holds(at, who, until, &resource),
            Mode::Shared => self.locks.holds_as(check::Mode::Shared, at, who, until, &resource),
            Mode::Permits { take, of } => {
                let permits = usize::from(of.get());
                let semaphore =
                    self.semaphores.entry(resource).or_insert_with(|| Leases::new("L1").with_permits(permits));
                // Who takes two permits counts as two.
                (0..usize::from(take.get())).try_for_each(|time| {
                    let one = Who::new(who.place + time * self.held.len(), who.node);
                    semaphore.holds_as(check::Mode::Shared, at, one, until, &())
                })
            }
        }
    }

    fn told(&mut self, event: &Told, at: Instant, who: Who) -> Result<(), Violation> {
        match event {
            Told::Member(host::Event::Lease(authority::Event::Granted {
                resource,
                node,
                claim,
                token,
                reclaimed: false,
                ..
            })) => {
                let holder = Self::who(*node);
                self.granted.push((*resource, holder, *claim));
                self.tokens.granted(at, holder, *token, resource)
            }
            Told::LetIn { node, resource, token } => self.tokens.used(at, Self::who(*node), *token, resource),
            Told::Attends { barrier, event } => {
                self.barriers.get_mut(barrier).map_or(Ok(()), |barrier| barrier.told(at, who, event))
            }
            _ => Ok(()),
        }
    }

    /// L5: of those who wait at an authority, nobody who came later was served.
    fn stepped(&mut self, host: &HostMachine, at: Instant, local: Instant, place: usize) -> Result<(), Violation> {
        let mut waiting: Vec<_> = host
            .authority()
            .claims(local)
            .filter_map(|claim| match claim.state {
                ClaimState::Waiting(ahead) => Some((ahead, (claim.resource, Self::who(claim.node), claim.claim))),
                ClaimState::Holding(_) | ClaimState::Delayed(_) => None,
            })
            .collect();
        waiting.sort_by_key(|(ahead, (resource, ..))| (*resource, *ahead));
        let is_waiting = |who, claim| waiting.iter().any(|(_, (_, one, wish))| (*one, *wish) == (who, claim));
        let Some(line) = self.lines.get_mut(place) else { return Ok(()) };
        for (resource, who, claim) in core::mem::take(&mut self.granted) {
            for passed in line.served(&resource, who, claim) {
                if is_waiting(passed.0, passed.1) {
                    return Err(line.waits(at, &resource, passed, (who, claim)));
                }
            }
        }
        line.retain(is_waiting);
        for (_, (resource, who, claim)) in &waiting {
            line.joins(resource, *who, *claim);
        }
        Ok(())
    }

    fn crashed(&mut self, place: usize) {
        if let Some(held) = self.held.get_mut(place) {
            *held = None;
        }
        let size = self.held.len();
        self.locks.gone(place);
        for semaphore in self.semaphores.values_mut() {
            (0..64).for_each(|time| semaphore.gone(place + time * size));
        }
        self.barriers.values_mut().for_each(|barrier| barrier.crashed(place));
        if let Some(line) = self.lines.get_mut(place) {
            line.clear();
        }
    }
}

/// What happened at a member, as it is seen of a machine that is one and nothing else.
fn of_member(happening: Happening<'_, ServiceNode>, watch: &mut impl Observer<HostMachine>) -> Result<(), Violation> {
    let Happening { at, place, node, what } = happening;
    let input;
    let what = match what {
        What::Started { incarnation, recovered, local, machine: ServiceNode::Member(machine) } => {
            What::Started { incarnation, recovered, local, machine }
        }
        What::Took { input: taken, copy, local } => {
            input = match *taken {
                Input::Tick => Input::Tick,
                Input::Command(Asked::Member(command)) => Input::Command(command),
                Input::Receive { from, message: Said::Host(message) } => Input::Receive { from, message },
                _ => return Ok(()),
            };
            What::Took { input: &input, copy, local }
        }
        What::Persisted(Kept::Member(record)) => What::Persisted(record),
        What::Sent { copy, to, to_place, message: Said::Host(message), fate } => {
            What::Sent { copy, to, to_place, message, fate }
        }
        What::Told(Told::Member(event)) => What::Told(event),
        What::Became { machine: ServiceNode::Member(machine), clock } => What::Became { machine, clock },
        What::Clock { clock, machine: Some(ServiceNode::Member(machine)) } => {
            What::Clock { clock, machine: Some(machine) }
        }
        What::Crashed => What::Crashed,
        _ => return Ok(()),
    };
    watch.see(Happening { at, place, node, what })
}

impl Observer<ServiceNode> for Steward {
    fn see(&mut self, happening: Happening<'_, ServiceNode>) -> Result<(), Violation> {
        let Happening { at, place, node, what } = happening;
        let who = Who::new(place, node);
        of_member(happening, &mut self.leadership)?;
        match what {
            What::Became { machine: ServiceNode::Member(host), clock } => self.stepped(host, at, clock.at(at), place),
            What::Became { machine: ServiceNode::Client(client), clock }
            | What::Clock { clock, machine: Some(ServiceNode::Client(client)) } => self.client(client, clock, who, at),
            What::Told(event) => self.told(event, at, who),
            What::Crashed => {
                self.crashed(place);
                Ok(())
            }
            _ => Ok(()),
        }
    }
}
