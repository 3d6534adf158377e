//! The trials of leases: a fixed authority, or one that the leader hosts, clients whose users want one thing after another,
//! resources behind fences, and where the leader hosts, parties of a barrier.

mod attending;
mod client;
mod fixed;
mod history;
mod hosted;
mod judge;
mod node;
mod rules;
mod store;

pub use attending::Attending;
pub use client::{Client, PERMITS};
pub use fixed::{LeaseTrial, Leased};
pub use hosted::{Hosted, HostedTrial, Hosting};
pub use judge::Locksmith;
pub use node::{Answer, Ask, CLAIMS, Deed, Grants, Kept, Node, RESOURCES, Said, Told};
pub use rules::{Habits, Terms};
pub use store::{Shelves, Store};

use crate::check::Violation;
use crate::world::{Birth, Carrier, Subject, World};
use alloc::format;
use alloc::vec::Vec;
use core::time::Duration;
use quorate::lease::authority::ClaimState;
use quorate::lease::{ClaimId, Holder};
use quorate::{Group, NodeId, Random};

/// The client that starts at a place; the first `authorities` nodes may be the authority, the store is the next one.
fn client<R>(terms: &Terms, authorities: usize, birth: &Birth<'_, R>) -> Client {
    let Birth { place, node, incarnation, seed, now, .. } = *birth;
    let may_grant: Vec<NodeId> = (1..=authorities as u32).map(NodeId::new).collect();
    #[allow(clippy::expect_used)]
    let group = Group::new(node, &may_grant).expect("a client is none of them");
    let mut random = seed.random();
    let holding = terms.holding(place, quorate::Seed::new(random.number()));
    let first = ClaimId::new(incarnation.get() << 32);
    let holder = Holder::new(holding, group, first, None, now);
    let deeds = u64::from(node.get()) << 48 | incarnation.get() << 32;
    Client::new(holder, terms.habits, NodeId::new(authorities as u32 + 1), deeds, random, now)
}

/// Who of the clients is down for good when the faults stop, one at least is not.
fn dead(terms: &Terms, first: usize, size: usize) -> impl Iterator<Item = usize> {
    let mortal = terms.mortal;
    (first..size.saturating_sub(1)).filter(move |place| mortal >> place & 1 == 1)
}

/// Draws a resource to break the leases of.
fn broken(random: &mut Random) -> u8 {
    random.below(RESOURCES as u64) as u8
}

/// L6, once nothing goes wrong any more: what the dead held is free, and nobody waits for longer than those before it take.
fn settled<A, S, C>(terms: &Terms, first: usize, world: &World<S, C>) -> Result<(), Violation>
where
    A: Grants,
    S: Subject<Machine = Node<A>>,
    C: Carrier<Node<A>>,
{
    let now = world.now();
    if !terms.is_fair {
        return Ok(());
    }
    let most = terms.served_within(world.size() - first);
    for place in 0..world.size() {
        match world.machine(place) {
            Some(Node::Granting(machine)) => {
                let held = machine.authority().claims(world.local(place)).find(|claim| {
                    let is_down = world.machine((claim.node.get() as usize).saturating_sub(1)).is_none();
                    is_down && !matches!(claim.state, ClaimState::Waiting(_))
                });
                if let Some(claim) = held {
                    let because = format!(
                        "node {} has been down for long, and {} is still kept for it",
                        claim.node, claim.resource
                    );
                    return Err(Violation::new("L6", because, now).with_node(claim.node));
                }
            }
            Some(Node::Client(client)) => {
                let waited = client.wants_since.map_or(Duration::ZERO, |since| world.local(place).since(since));
                if waited > most {
                    let because = format!(
                        "it has wanted {:?} for {waited:?}, and {most:?} are enough; it is {:?}",
                        client.holder().wanted(),
                        client.holder().standing()
                    );
                    let violation = Violation::new("L6", because, now);
                    return Err(violation.with_nodes(world.id(place)));
                }
            }
            _ => {}
        }
    }
    Ok(())
}
