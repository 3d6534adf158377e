//! A node: its machine while it is up, its clock, and what outlives a crash.

use super::{Delay, LocalClock, Simulated};
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::time::Duration;
use quorate::{Instant, NodeId, OutputOf};

/// How a Byzantine node departs from its machine: the chance of each, in millionths of the messages that it sends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default))]
pub struct Lies {
    /// It says something else than its machine: [`Subject::lie`](super::Subject::lie).
    pub lie: u32,
    /// In a broadcast, it says something else to some.
    pub equivocate: u32,
    /// It sends in the name of another node.
    pub impersonate: u32,
    /// It also sends again what it sent before.
    pub replay: u32,
    /// What it sends is altered on the way: [`Carrier::corrupt`](super::Carrier::corrupt).
    pub corrupt: u32,
}

/// Whether a node does anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Health {
    /// It runs.
    Up,
    /// It does nothing until then, in true time, and then goes on as if nothing had been.
    Paused(Instant),
    /// It crashed, or never started.
    Down,
}

/// How many messages wait for a node at most; as with a socket's buffer, what comes then is lost.
pub(super) const INBOX: usize = 4_096;

#[derive(Debug)]
pub(super) struct Node<M: Simulated, P> {
    pub(super) id: NodeId,
    pub(super) machine: Option<M>,
    pub(super) clock: LocalClock,
    /// A deadline on this clock and when it is in true time: the one that was asked for last, which is mostly asked for again.
    asked: (Instant, Instant),
    /// The latest that its clock showed to this life's machine.
    pub(super) latest: Instant,
    /// How many times it has started.
    pub(super) lives: u64,
    pub(super) durable: Option<M::Record>,
    pub(super) paused_until: Instant,
    /// It is at work on something, or waits for its storage.
    pub(super) busy_until: Instant,
    /// Outputs behind a record that is being made durable.
    pub(super) unfinished: Vec<OutputOf<M>>,
    /// How long it takes over an input, and how late its ticks are.
    pub(super) processing: Delay,
    pub(super) disk: Disk,
    /// What has arrived and waits: the number of the copy, and the parcel.
    pub(super) inbox: VecDeque<(u64, u32)>,
    /// Whether it will be woken for that.
    pub(super) woken_at: Option<Instant>,
    /// When the next tick is in the queue.
    pub(super) scheduled: Option<Instant>,
    pub(super) lies: Lies,
    /// What a liar may send again.
    pub(super) said: Vec<(P, M::Message)>,
    pub(super) window: Instant,
    pub(super) steps_in_window: u32,
}

/// How a node's storage behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default))]
pub struct Disk {
    /// How long it takes to make a record durable.
    pub delay: Delay,
    /// The chance, in millionths, that the node crashes at a record: before it is durable, or just after.
    pub crash: u32,
    /// It has no room: the node stops at the next record, before anything that stands behind it leaves.
    pub full: bool,
}

impl Default for Disk {
    fn default() -> Self {
        Self { delay: Delay::NONE, crash: 0, full: false }
    }
}

impl<M: Simulated, P> Node<M, P> {
    pub(super) fn new(id: NodeId) -> Self {
        Self {
            id,
            machine: None,
            clock: LocalClock::TRUE,
            asked: (Instant::ORIGIN, Instant::ORIGIN),
            latest: Instant::ORIGIN,
            lives: 0,
            durable: None,
            paused_until: Instant::ORIGIN,
            busy_until: Instant::ORIGIN,
            unfinished: Vec::new(),
            processing: Delay::NONE,
            disk: Disk::default(),
            inbox: VecDeque::new(),
            woken_at: None,
            scheduled: None,
            lies: Lies::default(),
            said: Vec::new(),
            window: Instant::ORIGIN,
            steps_in_window: 0,
        }
    }

    /// When it can take the next input: not before it has carried out what the last one made it do.
    pub(super) fn free_at(&self) -> Instant {
        let behind = u64::from(!self.unfinished.is_empty());
        self.paused_until.max(Instant::from_nanos(self.busy_until.as_nanos().saturating_add(behind)))
    }

    /// Counts a step; how many there were in the present second.
    pub(super) fn count(&mut self, now: Instant) -> u32 {
        if now >= self.window {
            (self.window, self.steps_in_window) = (now.after(Duration::from_secs(1)), 0);
        }
        self.steps_in_window = self.steps_in_window.saturating_add(1);
        self.steps_in_window
    }

    /// When its machine wants to be ticked, in true time.
    #[inline]
    pub(super) fn due(&mut self) -> Option<Instant> {
        let deadline = self.machine.as_ref()?.deadline()?;
        if deadline != self.asked.0 {
            self.asked = (deadline, self.clock.when(deadline));
        }
        Some(self.asked.1)
    }

    /// Its clock is set, or runs at another rate from now on.
    pub(super) fn change_clock(&mut self, change: impl FnOnce(&mut LocalClock)) {
        change(&mut self.clock);
        let (deadline, truth) = &mut self.asked;
        *truth = self.clock.when(*deadline);
    }
}
