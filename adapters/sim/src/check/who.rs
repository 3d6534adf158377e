//! Who does something.

use core::fmt;
use quorate::NodeId;

/// Who does something: a place among all nodes of a system, and the identity that is claimed there.
///
/// Two members can be configured with one id by mistake, and then they still are two. So checkers tell nodes apart by place,
/// and name them by id. Places are counted from 0, without large gaps.
///
/// ```
/// use quorate::NodeId;
/// use quorate_sim::check::Who;
/// let (one, other) = (Who::new(0, NodeId::new(7)), Who::new(1, NodeId::new(7)));
/// assert_ne!(one, other);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Who {
    /// Where, from 0.
    pub place: usize,
    /// As whom.
    pub node: NodeId,
}

impl Who {
    /// The node at this place with this identity.
    #[must_use]
    pub const fn new(place: usize, node: NodeId) -> Self {
        Self { place, node }
    }
}

impl fmt::Display for Who {
    /// The node's identity.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.node.fmt(f)
    }
}
