//! How locks are held.

use crate::clock::{self, Clock};
use core::hash::{BuildHasher, Hasher};
use quorate::Seed;
use quorate::lease::holder::{Config, ConfigError, Timing};
use std::collections::hash_map::RandomState;
use std::sync::Arc;

/// How locks are held.
///
/// ```
/// use quorate::DriftBound;
/// use quorate::lease::holder::Timing;
/// use quorate_std::locks::Rules;
/// use std::time::Duration;
///
/// let rules = Rules::new(Timing::for_lease(Duration::from_secs(3), DriftBound::QUARTZ))?;
/// # let _ = rules;
/// # Ok::<(), quorate::lease::holder::ConfigError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Rules {
    config: Config,
    clock: Arc<dyn Clock>,
}

impl Rules {
    /// With these timings. Randomness comes from the operating system, and the time from [`clock::System`].
    ///
    /// # Errors
    ///
    /// Which of the timings cannot be.
    pub fn new(timing: Timing) -> Result<Self, ConfigError> {
        let seed = Seed::new(RandomState::new().build_hasher().finish());
        Ok(Self { config: Config::new(timing, seed)?, clock: Arc::new(clock::System) })
    }

    /// The same with another source of randomness.
    #[must_use]
    pub fn with_seed(self, seed: Seed) -> Self {
        Self { config: self.config.with_seed(seed), ..self }
    }

    /// The same by another clock.
    #[must_use]
    pub fn with_clock(self, clock: Arc<dyn Clock>) -> Self {
        Self { clock, ..self }
    }

    /// The rules of a holder.
    #[must_use]
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// The clock.
    #[must_use]
    pub const fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }
}
