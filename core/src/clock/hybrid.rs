//! The hybrid logical clock: physical time and a counter in 64 bits.

use super::wall::{self, WallTime};
use super::{Clock, ClockError, ConfigError};
use crate::{Group, NodeId};
use core::fmt;
use core::time::Duration;

const COUNTER_BITS: u32 = 16;

/// A stamp of a [`HybridClock`]: 48 bits of physical time (as in [`WallTime`]) above 16 bits of a counter, ordered as
/// one `u64`.
///
/// Two nodes can issue the same stamp. Where all events must be in one order, compare `(stamp, node)`.
///
/// ```
/// use quorate::clock::HybridStamp;
/// let stamp = HybridStamp::new(10, 3);
/// assert_eq!((stamp.physical(), stamp.counter()), (10, 3));
/// assert_eq!(HybridStamp::from_bits(stamp.to_bits()), stamp);
/// assert!(stamp < HybridStamp::new(10, 4) && stamp < HybridStamp::new(11, 0));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct HybridStamp(u64);

impl HybridStamp {
    /// Below every stamp.
    pub const ZERO: Self = Self(0);
    /// The last stamp.
    pub const MAX: Self = Self(u64::MAX);

    /// A stamp of these parts; of the physical time the lower 48 bits count.
    #[must_use]
    pub const fn new(physical: u64, counter: u16) -> Self {
        Self((physical << COUNTER_BITS) | counter as u64)
    }

    /// The stamp that is this number.
    #[must_use]
    pub const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    /// The stamp as one number, in the same order.
    #[must_use]
    pub const fn to_bits(self) -> u64 {
        self.0
    }

    /// l: the physical part, in units of [`WallTime`].
    #[must_use]
    pub const fn physical(self) -> u64 {
        self.0 >> COUNTER_BITS
    }

    /// c: the counter.
    #[must_use]
    pub const fn counter(self) -> u16 {
        self.0 as u16
    }

    /// How long after the beginning of 1970 the physical part is.
    #[must_use]
    pub const fn since_1970(self) -> Duration {
        let nanos = ((self.physical() % WallTime::PER_SECOND).saturating_mul(1_000_000_000)) >> 16;
        Duration::new(self.physical() / WallTime::PER_SECOND, nanos as u32)
    }
}

impl fmt::Display for HybridStamp {
    /// `seconds+counter`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        wall::show(self.physical(), f)?;
        write!(f, "+{}", self.counter())
    }
}

/// A clock that stays close to physical time and never contradicts causality (Kulkarni et al. 2014).
///
/// * C1: a → b implies H(a) < H(b), however wrong the physical clocks are, also when they are set back.
/// * C3: with l the physical part of a stamp and pt the physical time at its event, l ≥ pt; and l − pt ≤ ε as long as all
///   physical clocks are within ε of each other.
/// * C4: a stamp is rejected for one reason only, that it is more than the maximum offset in the *future*.
///
/// The counter carries over into the physical part after 65,536 events that physical time did not separate, so a burst
/// (or a peer that sends a counter at its end) halts nobody; it adds one unit, 15 µs, to C3's bound for every 65,536
/// such events. As long as a node is not behind its peers that takes four thousand million events a second.
///
/// Choose the maximum offset as ε, plus what a [`Process`](super::Process) reserves, plus some margin: a restored clock
/// goes on from its reserve, so its stamps are within ε and the reserve of any physical clock of the group (and one unit
/// for every restart).
///
/// ```
/// use quorate::clock::{ClockError, HybridClock, HybridStamp, WallTime};
/// use core::time::Duration;
///
/// let mut clock = HybridClock::new(Duration::from_millis(500));
/// let at = |units| WallTime::new(units).expect("not zero");
///
/// assert_eq!(clock.tick(at(10))?, HybridStamp::new(10, 0));
/// assert_eq!(clock.tick(at(10))?, HybridStamp::new(10, 1));
/// assert_eq!(clock.observe(&HybridStamp::new(12, 7), at(11))?, HybridStamp::new(12, 8));
/// assert_eq!(clock.tick(at(13))?, HybridStamp::new(13, 0));
/// # Ok::<(), ClockError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct HybridClock {
    latest: HybridStamp,
    max_offset: u64,
}

impl HybridClock {
    /// A clock that has seen nothing, and rejects stamps that are more than `max_offset` ahead of physical time.
    #[must_use]
    pub const fn new(max_offset: Duration) -> Self {
        Self { latest: HybridStamp::ZERO, max_offset: wall::units(max_offset) }
    }

    /// The same clock, when it has issued `latest`, or nothing above it.
    #[must_use]
    pub const fn after(self, latest: HybridStamp) -> Self {
        Self { latest, ..self }
    }

    /// The latest stamp; [`HybridStamp::ZERO`] before the first.
    #[must_use]
    pub const fn latest(&self) -> HybridStamp {
        self.latest
    }

    /// How far ahead of physical time a stamp may be, in units of [`WallTime`].
    #[must_use]
    pub const fn max_offset(&self) -> u64 {
        self.max_offset
    }

    /// Stamps a local event or a send at the physical time `now`.
    ///
    /// # Errors
    ///
    /// [`ClockError::Overflow`], in the year 2106; the clock is as it was.
    #[inline]
    pub const fn tick(&mut self, now: WallTime) -> Result<HybridStamp, ClockError> {
        self.tick_after(self.latest.0, now)
    }

    /// Stamps the receipt, at the physical time `now`, of a message that carries `stamp`.
    ///
    /// # Errors
    ///
    /// [`ClockError::FromTheFuture`], [`ClockError::Overflow`]; the clock is as it was.
    #[inline]
    pub const fn observe(&mut self, stamp: &HybridStamp, now: WallTime) -> Result<HybridStamp, ClockError> {
        if stamp.physical() > now.get().saturating_add(self.max_offset) {
            return Err(ClockError::FromTheFuture { stamp: *stamp, physical: now, most: self.max_offset });
        }
        self.tick_after(if stamp.0 > self.latest.0 { stamp.0 } else { self.latest.0 }, now)
    }

    /// The paper's rules for l and c are, on packed numbers, the greater of a successor and the time.
    #[inline]
    const fn tick_after(&mut self, at: u64, now: WallTime) -> Result<HybridStamp, ClockError> {
        let Some(next) = at.checked_add(1) else { return Err(ClockError::Overflow { at }) };
        let time = now.get() << COUNTER_BITS;
        self.latest = HybridStamp(if next > time { next } else { time });
        Ok(self.latest)
    }
}

impl Clock for HybridClock {
    type Stamp = HybridStamp;
    type Physical = WallTime;

    fn latest(&self) -> HybridStamp {
        self.latest
    }

    fn advance(&mut self, physical: WallTime) -> Result<HybridStamp, ClockError> {
        if planted!(CounterWraps) && self.latest.counter() == u16::MAX {
            self.latest = HybridStamp(self.latest.0.wrapping_sub(u64::from(u16::MAX)));
            return Ok(self.latest);
        }
        self.tick(physical)
    }

    fn receive(&mut self, _: NodeId, stamp: &HybridStamp, physical: WallTime) -> Result<HybridStamp, ClockError> {
        if planted!(FutureAccepted) {
            return self.tick_after(self.latest.0.max(stamp.0), physical);
        }
        self.observe(stamp, physical)
    }

    /// The end of the unit in which physical time will have gone on by `reserve` units. Where the clock is ahead of that
    /// already it goes on by a unit only, so that one restart after another does not drive it ever further ahead.
    fn ceiling(&self, reserve: u32, physical: WallTime) -> HybridStamp {
        let reserved = physical.get().saturating_add(u64::from(reserve)).min(WallTime::MAX.get());
        let unit = u64::from(u16::MAX);
        HybridStamp(self.latest.0.saturating_add(unit).max((reserved << COUNTER_BITS) | unit))
    }

    fn restored(&self, ceiling: Option<&HybridStamp>) -> Self {
        self.after(ceiling.copied().unwrap_or(HybridStamp::ZERO))
    }

    fn check<const N: usize>(&self, _: &Group<N>, reserve: u32) -> Result<(), ConfigError> {
        if u64::from(reserve) <= self.max_offset {
            Ok(())
        } else {
            Err(ConfigError::ReserveBeyondOffset { reserve, max_offset: self.max_offset })
        }
    }
}
