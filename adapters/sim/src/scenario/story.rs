//! What stands in a scenario, once it is understood.

use super::services::Wish;
use crate::world::{Delay, Disk, Lies, Link, LocalClock};
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;
use quorate::election::{Guarantee, Role};
use quorate::lease::authority;
use quorate::member::{DetectorKind, Profile};
use quorate::{Epoch, Instant, Name, NodeId};

/// A scenario: who takes part under which rules, what goes wrong when, and what is expected of it.
///
/// It is read from a file by [`read`](super::read), from a text by [`parse`](super::parse()), or has a
/// [name](super::named).
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    pub(super) file: String,
    pub(super) title: String,
    pub(super) shows: String,
    pub(super) machines: Machines,
    pub(super) rules: Rules,
    pub(super) seed: u64,
    pub(super) length: Duration,
    pub(super) link: Link,
    pub(super) messages: Messages,
    /// Promises that the scenario shows to break.
    pub(super) breaks: Vec<&'static str>,
    pub(super) steps: Vec<Step>,
}

impl Scenario {
    /// What it is called.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.title
    }

    /// What it shows, in a paragraph.
    #[must_use]
    pub fn shows(&self) -> &str {
        &self.shows
    }

    /// The file that it stands in.
    #[must_use]
    pub fn file(&self) -> &str {
        &self.file
    }

    /// How many nodes take part.
    #[must_use]
    pub const fn nodes(&self) -> usize {
        self.rules.size
    }

    /// The seed that it runs with unless another is asked for.
    #[must_use]
    pub const fn seed(&self) -> u64 {
        self.seed
    }

    /// How long it is, in simulated time.
    #[must_use]
    pub const fn length(&self) -> Duration {
        self.length
    }

    /// Which machines it runs.
    #[must_use]
    pub const fn machines(&self) -> Machines {
        self.machines
    }
}

/// Which machines run in a scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
pub enum Machines {
    /// Whole members: heartbeats, detectors and the election.
    Members,
    /// Monitors alone: heartbeats and detectors.
    Monitors,
    /// Members that host locks and barriers, and clients.
    Hosts,
}

/// In which form messages travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Messages {
    /// As they are.
    Values,
    /// As the bytes of frames with a checksum.
    Frames,
    /// As the bytes of frames with a tag that takes a key; whoever forges in another's name has another key.
    Sealed,
}

/// The rules that all machines run under.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Rules {
    pub(super) size: usize,
    pub(super) ids: Vec<NodeId>,
    pub(super) profile: Profile,
    pub(super) guarantee: Guarantee,
    pub(super) detector: DetectorKind,
    /// For each place its priority and its part.
    pub(super) parts: Vec<(u16, Role)>,
    pub(super) diskless: bool,
    /// What all remember of a former life.
    pub(super) epoch: Option<Epoch>,
    /// Places that do not start when the others do.
    pub(super) absent: Vec<usize>,
    pub(super) clocks: BTreeMap<usize, LocalClock>,
    /// The rules of locks.
    pub(super) leases: authority::Config,
    /// For each place what kind of node is there; members where nothing stands.
    pub(super) kinds: Vec<Part>,
}

/// What kind of node there is at a place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Part {
    #[default]
    Member,
    /// It uses locks and barriers.
    Client,
    /// It is written to, behind a fence.
    Store,
}

impl Rules {
    pub(super) fn id(&self, place: usize) -> NodeId {
        let usual = NodeId::new(u32::try_from(place).unwrap_or(u32::MAX).saturating_add(1));
        self.ids.get(place).copied().unwrap_or(usual)
    }

    pub(super) fn part(&self, place: usize) -> Part {
        self.kinds.get(place).copied().unwrap_or_default()
    }

    /// The places of the members.
    pub(super) fn members(&self) -> impl Iterator<Item = usize> {
        (0..self.size).filter(|place| self.part(*place) == Part::Member)
    }

    /// Where clients write to.
    pub(super) fn store(&self) -> Option<NodeId> {
        (0..self.size).find(|place| self.part(*place) == Part::Store).map(|place| self.id(place))
    }

    /// All members that are not this node, each once.
    pub(super) fn others(&self, me: NodeId) -> Vec<NodeId> {
        let mut others: Vec<NodeId> = self.members().map(|place| self.id(place)).filter(|id| *id != me).collect();
        others.sort_unstable();
        others.dedup();
        others
    }

    /// Those that only watch.
    pub(super) fn observers(&self, me: NodeId) -> Vec<NodeId> {
        let observes = |place: &usize| self.parts.get(*place).is_some_and(|(_, role)| *role == Role::Observer);
        (0..self.size).filter(observes).map(|place| self.id(place)).filter(|id| *id != me).collect()
    }
}

/// One step: what is said, done and expected at one time.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Step {
    pub(super) at: Instant,
    /// In which line of the file it stands.
    pub(super) line: usize,
    pub(super) note: Option<String>,
    pub(super) action: Option<Action>,
    pub(super) expect: Vec<Expectation>,
}

/// One node, by its number or by what it is at that time.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Who {
    /// The one at this place.
    Place(usize),
    /// Who leads, in the latest epoch if there are several.
    Leader,
    /// The first that is up and does not lead.
    Follower,
    /// Who was called so.
    Called(String),
}

/// Several nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Whom {
    All,
    /// All but the leader.
    Followers,
    These(Vec<Who>),
}

/// What is done.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Action {
    Crash(Whom),
    Start {
        whom: Whom,
        forgetting: bool,
    },
    Pause(Whom, Duration),
    /// A pause in which the clock stands still.
    Suspend(Whom, Duration),
    Resume(Whom),
    Cut {
        from: Whom,
        to: Whom,
    },
    Isolate(Whom),
    Split(Vec<(String, Whom)>),
    Heal,
    Mend {
        from: Whom,
        to: Whom,
    },
    Link {
        from: Whom,
        to: Whom,
        link: Link,
    },
    Slow(Whom, Delay),
    Disk(Whom, Disk),
    Rate(Whom, i32),
    Forward(Whom, Duration),
    Back(Whom, Duration),
    Lies(Whom, Lies),
    Forge {
        by: Who,
        claimed: Option<Who>,
        to: Whom,
        what: Forged,
        epoch: Epoch,
    },
    Meddle {
        kind: &'static str,
        from: Whom,
        to: Whom,
        how: Meddling,
        next: Option<u32>,
        length: Option<Duration>,
    },
    Command(Whom, Order),
    Call(Who, String),
}

/// What is done to messages on their way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meddling {
    Lose,
    Delay(Duration),
    /// They are kept back, and all arrive when that is over.
    Hold,
}

/// What a liar can say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Forged {
    Coordinator,
    Election,
    Vote,
    Acknowledge,
    Resign,
    Heartbeat,
}

/// What a local user can ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Resign,
    Transfer(Who),
    Release,
    Priority(u16),
    Eligible(bool),
    /// Of a client.
    Wish(Wish),
    /// To break all leases of this.
    Break(Name),
    /// To reset this barrier.
    Reset(Name),
}

/// What is expected.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Expectation {
    /// One of these leads.
    Leader(Vec<Who>),
    /// Somebody leads, or nobody.
    Led(bool),
    /// These know one leader, who leads.
    Agree(Whom),
    Follows(Whom, Who),
    Suspects(Whom, Whom),
    Trusts(Whom, Whom),
    Up(Whom, bool),
    /// These were told something with these words in it, since then.
    Told(Whom, String, Instant),
    NeverTold(Whom, String, Instant),
    /// They said something with these words in it, since then; routine left out.
    Said(Whom, String, Instant),
    NeverSaid(Whom, String, Instant),
    Epoch(Epoch),
    EpochAtMost(Epoch),
    LeadershipsAtMost(u64),
    LeaderlessAtMost(Duration),
    WrongSuspicionsAtMost(u64),
    /// Leadership has not changed since.
    SameLeaderSince(Instant),
    /// A frame was refused at all these.
    Refused(Whom),
    Broken(&'static str),
    Kept(&'static str),
}
