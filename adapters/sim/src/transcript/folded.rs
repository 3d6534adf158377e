//! What is left out of a transcript, and counted.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// How many messages of each kind were left out since the last time that this was told.
#[derive(Clone, Debug)]
pub(super) struct Folded {
    kinds: Vec<Kind>,
    /// Events that were told before, word for word.
    events: u64,
}

#[derive(Clone, Copy, Debug)]
struct Kind {
    name: &'static str,
    sent: u64,
    lost: u64,
}

impl Folded {
    pub(super) const fn new() -> Self {
        Self { kinds: Vec::new(), events: 0 }
    }

    /// One copy of a message is left out.
    pub(super) fn message(&mut self, name: &'static str, lost: bool) {
        let index = self.kinds.iter().position(|kind| kind.name == name).unwrap_or_else(|| {
            self.kinds.push(Kind { name, sent: 0, lost: 0 });
            self.kinds.len() - 1
        });
        if let Some(kind) = self.kinds.get_mut(index) {
            kind.sent += 1;
            kind.lost += u64::from(lost);
        }
    }

    /// An event is left out.
    pub(super) const fn event(&mut self) {
        self.events += 1;
    }

    /// What was left out, and from now on nothing is.
    pub(super) fn take(&mut self) -> Option<String> {
        self.kinds.sort_unstable_by(|one, other| (other.sent, one.name).cmp(&(one.sent, other.name)));
        let mut text = String::new();
        for Kind { name, sent, lost } in self.kinds.drain(..) {
            let plural = if sent == 1 { "" } else { "s" };
            let comma = if text.is_empty() { "" } else { ", " };
            text += &match lost {
                0 => format!("{comma}{sent} {name}{plural}"),
                lost if lost == sent => format!("{comma}{sent} {name}{plural}, lost"),
                lost => format!("{comma}{sent} {name}{plural} ({lost} lost)"),
            };
        }
        match core::mem::take(&mut self.events) {
            0 => {}
            1 => text += "; and something told before once more",
            times => text += &format!("; and {times} times something told before"),
        }
        (!text.is_empty()).then_some(text)
    }
}
