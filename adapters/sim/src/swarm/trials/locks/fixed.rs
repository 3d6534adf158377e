//! The trial of leases that a fixed authority grants.

use super::node::{Ask, CLAIMS, Grants, Kept, Node};
use super::{Locksmith, Store, Terms, broken, client, dead, settled};
use crate::check::Violation;
use crate::swarm::{Fault, Hostility, PlanOf, Planned, Trial, WorldOf, make_calm};
use crate::world::{Birth, Direct, Observer, Subject};
use core::time::Duration;
use quorate::lease::Message;
use quorate::lease::authority::{Authority, Command, Event, Fixed, Record};
use quorate::{DriftBound, Instant, Random, barrier};

type Granting = Fixed<u8, CLAIMS>;

/// Who grants is the first node, the store is the second, and the others are clients.
const STORE: usize = 1;

impl Grants for Granting {
    const HOSTED: bool = false;

    #[inline]
    fn wrapped(message: Message<u8>) -> Message<u8> {
        message
    }
    fn wrapped_meeting(_: barrier::Message<u8>) -> Option<Message<u8>> {
        None
    }
    fn meets(_: &Message<u8>) -> Option<&barrier::Message<u8>> {
        None
    }
    #[inline]
    fn says(message: &Message<u8>) -> Option<&Message<u8>> {
        Some(message)
    }
    #[inline]
    fn about(event: &Event<u8>) -> Option<&Event<u8>> {
        Some(event)
    }
    fn breaks(command: &Command<u8>) -> Option<u8> {
        match command {
            Command::Break(resource) => Some(*resource),
            Command::Open { .. } | Command::Close { .. } => None,
        }
    }
    #[inline]
    fn authority(&self) -> &Authority<u8, CLAIMS> {
        self.authority()
    }
}

/// Makes a fixed authority, a store, and clients.
#[derive(Clone, Debug)]
pub struct Leased {
    terms: Terms,
}

impl Subject for Leased {
    type Machine = Node<Granting>;

    fn start(&mut self, birth: Birth<'_, Kept<Record>>) -> Self::Machine {
        match birth.place {
            0 => {
                let record = match birth.record {
                    Some(Kept::Granting(record)) => Some(*record),
                    _ => None,
                };
                Node::Granting(Fixed::new(self.terms.granting(), record, birth.now))
            }
            STORE => Node::Store(Store::new(match birth.record {
                Some(Kept::Store(shelves)) => Some(*shelves),
                _ => None,
            })),
            _ => Node::Client(client(&self.terms, 1, &birth)),
        }
    }
}

/// The trial of leases that a fixed authority grants.
#[derive(Clone, Copy, Debug, Default)]
pub struct LeaseTrial;

/// Again and again who grants crashes, and starts again while what it granted is held.
fn restart_soon(plan: &mut PlanOf<LeaseTrial>, random: &mut Random) {
    let lease = plan.rules.lease;
    let end = Instant::ORIGIN.after(plan.faulty);
    let mut at = Instant::ORIGIN.after(random.up_to(lease * 4));
    while at < end {
        let start = at.after(random.up_to(lease));
        plan.faults.push(Planned { at, fault: Fault::Crash(0) });
        plan.faults.push(Planned { at: start, fault: Fault::Start(0) });
        at = start.after(lease * 2).after(random.up_to(lease * 8));
    }
    plan.faults.sort_by_key(|planned| planned.at);
}

impl Trial for LeaseTrial {
    type Subject = Leased;
    type Carrier = Direct;
    type Rules = Terms;
    type Judge = Locksmith<Granting>;

    fn name(&self) -> &'static str {
        "lease"
    }

    fn draw(&self, length: Duration, random: &mut Random) -> PlanOf<Self> {
        let lease = Duration::from_millis([300, 1_000, 3_000, 10_000][random.below(4) as usize % 4]);
        let drift = DriftBound::new([0, 500, 20_000, 50_000][random.below(4) as usize % 4]);
        let terms = Terms::draw(lease, drift.unwrap_or(DriftBound::ZERO), random);
        let hostility = Hostility {
            nodes: (4, 8),
            length,
            scale: lease,
            drift: terms.drift.ppm(),
            forgetting: false,
            jumps: !terms.is_fair,
            lies: false,
            bad_links: true,
        };
        let mut plan = hostility.draw(terms, random, |place, random| match place {
            0 => Some(Ask::Granting(Command::Break(broken(random)))),
            STORE => None,
            _ => Some(Ask::Drain),
        });
        if random.below(2) == 0 {
            restart_soon(&mut plan, random);
        }
        plan
    }

    fn subject(&self, plan: &PlanOf<Self>) -> Leased {
        Leased { terms: plan.rules }
    }

    fn carrier(&self, _: &PlanOf<Self>) -> Direct {
        Direct
    }

    fn judge(&self, plan: &PlanOf<Self>) -> Self::Judge {
        Locksmith::new(plan.size, &plan.rules)
    }

    fn calm(
        &self,
        plan: &PlanOf<Self>,
        world: &mut WorldOf<Self>,
        watch: &mut impl Observer<Node<Granting>>,
    ) -> Result<(), Violation> {
        make_calm(world, watch)?;
        world.start_all(watch)?;
        dead(&plan.rules, STORE + 1, plan.size).try_for_each(|place| world.crash(place, watch))
    }

    fn settles_within(&self, plan: &PlanOf<Self>, _: &WorldOf<Self>) -> Duration {
        plan.rules.served_within(plan.size - STORE - 1) + plan.rules.asked
    }

    fn settled(&self, plan: &PlanOf<Self>, world: &WorldOf<Self>, judge: &Self::Judge) -> Result<(), Violation> {
        settled(&plan.rules, STORE + 1, world)?;
        judge.histories()
    }
}
