//! Lamport's clock: one number.

use super::{Clock, ClockError, ConfigError, MAX_LEAP};
use crate::{Group, NodeId};
use core::fmt;

/// A stamp of a [`LamportClock`]. Stamps are totally ordered: by time, and by node where times are equal.
///
/// ```
/// use quorate::clock::LamportStamp;
/// use quorate::NodeId;
/// let stamp = |time, node| LamportStamp { time, node: NodeId::new(node) };
/// assert!(stamp(1, 9) < stamp(2, 1));
/// assert!(stamp(2, 1) < stamp(2, 9));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct LamportStamp {
    /// How late: more than everything that happened before.
    pub time: u64,
    /// Whose event it is.
    pub node: NodeId,
}

impl fmt::Display for LamportStamp {
    /// `time@node`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.time, self.node)
    }
}

/// A clock of one number, which grows at every event and jumps ahead of every stamp that it sees (Lamport 1978).
///
/// C1: a → b implies L(a) < L(b). The converse does not hold: of two stamps, the lesser may be of a concurrent event.
///
/// ```
/// use quorate::clock::LamportClock;
/// use quorate::NodeId;
///
/// let (mut a, mut b) = (LamportClock::new(NodeId::new(1)), LamportClock::new(NodeId::new(2)));
/// a.tick()?;
/// let sent = a.tick()?;
/// let received = b.observe(&sent)?;
/// assert_eq!((sent.time, received.time), (2, 3));
/// # Ok::<(), quorate::clock::ClockError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct LamportClock {
    latest: LamportStamp,
}

impl LamportClock {
    /// The clock of a node that has seen nothing.
    #[must_use]
    pub const fn new(node: NodeId) -> Self {
        Self::after(LamportStamp { time: 0, node })
    }

    /// The clock of a node that has issued `latest`, or nothing above it.
    #[must_use]
    pub const fn after(latest: LamportStamp) -> Self {
        Self { latest }
    }

    /// The latest stamp; its time is zero before the first.
    #[must_use]
    pub const fn latest(&self) -> LamportStamp {
        self.latest
    }

    /// Stamps a local event or a send.
    ///
    /// # Errors
    ///
    /// [`ClockError::Overflow`]; the clock is as it was.
    pub const fn tick(&mut self) -> Result<LamportStamp, ClockError> {
        self.tick_after(self.latest.time)
    }

    /// Stamps the receipt of a message that carries `stamp`.
    ///
    /// # Errors
    ///
    /// [`ClockError::Leap`] if it is implausibly far ahead, [`ClockError::Forgotten`] if it bears this node's own name
    /// and a time that this clock has not reached, [`ClockError::Overflow`]; the clock is as it was.
    pub const fn observe(&mut self, stamp: &LamportStamp) -> Result<LamportStamp, ClockError> {
        let (ours, theirs, entry) = (self.latest.time, stamp.time, stamp.node.get());
        if theirs <= ours {
            return self.tick();
        }
        if theirs.saturating_sub(ours) > MAX_LEAP {
            return Err(ClockError::Leap { entry, ours, theirs });
        }
        if entry == self.latest.node.get() {
            return Err(ClockError::Forgotten { entry, ours, theirs });
        }
        self.tick_after(theirs)
    }

    const fn tick_after(&mut self, at: u64) -> Result<LamportStamp, ClockError> {
        match at.checked_add(1) {
            Some(time) => {
                self.latest.time = time;
                Ok(self.latest)
            }
            None => Err(ClockError::Overflow { at }),
        }
    }
}

impl Clock for LamportClock {
    type Stamp = LamportStamp;
    type Physical = ();

    fn latest(&self) -> LamportStamp {
        self.latest
    }

    fn advance(&mut self, (): ()) -> Result<LamportStamp, ClockError> {
        self.tick()
    }

    fn receive(&mut self, from: NodeId, stamp: &LamportStamp, (): ()) -> Result<LamportStamp, ClockError> {
        if stamp.node != from {
            return Err(ClockError::Forged { from, named: stamp.node });
        }
        if planted!(LamportReceiptNotCounted) {
            self.latest.time = self.latest.time.max(stamp.time);
            return Ok(self.latest);
        }
        self.observe(stamp)
    }

    fn ceiling(&self, reserve: u32, (): ()) -> LamportStamp {
        LamportStamp { time: self.latest.time.saturating_add(u64::from(reserve)), ..self.latest }
    }

    fn restored(&self, ceiling: Option<&LamportStamp>) -> Self {
        Self::after(LamportStamp { time: ceiling.map_or(0, |ceiling| ceiling.time), ..self.latest })
    }

    fn check<const N: usize>(&self, group: &Group<N>, _: u32) -> Result<(), ConfigError> {
        let node = self.latest.node;
        if node == group.me() { Ok(()) } else { Err(ConfigError::OtherNode { node, me: group.me() }) }
    }
}
