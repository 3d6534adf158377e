//! A step, the deadline and what can be asked of each machine.

use crate::roots;
use core::time::Duration;
use quorate::barrier::{self, Coordinator, Party, coordinator};
use quorate::clock::{HybridClock, LamportClock, Process, VectorClock, VersionClock};
use quorate::detector::{AnyDetector, Bertier, Chen, Health, Monitor, PhiExponential, PhiNormal, Quality, Timeout};
use quorate::election::{self, Election};
use quorate::host::Host;
use quorate::lease::authority::{ClaimView, Fixed};
use quorate::lease::{Authority, Fence, Holder, Stale, holder};
use quorate::member::Member;
use quorate::{FencingToken, Group, GroupError, InputOf, Instant, Machine, Name, NodeId, Rebase, StepOf};

macro_rules! machines {
    ($($step:ident $deadline:ident $peers:ident: $machine:ty;)*) => { roots! {$(
        fn $step(machine: &mut $machine, input: &InputOf<$machine>, now: Instant, step: &mut StepOf<$machine>) {
            *step = machine.step(input.clone(), now);
        }
        fn $deadline(machine: &$machine) -> Option<Instant> {
            machine.deadline()
        }
        fn $peers(machine: &$machine, place: usize) -> Option<NodeId> {
            machine.peers().get(place).copied()
        }
    )*} };
}

type Hosted = Host<AnyDetector<16>, Name, 8, 64, 4, 8>;

machines! {
    root_lamport_step root_lamport_deadline root_lamport_peers: Process<LamportClock, u32, 8>;
    root_vector_step root_vector_deadline root_vector_peers: Process<VectorClock<8>, u32, 8>;
    root_version_step root_version_deadline root_version_peers: Process<VersionClock<8>, u32, 8>;
    root_hybrid_step root_hybrid_deadline root_hybrid_peers: Process<HybridClock, u32, 8>;
    root_timeout_step root_timeout_deadline root_timeout_peers: Monitor<Timeout, 8>;
    root_normal_step root_normal_deadline root_normal_peers: Monitor<PhiNormal<16>, 8>;
    root_exponential_step root_exponential_deadline root_exponential_peers: Monitor<PhiExponential<16>, 8>;
    root_chen_step root_chen_deadline root_chen_peers: Monitor<Chen<16>, 8>;
    root_bertier_step root_bertier_deadline root_bertier_peers: Monitor<Bertier<16>, 8>;
    root_any_step root_any_deadline root_any_peers: Monitor<AnyDetector<16>, 8>;
    root_election_step root_election_deadline root_election_peers: Election<8>;
    root_member_step root_member_deadline root_member_peers: Member<AnyDetector<16>, 8>;
    root_authority_step root_authority_deadline root_authority_peers: Authority<Name, 64>;
    root_fixed_step root_fixed_deadline root_fixed_peers: Fixed<Name, 64>;
    root_holder_step root_holder_deadline root_holder_peers: Holder<Name, 8>;
    root_coordinator_step root_coordinator_deadline root_coordinator_peers: Coordinator<Name, 4, 8>;
    root_meeting_step root_meeting_deadline root_meeting_peers: coordinator::Fixed<Name, 4, 8>;
    root_party_step root_party_deadline root_party_peers: Party<Name, 8>;
    root_host_step root_host_deadline root_host_peers: Hosted;
}

roots! {
    fn root_fence(fence: &mut Fence, token: FencingToken) -> Result<bool, Stale> {
        fence.admit(token)
    }
    fn root_healths(monitor: &Monitor<AnyDetector<16>, 8>, take: &mut dyn FnMut(Health)) {
        monitor.healths().for_each(take);
    }
    fn root_level(monitor: &Monitor<AnyDetector<16>, 8>, peer: NodeId, now: Instant) -> Option<f64> {
        monitor.level(peer, now)
    }
    fn root_quality(monitor: &Monitor<AnyDetector<16>, 8>, peer: NodeId, now: Instant) -> Option<Quality> {
        monitor.quality(peer, now)
    }
    fn root_figures(quality: &Quality) -> [Option<Duration>; 3] {
        [quality.detection_time(), quality.mistake_recurrence(), quality.mistake_duration()]
    }
    fn root_accuracy(quality: &Quality) -> Option<u32> {
        quality.query_accuracy()
    }
    fn root_election_view(election: &Election<8>, now: Instant, peer: NodeId) -> (Duration, bool, election::Standing) {
        (election.time_left(now), election.suspects(peer), election.standing())
    }
    fn root_voters(election: &Election<8>, take: &mut dyn FnMut(NodeId)) {
        election.voters().for_each(take);
    }
    fn root_claims(authority: &Authority<Name, 64>, now: Instant, take: &mut dyn FnMut(ClaimView<Name>)) {
        authority.claims(now).for_each(take);
    }
    fn root_grace(authority: &Authority<Name, 64>, now: Instant) -> Duration {
        authority.grace_left(now)
    }
    fn root_holder_view(holder: &Holder<Name, 8>, now: Instant) -> (Duration, holder::Standing) {
        (holder.time_left(now), holder.standing())
    }
    fn root_rebase(host: &mut Authority<Name, 64>, election: &mut Election<8>, now: Instant, by: Duration) {
        host.rebase(now, by);
        election.rebase(now, by);
    }
    fn root_group(me: NodeId, peers: &[NodeId]) -> Result<Group<8>, GroupError> {
        Group::new(me, peers)
    }
    fn root_group_add(group: &mut Group<8>, peer: NodeId) -> Result<usize, GroupError> {
        group.add(peer)
    }
    fn root_group_remove(group: &mut Group<8>, peer: NodeId) -> Result<usize, GroupError> {
        group.remove(peer)
    }
    fn root_party_message(message: &barrier::Message<Name>) -> barrier::Message<Name> {
        *message
    }
}
