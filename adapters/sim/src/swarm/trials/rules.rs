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
        if let Some(first) = parts.first_mut() {
            first.1 = Role::Candidate; // somebody must be able to lead
        }
        Self {
            profile: Profile { interval: base.interval * factor, detection: base.detection * factor, timing, preempt },
            detector: kinds[random.below(5) as usize % 5],
            guarantee: if random.below(3) == 0 { Guarantee::PerPartition } else { Guarantee::Majority },
            parts,
            diskless: random.below(4) == 0,
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

    /// Who ranks highest among those that may lead.
    #[must_use]
    pub fn highest(&self, size: usize) -> Option<NodeId> {
        let ids = (1..=size as u32).map(NodeId::new);
        let candidates = ids.zip(&self.parts).filter(|(_, (_, role))| *role == Role::Candidate);
        candidates.map(|(id, (priority, _))| (*priority, id)).max().map(|(_, id)| id)
    }
}
