//! What is known of the members at any time, from what they said.

use super::history::History;
use super::lock::{LockHistory, Meetings};
use super::round::Round;
use super::summary::RoundSummary;
use crate::line::{Counters, Levels, Line, What};
use core::time::Duration;
use std::collections::{BTreeMap, VecDeque};

/// How many sentences are kept to be shown.
const RECENT: usize = 64;

/// What a member's process does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Condition {
    /// It has not taken part yet.
    #[default]
    Starting,
    Running,
    Paused,
    Dead,
}

/// What is known of one member.
#[derive(Clone, Debug, Default)]
pub(crate) struct Actor {
    pub(crate) condition: Condition,
    pub(crate) life: u32,
    /// Whom it takes for the leader of which epoch; it may be itself.
    pub(crate) leader: Option<(u32, u64)>,
    pub(crate) levels: Levels,
    meter: Meter,
}

/// What a member has used, over all its lives, between the first and the last of its counts.
#[derive(Clone, Copy, Debug, Default)]
struct Meter {
    first: Option<(u64, Counters)>,
    last: (u64, Counters),
    nanos: u64,
    frames: u64,
    cpu: u64,
}

impl Meter {
    fn count(&mut self, at: u64, counters: Counters) {
        self.first.get_or_insert((at, counters));
        self.last = (at, counters);
    }

    /// A new life counts from zero.
    fn close(&mut self) {
        *self = Self { first: None, ..self.total() };
    }

    fn total(mut self) -> Self {
        if let Some((at, counters)) = self.first {
            self.nanos += self.last.0.saturating_sub(at);
            self.frames += self.last.1.frames_out.saturating_sub(counters.frames_out);
            self.cpu += self.last.1.cpu_ns.saturating_sub(counters.cpu_ns);
        }
        self
    }
}

/// All that is known.
#[derive(Debug, Default)]
pub(crate) struct Stage {
    pub(crate) actors: BTreeMap<u32, Actor>,
    pub(crate) history: History,
    pub(crate) round: Option<Round>,
    pub(crate) rounds: Vec<RoundSummary>,
    pub(crate) lock: LockHistory,
    pub(crate) meetings: Meetings,
    /// How long all contended for the lock.
    pub(crate) contended_ns: u64,
    /// What is happening now.
    pub(crate) scene: String,
    /// What has happened: when, and in words.
    pub(crate) recent: VecDeque<(u64, String)>,
    pub(crate) began: u64,
}

impl Stage {
    /// Members 1 to `nodes`, none of which has said anything.
    pub(crate) fn new(nodes: u32, began: u64) -> Self {
        Self { actors: (1..=nodes).map(|id| (id, Actor::default())).collect(), began, ..Self::default() }
    }

    /// A process has been started, for the first time or anew.
    pub(crate) fn started(&mut self, node: u32) {
        let actor = self.actors.entry(node).or_default();
        actor.meter.close();
        *actor = Actor { life: actor.life + 1, meter: actor.meter, ..Actor::default() };
    }

    /// A process has ended, killed `at`.
    pub(crate) fn died(&mut self, node: u32, at: u64) {
        let actor = self.actors.entry(node).or_default();
        (actor.condition, actor.leader, actor.levels) = (Condition::Dead, None, Levels::default());
        self.history.killed(node, at);
        self.lock.killed(node, at);
    }

    /// A process was stopped in its tracks, or goes on.
    pub(crate) fn paused(&mut self, node: u32, paused: bool) {
        let actor = self.actors.entry(node).or_default();
        actor.condition = if paused { Condition::Paused } else { Condition::Running };
    }

    /// A member said something. Returns what is worth telling.
    pub(crate) fn hear(&mut self, line: &Line) -> Option<String> {
        if let Some(round) = &mut self.round {
            round.observe(line);
        }
        let node = line.node;
        let actor = self.actors.entry(node).or_default();
        match &line.what {
            What::Started { .. } => actor.condition = Condition::Running,
            What::Elected { epoch, .. } => {
                actor.leader = Some((node, *epoch));
                self.history.elected(node, actor.life, *epoch, line.at_ns);
            }
            What::Lost { epoch, until_ns, .. } => {
                actor.leader = actor.leader.filter(|(leader, _)| *leader != node);
                self.history.lost(node, *epoch, *until_ns);
            }
            What::Following { leader, epoch } => actor.leader = Some((*leader, *epoch)),
            What::Leaderless { .. } => actor.leader = None,
            What::LockAcquired { token, waited_ms } => {
                self.lock.acquired(node, *token, line.at_ns, *waited_ms);
                return None;
            }
            What::LockGivenUp { token, until_ns, written } => {
                self.lock.given_up(node, *token, *until_ns, *written);
                if *written {
                    return None;
                }
            }
            What::Arrived { round } => {
                self.meetings.arrived(node, *round, line.at_ns);
                return None;
            }
            What::Met { round, .. } => {
                self.meetings.met(node, *round, line.at_ns);
                return None;
            }
            What::NotMet { round, reason } => {
                self.meetings.failed.push(format!("round {round} of the barrier failed at node {node}: {reason}"));
            }
            What::Levels(levels) => {
                actor.levels = levels.clone();
                actor.meter.count(line.at_ns, levels.counters);
                return None;
            }
            _ => {}
        }
        let says = format!("node {node} {}", line.what.sentence(line.at_ns));
        self.tell(line.at_ns, says.clone());
        let important = matches!(
            line.what,
            What::Elected { .. }
                | What::Lost { .. }
                | What::Stopping { .. }
                | What::LockGivenUp { .. }
                | What::NotMet { .. }
                | What::Rejected { .. }
                | What::Notice { .. }
        );
        important.then_some(says)
    }

    /// Keeps a sentence to be shown.
    pub(crate) fn tell(&mut self, at: u64, sentence: String) {
        self.recent.push_back((at, sentence));
        if self.recent.len() > RECENT {
            self.recent.pop_front();
        }
    }

    /// The leader and epoch that all of `members` agree on, the leader itself among them.
    pub(crate) fn agreement(&self, members: &[u32]) -> Option<(u32, u64)> {
        let mut views = members.iter().map(|id| self.actors.get(id).and_then(|actor| actor.leader));
        let first = views.next()??;
        (views.all(|view| view == Some(first)) && members.contains(&first.0)).then_some(first)
    }

    /// How strongly others suspect a member at most: the highest level that any running one reports.
    pub(crate) fn suspicion(&self, node: u32) -> Option<(f64, bool)> {
        let others = self.actors.iter().filter(|(id, actor)| **id != node && actor.condition == Condition::Running);
        let levels = others.flat_map(|(_, actor)| actor.levels.peers.iter().filter(|level| level.peer == node));
        levels.map(|level| (level.level, level.suspected)).max_by(|a, b| a.0.total_cmp(&b.0))
    }

    /// Frames sent in a second by all members together, and the mean share of a processor that each used, in per cent.
    pub(crate) fn load(&self) -> (f64, f64) {
        let totals: Vec<_> =
            self.actors.values().map(|actor| actor.meter.total()).filter(|meter| meter.nanos > 0).collect();
        let frames =
            totals.iter().map(|meter| meter.frames as f64 / Duration::from_nanos(meter.nanos).as_secs_f64()).sum();
        let cpu: f64 = totals.iter().map(|meter| meter.cpu as f64 / meter.nanos as f64 * 100.0).sum();
        (frames, cpu / totals.len().max(1) as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line::Level;

    fn line(node: u32, at_ns: u64, what: What) -> Line {
        Line { at_ns, node, what }
    }

    fn following(leader: u32, epoch: u64) -> What {
        What::Following { leader, epoch }
    }

    #[test]
    fn members_agree_when_all_name_one_leader_and_it_does_too() {
        let mut stage = Stage::new(3, 0);
        (1..=3).for_each(|id| stage.started(id));
        stage.hear(&line(1, 5, following(3, 1)));
        stage.hear(&line(2, 5, following(3, 1)));
        assert_eq!(stage.agreement(&[1, 2, 3]), None);
        assert_eq!(stage.agreement(&[1, 2]), None); // the leader has to be there
        stage.hear(&line(3, 6, What::Elected { epoch: 1, until_ns: Some(9) }));
        assert_eq!(stage.agreement(&[1, 2, 3]), Some((3, 1)));
        stage.died(3, 7);
        assert_eq!(stage.agreement(&[1, 2, 3]), None);
        stage.hear(&line(1, 8, What::Leaderless { epoch: 1, why: String::new(), reason: String::new() }));
        assert_eq!(stage.agreement(&[1, 2]), None);
        assert_eq!(stage.history.reigns(9).len(), 1);
    }

    #[test]
    fn losing_a_leadership_leaves_a_leader_that_is_followed_since() {
        let mut stage = Stage::new(2, 0);
        stage.hear(&line(1, 1, What::Elected { epoch: 1, until_ns: None }));
        stage.hear(&line(1, 2, following(2, 2)));
        stage.hear(&line(1, 3, What::Lost { epoch: 1, why: String::new(), reason: String::new(), until_ns: 2 }));
        assert_eq!(stage.actors[&1].leader, Some((2, 2)));
    }

    #[test]
    fn load_is_counted_within_each_life() {
        let mut stage = Stage::new(2, 0);
        let second = 1_000_000_000;
        let mut count = |node, at: u64, frames_out, cpu_ns| {
            let counters = Counters { frames_out, cpu_ns, ..Counters::default() };
            stage.hear(&line(node, at * second, What::Levels(Levels { counters, ..Levels::default() })));
            if (node, at) == (1, 2) {
                stage.died(1, 2 * second);
                stage.started(1);
            }
        };
        count(1, 0, 100, 0);
        count(1, 2, 300, 20_000_000);
        count(1, 5, 10, 5_000_000);
        count(1, 7, 210, 25_000_000);
        count(2, 0, 0, 0);
        count(2, 4, 200, 120_000_000);
        assert_eq!(stage.load(), (150.0, 2.0));
    }

    #[test]
    fn suspicion_is_the_highest_level_of_a_running_member() {
        let mut stage = Stage::new(3, 0);
        let says = |level, suspected| {
            let peers = vec![Level { peer: 3, level, suspected, last_heard_ms: None }];
            What::Levels(Levels { peers, ..Levels::default() })
        };
        for (node, level, suspected) in [(1, 0.5, false), (2, 1.5, true)] {
            stage.paused(node, false);
            stage.hear(&line(node, 1, says(level, suspected)));
        }
        assert_eq!(stage.suspicion(3), Some((1.5, true)));
        stage.paused(2, true);
        assert_eq!(stage.suspicion(3), Some((0.5, false)));
        assert_eq!(stage.suspicion(1), None);
    }
}
