//! What a run amounts to: leaderships, suspicions, messages.

use super::player::Player;
use super::summary::{Leadership, Losses, Services};
use crate::check::Violation;
use crate::transcript::Opinion;
use crate::world::{Fate, Happening, LocalClock, Loss, Observer, What};
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;
use quorate::{Epoch, Instant, NodeId};

/// How many leaderships are remembered one by one.
const MOST_LEADERSHIPS: usize = 256;

/// Keeps account of a run.
#[derive(Clone, Debug)]
pub(super) struct Chronicle<M: Player> {
    nodes: Vec<Node>,
    ids: Vec<NodeId>,
    /// Links that are cut, one bit for each ordered pair of places.
    cut: Vec<u64>,
    pub(super) sent: u64,
    pub(super) duplicated: u64,
    pub(super) lost: Losses,
    pub(super) leaderships: Vec<Leadership>,
    pub(super) leaderships_in_all: u64,
    /// When leadership last changed.
    pub(super) changed: Instant,
    leaderless: Duration,
    leaderless_since: Option<Instant>,
    pub(super) right: u64,
    pub(super) wrong: u64,
    pub(super) services: Services,
    /// Words that somebody waits for: since when, and where they were told.
    needles: Vec<Needle>,
    last: Option<(Instant, usize, usize, M::Message)>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Node {
    up: bool,
    paused_until: Instant,
    /// The leadership that it has: the epoch, until when by its clock, and until when in truth.
    leads: Option<(Epoch, Instant, Instant)>,
    refused: u64,
}

#[derive(Clone, Debug)]
struct Needle {
    words: String,
    since: Instant,
    places: u64,
}

impl<M: Player> Chronicle<M> {
    pub(super) fn new(ids: Vec<NodeId>) -> Self {
        Self {
            nodes: alloc::vec![Node::default(); ids.len()],
            cut: alloc::vec![0; ids.len()],
            ids,
            sent: 0,
            duplicated: 0,
            lost: Losses::default(),
            leaderships: Vec::new(),
            leaderships_in_all: 0,
            changed: Instant::ORIGIN,
            leaderless: Duration::ZERO,
            leaderless_since: Some(Instant::ORIGIN),
            right: 0,
            wrong: 0,
            services: Services::default(),
            needles: Vec::new(),
            last: None,
        }
    }

    /// Listens for these words.
    pub(super) fn listen(&mut self, words: &str, since: Instant) {
        if self.needle(words, since).is_none() {
            self.needles.push(Needle { words: words.into(), since, places: 0 });
        }
    }

    fn needle(&self, words: &str, since: Instant) -> Option<&Needle> {
        self.needles.iter().find(|needle| needle.words == words && needle.since == since)
    }

    /// Whether a node was told, or said, these words since then.
    pub(super) fn heard(&self, place: usize, words: &str, since: Instant) -> bool {
        self.needle(words, since).is_some_and(|needle| needle.places >> place & 1 == 1)
    }

    /// How many frames a node did not accept.
    pub(super) fn refused(&self, place: usize) -> u64 {
        self.nodes.get(place).map_or(0, |node| node.refused)
    }

    /// Who leads at this time, and in which epoch; in the latest if there are several.
    pub(super) fn leader(&self, now: Instant) -> Option<(usize, Epoch)> {
        let leading = self.nodes.iter().enumerate().filter_map(|(place, node)| {
            let (epoch, _, until) = node.leads?;
            (until > now).then_some((place, epoch))
        });
        leading.max_by_key(|(_, epoch)| *epoch)
    }

    /// For how long nobody has led so far.
    pub(super) fn leaderless(&self, now: Instant) -> Duration {
        let end = self.leases_end();
        let (since, before) = match self.leaderless_since {
            Some(since) => (since, self.leaderless),
            None => (end, self.leaderless),
        };
        before.saturating_add(now.since(since))
    }

    /// The end of the leaderships that are still going on.
    pub(super) fn close(&mut self, now: Instant) {
        for leadership in self.leaderships.iter_mut().filter(|leadership| leadership.until.is_none()) {
            let leads = self.nodes.get(leadership.place).and_then(|node| node.leads);
            let until = leads.map_or(now, |(.., until)| until);
            leadership.until = (until < now).then_some(until);
        }
    }

    fn leases_end(&self) -> Instant {
        let ends = self.nodes.iter().filter_map(|node| node.leads.map(|(.., until)| until));
        ends.max().unwrap_or(Instant::ORIGIN)
    }

    /// The leadership of a node changes from what it was.
    fn leads(&mut self, at: Instant, place: usize, now: Option<(Epoch, Instant, Instant)>) {
        // Time without a leader passes from the end of the last lease, or from when its holder gave it up.
        let end = self.leases_end();
        if self.leaderless_since.is_none() && end < at {
            self.leaderless_since = Some(end);
        }
        let Some(node) = self.nodes.get_mut(place) else { return };
        let before = core::mem::replace(&mut node.leads, now);
        let changes = before.map(|(epoch, ..)| epoch) != now.map(|(epoch, ..)| epoch);
        if let (Some((epoch, _, until)), true) = (before, changes) {
            let open = |one: &&mut Leadership| one.place == place && one.epoch == epoch && one.until.is_none();
            if let Some(one) = self.leaderships.iter_mut().rev().find(open) {
                one.until = Some(until.min(at));
            }
            self.changed = at;
        }
        if let (Some((epoch, ..)), true) = (now, changes) {
            if self.leaderships.len() >= MOST_LEADERSHIPS {
                self.leaderships.remove(0);
            }
            let node = self.ids.get(place).copied().unwrap_or(NodeId::new(0));
            self.leaderships.push(Leadership { node, place, epoch, from: at, until: None });
            self.leaderships_in_all += 1;
            self.changed = at;
        }
        match (self.leases_end() > at, self.leaderless_since) {
            (true, Some(since)) => {
                self.leaderless = self.leaderless.saturating_add(at.since(since));
                self.leaderless_since = None;
            }
            (false, None) => self.leaderless_since = Some(at),
            _ => {}
        }
    }

    fn became(&mut self, at: Instant, place: usize, machine: &M, clock: &LocalClock, again: bool) {
        let leads = machine.leadership();
        let before = self.nodes.get(place).and_then(|node| node.leads);
        if again || leads != before.map(|(epoch, until, _)| (epoch, until)) {
            self.leads(at, place, leads.map(|(epoch, until)| (epoch, until, clock.when(until))));
        }
    }

    fn told(&mut self, at: Instant, place: usize, event: &M::Event) {
        if let Some((peer, Opinion::Suspected)) = M::opinion(event) {
            // Right is who cannot be heard: it is down, it stands still, or its words do not get here.
            let unheard = |other: usize| {
                let cut = self.cut.get(other).is_some_and(|row| row >> place & 1 == 1);
                cut || self.nodes.get(other).is_none_or(|node| !node.up || node.paused_until > at)
            };
            let right = self.ids.iter().enumerate().filter(|(_, id)| **id == peer).all(|(other, _)| unheard(other));
            *(if right { &mut self.right } else { &mut self.wrong }) += 1;
        }
        M::counts(event, &mut self.services);
        self.hear(at, place, || M::tells(event));
    }

    /// Whether one of the words that somebody waits for is among these.
    fn hear(&mut self, at: Instant, place: usize, text: impl FnOnce() -> Option<String>) {
        let waits = |needle: &Needle| needle.since <= at && needle.places >> place & 1 == 0;
        if self.needles.iter().any(waits)
            && let Some(text) = text()
        {
            for needle in self.needles.iter_mut().filter(|needle| waits(needle)) {
                needle.places |= u64::from(text.contains(&needle.words)) << place;
            }
        }
    }
}

impl<M: Player> Observer<M> for Chronicle<M> {
    #[inline]
    fn see(&mut self, happening: Happening<'_, M>) -> Result<(), Violation> {
        let Happening { at, place, what, .. } = happening;
        match what {
            What::Sent { to_place, message, fate, .. } => {
                let again = |(then, from, to, said): &(Instant, usize, usize, M::Message)| {
                    (*then, *from, *to) == (at, place, to_place) && said == message
                };
                if self.last.as_ref().is_some_and(again) {
                    self.duplicated += 1;
                } else {
                    self.sent += 1;
                    self.last = Some((at, place, to_place, message.clone()));
                }
                if let Fate::Lost(why) = fate {
                    self.lost.add(why);
                }
                if !self.needles.is_empty() && !M::is_routine(message) {
                    self.hear(at, place, || Some(M::says(message)));
                }
            }
            What::Dropped { why, .. } => {
                self.lost.add(why);
                if let (Loss::Refused, Some(node)) = (why, self.nodes.get_mut(place)) {
                    node.refused += 1;
                }
            }
            What::Told(event) => self.told(at, place, event),
            What::Became { machine, clock } => self.became(at, place, machine, clock, false),
            What::Clock { clock, machine: Some(machine) } => self.became(at, place, machine, clock, true),
            What::Started { .. } => {
                if let Some(node) = self.nodes.get_mut(place) {
                    (node.up, node.paused_until) = (true, Instant::ORIGIN);
                }
            }
            What::Crashed => {
                self.leads(at, place, None);
                if let Some(node) = self.nodes.get_mut(place) {
                    node.up = false;
                }
            }
            What::Paused { until } => {
                if let Some(node) = self.nodes.get_mut(place) {
                    node.paused_until = until;
                }
            }
            What::Link { to_place, cut } => {
                if let Some(row) = self.cut.get_mut(place) {
                    *row = if cut { *row | 1 << to_place } else { *row & !(1 << to_place) };
                }
            }
            What::Took { .. } => {
                if let Some(node) = self.nodes.get_mut(place) {
                    node.paused_until = node.paused_until.min(at); // it was resumed before its time
                }
            }
            What::Persisted(_) | What::Clock { .. } => {}
        }
        Ok(())
    }
}
