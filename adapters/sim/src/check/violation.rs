//! A promise that was broken.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use quorate::{Instant, NodeId};

/// A promise that was broken: which, when, by whom, and how that was seen.
///
/// ```
/// use quorate::{Instant, NodeId};
/// use quorate_sim::check::Violation;
///
/// let violation = Violation::new("E1", "epoch 3 has two leaders", Instant::from_secs(4))
///     .with_node(NodeId::new(1))
///     .with_node(NodeId::new(2));
/// assert_eq!(violation.to_string(), "E1 is broken at 4.000s, by nodes 1 and 2: epoch 3 has two leaders");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Violation {
    /// The name of the promise, such as `E1`.
    pub promise: &'static str,
    /// What was seen, as a sentence with the values.
    pub because: String,
    /// When, in true time.
    pub at: Instant,
    /// Which nodes have to do with it.
    pub nodes: Vec<NodeId>,
}

impl Violation {
    /// A promise that was broken at a time, in true time.
    #[cold]
    #[must_use]
    pub fn new(promise: &'static str, because: impl Into<String>, at: Instant) -> Self {
        Self { promise, because: because.into(), at, nodes: Vec::new() }
    }

    /// And by these nodes.
    #[must_use]
    pub fn with_nodes(mut self, nodes: impl IntoIterator<Item = NodeId>) -> Self {
        self.nodes.extend(nodes);
        self
    }

    /// And by this node.
    #[must_use]
    pub fn with_node(mut self, node: NodeId) -> Self {
        self.nodes.push(node);
        self
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is broken at {}", self.promise, self.at)?;
        for (index, node) in self.nodes.iter().enumerate() {
            let link = match index {
                0 if self.nodes.len() == 1 => ", by node",
                0 => ", by nodes",
                last if last + 1 == self.nodes.len() => " and",
                _ => ",",
            };
            write!(f, "{link} {node}")?;
        }
        write!(f, ": {}", self.because)
    }
}

impl core::error::Error for Violation {}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn it_names_everyone() {
        let told = |nodes: &[u32]| {
            let nodes = nodes.iter().copied().map(NodeId::new);
            Violation::new("X", "so", Instant::from_secs(1)).with_nodes(nodes).to_string()
        };
        assert_eq!(told(&[]), "X is broken at 1.000s: so");
        assert_eq!(told(&[4]), "X is broken at 1.000s, by node 4: so");
        assert_eq!(told(&[1, 2, 3]), "X is broken at 1.000s, by nodes 1, 2 and 3: so");
    }
}
