//! E5: epochs never go back.

use super::{Violation, Who};
use alloc::format;
use alloc::vec::Vec;
use quorate::{Epoch, Instant};

/// Checks **E5** at every node: the epoch that it has reached never goes back, across restarts with storage, too.
///
/// Memory: one epoch a place. The latest one stands for all before it, so nothing that could be violated is forgotten.
///
/// ```
/// use quorate::{Epoch, Instant, NodeId};
/// use quorate_sim::check::{Epochs, Who};
///
/// let mut epochs = Epochs::new();
/// let ann = Who::new(0, NodeId::new(1));
/// epochs.reaches(Instant::from_secs(1), ann, Epoch::new(4))?;
/// epochs.reaches(Instant::from_secs(2), ann, Epoch::new(4))?;
/// let violation = epochs.reaches(Instant::from_secs(3), ann, Epoch::new(3)).unwrap_err();
/// assert_eq!(violation.because, "it is in epoch 3 after having been in epoch 4 at 1.000s");
/// # Ok::<(), quorate_sim::check::Violation>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Epochs {
    /// By place: the highest epoch so far, and since when.
    latest: Vec<(Epoch, Instant)>,
}

impl Epochs {
    /// A checker that has seen nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self { latest: Vec::new() }
    }

    /// The node is in this epoch at this time. To be told after every step; only changes cost more than a comparison.
    ///
    /// # Errors
    ///
    /// E5, if it has been in a higher one.
    #[inline]
    pub fn reaches(&mut self, at: Instant, who: Who, epoch: Epoch) -> Result<(), Violation> {
        match self.latest.get_mut(who.place) {
            Some((latest, _)) if epoch == *latest => Ok(()),
            Some(latest) if epoch > latest.0 => {
                *latest = (epoch, at);
                Ok(())
            }
            Some((latest, since)) => {
                let what = format!("it is in epoch {epoch} after having been in epoch {latest} at {since}");
                Err(Violation::new("E5", what, at).with_nodes([who.node]))
            }
            None => {
                self.latest.resize(who.place + 1, (Epoch::ZERO, at));
                self.reaches(at, who, epoch)
            }
        }
    }

    /// The node at this place has lost its storage, so that no epoch is too low for it any more.
    pub fn forget(&mut self, place: usize) {
        if let Some((latest, _)) = self.latest.get_mut(place) {
            *latest = Epoch::ZERO;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quorate::NodeId;

    #[test]
    fn e5_places_are_apart_and_storage_can_be_lost() {
        let mut epochs = Epochs::new();
        let [a, b] = [0, 1].map(|place| Who::new(place, NodeId::new(9)));
        let at = Instant::from_secs;
        assert_eq!(epochs.reaches(at(1), b, Epoch::new(8)), Ok(()));
        assert_eq!(epochs.reaches(at(1), a, Epoch::new(2)), Ok(()));
        epochs.forget(1);
        epochs.forget(7);
        assert_eq!(epochs.reaches(at(2), b, Epoch::new(1)), Ok(()));
        let violation = epochs.reaches(at(3), a, Epoch::new(1)).expect_err("it went back");
        assert_eq!((violation.promise, &violation.nodes[..]), ("E5", &[NodeId::new(9)][..]));
    }
}
