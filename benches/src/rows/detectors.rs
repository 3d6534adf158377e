//! Detectors, over windows of 100 and of 1,000 intervals.

use crate::limits::detectors as limits;
use crate::ours::detectors as ours;
use crate::peers::detectors as peers;
use crate::race::{Contest, Family, Goal, Unit};
use quorate::detector::{Bertier, Chen, PhiExponential, PhiNormal, Timeout};

const PHI: &str = "phi-accrual-failure-d.";
const CHITCHAT: &str = "chitchat";
/// Flat is what grows by less than a timing does by itself.
const FLAT: f64 = 1.2;

pub(super) fn heartbeat() -> Family {
    let mut family = Family::new("detector, a heartbeat");
    family.add(
        Contest::of("detector/heartbeat/100", "φ normal, window of 100", ours::heartbeat::<100>())
            .limit(limits::heartbeat::<100>())
            .peer(PHI, peers::phi_heartbeat(100))
            .peer(CHITCHAT, peers::chitchat_heartbeat(100))
            .goal(Goal::TimesPeer(1.0, PHI)),
    );
    family.add(
        Contest::of("detector/heartbeat/1000", "φ normal, window of 1,000", ours::heartbeat::<1_000>())
            .limit(limits::heartbeat::<1_000>())
            .peer(PHI, peers::phi_heartbeat(1_000))
            .peer(CHITCHAT, peers::chitchat_heartbeat(1_000))
            .goal(Goal::TimesPeer(1.0, PHI))
            .goal(Goal::TimesOther(FLAT, "detector/heartbeat/100")),
    );
    family.add(
        Contest::of("detector/exponential/1000", "φ exponential, 1,000", ours::heartbeat_exponential::<1_000>())
            .peer(CHITCHAT, peers::chitchat_heartbeat(1_000)),
    );
    family.add(Contest::of("detector/chen/1000", "Chen, 1,000", ours::heartbeat_chen::<1_000>()));
    family.add(Contest::of("detector/bertier/1000", "Bertier, 1,000", ours::heartbeat_bertier::<1_000>()));
    family.add(Contest::of("detector/timeout", "timeout", ours::heartbeat_timeout()));
    family
}

pub(super) fn query() -> Family {
    let mut family = Family::new("detector, a question");
    family.add(
        Contest::of("detector/query/100", "is it suspected? 100", ours::query::<100>())
            .limit(limits::query())
            .peer(PHI, peers::phi_query(100))
            .peer(CHITCHAT, peers::chitchat_query(100))
            .goal(Goal::TimesFaster(10.0, PHI)),
    );
    family.add(
        Contest::of("detector/query/1000", "is it suspected? 1,000", ours::query::<1_000>())
            .limit(limits::query())
            .peer(PHI, peers::phi_query(1_000))
            .peer(CHITCHAT, peers::chitchat_query(1_000))
            .goal(Goal::TimesFaster(10.0, PHI))
            .goal(Goal::TimesOther(FLAT, "detector/query/100")),
    );
    family.add(
        Contest::of("detector/level/1000", "how strongly? 1,000", ours::level::<1_000>())
            .peer(PHI, peers::phi_level(1_000)),
    );
    family
}

pub(super) fn sizes() -> Family {
    let mut family = Family::new("detector, memory");
    let window = |samples: usize| 4.0 * samples as f64;
    family.add(
        Contest::known("detector/bytes/100", "φ normal, 100", Unit::Bytes, size_of::<PhiNormal<100>>() as f64)
            .known_limit(window(100))
            .known_peer(PHI, peers::phi_bytes(100) as f64)
            .goal(Goal::AtMost(448.0)),
    );
    family.add(
        Contest::known("detector/bytes/1000", "φ normal, 1,000", Unit::Bytes, size_of::<PhiNormal<1_000>>() as f64)
            .known_limit(window(1_000))
            .known_peer(PHI, peers::phi_bytes(1_000) as f64),
    );
    for (name, what, bytes) in [
        ("detector/exponential/bytes", "φ exponential, 100", size_of::<PhiExponential<100>>()),
        ("detector/chen/bytes", "Chen, 100", size_of::<Chen<100>>()),
        ("detector/bertier/bytes", "Bertier, 100", size_of::<Bertier<100>>()),
        ("detector/timeout/bytes", "timeout", size_of::<Timeout>()),
    ] {
        family.add(Contest::known(name, what, Unit::Bytes, bytes as f64));
    }
    family
}
