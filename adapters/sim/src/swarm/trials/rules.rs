//! How elections are configured, drawn for a whole group.

use alloc::vec::Vec;
use core::time::Duration;
use quorate::election::{self, Guarantee, Preempt, Role, Start, Timing};
use quorate::member::{DetectorKind, Profile};
use quorate::{DriftBound, NodeId, Random, Seed};

/// The rules that a group runs under.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// All timings.
    pub profile: Profile,
    /// Which failure detector its members use.
    pub detector: DetectorKind,
    /// What the election promises.
    pub guarantee: Guarantee,
    /// For each place its priority and its part.
    pub parts: Vec<(u16, Role)>,
    /// Whether members start without storage, always.
    pub diskless: bool,
    /// Bit `i` is set if the node at place `i` may be down for good when the faults stop, see [`Rules::dead`].
    pub mortal: u64,
}

impl Rules {
    /// Draws rules for up to `most` nodes.
    pub fn draw(most: usize, random: &mut Random) -> Self {
        let base = [Profile::LAN, Profile::LAN, Profile::BUS, Profile::WAN][random.below(4) as usize % 4];
        let factor = 1 + random.below(3) as u32;
        let drift = [0, 500, 20_000, 50_000][random.below(4) as usize % 4];
        let timing = Timing {
            lease: base.timing.lease * factor,
            renew: base.timing.renew * factor,
            timeout: base.timing.timeout * factor,
            jitter: base.timing.jitter * factor,
            drift: DriftBound::new(drift).unwrap_or(DriftBound::ZERO),
            margin: if random.below(2) == 0 { Duration::ZERO } else { base.timing.margin },
        };
        let preempt = match random.below(2) {
            0 => Preempt::Never,
            _ => Preempt::After(timing.lease * (1 + random.below(6) as u32)),
        };
        let kinds = [
            DetectorKind::Timeout,
            DetectorKind::PhiNormal,
            DetectorKind::PhiExponential,
            DetectorKind::Chen,
            DetectorKind::Bertier,
        ];
        let mut parts: Vec<(u16, Role)> = (0..most)
            .map(|_| {
                let role = if random.below(6) == 0 { Role::Voter } else { Role::Candidate };
                (random.below(3) as u16, role)
            })
            .collect();
        let diskless = random.below(4) == 0;
        let mortal = if random.below(2) == 0 { random.number() } else { 0 };
        if !diskless && random.below(4) == 0 {
            // Some only look on.
            parts.iter_mut().filter(|_| random.below(3) == 0).for_each(|(_, role)| *role = Role::Observer);
        }
        if let Some(first) = parts.first_mut() {
            first.1 = Role::Candidate; // somebody must be able to lead
        }
        Self {
            profile: Profile { interval: base.interval * factor, detection: base.detection * factor, timing, preempt },
            detector: kinds[random.below(5) as usize % 5],
            guarantee: if random.below(3) == 0 { Guarantee::PerPartition } else { Guarantee::Majority },
            parts,
            diskless,
            mortal,
        }
    }

    /// The election's configuration at a place.
    #[must_use]
    pub fn election(&self, place: usize, seed: Seed) -> Option<election::Config> {
        let (priority, role) = self.parts.get(place).copied().unwrap_or_default();
        let config = election::Config::new(self.guarantee, self.profile.timing, seed).ok()?;
        Some(config.with_priority(priority).with_role(role).with_preempt(self.profile.preempt))
    }

    /// How a node starts that has this stored.
    #[must_use]
    pub fn start(&self, record: Option<&election::Record>) -> Start {
        match record {
            _ if self.diskless => Start::Forgetful,
            Some(record) => Start::Recovered(*record),
            None => Start::First,
        }
    }

    /// The other nodes of a group.
    #[must_use]
    pub fn others(size: usize, me: NodeId) -> Vec<NodeId> {
        (1..=size as u32).map(NodeId::new).filter(|id| *id != me).collect()
    }

    /// The others of a group that only look on.
    #[must_use]
    pub fn observers(&self, size: usize, me: NodeId) -> Vec<NodeId> {
        let role = |id: &NodeId| self.parts.get((id.get() as usize).saturating_sub(1)).map(|(_, role)| *role);
        Self::others(size, me).into_iter().filter(|id| role(id) == Some(Role::Observer)).collect()
    }

    /// Whether the node at a place votes.
    fn votes(&self, place: usize) -> bool {
        self.parts.get(place).is_some_and(|(_, role)| *role != Role::Observer)
    }

    /// Who is down for good when the faults stop: so few that a majority of the voters is left, and somebody who may lead.
    /// Where members have no storage it is nobody, for those that have forgotten need the others.
    #[must_use]
    pub fn dead(&self, size: usize) -> Vec<usize> {
        let may_lead = |place: &usize| self.parts.get(*place).is_some_and(|(_, role)| *role == Role::Candidate);
        let mut spare_voters = (0..size).filter(|place| self.votes(*place)).count().saturating_sub(1) / 2;
        let mut spare_candidates = (0..size).filter(may_lead).count().saturating_sub(1);
        let mut dies = |place: &usize| {
            let (votes, leads) = (usize::from(self.votes(*place)), usize::from(may_lead(place)));
            let may = self.mortal >> place & 1 == 1 && votes <= spare_voters && leads <= spare_candidates;
            if may {
                (spare_voters, spare_candidates) = (spare_voters - votes, spare_candidates - leads);
            }
            may
        };
        (0..size).filter(|place| !self.diskless && dies(place)).collect()
    }

    /// Who ranks highest among those that may lead and are not down for good.
    #[must_use]
    pub fn highest(&self, size: usize) -> Option<NodeId> {
        let dead = self.dead(size);
        let ranks = self.parts.iter().enumerate().take(size).filter(|(place, _)| !dead.contains(place));
        let candidates = ranks.filter(|(_, (_, role))| *role == Role::Candidate);
        candidates.map(|(place, (priority, _))| (*priority, NodeId::new(place as u32 + 1))).max().map(|(_, id)| id)
    }
}
