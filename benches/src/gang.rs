//! Further threads that take part in something, as long as it is there.

use core::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;
use std::thread::JoinHandle;

/// A thread that does something again and again until it says that it is over.
pub struct Echo {
    thread: Option<JoinHandle<()>>,
    end: Option<Box<dyn FnOnce()>>,
}

impl Echo {
    /// Starts it.
    #[must_use]
    pub fn start(mut again: impl FnMut() -> bool + Send + 'static) -> Self {
        Self { thread: Some(std::thread::spawn(move || while again() {})), end: None }
    }

    /// What has it end.
    #[must_use]
    pub fn ended_by(mut self, end: impl FnOnce() + 'static) -> Self {
        self.end = Some(Box::new(end));
        self
    }
}

impl Drop for Echo {
    fn drop(&mut self) {
        if let Some(end) = self.end.take() {
            end();
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl core::fmt::Debug for Echo {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Echo").finish_non_exhaustive()
    }
}

/// Threads that meet at a barrier again and again: this one and some others.
#[derive(Debug)]
pub struct Meeting<W: FnMut()> {
    wait: W,
    meetings: u64,
    /// Which meeting is the last.
    last: Arc<AtomicU64>,
    others: Vec<JoinHandle<()>>,
}

impl<W: FnMut() + Send + 'static> Meeting<W> {
    /// Starts the others. Each of them, and this thread, waits by a `wait` of its own.
    #[must_use]
    pub fn start(threads: usize, mut waits: impl FnMut() -> W) -> Self {
        let last = Arc::new(AtomicU64::new(u64::MAX));
        let others = (1..threads).map(|_| {
            let (mut wait, last) = (waits(), last.clone());
            std::thread::spawn(move || {
                // It counts, so that nobody leaves one meeting earlier than the others.
                let mut meetings = 0;
                while meetings < last.load(Ordering::Acquire) {
                    wait();
                    meetings += 1;
                }
            })
        });
        let others = others.collect();
        Self { wait: waits(), meetings: 0, last, others }
    }
}

impl<W: FnMut()> Meeting<W> {
    /// Waits until all are there.
    pub fn meet(&mut self) {
        self.meetings += 1;
        (self.wait)();
    }
}

impl<W: FnMut()> Drop for Meeting<W> {
    fn drop(&mut self) {
        // Nobody is past this one yet.
        self.last.store(self.meetings + 1, Ordering::Release);
        (self.wait)();
        for other in self.others.drain(..) {
            let _ = other.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::sync::atomic::AtomicUsize;
    use std::sync::Barrier;

    #[test]
    fn all_meet_and_end() {
        let (barrier, waits) = (Arc::new(Barrier::new(3)), Arc::new(AtomicUsize::new(0)));
        let mut meeting = Meeting::start(3, || {
            let (barrier, waits) = (barrier.clone(), waits.clone());
            move || {
                waits.fetch_add(1, Ordering::Relaxed);
                barrier.wait();
            }
        });
        for _ in 0..10 {
            meeting.meet();
        }
        drop(meeting);
        assert_eq!(waits.load(Ordering::Relaxed), 3 * 11, "ten times, and once more at the end");
    }

    #[test]
    fn who_has_never_met_ends_too() {
        for _ in 0..100 {
            let barrier = Arc::new(Barrier::new(2));
            drop(Meeting::start(2, || {
                let barrier = barrier.clone();
                move || {
                    barrier.wait();
                }
            }));
        }
    }
}
