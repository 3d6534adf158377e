//! Several nodes, their network and their faults, by the plans that the bytes spell, judged as a swarm judges.

use quorate::clock::{HybridClock, LamportClock, VectorClock, VersionClock};
use quorate_sim::fuzz;
use quorate_sim::swarm::trials::{
    BarrierTrial, DisseminationTrial, ElectionTrial, FramedTrial, HostedTrial, LeaseTrial, MemberTrial, MonitorTrial,
    ProcessTrial,
};

/// Elections under a detector that is as wrong as it likes: E1 to E6.
pub fn election(data: &[u8]) {
    fuzz::trial(&ElectionTrial, data);
}

/// Whole members; by the last bit of the first byte as values, or as the bytes of frames.
pub fn member(data: &[u8]) {
    match data.first() {
        Some(byte) if byte & 1 == 1 => fuzz::trial(&FramedTrial, data),
        _ => fuzz::trial(&MemberTrial, data),
    }
}

/// Heartbeats and detectors: D1 to D6.
pub fn monitor(data: &[u8]) {
    fuzz::trial(&MonitorTrial, data);
}

/// Processes with logical clocks: C1 to C4; the first byte says which clock.
pub fn clocks(data: &[u8]) {
    match data.first().map_or(0, |byte| byte % 4) {
        0 => fuzz::trial(&ProcessTrial::<LamportClock>::new(), data),
        1 => fuzz::trial(&ProcessTrial::<VectorClock<8>>::new(), data),
        2 => fuzz::trial(&ProcessTrial::<VersionClock<8>>::new(), data),
        _ => fuzz::trial(&ProcessTrial::<HybridClock>::new(), data),
    }
}

/// Parties that meet at barriers: B1 to B5; by the last bit of the first byte under coordinators that take over from each other, or
/// without any.
pub fn barrier(data: &[u8]) {
    match data.first() {
        Some(byte) if byte & 1 == 1 => fuzz::trial(&DisseminationTrial, data),
        _ => fuzz::trial(&BarrierTrial, data),
    }
}

/// Holders and fences under an authority: L1 to L6; by the last bit of the first byte a fixed one, or the leader's.
pub fn locks(data: &[u8]) {
    match data.first() {
        Some(byte) if byte & 1 == 1 => fuzz::trial(&HostedTrial, data),
        _ => fuzz::trial(&LeaseTrial, data),
    }
}
