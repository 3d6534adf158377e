//! Being asked to end while work goes on in other threads.

use crate::failure::{Failure, Outcome};
use core::ops::ControlFlow;
use core::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;

/// Whether SIGINT has come. The first one asks for an end, so that what was found so far can still be told; the second one ends the program.
#[derive(Clone, Debug)]
pub(super) struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Listens from now on, in a thread of its own.
    pub(super) fn listen() -> Outcome<Self> {
        let interrupt = Self(Arc::default());
        let flag = Arc::clone(&interrupt.0);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build();
        let runtime =
            runtime.map_err(|error| Failure::new(format_args!("the program cannot listen for Ctrl-C ({error})")))?;
        std::thread::spawn(move || {
            runtime.block_on(async {
                while tokio::signal::ctrl_c().await.is_ok() {
                    if flag.swap(true, Ordering::Relaxed) {
                        std::process::exit(super::INTERRUPTED.into());
                    }
                }
            });
        });
        Ok(interrupt)
    }

    /// Whether it has come.
    pub(super) fn came(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// The answer to whoever asks whether to go on.
    pub(super) fn answer(&self) -> ControlFlow<()> {
        if self.came() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}
