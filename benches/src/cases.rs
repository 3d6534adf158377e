//! What is counted, watched for allocations, and timed by Criterion: of everything one.

use crate::Workload;
use crate::ours::frames::Trust;
use crate::ours::{clocks, detectors, frames, monitor, steps};

/// Something of quorate's, under the name that it has in the table.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// Its name.
    pub name: &'static str,
    /// Makes it.
    pub make: fn() -> Workload,
}

/// The case of this name.
///
/// # Panics
///
/// If there is none.
#[must_use]
pub fn named(name: &str) -> Case {
    let case = CASES.iter().find(|case| case.name == name);
    *case.unwrap_or_else(|| panic!("there is no case {name}"))
}

const fn case(name: &'static str, make: fn() -> Workload) -> Case {
    Case { name, make }
}

/// All of them.
pub const CASES: &[Case] = &[
    case("lamport/tick", clocks::lamport_tick),
    case("lamport/observe", clocks::lamport_observe),
    case("hybrid/tick", clocks::hybrid_tick),
    case("hybrid/observe", clocks::hybrid_observe),
    case("vector/tick/64", clocks::vector_tick::<64>),
    case("vector/merge/64", clocks::vector_merge::<64>),
    case("vector/compare/64", clocks::vector_compare::<64>),
    case("vector/observe/64", clocks::vector_observe::<64>),
    case("vector/encode/64", clocks::vector_encode::<64>),
    case("version/merge/64", clocks::version_merge::<64>),
    case("version/compare/64", clocks::version_compare::<64>),
    case("detector/heartbeat/100", detectors::heartbeat::<100>),
    case("detector/heartbeat/1000", detectors::heartbeat::<1_000>),
    case("detector/exponential/1000", detectors::heartbeat_exponential::<1_000>),
    case("detector/chen/1000", detectors::heartbeat_chen::<1_000>),
    case("detector/bertier/1000", detectors::heartbeat_bertier::<1_000>),
    case("detector/timeout", detectors::heartbeat_timeout),
    case("detector/query/1000", detectors::query::<1_000>),
    case("detector/level/1000", detectors::level::<1_000>),
    case("monitor/heartbeat/10", monitor::heartbeat::<10>),
    case("monitor/heartbeat/1000", monitor::heartbeat::<1_000>),
    case("monitor/deadline/1000", monitor::deadline::<1_000>),
    case("step/process/idle", steps::process_idle),
    case("step/process/receive", steps::process_receive),
    case("step/process/hybrid", steps::process_send_hybrid),
    case("step/process/vector", steps::process_send_vector),
    case("step/follower/idle", steps::election_follower_idle),
    case("step/follower/renews", steps::election_follower_renews),
    case("step/leader/idle", steps::election_leader_idle),
    case("step/leader/renews", steps::election_leader_renews),
    case("step/monitor/idle", monitor::idle::<3>),
    case("step/member/idle", steps::member_idle),
    case("step/member/heartbeat", steps::member_heartbeat),
    case("step/authority/idle", steps::authority_idle),
    case("step/authority/grants", steps::authority_grants),
    case("step/holder/idle", steps::holder_idle),
    case("step/lock", steps::holder_and_authority),
    case("step/coordinator/idle", steps::coordinator_idle),
    case("step/party/idle", steps::party_idle),
    case("step/barrier", steps::barrier_generation),
    case("step/dissemination/idle", steps::dissemination_idle),
    case("step/dissemination", steps::dissemination_generation),
    case("step/host/idle", steps::host_idle),
    case("step/host/grants", steps::host_grants),
    case("frame/encode/plain", || frames::encode(Trust::Plain)),
    case("frame/encode/sealed", || frames::encode(Trust::Sealed)),
    case("frame/decode/plain", || frames::decode(Trust::Plain)),
    case("frame/decode/sealed", || frames::decode(Trust::Sealed)),
    case("frame/whole/64", frames::whole::<64>),
    case("frame/whole/1024", frames::whole::<1_024>),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_case_runs_and_has_a_name_of_its_own() {
        // Machines of a thousand peers are values, and without optimisation they are moved about on the stack.
        let thread = std::thread::Builder::new().stack_size(1 << 28).spawn(every_case_runs);
        thread.expect("room for a stack").join().expect("every case runs");
    }

    fn every_case_runs() {
        for (place, case) in CASES.iter().enumerate() {
            assert!(CASES[..place].iter().all(|other| other.name != case.name), "{} comes twice", case.name);
            let mut work = (case.make)();
            work.prepare(16);
            let counted = allocation_counter::measure(|| work.run(16));
            assert_eq!(counted.count_total, 0, "{} allocates", case.name);
        }
    }
}
