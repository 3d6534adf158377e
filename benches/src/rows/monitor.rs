//! The monitor, with 10 to 100,000 peers.

use crate::limits::detectors as limits;
use crate::ours::monitor as ours;
use crate::peers::detectors as peers;
use crate::race::{Contest, Family, Goal, Unit};

const PHI: &str = "phi-accrual-failure-d.";

pub(super) fn heartbeats() -> Family {
    let mut family = Family::new("monitor, a heartbeat, with all ticks meanwhile");
    family.add(Contest::of("monitor/heartbeat/10", "10 peers", ours::heartbeat::<10>()).sized("heartbeat", 10));
    family.add(
        Contest::of("monitor/heartbeat/1000", "1,000 peers", ours::heartbeat::<1_000>()).sized("heartbeat", 1_000),
    );
    family.add(
        Contest::of("monitor/heartbeat/10000", "10,000 peers", ours::heartbeat::<10_000>()).sized("heartbeat", 10_000),
    );
    family
}

pub(super) fn deadlines() -> Family {
    let mut family = Family::new("monitor, a deadline at which one is suspected");
    family.add(
        Contest::of("monitor/deadline/10", "10 peers", ours::deadline::<10>())
            .sized("deadline", 10)
            .limit(limits::scan(10)),
    );
    family.add(
        Contest::of("monitor/deadline/1000", "1,000 peers", ours::deadline::<1_000>())
            .sized("deadline", 1_000)
            .limit(limits::scan(1_000)),
    );
    family.add(
        Contest::of("monitor/deadline/10000", "10,000 peers", ours::deadline::<10_000>())
            .sized("deadline", 10_000)
            .limit(limits::scan(10_000)),
    );
    family.add(
        Contest::of("monitor/deadline/100000", "100,000 peers", ours::deadline::<100_000>())
            .sized("deadline", 100_000)
            .limit(limits::scan(100_000))
            .peer(PHI, peers::phi_ask_all(100_000))
            .goal(Goal::TimesLimit(3.0)),
    );
    family.add(Contest::of("monitor/idle/10000", "10,000 peers, and nothing is due", ours::idle::<10_000>()));
    family
}

pub(super) fn all() -> Family {
    let mut family = Family::new("monitor, all peers");
    family.add(
        Contest::of("monitor/ask/1000", "who is suspected? 1,000", ours::ask_all::<1_000>())
            .limit(limits::scan(1_000))
            .peer(PHI, peers::phi_ask_all(1_000)),
    );
    family.add(
        Contest::known("monitor/bytes", "one more peer, window of 100", Unit::Bytes, ours::bytes_a_peer() as f64)
            .known_limit(400.0)
            .known_peer(PHI, peers::phi_bytes(100) as f64)
            .goal(Goal::AtMost(448.0)),
    );
    family
}
