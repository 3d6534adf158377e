//! How many instructions everything takes, by callgrind: `bash .ci/counts.sh`.
#![allow(missing_docs, reason = "gungraun's macros make items without any")]

use gungraun::prelude::*;
use quorate_benches::Workload;
use quorate_benches::cases::named;
use quorate_benches::workload::BATCH;

/// A case in its steady state.
fn steady(name: &str) -> Workload {
    let mut work = (named(name).make)();
    for _ in 0..4 {
        work.prepare(BATCH);
        work.run(BATCH);
    }
    work.prepare(BATCH);
    work
}

// Does it 256 times. It comes back, so that to drop it is not counted.
#[library_benchmark(setup = steady)]
#[bench::lamport_tick("lamport/tick")]
#[bench::lamport_observe("lamport/observe")]
#[bench::hybrid_tick("hybrid/tick")]
#[bench::hybrid_observe("hybrid/observe")]
#[bench::vector_tick_64("vector/tick/64")]
#[bench::vector_merge_64("vector/merge/64")]
#[bench::vector_compare_64("vector/compare/64")]
#[bench::vector_observe_64("vector/observe/64")]
#[bench::vector_encode_64("vector/encode/64")]
#[bench::version_merge_64("version/merge/64")]
#[bench::version_compare_64("version/compare/64")]
#[bench::detector_heartbeat_100("detector/heartbeat/100")]
#[bench::detector_heartbeat_1000("detector/heartbeat/1000")]
#[bench::detector_exponential_1000("detector/exponential/1000")]
#[bench::detector_chen_1000("detector/chen/1000")]
#[bench::detector_bertier_1000("detector/bertier/1000")]
#[bench::detector_timeout("detector/timeout")]
#[bench::detector_query_1000("detector/query/1000")]
#[bench::detector_level_1000("detector/level/1000")]
#[bench::monitor_heartbeat_10("monitor/heartbeat/10")]
#[bench::monitor_heartbeat_1000("monitor/heartbeat/1000")]
#[bench::monitor_deadline_1000("monitor/deadline/1000")]
#[bench::step_process_idle("step/process/idle")]
#[bench::step_process_receive("step/process/receive")]
#[bench::step_process_hybrid("step/process/hybrid")]
#[bench::step_process_vector("step/process/vector")]
#[bench::step_follower_idle("step/follower/idle")]
#[bench::step_follower_renews("step/follower/renews")]
#[bench::step_leader_idle("step/leader/idle")]
#[bench::step_leader_renews("step/leader/renews")]
#[bench::step_monitor_idle("step/monitor/idle")]
#[bench::step_member_idle("step/member/idle")]
#[bench::step_member_heartbeat("step/member/heartbeat")]
#[bench::step_authority_idle("step/authority/idle")]
#[bench::step_authority_grants("step/authority/grants")]
#[bench::step_holder_idle("step/holder/idle")]
#[bench::step_lock("step/lock")]
#[bench::step_coordinator_idle("step/coordinator/idle")]
#[bench::step_party_idle("step/party/idle")]
#[bench::step_barrier("step/barrier")]
#[bench::step_dissemination_idle("step/dissemination/idle")]
#[bench::step_dissemination("step/dissemination")]
#[bench::step_host_idle("step/host/idle")]
#[bench::step_host_grants("step/host/grants")]
#[bench::frame_encode_plain("frame/encode/plain")]
#[bench::frame_encode_sealed("frame/encode/sealed")]
#[bench::frame_decode_plain("frame/decode/plain")]
#[bench::frame_decode_sealed("frame/decode/sealed")]
#[bench::frame_whole_64("frame/whole/64")]
#[bench::frame_whole_1024("frame/whole/1024")]
fn rounds(mut work: Workload) -> Workload {
    work.run(BATCH);
    work
}

library_benchmark_group!(name = cases, benchmarks = rounds);
main!(library_benchmark_groups = cases);
