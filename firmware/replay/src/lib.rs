//! A small world that is the same everywhere: three members that host services, and three clients of theirs, on a network that loses,
//! doubles and delays, with crashes. Whatever happens goes into one number.
//!
//! The simulator of this project is larger, and needs an operating system. This is to be run where there is none.
#![no_std]
#![forbid(unsafe_op_in_unsafe_fn)]

mod trace;
mod world;

pub use trace::Trace;
pub use world::{SECONDS, trace};

/// How many seeds are compared.
pub const SEEDS: u64 = 250;

/// What happens under this seed, as a number. For who calls it from a browser.
#[cfg(target_arch = "wasm32")]
#[unsafe(no_mangle)]
pub extern "C" fn quorate_trace(seed: u64) -> u64 {
    trace(seed)
}

#[cfg(target_arch = "wasm32")]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}
