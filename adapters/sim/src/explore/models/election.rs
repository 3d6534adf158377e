//! Three nodes that elect a leader.

use crate::explore::{Bounds, Model, View};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;
use quorate::election::{
    Command, Config, Election, Event, Guarantee, Message, Preempt, Record, Standing, Start, Timing,
};
use quorate::{DriftBound, Epoch, Group, Instant, NodeId, Rebase, Seed};

const QUANTUM: Duration = Duration::from_millis(10);

/// Three nodes that elect a leader, under the timings of a small bus: leases of five quanta.
///
/// A failure detector that is right, but as late as it likes, tells who is down or up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Elections {
    /// What is promised.
    pub guarantee: Guarantee,
    /// How many nodes there are.
    pub nodes: usize,
    /// How many messages are lost.
    pub losses: u8,
    /// How many arrive twice.
    pub duplications: u8,
    /// How many times a node crashes.
    pub crashes: u8,
    /// How many times one starts again.
    pub restarts: u8,
    /// How many times a node is cut off.
    pub cuts: u8,
    /// How many epochs there are. No attempt beyond them is followed.
    pub epochs: u64,
    /// How many ways chance can go, from 1 to 3. It decides how long a candidate that was not elected waits: one quantum, three
    /// or two.
    pub chances: u8,
}

impl Elections {
    /// Three nodes to which nothing happens.
    #[must_use]
    pub const fn new(guarantee: Guarantee) -> Self {
        Self {
            guarantee,
            nodes: 3,
            losses: 0,
            duplications: 0,
            crashes: 0,
            restarts: 0,
            cuts: 0,
            epochs: 2,
            chances: 3,
        }
    }
}

/// Who led which epoch, and whether two did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Leaders {
    led: Vec<(Epoch, usize)>,
    twice: Option<(Epoch, usize, usize)>,
}

type View3<'a> = View<'a, Election<4>, Leaders>;

impl Elections {
    fn suspects(view: &View3<'_>, place: usize, other: usize) -> bool {
        let other = NodeId::new(other as u32 + 1);
        view.nodes.get(place).copied().flatten().is_some_and(|machine| machine.suspects(other))
    }
}

impl Model for Elections {
    type Machine = Election<4>;
    type Memory = Leaders;

    fn name(&self) -> String {
        let guarantee = match self.guarantee {
            Guarantee::Majority => "a majority",
            Guarantee::PerPartition => "each partition",
        };
        format!("{} nodes that elect a leader of {guarantee}, in up to {} epochs", self.nodes, self.epochs)
    }

    fn size(&self) -> usize {
        self.nodes
    }

    fn bounds(&self) -> Bounds {
        let Self { losses, duplications, crashes, restarts, cuts, .. } = *self;
        // Who crashed is to be suspected, and who came back trusted, by the two others.
        let commands = match self.guarantee {
            Guarantee::Majority => 0,
            Guarantee::PerPartition => (crashes + cuts) * 4 + restarts * 2,
        };
        Bounds { past: 6, losses, duplications, crashes, restarts, cuts, commands, ..Bounds::quiet(QUANTUM) }
    }

    fn start(&self, place: usize, _life: u64, record: Option<&Record>, now: Instant) -> Self::Machine {
        let timing = Timing {
            lease: QUANTUM * 5,
            renew: QUANTUM,
            timeout: QUANTUM * 2,
            jitter: Duration::ZERO,
            drift: DriftBound::ZERO,
            margin: Duration::ZERO,
        };
        let ids: Vec<NodeId> = (1..=self.nodes as u32).map(NodeId::new).collect();
        let me = NodeId::new(place as u32 + 1);
        let others: Vec<NodeId> = ids.into_iter().filter(|id| *id != me).collect();
        let start = record.map_or(Start::First, |record| Start::Recovered(*record));
        let made = Config::new(self.guarantee, timing, Seed::new(0)).ok().and_then(|config| {
            let group = Group::new(me, &others).ok()?;
            Election::new(config.with_preempt(Preempt::Never), group, &[], start, now).ok()
        });
        #[allow(clippy::expect_used)]
        made.expect("these settings are valid")
    }

    fn rebase(&self, machine: &mut Self::Machine, now: Instant, by: Duration) {
        machine.rebase(now, by);
    }

    fn rebase_message(&self, message: &mut Message, now: Instant, by: Duration) {
        message.rebase(now, by);
    }

    fn choices(&self) -> u32 {
        u32::from(self.chances)
    }

    fn choose(&self, machine: &mut Self::Machine, choice: u32) {
        machine.reseed(Seed::new(FIRST_IS.get(choice as usize).copied().unwrap_or(0)));
    }

    /// Whoever is down or cut off may be suspected, and whoever is not, trusted.
    fn commands(&self, place: usize, view: &View3<'_>) -> Vec<Command> {
        let is_gone = |other: usize| {
            let cut = |place: usize| view.cut.get(place).copied().unwrap_or(false);
            view.nodes.get(other).copied().flatten().is_none() || cut(other) || cut(place)
        };
        let opinion = |other: usize| {
            let id = NodeId::new(other as u32 + 1);
            match (is_gone(other), Self::suspects(view, place, other)) {
                (true, false) => Some(Command::Suspect(id)),
                (false, true) => Some(Command::Trust(id)),
                _ => None,
            }
        };
        (0..self.nodes).filter(|other| *other != place).filter_map(opinion).collect()
    }

    fn remember(&self, memory: &mut Leaders, place: usize, event: &Event) {
        if let Event::Elected { epoch, .. } = event {
            let before = memory.led.iter().find(|(led, by)| led == epoch && *by != place);
            if let Some((_, by)) = before {
                memory.twice = Some((*epoch, *by, place));
            } else if !memory.led.contains(&(*epoch, place)) {
                memory.led.push((*epoch, place));
                memory.led.sort_unstable();
            }
        }
    }

    /// E1 and E2; under [`Guarantee::PerPartition`], that no two leaders of one epoch trust each other. And E5, E6: what is
    /// durable is what the machine goes by.
    fn check(&self, view: &View3<'_>) -> Result<(), String> {
        let up = || view.nodes.iter().flatten();
        match self.guarantee {
            Guarantee::Majority => {
                if let Some((epoch, one, other)) = view.memory.twice {
                    return Err(format!("E1 is broken: epoch {epoch} was led by nodes {} and {}", one + 1, other + 1));
                }
                let valid = up().filter(|machine| !machine.time_left(view.now).is_zero());
                let leading: Vec<NodeId> = valid.map(|machine| machine.me()).collect();
                if let [one, other, ..] = leading[..] {
                    return Err(format!("E2 is broken: nodes {one} and {other} lead at once"));
                }
            }
            Guarantee::PerPartition => {
                if let Some((epoch, one, other)) = view.memory.twice
                    && self.cuts == 0
                    && self.crashes == 0
                {
                    return Err(format!("E1p is broken: epoch {epoch} was led by nodes {} and {}", one + 1, other + 1));
                }
                let leading: Vec<_> = up().filter(|machine| machine.standing() == Standing::Leading).collect();
                for (one, other) in leading.iter().flat_map(|one| leading.iter().map(move |other| (one, other))) {
                    let same = one.record().epoch == other.record().epoch && one.me() < other.me();
                    if same && !one.suspects(other.me()) && !other.suspects(one.me()) && self.cuts == 0 {
                        let (one, other) = (one.me(), other.me());
                        return Err(format!(
                            "E1p is broken: nodes {one} and {other} lead one epoch and trust each other"
                        ));
                    }
                }
            }
        }
        for (machine, durable) in view.nodes.iter().zip(view.durable) {
            let Some(machine) = machine else { continue };
            let stored = durable.copied().unwrap_or_default();
            if machine.record() != stored {
                return Err(format!(
                    "E6 is broken: node {} goes by {:?} and stored {stored:?}",
                    machine.me(),
                    machine.record()
                ));
            }
        }
        Ok(())
    }

    /// All that are up and connected agree on who leads, and that one does.
    fn is_good(&self, view: &View3<'_>) -> bool {
        let connected = || {
            let nodes = view.nodes.iter().zip(view.cut).filter(|(_, cut)| !**cut);
            nodes.filter_map(|(node, _)| *node)
        };
        let Some(leader) = connected().next().and_then(Election::leader) else { return false };
        connected().all(|node| node.leader().is_some_and(|other| (other.id, other.epoch) == (leader.id, leader.epoch)))
            && connected().any(|node| node.me() == leader.id && node.standing() == Standing::Leading)
    }

    fn is_within(&self, view: &View3<'_>) -> bool {
        view.nodes.iter().flatten().all(|machine| machine.record().epoch.get() <= self.epochs)
    }
}

/// Seeds of generators whose first number is the least that there is, the greatest, and the middle one: a candidate that was not
/// elected waits for half a timeout and so much of a whole one.
const FIRST_IS: [u64; 3] = [0x61c8_8646_80b5_83eb, 0x3162_8af6_7b21_31ab, 0x2fed_f1ef_ce1d_5545];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chance_goes_every_way_that_quanta_tell_apart() {
        let pauses = FIRST_IS.map(|seed| Seed::new(seed).random().up_to(QUANTUM * 2));
        assert_eq!(pauses, [Duration::ZERO, QUANTUM * 2, QUANTUM]);
    }
}
