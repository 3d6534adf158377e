//! One message to one or many, gathered from its copies.

use crate::world::{Fate, Loss};
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::time::Duration;
use quorate::{Instant, NodeId};

/// Copies that left one place at one time and say the same.
#[derive(Clone, Debug)]
pub(super) struct Sending {
    pub(super) at: Instant,
    pub(super) place: usize,
    pub(super) says: String,
    /// To whom, at which place, and what becomes of it.
    pub(super) copies: Vec<(NodeId, usize, Fate)>,
}

impl Sending {
    /// Whether this copy belongs to it.
    pub(super) fn includes(&self, at: Instant, place: usize, says: &str) -> bool {
        (self.at, self.place) == (at, place) && self.says == says
    }

    /// To whom it is: `all` if these are all peers of the sender, or some.
    pub(super) fn to(&self, peers: &[NodeId]) -> String {
        let mut to: Vec<NodeId> = self.copies.iter().map(|(to, ..)| *to).collect();
        to.sort_unstable();
        to.dedup();
        if to.len() > 1 && to.len() >= peers.len() && to.iter().all(|to| peers.contains(to)) {
            String::from("all")
        } else {
            list(&to)
        }
    }

    /// What does not become of it as usual: lost, late, twice.
    pub(super) fn aside(&self, late_after: Duration) -> String {
        let mut lost: BTreeMap<&str, Vec<NodeId>> = BTreeMap::new();
        let mut late: Option<Instant> = None;
        let mut twice = Vec::new();
        let mut seen: Vec<usize> = Vec::new();
        for (to, place, fate) in &self.copies {
            if seen.contains(place) {
                twice.push(*to);
            }
            seen.push(*place);
            match fate {
                Fate::Lost(why) => lost.entry(because(*why)).or_default().push(*to),
                Fate::Arrives(when) if when.since(self.at) >= late_after => late = late.max(Some(*when)),
                Fate::Arrives(_) => {}
            }
        }
        let mut text = String::new();
        for (why, to) in lost {
            text += &match to.len() == self.copies.len() {
                true => format!(" (lost: {why})"),
                false => format!(" (lost to {}: {why})", list(&to)),
            };
        }
        if let Some(when) = late {
            text += &format!(" (arrives at {when})");
        }
        if !twice.is_empty() {
            text += &format!(" (twice to {})", list(&twice));
        }
        text
    }

    pub(super) fn is_lost(&self) -> bool {
        self.copies.iter().any(|(.., fate)| matches!(fate, Fate::Lost(_)))
    }
}

const fn because(why: Loss) -> &'static str {
    match why {
        Loss::Chance => "by chance",
        Loss::Burst => "in a burst",
        Loss::Cut => "the link is cut",
        Loss::Down => "the node is down",
        Loss::Overflow => "too many wait already",
        Loss::Intercepted => "taken away",
        Loss::Refused => "refused",
    }
}

/// `1, 2 and 5`.
pub(super) fn list(nodes: &[NodeId]) -> String {
    let mut text = String::new();
    for (index, node) in nodes.iter().enumerate() {
        text += match index {
            0 => "",
            last if last + 1 == nodes.len() => " and ",
            _ => ", ",
        };
        text += &node.to_string();
    }
    text
}
