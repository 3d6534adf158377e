//! Drivers and members as a whole: on virtual time over channels, and on real sockets and files.

mod barriers;
mod cluster;
mod disk;
mod driver;
mod hostile;
mod locks;
#[path = "../../../std/tests/it/machine.rs"]
mod machine;
mod member;
mod meters;
mod mixed;
mod script;
mod sockets;

use core::time::Duration;
use quorate::NodeId;

/// The node of this number.
const fn node(id: u32) -> NodeId {
    NodeId::new(id)
}

/// How long a test on real time waits for something before it gives up. None ever waits this long when all is well.
const PATIENCE: Duration = Duration::from_secs(20);

/// Waits for something that has to come.
async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    match tokio::time::timeout(PATIENCE, future).await {
        Ok(value) => value,
        Err(_) => panic!("{what} did not come within {PATIENCE:?}"),
    }
}

/// Looks again and again until something is so.
async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let wait = async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    soon(what, wait).await;
}
