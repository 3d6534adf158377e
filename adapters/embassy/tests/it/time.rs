//! A time driver that jumps to the next timer when nothing else is to be done. Each test's thread has a clock of its own.

use core::cell::{Cell, RefCell};
use core::future::Future;
use core::pin::pin;
use core::sync::atomic::{AtomicBool, Ordering};
use core::task::{Context, Poll, Waker};
use core::time::Duration;
use embassy_time_driver::Driver;
use std::collections::BTreeMap;
use std::sync::Arc;

use std::task::Wake;

thread_local! {
    static NOW: Cell<u64> = const { Cell::new(0) };
    /// Each test is one task, so that one waker is enough for all timers of one time.
    static TIMERS: RefCell<BTreeMap<u64, Waker>> = const { RefCell::new(BTreeMap::new()) };
}

struct Simulated;

impl Driver for Simulated {
    fn now(&self) -> u64 {
        NOW.get()
    }

    fn schedule_wake(&self, at: u64, waker: &Waker) {
        TIMERS.with_borrow_mut(|timers| timers.insert(at, waker.clone()));
    }
}

embassy_time_driver::time_driver_impl!(static DRIVER: Simulated = Simulated);

struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Runs until the future is ready. No simulated time is too long, but there must be something to wait for.
pub(crate) fn run<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let flag = Arc::new(Flag(AtomicBool::new(true)));
    let waker = Waker::from(flag.clone());
    let mut context = Context::from_waker(&waker);
    loop {
        if flag.0.swap(false, Ordering::Relaxed) {
            if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
                return output;
            }
            // To do something takes time, too: a network stack polls until a little has passed.
            NOW.set(NOW.get() + 10);
        } else {
            let next = TIMERS.with_borrow(|timers| timers.keys().next().copied());
            NOW.set(NOW.get().max(next.expect("nothing is left to wait for")));
        }
        TIMERS.with_borrow_mut(|timers| {
            while let Some(timer) = timers.first_entry().filter(|timer| *timer.key() <= NOW.get()) {
                timer.remove().wake();
            }
        });
    }
}

/// Lets time pass.
pub(crate) async fn pass(time: Duration) {
    embassy_time::Timer::after(embassy_time::Duration::from_micros(time.as_micros().try_into().unwrap())).await;
}

/// The future's output, or `None` if there is none within this time.
pub(crate) async fn within<F: Future>(time: Duration, future: F) -> Option<F::Output> {
    let time = embassy_time::Duration::from_micros(time.as_micros().try_into().unwrap());
    embassy_time::with_timeout(time, future).await.ok()
}

/// Millions of microseconds, since the test began.
pub(crate) fn seconds() -> f64 {
    NOW.get() as f64 / 1e6
}
