//! Nodes that watch each other.

use crate::explore::{Bounds, Model, View};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;
use quorate::detector::{Event, Monitor, MonitorConfig, Timeout, TimeoutConfig};
use quorate::{Group, Incarnation, Infallible, Instant, NodeId, Rebase};

const QUANTUM: Duration = Duration::from_millis(10);

/// Nodes that send a heartbeat every two quanta, and suspect after seven. Their first few heartbeats are followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Monitors {
    /// How many nodes there are.
    pub nodes: usize,
    /// How many heartbeats are lost. Two in a row are bridged, three are not.
    pub losses: u8,
    /// How many arrive twice.
    pub duplications: u8,
    /// How many times a node crashes.
    pub crashes: u8,
    /// How many times one starts again.
    pub restarts: u8,
    /// How many heartbeats of each node are followed.
    pub heartbeats: u64,
}

impl Default for Monitors {
    /// Two nodes, of which one crashes and starts again, and two heartbeats that are lost or doubled.
    fn default() -> Self {
        Self { nodes: 2, losses: 2, duplications: 1, crashes: 1, restarts: 1, heartbeats: 12 }
    }
}

/// How many nodes have crashed: `true` for each that was ever down, by place, and whether it was wrongly suspected before.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Suspicions(Vec<(usize, NodeId)>);

impl Model for Monitors {
    type Machine = Monitor<Timeout, 4>;
    type Memory = Suspicions;

    fn name(&self) -> String {
        format!("{} nodes that watch each other, for {} heartbeats", self.nodes, self.heartbeats)
    }

    fn size(&self) -> usize {
        self.nodes
    }

    fn bounds(&self) -> Bounds {
        let Self { losses, duplications, crashes, restarts, .. } = *self;
        Bounds { past: 40, losses, duplications, crashes, restarts, ..Bounds::quiet(QUANTUM) }
    }

    fn start(&self, place: usize, life: u64, _: Option<&Infallible>, now: Instant) -> Self::Machine {
        let me = NodeId::new(place as u32 + 1);
        let others: Vec<NodeId> = (1..=self.nodes as u32).map(NodeId::new).filter(|id| *id != me).collect();
        let made = MonitorConfig::new(QUANTUM * 2).ok().zip(TimeoutConfig::new(QUANTUM * 7).ok());
        let made = made.and_then(|(config, timeout)| {
            let group = Group::new(me, &others).ok()?;
            Some(Monitor::new(config, timeout, group, Incarnation::new(life), now))
        });
        #[allow(clippy::expect_used)]
        made.expect("these settings are valid")
    }

    fn rebase(&self, machine: &mut Self::Machine, now: Instant, by: Duration) {
        machine.rebase(now, by);
    }

    /// Who suspects whom, as the local users were told.
    fn remember(&self, memory: &mut Suspicions, place: usize, event: &Event) {
        match event {
            Event::Suspected { peer, .. } => {
                memory.0.push((place, *peer));
                memory.0.sort_unstable();
            }
            Event::Trusted { peer, .. } => memory.0.retain(|pair| *pair != (place, *peer)),
            _ => {}
        }
    }

    /// D3: a peer is suspected exactly when its deadline has come; and nobody is suspected who is up, as long as fewer heartbeats
    /// are lost than the timeout bridges and nobody has crashed.
    fn check(&self, view: &View<'_, Self::Machine, Suspicions>) -> Result<(), String> {
        for (place, machine) in view.nodes.iter().enumerate() {
            let Some(machine) = machine else { continue };
            for health in machine.healths() {
                if health.suspected && health.deadline > view.now {
                    return Err(format!("D3 is broken: node {} suspects node {} too early", place + 1, health.peer));
                }
                let peer = (health.peer.get() as usize).saturating_sub(1);
                let all_up = view.nodes.iter().all(Option::is_some);
                if health.suspected && all_up && self.crashes == 0 && self.losses < 3 {
                    return Err(format!("node {} suspects node {}, which is up and heard", place + 1, peer + 1));
                }
            }
        }
        Ok(())
    }

    /// D1: whoever is up suspects those that are down, and trusts the others.
    fn is_good(&self, view: &View<'_, Self::Machine, Suspicions>) -> bool {
        view.nodes.iter().flatten().all(|machine| {
            machine.healths().all(|health| {
                let place = (health.peer.get() as usize).saturating_sub(1);
                health.suspected == view.nodes.get(place).copied().flatten().is_none()
            })
        })
    }

    fn is_within(&self, view: &View<'_, Self::Machine, Suspicions>) -> bool {
        let heard = |machine: &Self::Machine| machine.healths().map(|health| health.sequence).max().unwrap_or(0);
        let sent = |machine: &Self::Machine| machine.sequence();
        view.nodes.iter().flatten().all(|machine| heard(machine).max(sent(machine)) <= self.heartbeats)
    }
}
