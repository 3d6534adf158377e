//! Steps of every machine.

use crate::ours::steps as ours;
use crate::peers::raft;
use crate::race::{Contest, Family, Goal};

pub(super) fn idle() -> Family {
    let mut family = Family::new("machine, a tick of which nothing comes");
    let raft_too = |contest: Contest| contest.peer("raft", raft::idle()).goal(Goal::TimesPeer(2.0, "raft"));
    family.add(raft_too(Contest::of("step/process/idle", "Process", ours::process_idle())));
    family.add(raft_too(Contest::of("step/follower/idle", "Election, follower", ours::election_follower_idle())));
    family.add(raft_too(Contest::of("step/leader/idle", "Election, leader", ours::election_leader_idle())));
    family.add(raft_too(Contest::of("step/monitor/idle", "Monitor", crate::ours::monitor::idle::<3>())));
    family.add(raft_too(Contest::of("step/member/idle", "Member", ours::member_idle())));
    family.add(raft_too(Contest::of("step/authority/idle", "Authority", ours::authority_idle())));
    family.add(raft_too(Contest::of("step/holder/idle", "Holder", ours::holder_idle())));
    family.add(raft_too(Contest::of("step/coordinator/idle", "Coordinator", ours::coordinator_idle())));
    family.add(raft_too(Contest::of("step/party/idle", "Party", ours::party_idle())));
    family.add(raft_too(Contest::of("step/dissemination/idle", "Dissemination", ours::dissemination_idle())));
    family.add(raft_too(Contest::of("step/host/idle", "Host", ours::host_idle())));
    family
}

pub(super) fn busy() -> Family {
    let mut family = Family::new("machine, busy");
    family.add(Contest::of("step/process/receive", "Process, a receipt, Lamport", ours::process_receive()));
    family.add(Contest::of("step/process/hybrid", "Process, a message, hybrid", ours::process_send_hybrid()));
    family.add(Contest::of("step/process/vector", "Process, a message, vector of 8", ours::process_send_vector()));
    family.add(Contest::of(
        "step/monitor/heartbeat",
        "Monitor, a heartbeat of 10",
        crate::ours::monitor::heartbeat::<10>(),
    ));
    family.add(Contest::of("step/member/heartbeat", "Member, a heartbeat", ours::member_heartbeat()));
    family.add(
        Contest::of("step/follower/renews", "Election, hears its leader", ours::election_follower_renews())
            .peer("raft", raft::follower_heartbeat()),
    );
    family.add(
        Contest::of("step/leader/renews", "Election, a renewal, 2 steps", ours::election_leader_renews())
            .peer("raft", raft::leader_heartbeat()),
    );
    family.add(Contest::of("step/authority/grants", "Authority, grant and release, 2", ours::authority_grants()));
    family.add(Contest::of("step/host/grants", "Host, grant and release, 2", ours::host_grants()));
    family.add(Contest::of("step/lock", "Holder and Authority, a lock, 6", ours::holder_and_authority()));
    family.add(Contest::of("step/barrier", "Coordinator, 2 Parties, a generation", ours::barrier_generation()));
    family.add(Contest::of("step/dissemination", "2 × Dissemination, a generation", ours::dissemination_generation()));
    family
}
