//! How barriers are waited at.

use crate::clock::{self, Clock};
use core::hash::{BuildHasher, Hasher};
use quorate::Seed;
use quorate::barrier::party::{Config, ConfigError, Timing};
use std::collections::hash_map::RandomState;
use std::sync::Arc;

/// How barriers are waited at.
#[derive(Clone, Debug)]
pub struct Rules {
    timing: Timing,
    seed: Seed,
    clock: Arc<dyn Clock>,
}

impl Rules {
    /// With these timings, by [`clock::System`]. Randomness comes from the operating system.
    ///
    /// # Errors
    ///
    /// Which of the timings cannot be.
    pub fn new(timing: Timing) -> Result<Self, ConfigError> {
        Config::new(1, timing, Seed::new(0))?;
        let seed = Seed::new(RandomState::new().build_hasher().finish());
        Ok(Self { timing, seed, clock: Arc::new(clock::System) })
    }

    /// The same with another source of randomness.
    #[must_use]
    pub fn with_seed(self, seed: Seed) -> Self {
        Self { seed, ..self }
    }

    /// The same by another clock.
    #[must_use]
    pub fn with_clock(self, clock: Arc<dyn Clock>) -> Self {
        Self { clock, ..self }
    }

    /// The timings.
    #[must_use]
    pub const fn timing(&self) -> Timing {
        self.timing
    }

    /// Where its randomness comes from.
    #[must_use]
    pub const fn seed(&self) -> Seed {
        self.seed
    }

    /// The clock.
    #[must_use]
    pub const fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }
}
