//! Monitors of a small group, over each kind of detector.

use crate::history;
use core::time::Duration;
use proptest::prelude::*;
use quorate::detector::{
    AnyConfig, AnyDetector, Bertier, BertierConfig, Chen, ChenConfig, Command, Detector, Heartbeat, Monitor,
    MonitorConfig, PhiExponential, PhiExponentialConfig, PhiNormal, PhiNormalConfig, Threshold, Timeout, TimeoutConfig,
};
use quorate::{Group, Incarnation, Input, Instant, NodeId};

const INTERVAL: Duration = Duration::from_millis(100);
const MARGIN: Duration = Duration::from_millis(150);

fn monitor<D: Detector>(tolerance: Duration, config: D::Config) -> Monitor<D, 6> {
    monitor_at(tolerance, config, Instant::ORIGIN)
}

fn monitor_at<D: Detector>(tolerance: Duration, config: D::Config, now: Instant) -> Monitor<D, 6> {
    // Five peers may be overdue at once, one more than a step has outputs.
    let peers = [1, 2, 3, 4, 5].map(NodeId::new);
    let group = Group::new(NodeId::new(9), &peers).expect("a good group");
    let settings = MonitorConfig::new(INTERVAL).and_then(|config| config.with_tolerance(tolerance));
    Monitor::new(settings.expect("good settings"), config, group, Incarnation::new(1), now)
}

/// So tolerant of late steps that peers are suspected in most histories; the others take many steps for pauses.
const TOLERANT: Duration = Duration::from_secs(15);

fn phi_normal_config() -> PhiNormalConfig {
    let config = PhiNormalConfig::new(INTERVAL, Threshold::EIGHT).and_then(|config| config.with_floor(Duration::ZERO));
    config.expect("good settings")
}

pub(crate) fn timeout() -> Monitor<Timeout, 6> {
    monitor(TOLERANT, TimeoutConfig::new(INTERVAL * 3).expect("good settings"))
}

pub(crate) fn timeout_at(now: Instant) -> Monitor<Timeout, 6> {
    monitor_at(TOLERANT, TimeoutConfig::new(INTERVAL * 3).expect("good settings"), now)
}

pub(crate) fn phi_normal() -> Monitor<PhiNormal<3>, 6> {
    monitor(TOLERANT, phi_normal_config())
}

pub(crate) fn phi_exponential() -> Monitor<PhiExponential<3>, 6> {
    monitor(INTERVAL, PhiExponentialConfig::new(INTERVAL, Threshold::ONE).expect("good settings"))
}

pub(crate) fn chen() -> Monitor<Chen<3>, 6> {
    monitor(TOLERANT, ChenConfig::new(INTERVAL, MARGIN).expect("good settings"))
}

pub(crate) fn bertier() -> Monitor<Bertier<3>, 6> {
    monitor(INTERVAL, BertierConfig::new(INTERVAL, MARGIN).expect("good settings"))
}

pub(crate) fn any() -> Monitor<AnyDetector<3>, 6> {
    monitor(TOLERANT, AnyConfig::PhiNormal(phi_normal_config()))
}

pub(crate) fn inputs() -> BoxedStrategy<Input<Command, Heartbeat>> {
    let node = || (0_u32..10).prop_map(NodeId::new);
    let commands = prop_oneof![node().prop_map(Command::Watch), node().prop_map(Command::Unwatch)];
    // Mostly one life, and numbers from a range wide enough that many are news.
    let incarnation = prop_oneof![5 => Just(1), 1 => history::number()].prop_map(Incarnation::new);
    let sequence = prop_oneof![5 => 0_u64..100, 1 => history::number()];
    let heartbeats = (incarnation, sequence).prop_map(|(incarnation, sequence)| Heartbeat { incarnation, sequence });
    history::inputs(&[1, 2, 3, 4, 5], commands, heartbeats)
}
