//! The machine.

use super::{Command, Config, Event, Misuse, Progress, Reason, Signal};
use crate::{
    Group, Incarnation, Infallible, Input, InputOf, Instant, Machine, NodeId, Random, Rebase, Seed, Step, StepOf,
    Timers, To,
};
use core::time::Duration;
use heapless::Vec;

/// What a member is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "kebab-case"))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Standing {
    /// It asks how far the others are. It may have arrived.
    Joining,
    /// It has not arrived.
    Present,
    /// It has arrived, and waits.
    Waiting,
}

/// What is known of another member.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
struct Peer {
    life: Option<Incarnation>,
    progress: Progress,
    /// While this member joins: whether that one has answered.
    answered: bool,
}

#[derive(Clone, Copy, Debug)]
enum Timer {
    /// To ask again.
    Ask,
    /// It has waited for long.
    Overdue,
    /// There is more to say than fitted.
    More,
}

impl Timer {
    const NUMBER: usize = 3;
}

/// A member of a group that meets without a coordinator. See the [module](super) for what it promises.
///
/// `N` is how many other members there can be.
///
/// ```
/// use quorate::barrier::dissemination::{Command, Config, Dissemination, Event};
/// use quorate::{Group, Incarnation, Input, Instant, Machine, NodeId, Output, Seed};
/// use core::time::Duration;
///
/// let config = Config::new(Duration::from_millis(50), Seed::new(1))?;
/// let [a, b] = [1, 2].map(NodeId::new);
/// let start = |me, other| {
///     let group = Group::<4>::new(me, &[other]).unwrap();
///     Dissemination::new(config, group, Incarnation::new(1), Instant::ORIGIN)
/// };
/// let mut members = [(a, start(a, b)), (b, start(b, a))];
///
/// // Both arrive; then what one says the other hears, until there is nothing more to say.
/// let mut released = 0;
/// let mut due: Vec<_> = (0..2).map(|place| (place, Input::Command(Command::Arrive))).collect();
/// due.extend((0..2).map(|place| (place, Input::Tick)));
/// while let Some((place, input)) = due.pop() {
///     let from = members[place].0;
///     for output in members[place].1.step(input, Instant::ORIGIN) {
///         match output {
///             Output::Send { message, .. } => due.insert(0, (1 - place, Input::Receive { from, message })),
///             Output::Event(Event::Released { generation: 1 }) => released += 1,
///             _ => {}
///         }
///     }
/// }
/// assert_eq!(released, 2);
/// # Ok::<(), quorate::barrier::dissemination::ConfigError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Dissemination<const N: usize> {
    config: Config,
    group: Group<N>,
    life: Incarnation,
    peers: Vec<Peer, N>,
    is_joining: bool,
    /// How many generations are complete.
    complete: u64,
    /// How many rounds of the next are done, if it has arrived.
    rounds: Option<u8>,
    /// Of how many rounds whoever waits for them has been told that they have begun; of the last generation, if this member has
    /// not arrived in the next.
    told: u8,
    timers: Timers<{ Timer::NUMBER }>,
    random: Random,
    latest: Instant,
}

const _: () = assert!(size_of::<StepOf<Dissemination<8>>>() <= 296, "a step must stay cheap to return");

impl<const N: usize> Dissemination<N> {
    /// A member that starts at `now`, in this life: a number that grows with each. All members know the same group.
    #[must_use]
    pub fn new(config: Config, group: Group<N>, life: Incarnation, now: Instant) -> Self {
        let mut peers = Vec::new();
        for _ in group.peers() {
            let _ = peers.push(Peer::default()); // as many as the group has
        }
        let mut timers = Timers::new();
        timers.set(Timer::Ask as usize, now);
        Self {
            config,
            group,
            life,
            peers,
            is_joining: true,
            complete: 0,
            rounds: None,
            told: u8::MAX,
            timers,
            random: config.seed().random(),
            latest: now,
        }
    }

    /// Its rules.
    #[must_use]
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// How many generations are complete, as far as it knows.
    #[must_use]
    pub const fn complete(&self) -> u64 {
        self.complete
    }

    /// What it is doing.
    #[must_use]
    pub const fn standing(&self) -> Standing {
        match (self.is_joining, self.rounds) {
            (true, _) => Standing::Joining,
            (false, None) => Standing::Present,
            (false, Some(_)) => Standing::Waiting,
        }
    }

    /// How many rounds a generation has: ⌈log₂ n⌉.
    #[must_use]
    pub fn rounds(&self) -> u8 {
        let last = u64::try_from(self.group.size()).unwrap_or(u64::MAX).saturating_sub(1);
        u8::try_from(u64::BITS.saturating_sub(last.leading_zeros())).unwrap_or(u8::MAX)
    }

    /// Whom it waits for, if it waits for somebody.
    #[must_use]
    pub fn waits_for(&self) -> Option<NodeId> {
        let rounds = self.rounds.filter(|_| !self.is_joining)?;
        self.member(rounds, false)
    }

    /// Draws from this seed from now on, for explorers: to them the state of a generator makes no difference.
    pub const fn reseed(&mut self, seed: Seed) {
        self.random = seed.random();
    }

    /// The member 2ᵏ places further on in the ring, or before.
    fn member(&self, round: u8, is_after: bool) -> Option<NodeId> {
        let size = self.group.size();
        let mine = self.group.peers().partition_point(|peer| *peer < self.group.me());
        let distance = 1_usize.checked_shl(u32::from(round))?.checked_rem(size)?;
        let distance = if is_after { distance } else { size.checked_sub(distance)? };
        let place = mine.checked_add(distance)?.checked_rem(size)?;
        if place == mine {
            return None; // alone
        }
        // Among the others, those behind this member are one place further to the front.
        let place = if place > mine { place.checked_sub(1)? } else { place };
        self.group.peers().get(place).copied()
    }

    fn signal(&self, answers: Option<Incarnation>, asks: bool) -> Signal {
        let progress = Progress { complete: self.complete, rounds: self.rounds };
        Signal { life: self.life, progress: (!self.is_joining).then_some(progress), answers, asks }
    }

    fn set(&mut self, timer: Timer, at: Instant) {
        self.timers.set(timer as usize, at);
    }

    /// Asks whoever it waits for, and again, if that does not help.
    fn ask(&mut self, now: Instant, step: &mut StepOf<Self>) {
        if self.is_joining {
            step.send(To::Peers, self.signal(None, true));
        } else if planted!(NeverAsked) {
            return;
        } else if let Some(member) = self.waits_for() {
            step.send_to(member, self.signal(None, true));
        } else {
            return;
        }
        let jitter = self.config.jitter();
        let jitter = if jitter.is_zero() { jitter } else { self.random.up_to(jitter) };
        self.set(Timer::Ask, now + self.config.retry().saturating_add(jitter));
    }

    /// Does what can be done now: joins, does rounds, is released; and tells those who wait for it.
    fn go_on(&mut self, now: Instant, step: &mut StepOf<Self>) {
        if self.is_joining && self.peers.iter().all(|peer| peer.answered) {
            self.is_joining = false;
            let furthest = self.peers.iter().map(|peer| peer.progress.complete).max().unwrap_or(0);
            self.complete = self.complete.max(furthest);
            step.event(Event::Joined { complete: self.complete });
            self.wait_anew(now);
        }
        if !self.is_joining {
            self.learn_what_is_complete(now, step);
            self.do_rounds(now, step);
        }
        self.tell(now, step);
    }

    /// Others may know that a generation is complete, because they have done all rounds or somebody has arrived in the next one.
    fn learn_what_is_complete(&mut self, now: Instant, step: &mut StepOf<Self>) {
        let furthest = self.peers.iter().map(|peer| peer.progress.complete).max().unwrap_or(0);
        if furthest <= self.complete {
            return;
        }
        // One generation further than this member knows there can be, since it has arrived. Two can only be if it is a former life
        // that had arrived there: then its arrival is for the next.
        if self.rounds.is_some() && self.complete.saturating_add(1) == furthest {
            self.release(now, step);
        } else {
            self.complete = furthest;
            if self.rounds.is_some() {
                (self.rounds, self.told) = (Some(0), 0);
                self.wait_anew(now);
            }
        }
    }

    fn do_rounds(&mut self, now: Instant, step: &mut StepOf<Self>) {
        while let Some(done) = self.rounds {
            let needed = self.rounds();
            let needed = if planted!(RoundTooFew) { needed.saturating_sub(1).max(1) } else { needed };
            if done >= needed {
                return self.release(now, step);
            }
            let position = self.member(done, false).and_then(|member| self.group.position(member));
            let Some(peer) = position.and_then(|position| self.peers.get(position)) else { return };
            let Progress { complete, rounds } = peer.progress;
            let is_of_this = complete == self.complete || planted!(OldSignalCounts);
            let has_signalled = is_of_this && rounds.is_some_and(|rounds| rounds >= done);
            if !has_signalled {
                return;
            }
            self.rounds = Some(done.saturating_add(1));
            self.wait_anew(now);
        }
    }

    fn release(&mut self, now: Instant, step: &mut StepOf<Self>) {
        self.complete = self.complete.saturating_add(1);
        step.event(Event::Released { generation: self.complete });
        self.rounds = None;
        self.wait_anew(now);
    }

    /// It waits for somebody else from now on, or for nobody.
    fn wait_anew(&mut self, now: Instant) {
        let waits = self.rounds.is_some() && !self.is_joining;
        let set = |length: Duration| if waits { now + length } else { Instant::FAR_FUTURE };
        self.timers.set(Timer::Ask as usize, set(self.config.retry()));
        self.timers.set(Timer::Overdue as usize, set(self.config.overdue()));
    }

    /// Signals to those who wait for the rounds that it has begun; to all of them, when the generation is complete.
    fn tell(&mut self, now: Instant, step: &mut StepOf<Self>) {
        self.timers.clear(Timer::More as usize);
        if self.is_joining {
            return;
        }
        let begun = self.rounds.map_or(u8::MAX, |done| done.saturating_add(1)).min(self.rounds());
        while self.told < begun {
            if step.room() == 0 {
                return self.set(Timer::More, now);
            }
            if let Some(member) = self.member(self.told, true) {
                step.send_to(member, self.signal(None, false));
            }
            self.told = self.told.saturating_add(1);
        }
    }

    fn receive(&mut self, from: NodeId, signal: Signal, now: Instant, step: &mut StepOf<Self>) {
        let peer = self.group.position(from).and_then(|position| self.peers.get_mut(position));
        let Some(peer) = peer else {
            return step.event(Event::Rejected { from, reason: Reason::Stranger });
        };
        if let Some(current) = peer.life.filter(|current| *current > signal.life) {
            let reason = Reason::FormerLife { said: signal.life, current };
            return step.event(Event::Rejected { from, reason });
        }
        peer.life = Some(signal.life);
        if let Some(progress) = signal.progress {
            // What its former life had done stays done.
            peer.progress = peer.progress.max(progress);
        }
        peer.answered |= signal.answers == Some(self.life);
        if signal.asks {
            // What becomes of it by what it has just said, those learn who wait for it.
            step.send_to(from, self.signal(Some(signal.life), false));
        }
        self.go_on(now, step);
    }

    fn tick(&mut self, now: Instant, step: &mut StepOf<Self>) {
        if self.timers.take(Timer::More as usize, now) {
            self.tell(now, step);
        } else if self.timers.take(Timer::Overdue as usize, now) {
            if let Some(member) = self.waits_for() {
                step.event(Event::Overdue { generation: self.complete.saturating_add(1), member });
                self.set(Timer::Overdue, now + self.config.overdue());
            }
        } else if self.timers.take(Timer::Ask as usize, now) {
            if self.group.peers().is_empty() {
                return self.go_on(now, step); // it joins nobody
            }
            self.ask(now, step);
        }
    }
}

impl Progress {
    /// The further one.
    fn max(self, other: Self) -> Self {
        if (other.complete, other.rounds) > (self.complete, self.rounds) { other } else { self }
    }
}

impl<const N: usize> Machine for Dissemination<N> {
    type Command = Command;
    type Message = Signal;
    type Record = Infallible;
    type Event = Event;

    fn step(&mut self, input: InputOf<Self>, now: Instant) -> StepOf<Self> {
        let now = now.max(self.latest);
        if matches!(input, Input::Tick) && self.deadline().is_none_or(|deadline| now < deadline) {
            return Step::new();
        }
        let mut step = Step::new();
        self.latest = now;
        match input {
            Input::Tick => self.tick(now, &mut step),
            Input::Command(Command::Arrive) if self.rounds.is_some() => step.event(Event::Refused(Misuse::Waiting)),
            Input::Command(Command::Arrive) => {
                (self.rounds, self.told) = (Some(0), 0);
                if !self.is_joining {
                    self.wait_anew(now);
                }
                self.go_on(now, &mut step);
            }
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

impl<const N: usize> Rebase for Dissemination<N> {
    fn rebase(&mut self, now: Instant, by: Duration) {
        self.timers.rebase(now, by);
        self.latest = now.before(by).max(self.latest.before(by));
    }
}
