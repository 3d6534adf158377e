//! What a scenario does that a promise does not stand against.

use super::player::Player;
use super::story::{Action, Machines, Messages, Scenario};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use quorate::election::Guarantee;

/// A promise that is not made in a scenario, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct NotPromised {
    /// Which.
    pub promise: &'static str,
    /// What the scenario does.
    pub because: String,
}

/// Which promises the scenario takes the ground from. They are judged all the same; only, it is no defect if they break.
pub(super) fn not_promised<M: Player>(scenario: &Scenario) -> Vec<NotPromised> {
    if M::MACHINES == Machines::Monitors {
        return Vec::new();
    }
    // What leases stand on: with two leaders a lock can be granted twice, and tokens come from both.
    let (all, on_clocks): (&[&str], &[&str]) =
        if M::MACHINES == Machines::Hosts { (ALL_OF_HOSTS, &["E2", "L1", "L2"]) } else { (ALL, &["E2"]) };
    let mut found: Vec<NotPromised> = Vec::new();
    let mut add = |promises: &[&'static str], because: String| {
        for promise in promises {
            if !found.iter().any(|found| found.promise == *promise) {
                found.push(NotPromised { promise, because: because.clone() });
            }
        }
    };
    let rules = &scenario.rules;
    let mut ids: Vec<_> = (0..rules.size).map(|place| rules.id(place)).collect();
    ids.sort_unstable();
    if let Some([twin, _]) = ids.windows(2).find(|pair| pair[0] == pair[1]) {
        add(all, format!("two nodes are configured with one id, {twin}"));
    }
    let drift = rules.profile.timing.drift.ppm();
    let is_off = |ppm: i32| ppm.unsigned_abs() > drift;
    for (place, clock) in &rules.clocks {
        if is_off(clock.ppm()) {
            add(on_clocks, off(&format!("node {}'s clock", rules.id(*place)), clock.ppm(), drift));
        }
    }
    for step in &scenario.steps {
        let at = step.at;
        match &step.action {
            Some(Action::Forward(..) | Action::Back(..)) => add(on_clocks, format!("a clock jumps at {at}")),
            Some(Action::Suspend(..)) => {
                add(on_clocks, format!("a clock stands still from {at} on, while its node sleeps"))
            }
            Some(Action::Rate(_, ppm)) if is_off(*ppm) => {
                add(on_clocks, off(&format!("from {at} on a clock"), *ppm, drift))
            }
            Some(Action::Start { forgetting: true, .. }) if !rules.diskless => {
                add(all, format!("storage is lost at {at}, and the node does not know it"));
            }
            Some(Action::Lies(..)) => add(all, format!("a node lies from {at} on")),
            Some(Action::Forge { claimed: None, .. }) => add(all, format!("a node lies at {at}")),
            Some(Action::Forge { .. }) if scenario.messages != Messages::Sealed => {
                add(all, format!("a node speaks in another's name at {at}, and no key keeps it from that"));
            }
            _ => {}
        }
    }
    if rules.guarantee == Guarantee::PerPartition {
        found.retain(|found| found.promise != "E1" && found.promise != "E2");
        found.push(NotPromised { promise: "E2", because: String::from("each partition may have a leader of its own") });
    }
    found
}

const ALL: &[&str] = &["E1", "E1p", "E2", "E5", "E6"];
const ALL_OF_HOSTS: &[&str] = &["E1", "E1p", "E2", "E5", "E6", "L1", "L2", "L3", "L5", "B1", "B3", "B4", "B5"];

fn off(what: &str, ppm: i32, drift: u32) -> String {
    format!("{what} is off by {} ppm, and the rules allow for {drift}", ppm.unsigned_abs())
}
