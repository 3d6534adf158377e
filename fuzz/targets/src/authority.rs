//! An authority against a list of claims and the rules that its documentation states.
//!
//! Where the rules leave open what comes first (which of two leases that end together, for example), the list follows the authority, and
//! judges only whether it may.

use crate::machines::grants;
use arbitrary::{Arbitrary, Result, Unstructured};
use core::time::Duration;
use quorate::lease::authority::{self, Authority, ClaimState, Command, Config, Event, Freed, Reason};
use quorate::lease::{ClaimId, Message, Mode, Refusal};
use quorate::{Epoch, FencingToken, Input, InputOf, Instant, Machine as _, NodeId, Output, To};

/// How many claims there is room for: few, so that it is often full.
const ROOM: usize = 6;

type Machine = Authority<u8, ROOM>;

/// The first byte configures it; then come what nodes ask, and how time goes on.
pub fn authority(data: &[u8]) {
    let Some((&how, rest)) = data.split_first() else { return };
    let config = grants(how);
    let mut world = World {
        machine: Authority::new(config, Instant::ORIGIN),
        list: List { config, claims: Vec::new(), phase: Phase::Closed, epoch: Epoch::ZERO, last: None, arrived: 0 },
        now: Instant::ORIGIN,
    };
    let mut bytes = Unstructured::new(rest);
    for _ in 0..300 {
        if bytes.is_empty() || world.happen(&mut bytes).is_err() {
            return;
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Phase {
    Closed,
    Grace(Instant),
    Open,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Standing {
    Waiting,
    Holding(FencingToken),
    Delayed(FencingToken),
}

#[derive(Clone, Copy, Debug)]
struct Claim {
    node: NodeId,
    id: ClaimId,
    resource: u8,
    mode: Mode,
    standing: Standing,
    lease: Duration,
    /// When its lease, its wait or its lock-delay is over.
    until: Instant,
    /// When it was granted.
    since: Instant,
    broken: bool,
    /// The how-manieth it is of those that came.
    arrived: u64,
}

struct List {
    config: Config,
    claims: Vec<Claim>,
    phase: Phase,
    epoch: Epoch,
    /// The token that was granted last.
    last: Option<FencingToken>,
    arrived: u64,
}

struct World {
    machine: Machine,
    list: List,
    now: Instant,
}

#[derive(Arbitrary)]
enum Shown {
    Own,
    None,
    Old { epoch: u8, sequence: u8 },
}

impl World {
    fn happen(&mut self, bytes: &mut Unstructured<'_>) -> Result<()> {
        let kind: u8 = bytes.arbitrary()?;
        let (node, id) = (NodeId::new(u32::from(kind >> 5 & 3)), ClaimId::new(u64::from(kind >> 4 & 1)));
        let input = match kind & 15 {
            0..=5 => {
                let (resource, mode) = what(bytes)?;
                let wait = kind & 1 == 0;
                let message =
                    Message::Acquire { claim: id, resource, mode, wait, lease: lease(bytes)?, sent: self.now };
                Input::Receive { from: node, message }
            }
            6..=8 => {
                let (resource, mode) = what(bytes)?;
                let token = self.token(node, id, bytes)?.unwrap_or(FencingToken::ZERO);
                let message = Message::Renew { claim: id, resource, mode, token, lease: lease(bytes)?, sent: self.now };
                Input::Receive { from: node, message }
            }
            9 | 10 => {
                let token = self.token(node, id, bytes)?;
                Input::Receive { from: node, message: Message::Release { claim: id, token } }
            }
            11 => Input::Command(Command::Break(bytes.arbitrary::<u8>()? % 3)),
            12 => Input::Command(Command::Open { epoch: Epoch::new(bytes.arbitrary::<u8>()?.into()) }),
            13 if kind & 0xf0 == 0 => Input::Command(Command::Close { leader: None }),
            _ => {
                self.now = self.now.after(Duration::from_millis(20) * u32::from(bytes.arbitrary::<u8>()?));
                Input::Tick
            }
        };
        // What is due comes first, as it does where a driver keeps its duties.
        self.settle();
        self.step(input);
        self.settle();
        self.list.rests(self.now);
        self.is_as_listed();
        Ok(())
    }

    fn token(&self, node: NodeId, id: ClaimId, bytes: &mut Unstructured<'_>) -> Result<Option<FencingToken>> {
        Ok(match bytes.arbitrary()? {
            Shown::Own => self.list.find(node, id).and_then(|claim| claim.standing.token()),
            Shown::None => None,
            Shown::Old { epoch, sequence } => FencingToken::new(Epoch::new(epoch.into()), sequence.into()),
        })
    }

    fn settle(&mut self) {
        for _ in 0..100 {
            if self.machine.deadline().is_none_or(|deadline| deadline > self.now) {
                return;
            }
            self.step(Input::Tick);
        }
        panic!("it never comes to rest: {:?}", self.machine);
    }

    fn step(&mut self, input: InputOf<Machine>) {
        let outputs: Vec<_> = self.machine.step(input, self.now).into_iter().collect();
        self.list.ask(&input, self.now);
        let mut fresh = Vec::new();
        for output in &outputs {
            if let Output::Event(event) = output {
                if let Event::Granted { node, claim, .. } = event {
                    fresh.push((*node, *claim));
                }
                self.list.told(event, &input, self.now);
            }
        }
        for output in &outputs {
            if let Output::Send { to: To::Node(node), message } = output {
                let is_fresh = fresh.contains(&(*node, message.claim()));
                self.list.answered(*node, message, &input, is_fresh, self.now);
            }
        }
    }

    fn is_as_listed(&self) {
        let shown: Vec<_> = self.machine.claims(self.now).collect();
        assert_eq!(shown.len(), self.list.claims.len(), "{shown:#?}, and not {:#?}", self.list.claims);
        for view in shown {
            let claim = self.list.find(view.node, view.claim).unwrap_or_else(|| panic!("nobody knows {view:?}"));
            let agrees = match (view.state, claim.standing) {
                (ClaimState::Waiting(ahead), Standing::Waiting) => ahead as usize >= self.list.before(claim).count(),
                (ClaimState::Holding(shown), Standing::Holding(token))
                | (ClaimState::Delayed(shown), Standing::Delayed(token)) => shown == token,
                _ => false,
            };
            let same =
                (view.resource, view.mode, view.left) == (claim.resource, claim.mode, claim.until.since(self.now));
            assert!(agrees && same, "{view:?}, and not {claim:?}");
        }
        assert_eq!(self.machine.epoch(), (self.list.phase != Phase::Closed).then_some(self.list.epoch));
    }
}

impl Standing {
    const fn token(self) -> Option<FencingToken> {
        match self {
            Self::Waiting => None,
            Self::Holding(token) | Self::Delayed(token) => Some(token),
        }
    }
}

fn what(bytes: &mut Unstructured<'_>) -> Result<(u8, Mode)> {
    let byte: u8 = bytes.arbitrary()?;
    let mode = match byte >> 2 & 7 {
        0..=2 => Mode::Exclusive,
        3 | 4 => Mode::Shared,
        5 => Mode::permits(1, 3).expect("one of three"),
        6 => Mode::permits(2, 3).expect("two of three"),
        _ => Mode::permits(2, 2).expect("two of two"),
    };
    Ok((byte % 3, mode))
}

fn lease(bytes: &mut Unstructured<'_>) -> Result<Duration> {
    Ok(Duration::from_millis(20) * u32::from(bytes.arbitrary::<u8>()?))
}

/// Whether some holders, with one more, can be side by side.
fn fits(holders: &[Mode], mode: Mode) -> bool {
    let Mode::Permits { take, of } = mode else { return holders.iter().all(|holder| holder.bears(mode)) };
    let takes = |mode: &Mode| if let Mode::Permits { take, .. } = mode { u32::from(take.get()) } else { 0 };
    let taken: u32 = holders.iter().map(takes).sum();
    holders.iter().all(|holder| holder.bears(mode)) && taken + u32::from(take.get()) <= u32::from(of.get())
}

impl List {
    fn find(&self, node: NodeId, id: ClaimId) -> Option<&Claim> {
        self.claims.iter().find(|claim| (claim.node, claim.id) == (node, id))
    }

    fn find_mut(&mut self, node: NodeId, id: ClaimId) -> Option<&mut Claim> {
        self.claims.iter_mut().find(|claim| (claim.node, claim.id) == (node, id))
    }

    fn remove(&mut self, node: NodeId, id: ClaimId) {
        self.claims.retain(|claim| (claim.node, claim.id) != (node, id));
    }

    fn of(&self, resource: u8) -> impl Iterator<Item = &Claim> {
        self.claims.iter().filter(move |claim| claim.resource == resource)
    }

    /// Who waits for the same and came before.
    fn before(&self, claim: &Claim) -> impl Iterator<Item = &Claim> {
        let arrived = claim.arrived;
        self.of(claim.resource).filter(move |other| other.standing == Standing::Waiting && other.arrived < arrived)
    }

    /// How a resource is held, or was held so lately that nobody else is to have it.
    fn held(&self, resource: u8, now: Instant) -> Vec<Mode> {
        let is_held = |claim: &&Claim| match claim.standing {
            Standing::Waiting => false,
            Standing::Holding(_) => true,
            Standing::Delayed(_) => claim.until > now,
        };
        self.of(resource).filter(is_held).map(|claim| claim.mode).collect()
    }

    fn granted(&self, lease: Duration) -> Duration {
        lease.min(self.config.longest()).min(self.config.cap().unwrap_or(lease))
    }

    /// What an input changes by itself.
    fn ask(&mut self, input: &InputOf<Machine>, now: Instant) {
        match *input {
            Input::Receive { from, message: Message::Acquire { claim, resource, mode, lease, .. } }
                if self.phase != Phase::Closed && self.find(from, claim).is_none() =>
            {
                // It stands at the end of the line, until the answer says whether it does.
                self.arrived += 1;
                let lease = self.granted(lease);
                let (until, since, arrived) = (now.after(lease), now, self.arrived);
                let standing = Standing::Waiting;
                let broken = false;
                let new =
                    Claim { node: from, id: claim, resource, mode, standing, lease, until, since, broken, arrived };
                self.claims.push(new);
            }
            Input::Receive { from, message: Message::Release { claim, token } } if valid(token) => {
                let silent = |standing| match standing {
                    Standing::Waiting => true,
                    Standing::Holding(_) => false,
                    Standing::Delayed(held) => Some(held) == token,
                };
                if self.find(from, claim).is_some_and(|claim| silent(claim.standing)) {
                    self.remove(from, claim);
                }
            }
            Input::Command(Command::Break(resource)) => {
                let held = self.claims.iter_mut().filter(|claim| claim.resource == resource);
                held.filter(|claim| claim.standing != Standing::Waiting).for_each(|claim| claim.broken = true);
            }
            _ => {}
        }
    }

    fn told(&mut self, event: &Event<u8>, input: &InputOf<Machine>, now: Instant) {
        match *event {
            Event::Opening { epoch, grace } => {
                assert!(epoch > self.epoch && grace == self.config.grace());
                self.claims.clear();
                (self.epoch, self.phase) = (epoch, Phase::Grace(now.after(grace)));
            }
            Event::Opened { .. } => {
                assert!(matches!(self.phase, Phase::Grace(until) if until <= now), "it opens in {:?}", self.phase);
                self.phase = Phase::Open;
            }
            Event::Closed { .. } => {
                self.claims.clear();
                self.phase = Phase::Closed;
            }
            Event::Granted { resource, node, claim, token, mode, reclaimed: false } => {
                assert_eq!(self.phase, Phase::Open, "something new is granted");
                assert!(self.last.is_none_or(|last| last < token) && token.epoch() == self.epoch, "L2: {token}");
                self.last = Some(token);
                let known = *self.find(node, claim).expect("L4: nobody asks for what is granted");
                assert_eq!((known.standing, known.resource, known.mode), (Standing::Waiting, resource, mode));
                assert!(self.before(&known).all(|other| other.until <= now), "L5: somebody came before {known:?}");
                let holders = self.held(resource, now);
                assert!(fits(&holders, mode), "L1: {known:?} is granted beside {holders:?}");
                if let Some(known) = self.find_mut(node, claim) {
                    (known.standing, known.since) = (Standing::Holding(token), now);
                    known.until = now.after(known.lease);
                }
            }
            Event::Granted { resource, node, claim, token, mode, reclaimed: true } => {
                assert!(matches!(self.phase, Phase::Grace(_)), "something is reclaimed when the grace period is over");
                let Input::Receive { message: Message::Renew { token: shown, lease, .. }, .. } = *input else {
                    panic!("something is reclaimed that nobody renews");
                };
                assert!(shown == token && token.epoch() < self.epoch);
                let known = self.find(node, claim).is_none_or(|claim| claim.standing == Standing::Waiting);
                assert!(known, "L4: something is reclaimed that is held");
                self.remove(node, claim);
                self.arrived += 1;
                let (lease, arrived) = (self.granted(lease), self.arrived);
                let (standing, until, since, broken) = (Standing::Holding(token), now.after(lease), now, false);
                let new = Claim { node, id: claim, resource, mode, standing, lease, until, since, broken, arrived };
                self.claims.push(new);
            }
            Event::Freed { resource, node, claim, token, why } => {
                self.freed((resource, node, claim, token), why, input, now)
            }
            Event::Exhausted { .. } => panic!("it has granted two thousand million times"),
            Event::Rejected { from, reason } => {
                if let Input::Receive { message, .. } = input {
                    self.rejected(from, message, reason);
                }
            }
            Event::Refused(authority::Misuse::NotHeld) => {
                let Input::Command(Command::Break(resource)) = *input else { panic!("nothing was to be broken") };
                assert!(self.held(resource, now).is_empty(), "it does not break what is held");
            }
            Event::Refused(_) => {}
        }
    }

    fn freed(
        &mut self,
        (resource, node, id, token): (u8, NodeId, ClaimId, FencingToken),
        why: Freed,
        input: &InputOf<Machine>,
        now: Instant,
    ) {
        let known = *self.find(node, id).expect("nobody held what is freed");
        assert_eq!((known.resource, known.standing), (resource, Standing::Holding(token)));
        match why {
            Freed::Released => {
                let asked = matches!(*input, Input::Receive { from, message: Message::Release { claim, token: shown } }
                    if (from, claim) == (node, id) && shown.is_none_or(|shown| shown == token));
                assert!(asked, "L4: {known:?} is released, and did not ask for it");
            }
            Freed::Expired => assert!(known.until <= now, "L1: {known:?} is freed before its lease is over"),
            Freed::Superseded => {
                // Two who show the same token cannot both be honest, and the later one is believed.
                let later = |claim: &Claim| claim.standing.token().is_some_and(|other| other >= token);
                let others = self.of(resource).filter(|claim| (claim.node, claim.id) != (node, id));
                assert!({ others }.any(later), "{known:?} is superseded by nobody");
            }
        }
        let delay = self.config.lock_delay();
        match self.find_mut(node, id) {
            Some(claim) if why == Freed::Expired && !delay.is_zero() => {
                (claim.standing, claim.until) = (Standing::Delayed(token), now.after(delay));
            }
            _ => self.remove(node, id),
        }
    }

    fn rejected(&mut self, from: NodeId, message: &Message<u8>, reason: Reason) {
        match (reason, *message) {
            (
                Reason::OtherClaim(id),
                Message::Acquire { resource, mode, .. } | Message::Renew { resource, mode, .. },
            ) => {
                let known = self.find(from, id).expect("no such claim is known");
                assert_ne!((known.resource, known.mode), (resource, mode), "{known:?} is no other claim");
            }
            (Reason::LaterEpoch(epoch), _) => assert!(epoch > self.epoch),
            (Reason::NoLease, Message::Acquire { claim, lease, .. }) => {
                assert!(lease.is_zero());
                self.claims.retain(|known| (known.node, known.id) != (from, claim) || known.lease > Duration::ZERO);
            }
            (Reason::NoLease, Message::Renew { lease, .. }) => assert!(lease.is_zero()),
            (Reason::InvalidToken(token), _) => assert!(!valid(Some(token))),
            other => panic!("it has no reason to reject that: {other:?}"),
        }
    }

    fn answered(&mut self, node: NodeId, message: &Message<u8>, input: &InputOf<Machine>, fresh: bool, now: Instant) {
        let asks = match *input {
            Input::Receive {
                from,
                message: Message::Acquire { claim, lease, .. } | Message::Renew { claim, lease, .. },
            } if (from, claim) == (node, message.claim()) => Some(self.granted(lease)),
            _ => None,
        };
        let (cap, phase) = (self.config.cap(), self.phase);
        match *message {
            Message::Granted { claim, token, lease, .. } => {
                let known = self.find_mut(node, claim).expect("L4: nobody knows what is granted");
                assert_eq!(known.standing, Standing::Holding(token));
                if !fresh {
                    assert_eq!(asks, Some(lease), "something is renewed that nobody asked for");
                    assert!(!known.broken && cap.is_none_or(|cap| now.after(lease) <= known.since.after(cap)));
                    (known.lease, known.until) = (lease, known.until.max(now.after(lease)));
                }
            }
            Message::Waiting { claim, ahead, .. } => {
                let known = *self.find(node, claim).expect("nobody knows who waits");
                assert!(known.standing == Standing::Waiting && ahead as usize >= self.before(&known).count());
                if let (Some(lease), Some(known)) = (asks, self.find_mut(node, claim)) {
                    (known.lease, known.until) = (lease, now.after(lease));
                }
            }
            Message::Refused { claim, refusal, .. } => {
                let known = self.find(node, claim).copied();
                self.refused(known, refusal, input, asks, now);
                let waits = known.is_some_and(|claim| claim.standing == Standing::Waiting);
                let renews = matches!(input, Input::Receive { message: Message::Renew { .. }, .. });
                let ends = !matches!(refusal, Refusal::Elsewhere(_) | Refusal::Broken | Refusal::CapReached);
                if waits && ends && (refusal == Refusal::NotHeld || !renews) {
                    self.remove(node, claim);
                }
            }
            Message::Released { claim } => {
                let asked = matches!(*input, Input::Receive { from, message: Message::Release { claim: of, .. } }
                    if (from, of) == (node, claim));
                assert!(asked && phase != Phase::Closed);
            }
            Message::Acquire { .. } | Message::Renew { .. } | Message::Release { .. } => panic!("it asks: {message:?}"),
        }
    }

    /// Whether there is a reason to refuse, that was given.
    fn refused(
        &self,
        known: Option<Claim>,
        refusal: Refusal,
        input: &InputOf<Machine>,
        asks: Option<Duration>,
        now: Instant,
    ) {
        let others = |known: &Claim| {
            let (node, id) = (known.node, known.id);
            self.of(known.resource).filter(move |other| (other.node, other.id) != (node, id))
        };
        let is_so = match refusal {
            Refusal::Elsewhere(_) => {
                let shown = match *input {
                    Input::Receive { message: Message::Renew { token, .. }, .. } => token.epoch(),
                    _ => Epoch::ZERO,
                };
                self.phase == Phase::Closed || shown > self.epoch
            }
            Refusal::Busy => known.is_some_and(|known| {
                let stands_in_line = others(&known).any(|other| other.standing == Standing::Waiting);
                self.phase == Phase::Open && (stands_in_line || !fits(&self.held(known.resource, now), known.mode))
            }),
            Refusal::Grace(left) => matches!(self.phase, Phase::Grace(until) if until.since(now) == left),
            // Who is refused is in the list, if it asked for something new.
            Refusal::Full(room) => {
                let listed = self.claims.len() - usize::from(known.is_some());
                room as usize == ROOM && listed == ROOM
            }
            Refusal::OtherPermits(permits) => known.is_some_and(|known| {
                others(&known).any(|other| matches!(other.mode, Mode::Permits { of, .. } if of.get() == permits))
            }),
            Refusal::NotHeld => self.is_not_held(known, input),
            Refusal::Broken => known.is_some_and(|known| known.broken),
            Refusal::CapReached => known
                .zip(self.config.cap())
                .zip(asks)
                .is_some_and(|((known, cap), lease)| now.after(lease) > known.since.after(cap)),
            Refusal::Exhausted => false,
        };
        assert!(is_so, "{refusal:?} is no answer to {input:?}: {known:?}, among {:#?}", self.claims);
    }

    fn is_not_held(&self, known: Option<Claim>, input: &InputOf<Machine>) -> bool {
        let Input::Receive { message, .. } = *input else { return false };
        match (message, known.map(|known| known.standing)) {
            (Message::Acquire { .. }, standing) => matches!(standing, Some(Standing::Delayed(_))),
            (Message::Renew { token, .. }, Some(Standing::Holding(held))) => held != token,
            // A reclaim, against somebody with a later token.
            (Message::Renew { token, resource, .. }, None | Some(Standing::Waiting)) => {
                let is_grace = matches!(self.phase, Phase::Grace(_)) && token.epoch() < self.epoch;
                let later = |claim: &Claim| matches!(claim.standing, Standing::Holding(held) if held >= token);
                !is_grace || self.of(resource).any(later)
            }
            (Message::Renew { .. }, Some(Standing::Delayed(_))) => true,
            _ => false,
        }
    }

    /// Nothing is due any more: whose time is over is gone, and nobody waits who could hold.
    fn rests(&mut self, now: Instant) {
        self.claims.retain(|claim| claim.until > now || matches!(claim.standing, Standing::Holding(_)));
        for claim in &self.claims {
            assert!(claim.until > now, "L6: {claim:?} is still held");
            let others: Vec<Mode> = self
                .of(claim.resource)
                .filter(|other| matches!(other.standing, Standing::Holding(_)) && other.arrived != claim.arrived)
                .map(|other| other.mode)
                .collect();
            let holds = matches!(claim.standing, Standing::Holding(_));
            assert!(!holds || fits(&others, claim.mode), "L1: {claim:?} is held beside {others:?}");
            let is_first = claim.standing == Standing::Waiting && self.before(claim).next().is_none();
            let has_room = is_first && fits(&self.held(claim.resource, now), claim.mode);
            assert!(!has_room || self.phase != Phase::Open, "L5: {claim:?} waits for what is free");
        }
    }
}

/// Whether an authority can have granted this token.
fn valid(token: Option<FencingToken>) -> bool {
    token.is_none_or(|token| token != FencingToken::ZERO && token <= FencingToken::MAX)
}
