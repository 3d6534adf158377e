//! Quorate's mailboxes and barriers, among threads.

use crate::Workload;
use crate::gang::{Echo, Meeting};
use core::hint::black_box;
use quorate_std::{Barriers, Mailbox, Taken, clock};
use std::sync::Arc;

/// How much mail there is room for.
pub const ROOM: usize = 64;

/// One thread puts mail and takes it.
#[must_use]
pub fn mailbox_alone() -> Workload {
    let mailbox = Mailbox::new(ROOM);
    let mut number = 0_u64;
    Workload::new(move || {
        number += 1;
        let put = mailbox.try_put(black_box(number));
        black_box((put.is_ok(), mailbox.try_take()));
    })
}

/// One thread puts mail, another one takes it and puts an answer, for which the first one waits.
#[must_use]
pub fn mailbox_trip() -> Workload {
    let (there, back) = (Arc::new(Mailbox::new(ROOM)), Arc::new(Mailbox::new(ROOM)));
    let (heard, answers) = (there.clone(), back.clone());
    let echo = Echo::start(move || {
        let Taken::Mail(number) = heard.take(None) else { return false };
        answers.put(number).is_ok()
    });
    let closing = there.clone();
    let echo = echo.ended_by(move || closing.close());
    Workload::new(move || {
        let put = there.put(black_box(1_u64));
        black_box((put.is_ok(), back.take(None)));
        black_box(&echo);
    })
}

/// So many threads meet at a cyclic barrier.
#[must_use]
pub fn barrier(threads: u16) -> Workload {
    let barriers = Barriers::start(Arc::new(clock::System));
    let mut meeting = Meeting::start(threads.into(), || {
        let mut barrier = barriers.cyclic("benches", threads);
        move || {
            black_box(barrier.wait().is_ok());
        }
    });
    Workload::new(move || meeting.meet())
}
