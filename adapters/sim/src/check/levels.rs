//! D2: the level of suspicion never falls while silence lasts.

use super::{Violation, Who};
use alloc::collections::BTreeMap;
use alloc::format;
use quorate::Instant;

/// Checks **D2**: from one heartbeat of a peer to the next, the level at which it is suspected never falls.
///
/// Memory: one level for each pair that was told of.
///
/// ```
/// use quorate::{Instant, NodeId};
/// use quorate_sim::check::{Levels, Who};
///
/// let [ann, bob] = [0, 1].map(|place| Who::new(place, NodeId::new(place as u32 + 1)));
/// let at = Instant::from_secs;
/// let mut levels = Levels::new();
/// levels.is_at(at(1), ann, bob, 0.5)?;
/// levels.is_at(at(2), ann, bob, 4.0)?;
/// levels.hears(ann.place, bob.place);
/// levels.is_at(at(2), ann, bob, 0.0)?;
/// levels.is_at(at(3), ann, bob, 1.0)?;
/// assert!(levels.is_at(at(4), ann, bob, 0.9).is_err());
/// # Ok::<(), quorate_sim::check::Violation>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Levels {
    last: BTreeMap<(usize, usize), (Instant, f64)>,
}

impl Levels {
    /// A checker that has seen nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self { last: BTreeMap::new() }
    }

    /// A node suspects another one at this level.
    ///
    /// # Errors
    ///
    /// D2, if it was higher before in the same silence.
    pub fn is_at(&mut self, at: Instant, by: Who, peer: Who, level: f64) -> Result<(), Violation> {
        let (since, before) = self.last.insert((by.place, peer.place), (at, level)).unwrap_or((at, level));
        if level >= before {
            return Ok(());
        }
        let because = format!(
            "node {by} suspects node {peer} at level {level} after level {before} at {since}, with no heartbeat between"
        );
        Err(Violation::new("D2", because, at).with_nodes([by.node, peer.node]))
    }

    /// A node hears another one.
    pub fn hears(&mut self, by: usize, peer: usize) {
        self.last.remove(&(by, peer));
    }

    /// The node at this place begins anew.
    pub fn starts(&mut self, by: usize) {
        self.last.retain(|(observer, _), _| *observer != by);
    }
}
