//! The list of claims, and the rules.

use super::{Machine, ROOM};
use core::time::Duration;
use quorate::lease::authority::{self, Command, Config, Event, Freed, Reason};
use quorate::lease::{ClaimId, Message, Mode, Refusal};
use quorate::{Epoch, FencingToken, Input, InputOf, Instant, NodeId};

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Phase {
    Closed,
    Grace(Instant),
    Open,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Standing {
    Waiting,
    Holding(FencingToken),
    Delayed(FencingToken),
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Claim {
    pub(super) node: NodeId,
    pub(super) id: ClaimId,
    pub(super) resource: u8,
    pub(super) mode: Mode,
    pub(super) standing: Standing,
    pub(super) lease: Duration,
    /// When its lease, its wait or its lock-delay is over.
    pub(super) until: Instant,
    /// When it was granted.
    pub(super) since: Instant,
    pub(super) broken: bool,
    /// The how-manieth it is of those that came.
    pub(super) arrived: u64,
}

pub(super) struct List {
    pub(super) config: Config,
    pub(super) claims: Vec<Claim>,
    pub(super) phase: Phase,
    pub(super) epoch: Epoch,
    /// The token that was granted last.
    pub(super) last: Option<FencingToken>,
    pub(super) arrived: u64,
}

impl Standing {
    pub(super) const fn token(self) -> Option<FencingToken> {
        match self {
            Self::Waiting => None,
            Self::Holding(token) | Self::Delayed(token) => Some(token),
        }
    }
}

/// Whether some holders, with one more, can be side by side.
fn fits(holders: &[Mode], mode: Mode) -> bool {
    let Mode::Permits { take, of } = mode else { return holders.iter().all(|holder| holder.bears(mode)) };
    let takes = |mode: &Mode| if let Mode::Permits { take, .. } = mode { u32::from(take.get()) } else { 0 };
    let taken: u32 = holders.iter().map(takes).sum();
    holders.iter().all(|holder| holder.bears(mode)) && taken + u32::from(take.get()) <= u32::from(of.get())
}

impl List {
    pub(super) fn find(&self, node: NodeId, id: ClaimId) -> Option<&Claim> {
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
    pub(super) fn before(&self, claim: &Claim) -> impl Iterator<Item = &Claim> {
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
    pub(super) fn ask(&mut self, input: &InputOf<Machine>, now: Instant) {
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

    pub(super) fn told(&mut self, event: &Event<u8>, input: &InputOf<Machine>, now: Instant) {
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

    pub(super) fn answered(
        &mut self,
        node: NodeId,
        message: &Message<u8>,
        input: &InputOf<Machine>,
        fresh: bool,
        now: Instant,
    ) {
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
    pub(super) fn rests(&mut self, now: Instant) {
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
