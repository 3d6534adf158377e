//! Over sockets of this machine.

use crate::limits::loopback as limits;
use crate::ours::loopback as ours;
use crate::race::{Contest, Family};

pub(super) fn locks() -> Family {
    let mut family = Family::new("loopback, all on one core");
    family.add(
        Contest::of("loopback/lock", "a lock taken and released, 2 trips", ours::lock())
            .on_the_wall()
            .limit(limits::udp(2)),
    );
    family
}
