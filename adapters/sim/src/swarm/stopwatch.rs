//! How much of a core something took.

use core::time::Duration;

/// Measures the time of a core that the calling thread uses, whatever else the computer does meanwhile; where the
/// operating system does not tell that (it does on Unix), the time on the wall.
///
/// ```
/// use core::time::Duration;
/// use quorate_sim::swarm::Stopwatch;
///
/// let stopwatch = Stopwatch::start();
/// std::thread::sleep(Duration::from_millis(200));
/// # #[cfg(unix)]
/// assert!(stopwatch.elapsed() < Duration::from_millis(100)); // sleeping takes nothing
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch {
    #[cfg(unix)]
    begun: Duration,
    #[cfg(not(unix))]
    begun: std::time::Instant,
}

#[cfg(unix)]
impl Stopwatch {
    /// Begins to measure.
    #[must_use]
    pub fn start() -> Self {
        Self { begun: used() }
    }

    /// How long the thread has worked since the start. To be asked on the thread that started it.
    #[must_use]
    pub fn elapsed(self) -> Duration {
        used().saturating_sub(self.begun)
    }
}

#[cfg(unix)]
fn used() -> Duration {
    use rustix::time::{ClockId, clock_gettime};
    Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap_or_default()
}

#[cfg(not(unix))]
#[allow(missing_docs)] // as above
impl Stopwatch {
    #[must_use]
    pub fn start() -> Self {
        Self { begun: std::time::Instant::now() }
    }

    #[must_use]
    pub fn elapsed(self) -> Duration {
        self.begun.elapsed()
    }
}
