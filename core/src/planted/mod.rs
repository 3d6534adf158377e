//! Bugs that can be planted, so that it can be seen that the tests catch them.
//!
//! A site in a protocol asks `planted!(Bug)`, which is the constant `false`: nothing of this is in a build of the crate.
//! Under `--cfg quorate_ledger`, which only the ledger is built with, it asks whether that bug is planted now.
//! How a bug joins is told in CONTRIBUTING.md.

/// Whether a bug is planted: never, outside of the ledger.
#[cfg(not(quorate_ledger))]
macro_rules! planted {
    ($bug:ident) => {
        false
    };
}

/// Whether a bug is planted now.
#[cfg(quorate_ledger)]
macro_rules! planted {
    ($bug:ident) => {
        $crate::planted::Bug::$bug.is_planted()
    };
}

#[cfg(not(quorate_ledger))]
const _: () = assert!(!planted!(VoteNotStored), "a bug is planted in a build that is no ledger");

#[cfg(quorate_ledger)]
mod bugs;
#[cfg(quorate_ledger)]
pub use bugs::Bug;

#[cfg(quorate_ledger)]
use core::sync::atomic::{AtomicUsize, Ordering};

/// The number of the bug that is planted, from one on; zero if none is.
#[cfg(quorate_ledger)]
static PLANTED: AtomicUsize = AtomicUsize::new(0);

/// Plants a bug in the whole process in the place of the one before, or none.
#[cfg(quorate_ledger)]
pub fn plant(bug: Option<Bug>) {
    PLANTED.store(bug.map_or(0, Bug::number), Ordering::Relaxed);
}

#[cfg(quorate_ledger)]
impl Bug {
    const fn number(self) -> usize {
        (self as usize).saturating_add(1)
    }

    /// Whether it is planted now.
    #[inline]
    #[must_use]
    pub fn is_planted(self) -> bool {
        PLANTED.load(Ordering::Relaxed) == self.number()
    }
}
