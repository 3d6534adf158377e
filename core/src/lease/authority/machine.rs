//! The machine: its state, and where each input goes.

use super::claims::{Claim, Claims, Standing, Wish};
use super::slab::Slot;
use super::{Command, Config, Event, Freed, Misuse, Reason};
use crate::lease::{ClaimId, Message, Mode, Refusal};
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

/// A claim, as a look at the authority shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClaimView<R> {
    /// The resource.
    pub resource: R,
    /// Whose claim it is.
    pub node: NodeId,
    /// Which of that node's.
    pub claim: ClaimId,
    /// Beside whom it bears others.
    pub mode: Mode,
    /// How it stands.
    pub state: ClaimState,
    /// How long it stays so if nothing is heard.
    pub left: Duration,
}

/// How a claim stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "kebab-case"))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum ClaimState {
    /// In line, with so many before it, at most.
    Waiting(u32),
    /// It holds the resource.
    Holding(FencingToken),
    /// Its lease ran out, and the lock-delay is not over.
    Delayed(FencingToken),
}

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

    /// Everybody who holds something or waits for something, in no order.
    pub fn claims(&self, now: Instant) -> impl Iterator<Item = ClaimView<R>> {
        let now = now.max(self.latest);
        self.claims.iter().filter_map(move |claim| {
            let state = match claim.standing {
                Standing::Waiting { ticket } => ClaimState::Waiting(self.claims.ahead(claim.resource, ticket)),
                Standing::Holding { token, .. } => ClaimState::Holding(token),
                Standing::Cooling { token } => ClaimState::Delayed(token),
            };
            let slot = self.claims.find(claim.node, claim.id)?;
            Some(ClaimView {
                resource: self.claims.resource(claim.resource)?.key,
                node: claim.node,
                claim: claim.id,
                mode: claim.mode,
                state,
                left: self.claims.deadlines.get(slot).unwrap_or(now).since(now),
            })
        })
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

    fn break_leases(&mut self, key: &R, step: &mut StepOf<Self>) {
        let resource = self.claims.find_resource(key).filter(|resource| self.claims.is_held(*resource));
        let Some(resource) = resource else {
            step.event(Event::Refused(Misuse::NotHeld));
            return;
        };
        let mut next = self.claims.holders(resource).next().map(|(slot, _)| slot);
        while let Some(slot) = next {
            next = self.claims.next_holder(slot);
            let Some(claim) = self.claims.get_mut(slot) else { break };
            claim.broken = true;
            // As many as fit are told now. The others learn it when they renew.
            if step.room() > 0 && matches!(claim.standing, Standing::Holding { .. }) {
                step.send_to(claim.node, refusal(claim, Refusal::Broken));
            }
        }
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

    fn asked_to_grant(&mut self, wish: &Wish<R>, wait: bool, now: Instant, step: &mut StepOf<Self>) {
        if let Some(slot) = self.claims.find(wish.node, wish.id) {
            self.asked_again(slot, wish, now, step);
            return;
        }
        let refuse = |refusal| Message::Refused { claim: wish.id, refusal, sent: wish.sent };
        let resource = self.claims.find_resource(&wish.key);
        if let Some(of) = resource.and_then(|resource| self.claims.other_permits(resource, wish.mode)) {
            step.send_to(wish.node, refuse(Refusal::OtherPermits(of.get())));
            return;
        }
        let has_room = match (resource, self.phase) {
            (_, Phase::Grace { .. } | Phase::Closed { .. }) => false,
            (None, Phase::Open) => true,
            (Some(resource), Phase::Open) => {
                let first = !self.claims.has_line(resource) || planted!(LineJumped);
                first && self.claims.has_room(resource, wish.mode)
            }
        };
        if !has_room && !wait {
            let left = self.grace_left(now);
            let refusal = if left.is_zero() { Refusal::Busy } else { Refusal::Grace(left) };
            step.send_to(wish.node, refuse(refusal));
            return;
        }
        let Some(slot) = self.claims.add(wish) else {
            step.send_to(wish.node, refuse(Refusal::Full(u32::try_from(N).unwrap_or(u32::MAX))));
            return;
        };
        self.claims.deadlines.set(slot, now + wish.lease);
        if has_room {
            if !self.grant(slot, now, step) {
                self.claims.remove(slot);
                step.send_to(wish.node, refuse(Refusal::Exhausted));
            }
            return;
        }
        self.claims.wait(slot);
        self.tell_place(slot, step);
    }

    /// A claim that is known asks once more: it is still there, and may not have heard the answer.
    fn asked_again(&mut self, slot: Slot, wish: &Wish<R>, now: Instant, step: &mut StepOf<Self>) {
        if let Some(reason) = self.other_claim(slot, wish) {
            step.event(Event::Rejected { from: wish.node, reason });
            return;
        }
        match self.claims.get(slot).map(|claim| claim.standing) {
            Some(Standing::Waiting { .. }) => {
                if let Some(claim) = self.claims.get_mut(slot) {
                    claim.sent = claim.sent.max(wish.sent);
                    claim.lease = wish.lease;
                }
                self.claims.deadlines.set(slot, now + wish.lease);
                self.tell_place(slot, step);
            }
            Some(Standing::Holding { token, since }) => self.extend(slot, token, since, wish, now, step),
            Some(Standing::Cooling { .. }) | None => {
                let refusal = Refusal::NotHeld;
                step.send_to(wish.node, Message::Refused { claim: wish.id, refusal, sent: wish.sent });
            }
        }
    }

    pub(super) fn other_claim(&self, slot: Slot, wish: &Wish<R>) -> Option<Reason> {
        let claim = self.claims.get(slot)?;
        let resource = self.claims.resource(claim.resource)?;
        (resource.key != wish.key || claim.mode != wish.mode).then_some(Reason::OtherClaim(wish.id))
    }

    /// Renews what a claim holds.
    pub(super) fn extend(
        &mut self,
        slot: Slot,
        token: FencingToken,
        since: Instant,
        wish: &Wish<R>,
        now: Instant,
        step: &mut StepOf<Self>,
    ) {
        let Some(claim) = self.claims.get_mut(slot) else { return };
        let until = now + wish.lease;
        let refusal = if claim.broken && !planted!(BrokenRenewed) {
            Some(Refusal::Broken)
        } else if claim.superseded {
            Some(Refusal::NotHeld)
        } else if self.config.cap().is_some_and(|cap| until > since + cap) {
            Some(Refusal::CapReached)
        } else {
            None
        };
        if let Some(refusal) = refusal {
            step.send_to(wish.node, Message::Refused { claim: wish.id, refusal, sent: wish.sent });
            return;
        }
        claim.sent = claim.sent.max(wish.sent);
        claim.lease = wish.lease;
        // Never earlier than before: an earlier request may have asked for more, and been promised it.
        let until = self.claims.deadlines.get(slot).unwrap_or(until).max(until);
        if !planted!(RenewalNotCounted) {
            self.claims.deadlines.set(slot, until);
        }
        step.send_to(wish.node, Message::Granted { claim: wish.id, token, lease: wish.lease, sent: wish.sent });
    }

    fn asked_to_release(&mut self, from: NodeId, id: ClaimId, token: Option<FencingToken>, step: &mut StepOf<Self>) {
        step.send_to(from, Message::Released { claim: id });
        let found = self.claims.find(from, id);
        if planted!(ReleaseByName) && found.is_none() {
            let other = self.claims.iter().find(|claim| claim.node == from).map(|claim| claim.id);
            if let Some(other) = other.and_then(|id| self.claims.find(from, id)) {
                self.free(other, Freed::Released, step);
            }
        }
        let Some((slot, claim)) = found.and_then(|slot| Some((slot, self.claims.get(slot)?))) else { return };
        match (claim.standing, token) {
            // Who gives up waiting may have been granted it meanwhile, and not know.
            (Standing::Waiting { .. }, _) | (Standing::Holding { .. }, None) => {}
            (Standing::Holding { token: held, .. } | Standing::Cooling { token: held }, Some(token))
                if token == held => {}
            _ => return,
        }
        self.free(slot, Freed::Released, step);
    }

    /// Removes a claim, and tells so if it held the resource.
    pub(super) fn free(&mut self, slot: Slot, why: Freed, step: &mut StepOf<Self>) {
        let Some((resource, claim)) = self.claims.remove(slot) else { return };
        if let Standing::Holding { token, .. } = claim.standing {
            step.event(Event::Freed { resource, node: claim.node, claim: claim.id, token, why });
        }
    }

    fn tell_place(&self, slot: Slot, step: &mut StepOf<Self>) {
        if let Some(claim) = self.claims.get(slot)
            && let Standing::Waiting { ticket } = claim.standing
        {
            let ahead = self.claims.ahead(claim.resource, ticket);
            step.send_to(claim.node, Message::Waiting { claim: claim.id, ahead, sent: claim.sent });
        }
    }

    /// Grants a claim what it wants; `false` if there is no token left.
    fn grant(&mut self, slot: Slot, now: Instant, step: &mut StepOf<Self>) -> bool {
        let next = self.sequence.saturating_add(1);
        let Some(token) = FencingToken::new(self.epoch, next) else {
            if !core::mem::replace(&mut self.exhausted, true) {
                step.event(Event::Exhausted { epoch: self.epoch });
            }
            return false;
        };
        self.sequence = if planted!(TokenRepeated) { next & 3 } else { next };
        self.claims.hold(slot, token, now);
        let Some(claim) = self.claims.get(slot) else { return true };
        let (node, id, lease, sent, mode) = (claim.node, claim.id, claim.lease, claim.sent, claim.mode);
        self.claims.deadlines.set(slot, now + lease);
        step.send_to(node, Message::Granted { claim: id, token, lease, sent });
        if let Some(resource) = self.claims.get(slot).and_then(|claim| self.key_of(claim)) {
            step.event(Event::Granted { resource, node, claim: id, token, mode, reclaimed: false });
        }
        true
    }

    /// Serves those who may be next, as many as fit into the step.
    fn serve_lines(&mut self, now: Instant, step: &mut StepOf<Self>) {
        while step.room() >= 2
            && let Some(resource) = self.claims.pending()
        {
            let next = self.claims.first_in_line(resource).map(|(slot, claim)| (slot, claim.mode));
            match next {
                Some((slot, mode))
                    if self.phase == Phase::Open
                        && (self.claims.has_room(resource, mode) || planted!(GrantedBesideOthers))
                        && !self.exhausted =>
                {
                    if !self.grant(slot, now, step) {
                        self.claims.settle(resource);
                    }
                }
                _ => self.claims.settle(resource),
            }
        }
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

    /// The time of a claim is over.
    fn run_out(&mut self, slot: Slot, now: Instant, step: &mut StepOf<Self>) {
        let Some(claim) = self.claims.get(slot) else { return };
        let delay = self.config.lock_delay();
        let why = if claim.superseded { Freed::Superseded } else { Freed::Expired };
        match claim.standing {
            Standing::Holding { token, .. }
                if why == Freed::Expired && !delay.is_zero() && !planted!(LockDelayForgotten) =>
            {
                let event = self.key_of(claim).map(|resource| Event::Freed {
                    resource,
                    node: claim.node,
                    claim: claim.id,
                    token,
                    why,
                });
                if let Some(claim) = self.claims.get_mut(slot) {
                    claim.standing = Standing::Cooling { token };
                }
                self.claims.deadlines.set(slot, now + delay);
                event.into_iter().for_each(|event| step.event(event));
            }
            _ => self.free(slot, why, step),
        }
    }

    pub(super) fn key_of(&self, claim: &Claim) -> Option<R> {
        self.claims.resource(claim.resource).map(|resource| resource.key)
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

fn refusal<R>(claim: &Claim, refusal: Refusal) -> Message<R> {
    Message::Refused { claim: claim.id, refusal, sent: claim.sent }
}

impl<R: Copy + Eq + Hash + Debug, const N: usize> Machine for Authority<R, N> {
    type Command = Command<R>;
    type Message = Message<R>;
    type Record = Infallible;
    type Event = Event<R>;

    fn step(&mut self, input: InputOf<Self>, now: Instant) -> StepOf<Self> {
        let mut step = Step::new();
        let now = now.max(self.latest);
        if matches!(input, Input::Tick) && self.deadline().is_none_or(|deadline| now < deadline) {
            return step;
        }
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
