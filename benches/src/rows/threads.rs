//! Threads of one process.

use crate::limits::threads as limits;
use crate::ours::threads as ours;
use crate::peers::threads as peers;
use crate::race::{Contest, Family, Goal};

pub(super) fn mailboxes() -> Family {
    let mut family = Family::new("threads on one core, mail");
    family.add(
        Contest::of("threads/mailbox/alone", "put and taken by one thread", ours::mailbox_alone())
            .limit(limits::queue_alone())
            .peer("crossbeam channel", peers::crossbeam_alone()),
    );
    family.add(
        Contest::of("threads/mailbox/trip", "to another thread and back", ours::mailbox_trip())
            .on_the_wall()
            .limit(limits::futex_trip())
            .peer("crossbeam channel", peers::crossbeam_trip()),
    );
    family
}

pub(super) fn barriers() -> Family {
    let mut family = Family::new("threads on one core, a meeting at a barrier");
    for threads in [2_u16, 4] {
        family.add(
            Contest::of(format!("threads/barrier/{threads}"), format!("{threads} threads"), ours::barrier(threads))
                .on_the_wall()
                .limit(limits::barrier(threads.into()))
                .peer("std::sync::Barrier", peers::std_barrier(threads.into()))
                .goal(Goal::TimesLimit(1.4))
                .goal(Goal::TimesPeer(1.0, "std::sync::Barrier")),
        );
    }
    family
}
