//! One suite of scenarios for every engine: what its locks and barriers promise when servers, clients and the ways between them fail.
//!
//! An engine takes part by an [`Engine`], which starts servers of its own and gives out [`Client`]s, each on a [`Link`] that can be cut.
//! The macro [`conformance!`](macro@crate::conformance) makes a test of each scenario; where the engine's servers are not installed, a test says
//! so by its name and is skipped.
//!
//! ```
//! # mod tests {
//! quorate_services::conformance!(redis: quorate_services::conformance::Redis);
//! # }
//! ```
//!
//! | scenario | what is tried |
//! |---|---|
//! | [`contention`] | many at once: one holder at a time (L1), tokens that grow (L2), everybody served (L5) |
//! | [`holder_killed`] | what it held is free after its lease, and not before (L6) |
//! | [`holder_paused_past_its_lease`] | it knows at its first question that it has lost, and a fence refuses it (L1, L3) |
//! | [`server_restarted`] | a lock is kept if the engine is durable, and tokens grow in any case (L2) |
//! | [`connection_cut_and_healed`] | cut for a while, a lock is kept; cut for longer, it is lost before a rival has it (L1) |
//! | [`reply_lost_but_applied`] | what was granted unheard is granted once, and what was released unheard is released (L4) |
//! | [`release_retried_after_somebody_else_acquired`] | it ends nothing of theirs (L4) |
//! | [`wait_ending_exactly_at_expiry`] | granted or timed out, and what is granted is good for some time (L5) |
//! | [`leader_elected_and_replaced`] | one leader, known by all, and the next one when it resigns |
//! | [`holder_process_killed`] | the same as above, of a process that gets SIGKILL (L1, L6) |
//! | [`holder_process_paused_past_its_lease`] | and of one that gets SIGSTOP, and SIGCONT when somebody else holds the lock (L1, L3) |
//! | [`barrier_passed_together`] | the same parties meet again and again (B1, B2, B3) |
//! | [`barrier_broken_for_all`] | one gives up, one vanishes: all are told the same (B4) |
//! | [`barrier_reply_lost_but_applied`] | an arrival that nobody heard of counts, once (B2, B3) |
//! | [`barrier_party_too_many`] | it is told so (B5) |
//! | [`barrier_server_restarted`] | who waits is released all the same (B2) |
//!
//! A scenario that fails panics, and says which promise was broken.

mod engines;
mod link;
mod process;
mod scenarios;
pub mod servers;

#[cfg(feature = "cluster")]
pub use engines::Cluster;
#[cfg(feature = "etcd")]
pub use engines::Etcd;
#[cfg(feature = "redis")]
pub use engines::{ForgetfulRedis, Redis};
pub use link::Link;
pub use process::hold;
pub use scenarios::{
    barrier_broken_for_all, barrier_party_too_many, barrier_passed_together, barrier_reply_lost_but_applied,
    barrier_server_restarted, connection_cut_and_healed, contention, holder_killed, holder_paused_past_its_lease,
    holder_process_killed, holder_process_paused_past_its_lease, leader_elected_and_replaced,
    release_retried_after_somebody_else_acquired, reply_lost_but_applied, server_restarted,
    wait_ending_exactly_at_expiry,
};

use crate::{BarrierService, ElectionService};
use core::time::Duration;
use servers::NoServer;

/// What a suite needs to know of an engine, and do to it.
pub trait Engine: Sized + Sync {
    /// What is tried.
    type Services: ElectionService + BarrierService + Clone + 'static;

    /// Starts servers of its own.
    fn start() -> impl Future<Output = Result<Self, NoServer>>;

    /// A client on a link of its own.
    fn client(&self, label: &str) -> impl Future<Output = Client<Self::Services>>;

    /// Where its servers are, for clients in other processes.
    fn url(&self) -> String;

    /// A client of these servers that asks for leases of this length, on no link.
    fn connect(url: &str, lease: Duration) -> impl Future<Output = Self::Services>;

    /// Kills all servers and starts them again.
    fn restart(&mut self) -> impl Future<Output = ()>;

    /// The lease that its clients ask for.
    fn lease(&self) -> Duration;

    /// How long after a lease has run out somebody else has what was held, at the latest.
    fn promptness(&self) -> Duration;

    /// Whether a lock outlives a restart of all servers.
    fn keeps_locks(&self) -> bool;
}

/// A client, and its way to the servers.
#[derive(Debug)]
pub struct Client<S> {
    /// The client.
    pub services: S,
    /// Its link.
    pub link: Link,
}

/// Runs a scenario on an engine of its own, or says that it is skipped. For tests; see [`conformance!`](macro@crate::conformance).
///
/// # Panics
///
/// If a promise is broken, or the engine cannot be started although it is installed.
///
/// `holder` is the path of the test that [holds](hold) a lock as a process of its own.
pub async fn run<E: Engine>(name: &str, holder: &'static str, scenario: impl AsyncFnOnce(&mut E)) {
    process::is_the_test(holder);
    match E::start().await {
        Ok(mut engine) => scenario(&mut engine).await,
        Err(missing @ NoServer::NotInstalled { .. }) => eprintln!("skipped: {name}: {missing}"),
        Err(error) => panic!("{error}"),
    }
}

/// Makes a module with a test of each scenario for an engine: `conformance!(redis: quorate_services::conformance::Redis);`
#[macro_export]
macro_rules! conformance {
    ($name:ident: $engine:ty) => {
        $crate::conformance!($name: $engine:
            contention, holder_killed, holder_paused_past_its_lease, server_restarted, connection_cut_and_healed,
            reply_lost_but_applied, release_retried_after_somebody_else_acquired, wait_ending_exactly_at_expiry,
            leader_elected_and_replaced, holder_process_killed, holder_process_paused_past_its_lease,
            barrier_passed_together, barrier_broken_for_all, barrier_reply_lost_but_applied, barrier_party_too_many,
            barrier_server_restarted);
    };
    ($name:ident: $engine:ty: $($scenario:ident),*) => {
        mod $name {
            #[allow(unused_imports, reason = "the engine may be named by a path from here")]
            use super::*;

            #[test]
            #[ignore = "other tests run it as a process of its own"]
            fn holder_process() {
                $crate::conformance::hold::<$engine>();
            }

            $(
                #[test]
                fn $scenario() {
                    let runtime = ::tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
                    let name = concat!(stringify!($name), "::", stringify!($scenario));
                    let scenario = async |engine: &mut $engine| $crate::conformance::$scenario(engine).await;
                    runtime.expect("a runtime").block_on($crate::conformance::run::<$engine>(name, concat!(module_path!(), "::holder_process"), scenario));
                }
            )*
        }
    };
}
