//! Channels of `crossbeam`, and the standard library's barrier.

use crate::Workload;
use crate::gang::{Echo, Meeting};
use crate::ours::threads::ROOM;
use core::hint::black_box;
use crossbeam_channel::bounded;
use std::sync::{Arc, Barrier};

/// One thread sends and receives.
#[must_use]
pub fn crossbeam_alone() -> Workload {
    let (sender, receiver) = bounded(ROOM);
    let mut number = 0_u64;
    Workload::new(move || {
        number += 1;
        let sent = sender.try_send(black_box(number));
        black_box((sent.is_ok(), receiver.try_recv().ok()));
    })
}

/// One thread sends, another one answers.
#[must_use]
pub fn crossbeam_trip() -> Workload {
    let ((there, heard), (answers, back)) = (bounded(ROOM), bounded(ROOM));
    let echo = Echo::start(move || {
        let Ok(number) = heard.recv() else { return false };
        answers.send(number).is_ok()
    });
    // What is captured first is dropped first: the echo hears that there is nobody any more, and is waited for then.
    let parts = (there, back, echo);
    Workload::new(move || {
        let (there, back, echo) = &parts;
        let sent = there.send(black_box(1_u64));
        black_box((sent.is_ok(), back.recv().ok(), echo));
    })
}

/// So many threads meet at a barrier of the standard library.
#[must_use]
pub fn std_barrier(threads: usize) -> Workload {
    let barrier = Arc::new(Barrier::new(threads));
    let mut meeting = Meeting::start(threads, || {
        let barrier = barrier.clone();
        move || {
            barrier.wait();
        }
    });
    Workload::new(move || meeting.meet())
}
