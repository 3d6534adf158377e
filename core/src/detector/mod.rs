//! Failure detectors: who has probably crashed, judged by the heartbeats that no longer come.
//!
//! No detector can tell a crashed node from a slow one. What it can do is suspect a crashed node for certain after a
//! bounded time, be wrong about a slow one rarely and briefly, and say how sure it is. A [`Detector`] is the arithmetic
//! for one peer, and knows nothing but the times at which heartbeats arrived. The [`Monitor`] is the machine around it: it
//! sends heartbeats of its own, keeps a detector for each peer, and reports whom it suspects and trusts.
//!
//! | detector | suspects after | source |
//! |---|---|---|
//! | [`Timeout`] | a fixed silence | – |
//! | [`PhiNormal`] | a silence so long that, if intervals are normal, only one in 10^φ is | Hayashibara et al. 2004 |
//! | [`PhiExponential`] | the same, if intervals are exponential | the law that Cassandra uses |
//! | [`Chen`] | the expected arrival and a fixed margin | Chen, Toueg, Aguilera 2002, NFD-E |
//! | [`Bertier`] | the expected arrival and a margin that learns, as TCP's does | Bertier, Marin, Sens 2002 |
//!
//! [`AnyDetector`] is one of them, chosen at run time.
//!
//! # What is promised
//!
//! * **D1** A crashed peer is suspected for ever after a bounded time; so is one that was expected and never spoke.
//! * **D2** The level of suspicion never falls while silence lasts.
//! * **D3** The deadline is the very time at which the level reaches the threshold, so nobody has to poll, and whether
//!   a peer is suspected is one comparison.
//! * **D4** Late heartbeats are samples like others, so that a peer that has become slower for good is understood. One
//!   silence teaches no more than the configured *longest* interval, so that an outage of an hour does not make the
//!   detector deaf.
//! * **D5** A peer that starts anew is judged anew.
//! * **D6** A monitor that was itself held up recognises that from its own late step, and suspects nobody for it.
//! * **D7** How well the detector does is counted for each peer: [`Quality`].
//!
//! # What is assumed
//!
//! That time is taken from one clock that does not stop, that the monitor is stepped at its deadlines (D1 stretches by as
//! much as steps are late), and that messages come from whom they say. Clocks of two nodes are never compared.
//!
//! # What counts as a sample
//!
//! The time from one heartbeat to the next, with three exceptions, each of which would otherwise be a trap:
//!
//! * Heartbeats that were queued during a silence arrive in a burst. One that comes sooner than half the configured interval
//!   after the last sampled one shows that the peer is alive, but is no sample, so a burst cannot drive the mean to zero.
//! * The first heartbeat, and the first after a pause of the monitor, ends no interval that could be trusted; it begins one.
//!   Before it counts, half an interval must have passed, for what waited in a buffer says nothing about times.
//! * Before the first sample there is a prior, as if heartbeats had come as configured, more or less: a peer that has sent one
//!   heartbeat, or none, and died is suspected like any other.
//!
//! A *lost* heartbeat lengthens one interval. To the phi detectors that is a sample as it is: silence between messages
//! is what they measure, so in a network that loses messages they become patient. Chen's and Bertier's look at the
//! sequence numbers, and a loss does not shift the arrival that they expect.

mod any;
mod arrivals;
mod bertier;
mod chen;
mod config;
mod expected;
mod machine;
mod message;
mod phi_exponential;
mod phi_normal;
mod quality;
mod rebase;
mod root;
mod tail;
mod timeout;
mod window;

pub use any::{AnyConfig, AnyDetector};
pub use bertier::{Bertier, BertierConfig};
pub use chen::{Chen, ChenConfig};
pub use config::{ConfigError, MAX_INTERVAL, MAX_WAIT, MIN_INTERVAL, MonitorConfig, Threshold};
pub use machine::{Health, Monitor};
pub use message::{Command, CommandError, Event, Heartbeat, Rejection};
pub use phi_exponential::{PhiExponential, PhiExponentialConfig};
pub use phi_normal::{PhiNormal, PhiNormalConfig};
pub use quality::Quality;
pub use timeout::{Timeout, TimeoutConfig};

use crate::Instant;
use core::fmt::Debug;
use core::hash::Hash;
use core::time::Duration;

/// The highest level that is ever reported. It stands for certainty, where the arithmetic would say infinity.
pub const MAX_LEVEL: f64 = 1e6;

/// What one peer's heartbeats say about it.
///
/// The settings are the same for all peers, so they are kept once, and handed to each call; use the same ones throughout.
/// `now` never goes back: an earlier time counts as the time of the last heartbeat.
///
/// ```
/// use quorate::Instant;
/// use quorate::detector::{Detector, Timeout, TimeoutConfig};
/// use core::time::Duration;
///
/// let config = TimeoutConfig::new(Duration::from_secs(3))?;
/// let mut peer = Timeout::new(&config, Instant::from_secs(10));
/// peer.heartbeat(&config, 1, Instant::from_secs(11));
/// assert_eq!(peer.deadline(), Instant::from_secs(14));
/// assert!(!peer.is_suspected(Instant::from_millis(13_999)));
/// assert!(peer.is_suspected(Instant::from_secs(14)));
/// # Ok::<(), quorate::detector::ConfigError>(())
/// ```
pub trait Detector: Clone + Eq + Hash + Debug {
    /// What all peers' detectors have in common.
    type Config: Clone + Eq + Hash + Debug;

    /// A detector for a peer that is expected to be alive at `now`, and of which nothing else is known.
    #[must_use]
    fn new(config: &Self::Config, now: Instant) -> Self;

    /// A heartbeat arrived: the `steps`-th after the one before, which is 1 unless some were lost.
    fn heartbeat(&mut self, config: &Self::Config, steps: u32, now: Instant);

    /// Whoever was listening did not listen for a while, until `now`. The interval under way is not to be a sample, and
    /// what was waited for so far counts as if it had begun `shift` later.
    fn pause(&mut self, shift: Duration, now: Instant);

    /// Since when the next heartbeat is waited for: since the last one, or since there was a reason to expect one.
    fn since(&self) -> Instant;

    /// From when on the peer is suspected, if no heartbeat arrives: the first instant at which [`level`](Detector::level)
    /// is at the threshold. Always later than [`since`](Detector::since).
    fn deadline(&self) -> Instant;

    /// Whether the peer is suspected: exactly when the level is at the threshold.
    fn is_suspected(&self, now: Instant) -> bool {
        now >= self.deadline()
    }

    /// How strongly the peer is suspected, from 0 to [`MAX_LEVEL`]; for people, and for those who draw their own lines.
    fn level(&self, config: &Self::Config, now: Instant) -> f64;

    /// The level from which on a peer is suspected.
    fn threshold(config: &Self::Config) -> Threshold;
}

#[cfg(test)]
mod tests;
