//! Prints what happens under each seed, as a number: on a host, and on a Cortex-M3 by semihosting.
#![cfg_attr(target_os = "none", no_std)]
#![cfg_attr(target_os = "none", no_main)]

use quorate_replay::{SEEDS, trace};

#[cfg(not(target_os = "none"))]
fn main() {
    for seed in 0..SEEDS {
        println!("{seed} {:016x}", trace(seed));
    }
}

#[cfg(target_os = "none")]
mod board {
    use super::{SEEDS, trace};
    use cortex_m_rt::entry;
    use cortex_m_semihosting::{debug, hprintln};

    // It brings the table of critical sections and the start of the processor.
    use cortex_m as _;

    #[entry]
    fn main() -> ! {
        for seed in 0..SEEDS {
            hprintln!("{} {:016x}", seed, trace(seed));
        }
        loop {
            debug::exit(debug::EXIT_SUCCESS);
        }
    }

    #[panic_handler]
    fn panic(info: &core::panic::PanicInfo<'_>) -> ! {
        hprintln!("{}", info);
        loop {
            debug::exit(debug::EXIT_FAILURE);
        }
    }
}
