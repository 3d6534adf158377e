//! The machine: its state, and where each input goes.

use super::claims::{Claims, Wish};
use super::{Command, Config, Event, Misuse, Reason};
use crate::lease::{Message, Refusal};
use crate::{Epoch, FencingToken, Infallible, Input, InputOf, Instant, Machine, NodeId, Rebase, Step, StepOf};
use core::fmt::Debug;
use core::hash::Hash;
use core::time::Duration;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Phase {
    Closed {
        leader: Option<NodeId>,
    },
    /// It takes back what a predecessor granted.
    Grace {
        until: Instant,
    },
    Open,
}

/// Grants resources to holders. See the [module](crate::lease) for what it promises.
///
/// `R` is what resources are known by, `N` how many claims there can be at once: those who hold, those who wait, and those
/// whose lock-delay runs, over all resources. A step costs O(log N), whatever they are.
///
/// It is closed at first. Whoever hosts it opens it when its node is the only authority, and closes it before it no longer
/// is; [`Fixed`](super::Fixed) does that for a node that always is.
///
/// ```
/// use quorate::lease::{Authority, ClaimId, Message, Mode, authority};
/// use quorate::{DriftBound, Epoch, Input, Instant, Machine, NodeId, Output};
/// use core::time::Duration;
///
/// let lease = Duration::from_secs(3);
/// let config = authority::Config::new(lease, DriftBound::QUARTZ)?;
/// let mut authority = Authority::<u8, 16>::new(config, Instant::ORIGIN);
/// authority.step(Input::Command(authority::Command::Open { epoch: Epoch::new(1) }), Instant::ORIGIN);
/// let open = authority.deadline().unwrap(); // the grace period
/// authority.step(Input::Tick, open);
///
/// let (claim, sent) = (ClaimId::new(1), Instant::ORIGIN);
/// let wish = Message::Acquire { claim, resource: 7, mode: Mode::Exclusive, wait: true, lease, sent };
/// let step = authority.step(Input::Receive { from: NodeId::new(9), message: wish }, open);
/// assert!(step.iter().any(|output| matches!(output, Output::Send { message: Message::Granted { .. }, .. })));
/// # Ok::<(), authority::ConfigError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Authority<R, const N: usize> {
    pub(super) config: Config,
    pub(super) phase: Phase,
    /// The epoch that it is in, or was in last.
    pub(super) epoch: Epoch,
    /// The sequence number of the token that was granted last.
    pub(super) sequence: u64,
    pub(super) exhausted: bool,
    pub(super) claims: Claims<R, N>,
    pub(super) latest: Instant,
}

const _: () = assert!(size_of::<StepOf<Authority<crate::Name, 8>>>() <= 464, "a step must stay cheap to return");

impl<R: Copy + Eq + Hash + Debug, const N: usize> Authority<R, N> {
    /// An authority that is closed.
    #[must_use]
    pub const fn new(config: Config, now: Instant) -> Self {
        Self {
            config,
            phase: Phase::Closed { leader: None },
            epoch: Epoch::ZERO,
            sequence: 0,
            exhausted: false,
            claims: Claims::new(),
            latest: now,
        }
    }

    /// Its rules.
    #[must_use]
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// In which epoch it grants; `None` while it is closed.
    #[must_use]
    pub const fn epoch(&self) -> Option<Epoch> {
        match self.phase {
            Phase::Closed { .. } => None,
            Phase::Grace { .. } | Phase::Open => Some(self.epoch),
        }
    }

    /// How long it grants nothing new yet.
    #[must_use]
    pub fn grace_left(&self, now: Instant) -> Duration {
        match self.phase {
            Phase::Grace { until } => until.since(now.max(self.latest)),
            Phase::Closed { .. } | Phase::Open => Duration::ZERO,
        }
    }

    /// Until when it grants nothing new; `None` if it has no grace period now.
    #[must_use]
    pub const fn grace_until(&self) -> Option<Instant> {
        match self.phase {
            Phase::Grace { until } => Some(until),
            Phase::Closed { .. } | Phase::Open => None,
        }
    }

    fn command(&mut self, command: Command<R>, now: Instant, step: &mut StepOf<Self>) {
        match command {
            Command::Open { epoch } if epoch <= self.epoch || !epoch.is_valid() => {
                step.event(Event::Refused(Misuse::Epoch { asked: epoch, last: self.epoch }));
            }
            Command::Open { epoch } => {
                let mut grace = if planted!(NoGrace) { Duration::ZERO } else { self.config.grace() };
                if planted!(GraceTooShort) {
                    grace = grace.checked_div(2).unwrap_or_default();
                }
                self.forget();
                (self.epoch, self.phase) = (epoch, Phase::Grace { until: now + grace });
                step.event(Event::Opening { epoch, grace });
            }
            Command::Close { leader } => {
                if let Some(epoch) = self.epoch() {
                    self.forget();
                    step.event(Event::Closed { epoch });
                }
                self.phase = Phase::Closed { leader };
            }
            Command::Break(resource) => self.break_leases(&resource, step),
        }
    }

    /// Opens without a grace period: nobody was granted anything before.
    pub(super) fn open_as_first(&mut self, epoch: Epoch, step: &mut StepOf<Self>) {
        self.forget();
        (self.epoch, self.phase) = (epoch, Phase::Open);
        step.event(Event::Opened { epoch });
    }

    fn forget(&mut self) {
        self.claims = Claims::new();
        (self.sequence, self.exhausted) = (0, false);
    }

    fn receive(&mut self, from: NodeId, message: Message<R>, now: Instant, step: &mut StepOf<Self>) {
        let claim = message.claim();
        if let Some(reason) = objection(&message) {
            step.event(Event::Rejected { from, reason });
            return;
        }
        if let Phase::Closed { leader } = self.phase {
            let sent = match message {
                Message::Acquire { sent, .. } | Message::Renew { sent, .. } => sent,
                _ => Instant::ORIGIN,
            };
            step.send_to(from, Message::Refused { claim, refusal: Refusal::Elsewhere(leader), sent });
            return;
        }
        match message {
            Message::Acquire { resource, mode, wait, lease, sent, .. } => {
                let wish = Wish { node: from, id: claim, key: resource, mode, lease: self.granted(lease), sent };
                self.asked_to_grant(&wish, wait, now, step);
            }
            Message::Renew { resource, mode, token, lease, sent, .. } => {
                let wish = Wish { node: from, id: claim, key: resource, mode, lease: self.granted(lease), sent };
                self.asked_to_renew(&wish, token, now, step);
            }
            Message::Release { token, .. } => self.asked_to_release(from, claim, token, step),
            Message::Granted { .. } | Message::Waiting { .. } | Message::Refused { .. } | Message::Released { .. } => {}
        }
    }

    fn granted(&self, lease: Duration) -> Duration {
        lease.min(self.config.longest()).min(self.config.cap().unwrap_or(lease))
    }

    fn tick(&mut self, now: Instant, step: &mut StepOf<Self>) {
        if let Phase::Grace { until } = self.phase
            && until <= now
        {
            self.phase = Phase::Open;
            step.event(Event::Opened { epoch: self.epoch });
            self.claims.set_all_pending();
        }
        while step.room() >= 3
            && let Some((at, slot)) = self.claims.deadlines.earliest()
            && at <= now
        {
            self.run_out(slot, now, step);
            self.serve_lines(now, step);
        }
    }
}

/// Why a message is not even looked at.
fn objection<R>(message: &Message<R>) -> Option<Reason> {
    match *message {
        Message::Acquire { mode, .. } | Message::Renew { mode, .. } if !mode.is_valid() => {
            Some(Reason::InvalidMode(mode))
        }
        Message::Acquire { lease, .. } | Message::Renew { lease, .. } if lease.is_zero() => Some(Reason::NoLease),
        Message::Renew { token, .. } | Message::Release { token: Some(token), .. }
            if token == FencingToken::ZERO || token > FencingToken::MAX =>
        {
            Some(Reason::InvalidToken(token))
        }
        Message::Acquire { .. } | Message::Renew { .. } | Message::Release { .. } => None,
        Message::Granted { .. } | Message::Waiting { .. } | Message::Refused { .. } | Message::Released { .. } => {
            Some(Reason::NotForAuthorities)
        }
    }
}

impl<R: Copy + Eq + Hash + Debug, const N: usize> Machine for Authority<R, N> {
    type Command = Command<R>;
    type Message = Message<R>;
    type Record = Infallible;
    type Event = Event<R>;

    fn step(&mut self, input: InputOf<Self>, now: Instant) -> StepOf<Self> {
        let now = now.max(self.latest);
        if matches!(input, Input::Tick) && self.deadline().is_none_or(|deadline| now < deadline) {
            return Step::new();
        }
        let mut step = Step::new();
        self.latest = now;
        match input {
            Input::Tick => self.tick(now, &mut step),
            Input::Command(command) => self.command(command, now, &mut step),
            Input::Receive { from, message } => self.receive(from, message, now, &mut step),
        }
        self.serve_lines(now, &mut step);
        step
    }

    fn deadline(&self) -> Option<Instant> {
        if self.claims.pending().is_some() {
            return Some(self.latest);
        }
        let grace = match self.phase {
            Phase::Grace { until } => Some(until),
            Phase::Closed { .. } | Phase::Open => None,
        };
        let first = self.claims.deadlines.earliest().map(|(at, _)| at);
        [grace, first].into_iter().flatten().min().filter(|at| *at < Instant::FAR_FUTURE)
    }

    /// Nobody: it answers whoever asks.
    fn peers(&self) -> &[NodeId] {
        &[]
    }
}

impl<R, const N: usize> Rebase for Authority<R, N> {
    fn rebase(&mut self, now: Instant, by: Duration) {
        if let Phase::Grace { until } = &mut self.phase {
            until.rebase(now, by);
        }
        self.claims.rebase(now, by);
        self.latest = now.before(by).max(self.latest.before(by));
    }
}
