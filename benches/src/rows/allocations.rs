//! Allocations, counted: none of ours, whatever it does.

use crate::Workload;
use crate::cases::CASES;
use crate::peers;
use crate::race::{Contest, Family, Goal, Unit};
use crate::workload::BATCH;

/// How many allocations there are in one operation, after as many others.
fn in_one(mut work: Workload) -> f64 {
    for _ in 0..4 {
        work.prepare(BATCH);
        work.run(BATCH);
    }
    work.prepare(BATCH);
    allocation_counter::measure(|| work.run(BATCH)).count_total as f64 / BATCH as f64
}

pub(super) fn counted() -> Family {
    let mut family = Family::new("allocations in one operation");
    for case in CASES {
        let contest =
            Contest::known(format!("allocations/{}", case.name), case.name, Unit::Allocations, in_one((case.make)()));
        let contest = match case.name {
            "vector/tick/64" => contest.known_peer("crdts", in_one(peers::clocks::crdts_tick::<64>())),
            "vector/merge/64" => contest.known_peer("vclock", in_one(peers::clocks::vclock_merge::<64>())),
            "frame/whole/64" => contest.known_peer("foca", in_one(peers::foca::whole(64))),
            "step/follower/renews" => contest.known_peer("raft", in_one(peers::raft::follower_heartbeat())),
            "step/leader/renews" => contest.known_peer("raft", in_one(peers::raft::leader_heartbeat())),
            _ => contest,
        };
        family.add(contest.known_limit(0.0).goal(Goal::AtMost(0.0)));
    }
    family
}
