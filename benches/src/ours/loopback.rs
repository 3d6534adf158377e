//! Locks over sockets of this machine.

use crate::Workload;
use core::hint::black_box;
use core::time::Duration;
use quorate::NodeId;
use quorate_std::{Client, Member};

/// A lock acquired and released by a client, on a cluster of one member: what a client pays does not depend on how many others there
/// are.
#[must_use]
pub fn lock() -> Workload {
    let builder = Member::builder(NodeId::new(1)).group("benches").listen("127.0.0.1:0").diskless();
    let member = builder.join().expect("a socket on loopback");
    member.wait_for_leader(Some(Duration::from_secs(30)), |leader| leader).expect("it leads");
    let client = Client::builder("benches").ask(member.local_addr()).connect().expect("it answers");
    let patience = Duration::from_secs(30);
    // The first lock waits for the end of the grace period.
    let first = client.locks().acquire("orders/42").within(patience).wait().expect("nobody holds it");
    first.release().expect("it is there");
    Workload::new(move || {
        let guard = client.locks().acquire("orders/42").within(patience).wait().expect("nobody holds it");
        black_box(guard.token());
        guard.release().expect("it is there");
        black_box(&member);
    })
}
