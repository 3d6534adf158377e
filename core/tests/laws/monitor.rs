//! Monitors of a small group, over each kind of detector.

use crate::history;
use core::time::Duration;
use proptest::prelude::*;
use quorate::detector::{Command, Detector, Heartbeat, Monitor, MonitorConfig};
use quorate::{Group, Incarnation, Input, Instant, NodeId};

pub(crate) const INTERVAL: Duration = Duration::from_millis(100);

pub(crate) fn monitor<D: Detector>(config: D::Config) -> Monitor<D, 6> {
    // Five peers may be overdue at once, one more than a step has outputs.
    let peers = [1, 2, 3, 4, 5].map(NodeId::new);
    let group = Group::new(NodeId::new(9), &peers).expect("a good group");
    let settings = MonitorConfig::new(INTERVAL).and_then(|config| config.with_tolerance(Duration::from_secs(15)));
    Monitor::new(settings.expect("good settings"), config, group, Incarnation::new(1), Instant::ORIGIN)
}

pub(crate) fn inputs() -> BoxedStrategy<Input<Command, Heartbeat>> {
    let node = || (0_u32..10).prop_map(NodeId::new);
    let commands = prop_oneof![node().prop_map(Command::Watch), node().prop_map(Command::Unwatch)];
    let heartbeats = (history::number(), history::number())
        .prop_map(|(incarnation, sequence)| Heartbeat { incarnation: Incarnation::new(incarnation), sequence });
    history::inputs(&[1, 2, 3, 4, 5], commands, heartbeats)
}
