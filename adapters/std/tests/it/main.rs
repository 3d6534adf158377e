//! Drivers, seats and locks as a whole: on threads, channels and real sockets.
#![cfg(not(any(loom, shuttle)))]

mod barriers;
mod driver;
mod locks;
mod machine;
mod member;
mod script;
mod services;
mod sockets;

use core::time::Duration;
use quorate::NodeId;

/// The node of this number.
const fn node(id: u32) -> NodeId {
    NodeId::new(id)
}

/// How long a test waits for something before it gives up. None ever waits this long when all is well.
const PATIENCE: Duration = Duration::from_secs(20);

/// Looks again and again until something is so.
fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = std::time::Instant::now();
    while !is_so() {
        assert!(start.elapsed() < PATIENCE, "{what} did not come within {PATIENCE:?}");
        std::thread::sleep(Duration::from_millis(2));
    }
}
