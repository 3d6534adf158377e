//! Threads that wait for each other by nothing but numbers and what the kernel wakes by: a futex.

use crate::Workload;
use crate::gang::{Echo, Meeting};
use core::hint::black_box;
use core::sync::atomic::{AtomicU32, Ordering};
use rustix::thread::futex::{Flags, wait, wake};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

/// A queue behind a mutex.
#[must_use]
pub fn queue_alone() -> Workload {
    let queue = Mutex::new(VecDeque::with_capacity(64));
    let mut number = 0_u64;
    Workload::new(move || {
        number += 1;
        queue.lock().expect("nobody panics").push_back(black_box(number));
        black_box(queue.lock().expect("nobody panics").pop_front());
    })
}

/// A number that somebody waits for.
#[derive(Debug, Default)]
struct Word(AtomicU32);

impl Word {
    fn set(&self, value: u32) {
        self.0.store(value, Ordering::Release);
        let _ = wake(&self.0, Flags::PRIVATE, 1);
    }

    fn wait_for(&self, value: u32) {
        loop {
            let now = self.0.load(Ordering::Acquire);
            if now == value || now == u32::MAX {
                return;
            }
            let _ = wait(&self.0, Flags::PRIVATE, now, None);
        }
    }
}

/// One thread sets a number, another one waits for it and sets the other, for which the first one waits.
#[must_use]
pub fn futex_trip() -> Workload {
    let words = Arc::new((Word::default(), Word::default()));
    let heard = words.clone();
    let mut next = 0;
    let echo = Echo::start(move || {
        next += 1;
        heard.0.wait_for(next);
        heard.1.set(next);
        heard.0.0.load(Ordering::Acquire) != u32::MAX
    });
    let closing = words.clone();
    let echo = echo.ended_by(move || closing.0.set(u32::MAX));
    let mut number = 0;
    Workload::new(move || {
        number += 1;
        words.0.set(number);
        words.1.wait_for(number);
        black_box(&echo);
    })
}

/// Who is the last to arrive says so and wakes the others.
#[derive(Debug, Default)]
struct Bare {
    arrived: AtomicU32,
    generation: AtomicU32,
}

impl Bare {
    fn wait(&self, threads: u32) {
        let generation = self.generation.load(Ordering::Acquire);
        if self.arrived.fetch_add(1, Ordering::AcqRel) + 1 == threads {
            self.arrived.store(0, Ordering::Relaxed);
            self.generation.store(generation.wrapping_add(1), Ordering::Release);
            let _ = wake(&self.generation, Flags::PRIVATE, i32::MAX as u32);
        } else {
            while self.generation.load(Ordering::Acquire) == generation {
                let _ = wait(&self.generation, Flags::PRIVATE, generation, None);
            }
        }
    }
}

/// So many threads meet.
#[must_use]
pub fn barrier(threads: u32) -> Workload {
    let bare = Arc::new(Bare::default());
    let mut meeting = Meeting::start(threads as usize, || {
        let bare = bare.clone();
        move || bare.wait(threads)
    });
    Workload::new(move || meeting.meet())
}
