//! The machine: its state, and where each input goes.

use super::{Command, Config, Event, Failure, Loss, Misuse, Patience};
use crate::lease::{ClaimId, Message, Mode, Refusal};
use crate::total::minus;
use crate::{
    FencingToken, Group, Infallible, Input, InputOf, Instant, Machine, NodeId, Random, Rebase, Seed, Step, StepOf,
    Timers, To,
};
use core::fmt::Debug;
use core::hash::Hash;
use core::time::Duration;

/// What a holder is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "kebab-case"))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Standing {
    /// It neither holds nor wants anything.
    Idle,
    /// It has asked, and there is no answer yet.
    Acquiring,
    /// It is in line.
    Waiting,
    /// It holds the resource.
    Held,
    /// It holds the resource, and a renewal is overdue.
    Doubtful,
    /// It has given the resource up, and the authority has not said yet that it knows.
    Releasing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Phase {
    Idle,
    Wanting(Want),
    Holding(Hold),
    Releasing { token: FencingToken },
}

/// What is known of an acquisition that is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Want {
    /// Whether it waits in line.
    pub(super) wait: bool,
    /// Its place in line, if it has one.
    pub(super) ahead: Option<u32>,
    /// It was granted, when there was little left of the lease: to be asked for once more before it is told. Not by its token, for
    /// who does not hold it yet cannot vouch for it to the next authority.
    pub(super) late: bool,
}

/// What is known of what is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Hold {
    pub(super) token: FencingToken,
    /// When the request was sent that the lease counts from.
    pub(super) from: Instant,
    /// What was granted then.
    pub(super) lease: Duration,
    pub(super) depth: u16,
    pub(super) doubtful: bool,
    pub(super) draining: bool,
    /// Why it is not renewed any more, if it is not.
    pub(super) ending: Option<Refusal>,
}

/// The timers. Whichever are due at one tick are served in this order, up to the first that has something to say.
#[derive(Clone, Copy, Debug)]
pub(super) enum Timer {
    /// The lease ends.
    Lease,
    /// The time to wait is over.
    Patience,
    /// A renewal is overdue.
    Doubt,
    /// To ask, once more.
    Ask,
}

impl Timer {
    const NUMBER: usize = 4;
}

/// Acquires one resource after the other, renews what it holds and gives it up. See the [module](crate::lease) for what it
/// promises.
///
/// `R` is what resources are known by, `N` how many nodes there can be that may be the authority.
///
/// ```
/// use quorate::lease::holder::{Command, Config, Event, Holder, Patience, Timing};
/// use quorate::lease::{ClaimId, Message, Mode};
/// use quorate::{DriftBound, FencingToken, Group, Input, Instant, Machine, NodeId, Output, Seed};
/// use core::time::Duration;
///
/// let timing = Timing {
///     lease: Duration::from_secs(3),
///     renew: Duration::from_millis(750),
///     retry: Duration::from_millis(50),
///     margin: Duration::from_millis(100),
///     drift: DriftBound::QUARTZ,
/// };
/// let (me, authority) = (NodeId::new(9), NodeId::new(1));
/// let group = Group::<4>::new(me, &[authority])?;
/// let mut holder = Holder::new(Config::new(timing, Seed::new(1))?, group, ClaimId::new(1), None, Instant::ORIGIN);
///
/// let want = Command::Acquire { resource: 7_u8, mode: Mode::Exclusive, patience: Patience::Forever };
/// let asked = holder.step(Input::Command(want), Instant::ORIGIN);
/// assert!(matches!(asked.iter().next(), Some(Output::Send { message: Message::Acquire { resource: 7, .. }, .. })));
///
/// let (claim, token, sent) = (ClaimId::new(1), FencingToken::from_number(5), Instant::ORIGIN);
/// let granted = Message::Granted { claim, token, lease: timing.lease, sent };
/// let now = Instant::from_millis(1);
/// let told = holder.step(Input::Receive { from: authority, message: granted }, now);
/// assert_eq!(told.events().next(), Some(&Event::Acquired { token }));
/// assert!(holder.time_left(now) < timing.lease - timing.margin); // counted from when it asked
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Holder<R, const N: usize> {
    pub(super) config: Config,
    pub(super) group: Group<N>,
    /// The present claim, or the next.
    pub(super) claim: ClaimId,
    /// The claim that was lost last: nothing is said about it any more.
    pub(super) lost: Option<ClaimId>,
    /// What the present claim is of.
    pub(super) wanted: Option<(R, Mode)>,
    pub(super) phase: Phase,
    /// Whom to ask; everybody if that is not known.
    pub(super) authority: Option<NodeId>,
    /// How long to wait for the next answer.
    pub(super) wait: Duration,
    /// How often it was sent elsewhere since it last asked by itself.
    pub(super) redirects: u8,
    /// Whether what was asked last has been answered.
    pub(super) answered: bool,
    pub(super) timers: Timers<{ Timer::NUMBER }>,
    pub(super) random: Random,
    pub(super) latest: Instant,
}

const _: () = assert!(size_of::<StepOf<Holder<crate::Name, 8>>>() <= 464, "a step must stay cheap to return");

impl<R: Copy + Eq + Hash + Debug, const N: usize> Holder<R, N> {
    /// How often in a row it lets itself be sent elsewhere at once.
    pub(super) const REDIRECTS: u8 = 3;

    /// A holder that wants nothing yet. The peers of `group` are the nodes that may be the authority, and `hint` is the one
    /// that probably is. `first` is the number of its first claim: see [`ClaimId`].
    #[must_use]
    pub const fn new(config: Config, group: Group<N>, first: ClaimId, hint: Option<NodeId>, now: Instant) -> Self {
        Self {
            config,
            group,
            claim: first,
            lost: None,
            wanted: None,
            phase: Phase::Idle,
            authority: hint,
            wait: config.timing().retry,
            redirects: 0,
            answered: true,
            timers: Timers::new(),
            random: config.seed().random(),
            latest: now,
        }
    }

    /// Its rules.
    #[must_use]
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// The present claim, or the next if there is none.
    #[must_use]
    pub const fn claim(&self) -> ClaimId {
        self.claim
    }

    /// What it holds, wants or has just given up, and how.
    #[must_use]
    pub const fn wanted(&self) -> Option<(R, Mode)> {
        self.wanted
    }

    /// Which node the authority is, as far as it knows.
    #[must_use]
    pub const fn authority(&self) -> Option<NodeId> {
        self.authority
    }

    /// What it is doing. A lease that has just ended is known to have ended at the next step; [`is_valid`](Self::is_valid) knows
    /// it at once.
    #[must_use]
    pub const fn standing(&self) -> Standing {
        match &self.phase {
            Phase::Idle => Standing::Idle,
            Phase::Wanting(Want { ahead: None, .. }) => Standing::Acquiring,
            Phase::Wanting(_) => Standing::Waiting,
            Phase::Holding(Hold { doubtful: false, .. }) => Standing::Held,
            Phase::Holding(_) => Standing::Doubtful,
            Phase::Releasing { .. } => Standing::Releasing,
        }
    }

    /// What to show at the resource; `None` if nothing is held.
    #[must_use]
    pub const fn token(&self) -> Option<FencingToken> {
        match &self.phase {
            Phase::Holding(hold) => Some(hold.token),
            _ => None,
        }
    }

    /// How often it was entered and not left.
    #[must_use]
    pub const fn depth(&self) -> u16 {
        match &self.phase {
            Phase::Holding(hold) => hold.depth,
            _ => 0,
        }
    }

    /// Until when it holds the resource if nothing renews its lease; `None` if it holds nothing.
    #[must_use]
    pub fn valid_until(&self) -> Option<Instant> {
        match &self.phase {
            Phase::Holding(hold) => Some(self.end(hold)),
            _ => None,
        }
    }

    /// How long it holds the resource yet, if nothing renews its lease: zero if it holds nothing at `now`. Computed at each
    /// question, so who slept through the end of the lease is told zero by the first question.
    #[must_use]
    pub fn time_left(&self, now: Instant) -> Duration {
        self.valid_until().map_or(Duration::ZERO, |until| until.since(now.max(self.latest)))
    }

    /// Whether it holds the resource at `now`.
    #[must_use]
    pub fn is_valid(&self, now: Instant) -> bool {
        !self.time_left(now).is_zero()
    }

    pub(super) fn end(&self, hold: &Hold) -> Instant {
        let validity = if planted!(HolderIgnoresDrift) { hold.lease } else { self.config.validity(hold.lease) };
        hold.from + validity
    }

    /// How often a lease of this length is renewed: as configured, or more often if less was granted than asked for.
    pub(super) fn period(&self, lease: Duration) -> Duration {
        self.config.timing().renew.min(self.config.validity(lease).checked_div(3).unwrap_or_default())
    }

    pub(super) fn set(&mut self, timer: Timer, at: Instant) {
        self.timers.set(timer as usize, at);
    }

    pub(super) fn clear(&mut self, timer: Timer) {
        self.timers.clear(timer as usize);
    }

    /// Asks the authority, or everybody who may be it; and again, if there is no answer in time.
    pub(super) fn ask(&mut self, now: Instant, step: &mut StepOf<Self>) {
        self.ask_in_turn(now, step);
        let longest = self.config.timing().renew;
        let wait = minus(self.wait, self.random.up_to(self.wait.checked_div(4).unwrap_or_default()));
        self.wait = self.wait.saturating_mul(2).min(longest);
        self.set(Timer::Ask, now + wait);
    }

    pub(super) fn ask_in_turn(&mut self, now: Instant, step: &mut StepOf<Self>) {
        let Some((resource, mode)) = self.wanted else { return };
        let (claim, lease, sent) = (self.claim, self.config.timing().lease, now);
        let message = match self.phase {
            Phase::Idle => return,
            Phase::Wanting(Want { wait, .. }) => Message::Acquire { claim, resource, mode, wait, lease, sent },
            Phase::Holding(Hold { token, .. }) => Message::Renew { claim, resource, mode, token, lease, sent },
            Phase::Releasing { token } => Message::Release { claim, token: Some(token) },
        };
        let to = self.authority.map_or(To::Peers, To::Node);
        step.send(to, message);
        self.answered = false;
    }

    /// Asks anew, without patience from before.
    pub(super) fn ask_afresh(&mut self, now: Instant, step: &mut StepOf<Self>) {
        (self.wait, self.redirects) = (self.config.timing().retry, 0);
        self.ask(now, step);
    }

    fn command(&mut self, command: Command<R>, now: Instant, step: &mut StepOf<Self>) {
        let refusal = match (command, &mut self.phase) {
            (Command::Acquire { mode, .. }, _) if !mode.is_valid() => Misuse::InvalidMode(mode),
            (Command::Acquire { resource, mode, patience }, Phase::Idle) => {
                self.wanted = Some((resource, mode));
                let wait = patience != Patience::Try;
                self.phase = Phase::Wanting(Want { wait, ahead: None, late: false });
                match patience {
                    Patience::Try => self.set(Timer::Patience, now + self.config.timing().lease),
                    Patience::For(time) => self.set(Timer::Patience, now + time),
                    Patience::Forever => {}
                }
                return self.ask_afresh(now, step);
            }
            (Command::Acquire { .. }, Phase::Wanting(_) | Phase::Releasing { .. }) => Misuse::UnderWay,
            (Command::Acquire { resource, mode, .. }, Phase::Holding(_)) if self.wanted != Some((resource, mode)) => {
                Misuse::HoldsOther
            }
            (Command::Acquire { .. }, Phase::Holding(hold)) if hold.draining => Misuse::Draining,
            (Command::Acquire { .. }, Phase::Holding(hold)) => match hold.depth.checked_add(1) {
                Some(depth) => {
                    hold.depth = depth;
                    return step.event(Event::Entered { depth });
                }
                None => Misuse::TooDeep(hold.depth),
            },
            (Command::Cancel | Command::Drain, Phase::Wanting(_)) => {
                return self.give_up(Failure::Cancelled, step);
            }
            (Command::Cancel, _) => Misuse::NotWaiting,
            (Command::Release, Phase::Holding(hold)) => {
                hold.depth = hold.depth.saturating_sub(1);
                match hold.depth {
                    0 => return self.release(now, step),
                    depth => return step.event(Event::Entered { depth }),
                }
            }
            (Command::Release, Phase::Wanting(_) | Phase::Releasing { .. }) => Misuse::UnderWay,
            (Command::Drain, Phase::Holding(hold)) => {
                hold.draining = true;
                return;
            }
            (Command::Release | Command::Drain, _) => Misuse::NotHeld,
        };
        step.event(Event::Refused(refusal));
    }

    /// Wants the resource no more. Should the authority not hear of it, the claim runs out by itself.
    pub(super) fn give_up(&mut self, why: Failure, step: &mut StepOf<Self>) {
        let to = self.authority.map_or(To::Peers, To::Node);
        step.send(to, Message::Release { claim: self.claim, token: None });
        self.failed(why, step);
    }

    pub(super) fn failed(&mut self, why: Failure, step: &mut StepOf<Self>) {
        step.event(Event::Failed { why });
        self.end_claim();
    }

    fn release(&mut self, now: Instant, step: &mut StepOf<Self>) {
        let Phase::Holding(hold) = self.phase else { return };
        self.phase = Phase::Releasing { token: hold.token };
        self.timers = Timers::new();
        // By then its lease has run out, unless what was sent last is still on its way.
        let timing = self.config.timing();
        self.set(Timer::Patience, now + timing.drift.outwait(hold.lease));
        self.ask_afresh(now, step);
    }

    /// The claim has ended, one way or another.
    pub(super) fn end_claim(&mut self) {
        self.claim = self.claim.next();
        (self.phase, self.wanted, self.answered) = (Phase::Idle, None, true);
        self.timers = Timers::new();
    }

    pub(super) fn lose(&mut self, token: FencingToken, why: Loss, step: &mut StepOf<Self>) {
        self.lost = Some(self.claim);
        step.event(Event::Lost { token, why });
        self.end_claim();
    }

    /// What is over is over, whatever comes in at the same time.
    fn end_if_over(&mut self, now: Instant, step: &mut StepOf<Self>) -> bool {
        let Phase::Holding(hold) = self.phase else { return false };
        if now < self.end(&hold) || planted!(LostTooLate) {
            return false;
        }
        self.lose(hold.token, hold.ending.map_or(Loss::Expired, Loss::Ended), step);
        true
    }

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
        if due(Timer::Lease) {
            // Only if the end was moved meanwhile: it is set anew with each renewal.
        } else if due(Timer::Patience) {
            match self.phase {
                Phase::Wanting(_) => self.give_up(Failure::TimedOut, step),
                Phase::Releasing { token } => {
                    step.event(Event::Released { token, confirmed: false });
                    self.end_claim();
                }
                Phase::Idle | Phase::Holding(_) => {}
            }
        } else if due(Timer::Doubt) {
            if let Phase::Holding(hold) = &mut self.phase {
                hold.doubtful = true;
                let left = self.time_left(now);
                step.event(Event::Doubtful { left });
            }
        } else if due(Timer::Ask) {
            if !self.answered && !planted!(NeverLooksElsewhere) {
                self.authority = None;
            }
            self.redirects = 0;
            self.ask(now, step);
        }
    }
}

impl<R: Copy + Eq + Hash + Debug, const N: usize> Machine for Holder<R, N> {
    type Command = Command<R>;
    type Message = Message<R>;
    type Record = Infallible;
    type Event = Event;

    fn step(&mut self, input: InputOf<Self>, now: Instant) -> StepOf<Self> {
        let now = now.max(self.latest);
        let is_tick = matches!(input, Input::Tick);
        if is_tick && self.deadline().is_none_or(|deadline| now < deadline) {
            return Step::new();
        }
        let mut step = Step::new();
        self.latest = now;
        let ended = self.end_if_over(now, &mut step);
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
        self.group.peers()
    }
}

impl<R, const N: usize> Holder<R, N> {
    /// Draws all randomness from this seed from now on.
    ///
    /// What a holder promises does not depend on chance. This is for explorers, to which the state of a generator makes no difference.
    pub const fn reseed(&mut self, seed: Seed) {
        self.random = seed.random();
    }
}

impl<R, const N: usize> Rebase for Holder<R, N> {
    fn rebase(&mut self, now: Instant, by: Duration) {
        if let Phase::Holding(hold) = &mut self.phase {
            hold.from.rebase(now, by);
        }
        self.timers.rebase(now, by);
        self.latest = now.before(by).max(self.latest.before(by));
    }
}
