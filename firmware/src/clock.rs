//! The time driver: a tick each millisecond, by SysTick.

use core::cell::RefCell;
use core::task::Waker;
use cortex_m::peripheral::SYST;
use cortex_m::peripheral::syst::SystClkSource;
use cortex_m_rt::exception;
use critical_section::Mutex;
use embassy_time_driver::{Driver, TICK_HZ};
use embassy_time_queue_utils::Queue;

/// What the processor runs at after a reset, in QEMU.
const PROCESSOR_HZ: u32 = 12_500_000;
const RELOAD: u32 = PROCESSOR_HZ / TICK_HZ as u32 - 1;

/// There are no 64-bit atomics on this processor, so all of it is under a mutex, whose critical sections are short.
struct Clock(Mutex<RefCell<State>>);

struct State {
    ticks: u64,
    alarm: u64,
    queue: Queue,
}

embassy_time_driver::time_driver_impl!(
    static CLOCK: Clock = Clock(Mutex::new(RefCell::new(State { ticks: 0, alarm: u64::MAX, queue: Queue::new() })))
);

impl Driver for Clock {
    fn now(&self) -> u64 {
        critical_section::with(|section| self.0.borrow_ref(section).ticks)
    }

    fn schedule_wake(&self, at: u64, waker: &Waker) {
        critical_section::with(|section| {
            let state = &mut *self.0.borrow_ref_mut(section);
            if state.queue.schedule_wake(at, waker) {
                state.alarm = state.queue.next_expiration(state.ticks);
            }
        });
    }
}

/// Begins to tick.
pub(crate) fn start(systick: &mut SYST) {
    systick.set_clock_source(SystClkSource::Core);
    systick.set_reload(RELOAD);
    systick.clear_current();
    systick.enable_interrupt();
    systick.enable_counter();
}

#[exception]
fn SysTick() {
    critical_section::with(|section| {
        let state = &mut *CLOCK.0.borrow_ref_mut(section);
        state.ticks += 1;
        if state.alarm <= state.ticks {
            state.alarm = state.queue.next_expiration(state.ticks);
        }
    });
}
