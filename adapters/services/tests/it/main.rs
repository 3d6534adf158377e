//! The engines, each on servers of its own.

mod desk;
mod settings;

use quorate_services::conformance;

quorate_services::conformance!(cluster: conformance::Cluster:
    contention, holder_killed, holder_paused_past_its_lease, server_restarted, connection_cut_and_healed,
    reply_lost_but_applied, release_retried_after_somebody_else_acquired, wait_ending_exactly_at_expiry,
    leader_elected_and_replaced, holder_process_killed, holder_process_paused_past_its_lease);

/// A defect that is known and not yet understood: beside many other clusters on one machine, parties at a cluster's barrier were seen
/// to wait for a minute without being released. `cargo test -p quorate-services -- --ignored barriers_of_a_cluster` tries it.
macro_rules! barriers_of_a_cluster {
    ($($scenario:ident),*) => {
        mod barriers_of_a_cluster {
            use super::conformance;

            $(
                #[test]
                #[ignore = "known defect: on a busy machine parties are sometimes not released"]
                fn $scenario() {
                    let name = concat!("cluster::", stringify!($scenario));
                    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
                    let scenario = async |engine: &mut conformance::Cluster| conformance::$scenario(engine).await;
                    runtime.expect("a runtime").block_on(conformance::run(name, "cluster::holder_process", scenario));
                }
            )*
        }
    };
}

barriers_of_a_cluster!(
    barrier_passed_together,
    barrier_broken_for_all,
    barrier_reply_lost_but_applied,
    barrier_party_too_many,
    barrier_server_restarted
);
quorate_services::conformance!(redis: conformance::Redis);
quorate_services::conformance!(forgetful_redis: conformance::ForgetfulRedis: server_restarted, barrier_server_restarted);
#[cfg(feature = "etcd")]
quorate_services::conformance!(etcd: conformance::Etcd);
