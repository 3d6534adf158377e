//! The machine: its state, and where each input goes.

use super::electorate::Electorate;
use super::{Command, Config, Event, Gone, Guarantee, Message, Reason, Record, Role, Why};
use crate::laws::Restart;
use crate::{Epoch, Group, GroupError, Input, InputOf, Instant, Machine, NodeId, Random, Step, StepOf, Timers};
use core::time::Duration;

/// How a member starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Start {
    /// It has never run before, so it has promised nothing.
    First,
    /// It ran before, and this is what it stored last. It elects nobody for the length of a lease, which its former
    /// self may have promised just before it stopped.
    Recovered(Record),
    /// It may have run before and has nothing stored. Under [`Guarantee::Majority`] it takes no part for the length of
    /// a lease, and then not before a majority of the others, or all others that are equally forgetful, have told it
    /// how far they got.
    Forgetful,
}

/// Who leads, as far as a member knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Leader {
    /// The leader.
    pub id: NodeId,
    /// The epoch of its leadership.
    pub epoch: Epoch,
    /// Its priority.
    pub priority: u16,
}

/// What a member is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "kebab-case"))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Standing {
    /// It started without memory, and does not take part yet.
    Recalling,
    /// It knows of no leader, and waits.
    Leaderless,
    /// It follows a leader.
    Following,
    /// It asks whether it would be elected.
    PreVoting,
    /// It stands for election.
    Standing,
    /// It leads.
    Leading,
    /// It leads, and is about to give that up.
    Stopping,
}

/// Whom this member elects nobody against, and until when.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Support {
    /// `None`: whomever a former life supported.
    pub(super) to: Option<NodeId>,
    pub(super) until: Instant,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Phase {
    Recalling { nonce: u64 },
    Following,
    PreVoting { epoch: Epoch, challenge: bool },
    Standing { since: Instant },
    Leading(Lease),
}

/// What a leader knows of its lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Lease {
    /// When the election was called: nothing sent before can be acknowledged.
    pub(super) since: Instant,
    /// The send time that the lease counts from.
    pub(super) from: Instant,
    /// When the leadership ends.
    pub(super) until: Instant,
    /// How many voters have acknowledged something newer than `from`.
    pub(super) newer: usize,
    pub(super) doubtful: bool,
    pub(super) stopping: Option<Why>,
}

/// The timers. Whichever are due at one tick are served in this order, up to the first that has something to say.
#[derive(Clone, Copy, Debug)]
pub(super) enum Timer {
    /// The leadership ends.
    Lease,
    /// An event that a command caused is to be told.
    Report,
    /// The lease is to be renewed.
    Renew,
    /// A renewal is overdue.
    Doubt,
    /// The leader has not been heard of for a lease.
    Silence,
    /// Enough answers, or never.
    Answers,
    /// The leader has been outranked by this member for long enough.
    Preempt,
    /// Time to stand.
    Campaign,
}

impl Timer {
    const NUMBER: usize = 8;
}

/// One member's part in the election of a leader. See the [module](super) for what it promises.
///
/// `N` is how many peers there can be.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Election<const N: usize> {
    pub(super) config: Config,
    pub(super) electorate: Electorate<N>,
    pub(super) record: Record,
    /// The highest epoch met; at least `record.epoch`.
    pub(super) seen: Epoch,
    /// The last epoch that is known to have ended by resignation.
    pub(super) over: Epoch,
    pub(super) support: Option<Support>,
    pub(super) leader: Option<Leader>,
    pub(super) phase: Phase,
    pub(super) timers: Timers<{ Timer::NUMBER }>,
    pub(super) random: Random,
    pub(super) latest: Instant,
    /// After resigning, or in favour of a named successor, this member neither stands nor answers as a higher rank until then.
    pub(super) aside: Instant,
    /// Until then it makes way for a higher rank.
    pub(super) way: Instant,
    /// Its last campaign did not reach a majority, so its rank must not be in others' way.
    pub(super) blind: bool,
    pub(super) eligible: bool,
    /// How soon a voter said that it would be free, in the present campaign.
    pub(super) wait: Option<Duration>,
    /// An end that was not told yet.
    pub(super) gone: Option<(Epoch, Gone)>,
}

const _: () = assert!(size_of::<StepOf<Election<8>>>() <= 232, "a step must stay cheap to return");

impl<const N: usize> Election<N> {
    /// A member that starts at `now`. All members of `group` vote but those named in `observers`; whether this one does
    /// its [`Role`] says.
    ///
    /// # Errors
    ///
    /// [`GroupError::Unknown`] if one of `observers` is not a peer.
    pub fn new(
        config: Config,
        group: Group<N>,
        observers: &[NodeId],
        start: Start,
        now: Instant,
    ) -> Result<Self, GroupError> {
        let mut election = Self {
            config,
            electorate: Electorate::new(group, observers)?,
            record: Record::default(),
            seen: Epoch::ZERO,
            over: Epoch::ZERO,
            support: None,
            leader: None,
            phase: Phase::Following,
            timers: Timers::new(),
            random: config.seed.random(),
            latest: now,
            aside: Instant::ORIGIN,
            way: Instant::ORIGIN,
            blind: false,
            eligible: matches!(config.role, Role::Candidate),
            wait: None,
            gone: None,
        };
        election.start(start, now);
        Ok(election)
    }

    fn start(&mut self, start: Start, now: Instant) {
        let lease = self.config.timing.lease;
        let listen = self.config.timing.timeout.saturating_mul(2);
        match start {
            _ if self.config.role == Role::Observer => {
                if let Start::Recovered(record) = start {
                    (self.record, self.seen) = (record, record.epoch);
                }
            }
            Start::First => self.campaign_in(listen, now),
            Start::Recovered(record) => {
                let record = if planted!(RecordIgnored) { Record::default() } else { record };
                let record = if planted!(VoteForgotten) { Record { vote: None, ..record } } else { record };
                (self.record, self.seen) = (record, record.epoch);
                self.support = Some(Support { to: None, until: now + lease });
                self.campaign_in(listen, now);
            }
            Start::Forgetful if self.config.guarantee == Guarantee::PerPartition => self.campaign_in(lease, now),
            Start::Forgetful => {
                let lease = if planted!(ForgetfulDoesNotWait) { Duration::ZERO } else { lease };
                self.support = Some(Support { to: None, until: now + lease });
                self.phase = Phase::Recalling { nonce: self.random.number() ^ now.as_nanos() };
                self.set(Timer::Answers, now + lease);
            }
        }
    }

    /// This member.
    #[must_use]
    pub fn me(&self) -> NodeId {
        self.electorate.me()
    }

    /// The configuration, with the priority as it is now.
    #[must_use]
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// Who leads, as far as this member knows; itself if it does.
    #[must_use]
    pub const fn leader(&self) -> Option<Leader> {
        self.leader
    }

    /// The highest epoch that this member has taken part in, and its vote there.
    #[must_use]
    pub const fn record(&self) -> Record {
        self.record
    }

    /// What this member is doing.
    #[must_use]
    pub const fn standing(&self) -> Standing {
        match (&self.phase, self.leader) {
            (Phase::Recalling { .. }, _) => Standing::Recalling,
            (Phase::Following, None) => Standing::Leaderless,
            (Phase::Following, Some(_)) => Standing::Following,
            (Phase::PreVoting { .. }, _) => Standing::PreVoting,
            (Phase::Standing { .. }, _) => Standing::Standing,
            (Phase::Leading(lease), _) if lease.stopping.is_some() => Standing::Stopping,
            (Phase::Leading(_), _) => Standing::Leading,
        }
    }

    /// Until when this member leads if nothing renews its lease; `None` if it does not lead.
    /// [`Instant::FAR_FUTURE`] without leases.
    #[must_use]
    pub const fn valid_until(&self) -> Option<Instant> {
        match &self.phase {
            Phase::Leading(lease) => Some(lease.until),
            _ => None,
        }
    }

    /// How long this member leads yet, if nothing renews its lease: zero if it does not lead at `now`. Computed at each
    /// question, so a member that slept through the end of its lease is told zero by the first question.
    #[must_use]
    pub fn time_left(&self, now: Instant) -> Duration {
        self.valid_until().map_or(Duration::ZERO, |until| until.since(now.max(self.latest)))
    }

    /// Whether this member was told that a peer has probably failed.
    #[must_use]
    pub fn suspects(&self, peer: NodeId) -> bool {
        self.electorate.get(peer).is_some_and(|peer| peer.suspected)
    }

    /// The other members that vote.
    pub fn voters(&self) -> impl Iterator<Item = NodeId> {
        self.electorate.voter_ids()
    }

    /// Whether this member may vote at all.
    pub(super) fn votes(&self) -> bool {
        !matches!(self.config.role, Role::Observer) || planted!(ObserverVotes)
    }

    pub(super) fn set(&mut self, timer: Timer, at: Instant) {
        self.timers.set(timer as usize, at);
    }

    pub(super) fn clear(&mut self, timer: Timer) {
        self.timers.clear(timer as usize);
    }

    /// A timer may have nothing to say any more, such as one for standing that is due while a leader is challenged. A tick
    /// that served only such a one could leave another due that is not later than its own deadline was, against the fourth law.
    fn tick(&mut self, now: Instant, step: &mut StepOf<Self>) {
        for _ in 0..Timer::NUMBER {
            self.serve(now, step);
            if !step.is_empty() || self.deadline().is_none_or(|deadline| now < deadline) {
                return;
            }
        }
    }

    /// Serves the first timer that is due.
    fn serve(&mut self, now: Instant, step: &mut StepOf<Self>) {
        let mut due = |timer: Timer| self.timers.take(timer as usize, now);
        if due(Timer::Report) {
            self.report(step);
        } else if due(Timer::Renew) {
            self.renew(now, step);
        } else if due(Timer::Doubt) {
            self.doubt(step);
        } else if due(Timer::Silence) {
            self.leader_is_gone(Gone::Silent, now);
            self.report(step);
        } else if due(Timer::Answers) {
            self.answers_are_due(now, step);
        } else if due(Timer::Preempt) {
            self.challenge(now, step);
        } else if due(Timer::Campaign) {
            self.campaign(now, step);
        }
    }

    fn receive(&mut self, from: NodeId, message: Message, now: Instant, step: &mut StepOf<Self>) {
        if let Some(reason) = self.objection(from, &message) {
            step.event(Event::Rejected { from, reason });
            return;
        }
        if let Some(peer) = self.electorate.get_mut(from) {
            peer.silent = false;
        }
        match message {
            Message::PreVote { epoch, priority, challenge } => {
                self.asked_whether(from, epoch, priority, challenge, now, step);
            }
            Message::Election { epoch, priority } => self.asked_to_elect(from, epoch, priority, now, step),
            Message::Answer { epoch, verdict } => self.answered(from, epoch, verdict, now, step),
            Message::Coordinator { epoch, priority, sent } => {
                self.told_who_leads(Leader { id: from, epoch, priority }, sent, now, step);
            }
            Message::Acknowledge { epoch, sent, priority, eligible } => {
                self.acknowledged(from, epoch, sent, (priority, eligible), now, step);
            }
            Message::Resign { epoch, successor } => self.told_of_resignation(from, epoch, successor, now, step),
            Message::Challenge { epoch } => self.challenged(from, epoch, now, step),
            Message::Recall { nonce } => self.asked_to_recall(from, nonce, step),
            Message::Recalled { nonce, epoch, remembers } => {
                self.helped_to_recall(from, nonce, epoch, remembers, now, step);
            }
        }
    }

    /// Why a message is not even looked at.
    fn objection(&self, from: NodeId, message: &Message) -> Option<Reason> {
        if from == self.me() {
            return Some(Reason::OwnIdentity);
        }
        let Some(peer) = self.electorate.get(from) else { return Some(Reason::Stranger) };
        let epochs = match *message {
            Message::Answer { epoch, verdict: super::Verdict::Stale(current) } => [epoch, current],
            Message::PreVote { epoch, .. }
            | Message::Election { epoch, .. }
            | Message::Answer { epoch, .. }
            | Message::Coordinator { epoch, .. }
            | Message::Acknowledge { epoch, .. }
            | Message::Resign { epoch, .. }
            | Message::Challenge { epoch }
            | Message::Recalled { epoch, .. } => [epoch, epoch],
            Message::Recall { .. } => [Epoch::ZERO; 2],
        };
        if let Some(claimed) = epochs.into_iter().find(|epoch| !epoch.is_valid()) {
            return Some(Reason::InvalidEpoch { claimed });
        }
        let may = peer.votes || planted!(ObserverVotes) || matches!(message, Message::Recall { .. });
        (!may).then_some(Reason::NoVote)
    }
}

impl<const N: usize> Machine for Election<N> {
    type Command = Command;
    type Message = Message;
    type Record = Record;
    type Event = Event;

    fn step(&mut self, input: InputOf<Self>, now: Instant) -> StepOf<Self> {
        let now = now.max(self.latest);
        let is_tick = matches!(input, Input::Tick);
        if is_tick && self.deadline().is_none_or(|deadline| now < deadline) {
            return Step::new();
        }
        let mut step = Step::new();
        self.latest = now;
        // Before anything else: what is over is over, whatever comes in at the same time.
        let ended = self.end_if_over(is_tick, now, &mut step);
        match input {
            Input::Tick if ended => {}
            Input::Tick => self.tick(now, &mut step),
            Input::Command(command) => self.command(command, now, &mut step),
            Input::Receive { from, message } => self.receive(from, message, now, &mut step),
        }
        step
    }

    fn deadline(&self) -> Option<Instant> {
        self.timers.earliest()
    }

    fn peers(&self) -> &[NodeId] {
        self.electorate.ids()
    }
}

impl<const N: usize> Restart for Election<N> {
    fn restart(&self, record: Option<&Record>, now: Instant) -> Self {
        let mut next = self.clone();
        (next.record, next.seen, next.over) = (Record::default(), Epoch::ZERO, Epoch::ZERO);
        (next.support, next.leader, next.phase) = (None, None, Phase::Following);
        (next.timers, next.latest) = (Timers::new(), now);
        (next.aside, next.way) = (Instant::ORIGIN, Instant::ORIGIN);
        (next.blind, next.wait, next.gone) = (false, None, None);
        next.electorate.clear_answers();
        next.electorate.clear_deferrals();
        next.start(record.map_or(Start::First, |&record| Start::Recovered(record)), now);
        next
    }

    /// E5, E6, and the promise to a leader or candidate that has not run out.
    fn is_kept_by(&self, after: &Self, now: Instant) -> bool {
        let record = after.record.epoch > self.record.epoch || after.record == self.record;
        let promise = self.support.is_none_or(|promise| {
            promise.until <= now
                || promise.to == Some(self.me())
                || after
                    .support
                    .is_some_and(|kept| kept.until >= promise.until && (kept.to.is_none() || kept.to == promise.to))
        });
        record && (promise || !self.votes())
    }
}
