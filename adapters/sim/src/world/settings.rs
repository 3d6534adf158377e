//! What a world is like when it begins.

use super::{Delay, Link};
use alloc::vec::Vec;
use core::time::Duration;
use quorate::{NodeId, Seed};

/// What a world is like when it begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// How many nodes there are.
    pub size: usize,
    /// Their identities, for those that are not to be 1, 2, 3 … by place. Two nodes may claim the same.
    pub ids: Vec<NodeId>,
    /// Where all chance comes from.
    pub seed: Seed,
    /// What links are like.
    pub link: Link,
    /// How long a node takes over an input, and how late its ticks are.
    pub processing: Delay,
    /// Whether there are bounds that everything keeps to.
    pub synchrony: Synchrony,
    /// More steps than this of one node within a second of true time are a violation ("no spin").
    pub most_steps: u32,
    /// At every so manieth step the [laws](quorate::laws) are checked on the machine that takes it; never if 0.
    pub laws_every: u32,
}

impl Default for Settings {
    /// Five nodes on [good links](Link::GOOD), a hundred thousand steps a second at most, the laws at each 1,024th.
    fn default() -> Self {
        Self {
            size: 5,
            ids: Vec::new(),
            seed: Seed::new(0),
            link: Link::GOOD,
            processing: Delay::NONE,
            synchrony: Synchrony::Asynchronous,
            most_steps: 100_000,
            laws_every: 1_024,
        }
    }
}

impl Settings {
    /// The identity at each place.
    pub(super) fn identities(&self) -> Vec<NodeId> {
        let usual = |place: usize| NodeId::new(u32::try_from(place).unwrap_or(u32::MAX).saturating_add(1));
        (0..self.size).map(|place| self.ids.get(place).copied().unwrap_or_else(|| usual(place))).collect()
    }
}

/// Whether time in the network and in the nodes is bounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "kebab-case"))]
pub enum Synchrony {
    /// There are no bounds.
    Asynchronous,
    /// A message arrives within `delay` if it arrives at all, and a node takes at most `processing` over an input or a
    /// deadline. Whatever would take longer, a pause for example, is cut to that.
    Synchronous {
        /// The bound for messages.
        delay: Duration,
        /// The bound for nodes.
        processing: Duration,
    },
}

impl Synchrony {
    pub(super) fn link(self, link: Link) -> Link {
        match self {
            Self::Asynchronous => link,
            Self::Synchronous { delay, .. } => Link { delay: cap(link.delay, delay), ..link },
        }
    }

    pub(super) fn processing(self, delay: Delay) -> Delay {
        match self {
            Self::Asynchronous => delay,
            Self::Synchronous { processing, .. } => cap(delay, processing),
        }
    }

    pub(super) fn pause(self, length: Duration) -> Duration {
        match self {
            Self::Asynchronous => length,
            Self::Synchronous { processing, .. } => length.min(processing),
        }
    }
}

fn cap(delay: Delay, bound: Duration) -> Delay {
    match delay {
        Delay::Fixed(delay) => Delay::Fixed(delay.min(bound)),
        Delay::Uniform { least, most } => Delay::Uniform { least: least.min(bound), most: most.min(bound) },
        Delay::HeavyTailed { least } => Delay::Uniform { least: least.min(bound), most: bound },
    }
}
