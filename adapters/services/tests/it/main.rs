//! The engines, each on servers of its own.

mod desk;
mod settings;

use quorate_services::conformance;

quorate_services::conformance!(cluster: conformance::Cluster);
quorate_services::conformance!(redis: conformance::Redis);
quorate_services::conformance!(forgetful_redis: conformance::ForgetfulRedis: server_restarted, barrier_server_restarted);
#[cfg(feature = "etcd")]
quorate_services::conformance!(etcd: conformance::Etcd);
