//! Judging leases: L1 to L5 at every happening, L6 at the end.

mod granting;
mod holding;
mod marks;

use super::client::PERMITS;
use super::history::Histories;
use super::node::{Ask, Grants, Kept, Node, RESOURCES, Said, Told};
use super::rules::Terms;
use crate::check::{Leases, Line, Tokens, Violation, Who};
use crate::swarm::Judge;
use crate::world::{Happening, Observer, What};
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::marker::PhantomData;
use core::time::Duration;
use marks::{FIXED, HOSTED, MARKS, Mark};
use quorate::lease::{ClaimId, Message, Mode};
use quorate::{Epoch, FencingToken, Input, Instant, NodeId};

/// A claim: whose, and which.
type Claim = (Who, ClaimId);

/// Judges all leases of a run.
#[derive(Clone, Debug)]
pub struct Locksmith<A> {
    is_fair: bool,
    /// For each resource, which valid leases there are.
    leases: Leases<u8>,
    permits: Leases<u8>,
    tokens: Tokens<u8>,
    /// Where clocks are set there can be two leaders, and each grants with tokens of its own epoch.
    by_epoch: Tokens<(u8, Epoch)>,
    line: Line<u8, ClaimId>,
    /// Whose line that is.
    line_of: usize,
    /// Who was passed over in the present step, and by whom.
    passed: Vec<(u8, Claim, Claim)>,
    histories: Histories,
    nodes: Vec<Seen>,
    /// Which resource an authority is asked for in its present step.
    asked: Option<(ClaimId, u8)>,
    /// The present step is a tick.
    ticked: bool,
    /// The resource of which all leases are broken in the present step.
    breaks: Option<u8>,
    /// Who was granted something in the present step.
    granted: Vec<(NodeId, ClaimId)>,
    /// For how long after its end a lease is not granted anew, at least, in true time.
    lock_delay: Duration,
    /// For each resource, which claim's lease ran out last, and when.
    delayed: [Option<(Claim, Instant)>; RESOURCES],
    marks: u64,
    machine: PhantomData<fn() -> A>,
}

/// What is known of a node.
#[derive(Clone, Debug, Default)]
struct Seen {
    /// What its claims were granted with, the last few.
    granted: VecDeque<(ClaimId, FencingToken)>,
    /// The claim that it acquired last.
    acquired: Option<ClaimId>,
    /// It has been told in its present step that it acquired something.
    acquires: Option<FencingToken>,
    /// What it holds, until when by its own clock, and in true time.
    holds: Option<Held>,
    waits: bool,
    /// It was in line in an epoch that is over.
    failed_over: bool,
    crashed_holding: bool,
    /// As an authority: its grace period is over.
    grants_new: bool,
    /// And whose leases were broken here.
    broken: Vec<(NodeId, ClaimId)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Held {
    claim: ClaimId,
    token: FencingToken,
    resource: u8,
    mode: Mode,
    until: Instant,
    ends: Instant,
}

const GRANTED: usize = 16;
/// The resource that is only ever held alone.
const ALONE: u8 = 0;
/// The semaphore.
const SEMAPHORE: u8 = 2;

impl<A: Grants> Locksmith<A> {
    /// A judge of so many nodes.
    #[must_use]
    pub fn new(size: usize, terms: &Terms) -> Self {
        let millionths = 1_000_000 + u64::from(terms.drift.ppm());
        let delay = terms.lock_delay.as_nanos() as u64;
        Self {
            is_fair: terms.is_fair,
            // The clocks of the world are right to a nanosecond or two.
            lock_delay: Duration::from_nanos((u128::from(delay) * 1_000_000 / u128::from(millionths)) as u64)
                .saturating_sub(Duration::from_micros(1)),
            delayed: [None; RESOURCES],
            leases: Leases::new("L1"),
            permits: Leases::new("L1").with_permits(usize::from(PERMITS.get())),
            tokens: Tokens::new(),
            by_epoch: Tokens::new(),
            line: Line::new(),
            line_of: 0,
            passed: Vec::new(),
            histories: Histories::new(terms.is_fair),
            nodes: alloc::vec![Seen::default(); size],
            asked: None,
            ticked: false,
            breaks: None,
            granted: Vec::new(),
            marks: 0,
            machine: PhantomData,
        }
    }

    /// Whether what clients did fits an order.
    ///
    /// # Errors
    ///
    /// Linearizability of locks or of what is written under them.
    pub fn histories(&self) -> Result<(), Violation> {
        self.histories.check()
    }

    const fn mark(&mut self, mark: Mark) {
        self.marks |= 1 << mark as u32;
    }

    fn who(&self, node: NodeId) -> Who {
        Who::new((node.get() as usize).saturating_sub(1), node)
    }

    /// A node tells its user something.
    fn told(&mut self, event: &Told<A::Event>, at: Instant, who: Who) -> Result<(), Violation> {
        match event {
            Told::Granting(event) => return A::about(event).map_or(Ok(()), |event| self.granting(event, at, who)),
            Told::Holder(event) => {
                self.holding(event, who, at)?;
                return self.histories.settle();
            }
            Told::Wishes { resource: ALONE, .. } => self.histories.wishes(at, who),
            Told::Wishes { .. } => {}
            Told::Leaves => self.histories.leaves(at, who),
            Told::Begins { resource, number, deed } => self.histories.begins(at, who, *resource, *number, *deed),
            Told::Ends { number, answer } => self.histories.did(at, who, *number, *answer),
            Told::Wrote { resource, token } => return self.tokens.used(at, who, *token, resource),
            Told::Refused => self.mark(Mark::Fenced),
            Told::Attends(_) => {} // others judge that
        }
        Ok(())
    }

    /// An authority is gone, or is one no more: whoever waited there waits elsewhere from now on.
    fn is_over(&mut self) {
        self.line.clear();
        self.delayed = [None; RESOURCES];
        self.nodes.iter_mut().for_each(|seen| seen.failed_over |= seen.waits);
    }

    fn crashed(&mut self, who: Who, at: Instant) {
        if who.place == self.line_of {
            self.is_over();
        }
        let Some(seen) = self.nodes.get_mut(who.place) else { return };
        seen.crashed_holding = seen.holds.is_some();
        (seen.waits, seen.failed_over, seen.acquires) = (false, false, None);
        if let Some(held) = seen.holds.take() {
            self.ends(held, who, at);
        }
        self.histories.crashed(at, who);
    }
}

impl<A: Grants> Observer<Node<A>> for Locksmith<A> {
    #[inline]
    fn see(&mut self, happening: Happening<'_, Node<A>>) -> Result<(), Violation> {
        let Happening { at, place, node, what } = happening;
        let who = Who::new(place, node);
        match what {
            What::Became { machine: Node::Granting(machine), clock } => {
                if let Some(resource) = self.breaks.take() {
                    self.broken(resource, machine.authority(), clock.at(at), place);
                }
                if place != self.line_of || self.passed.is_empty() && !self.ticked {
                    self.asked = None;
                    return Ok(());
                }
                self.stepped(machine.authority(), at, clock.at(at))
            }
            What::Became { machine: Node::Client(client), clock } => self.client(client, clock, who, at),
            What::Clock { machine: Some(Node::Client(client)), clock } => {
                self.ticked = false;
                if let Some(held) = self.nodes.get_mut(place).and_then(|seen| seen.holds.as_mut()) {
                    held.until = Instant::FAR_FUTURE; // it is another true time from now on
                }
                self.client(client, clock, who, at)
            }
            What::Took { input: Input::Receive { from, message: Said::Granting(message) }, .. } => {
                (self.ticked, self.breaks) = (false, None);
                match A::says(message) {
                    Some(Message::Acquire { claim, resource, .. }) => self.asked = Some((*claim, *resource)),
                    // What comes to a node that is no authority changes nothing.
                    Some(Message::Renew { claim, .. }) if place == self.line_of => {
                        self.line.retain(|who, waits| (who.node, waits) != (*from, *claim))
                    }
                    Some(Message::Release { claim, .. }) if place == self.line_of => {
                        let over = (*from, *claim);
                        self.line.retain(|who, waits| (who.node, waits) != over);
                        for delayed in &mut self.delayed {
                            *delayed = delayed.filter(|((who, claim), _)| (who.node, *claim) != over);
                        }
                    }
                    _ => {}
                }
                Ok(())
            }
            What::Took { input, .. } => {
                self.ticked = matches!(input, Input::Tick);
                self.granted.clear();
                self.breaks = match input {
                    Input::Command(Ask::Granting(command)) => A::breaks(command),
                    _ => None,
                };
                Ok(())
            }
            What::Sent { message: Said::Granting(message), to, .. } => {
                A::says(message).map_or(Ok(()), |message| self.said(message, to, place, at))
            }
            What::Told(event) => self.told(event, at, who),
            What::Persisted(Kept::Store(shelves)) => {
                self.histories.stored(at, shelves);
                Ok(())
            }
            What::Crashed => {
                self.crashed(who, at);
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

impl<A: Grants> Judge<Node<A>> for Locksmith<A> {
    const MARKS: &'static [&'static str] =
        if A::HOSTED { MARKS.split_at(FIXED).1 } else { MARKS.split_at(MARKS.len() - HOSTED).0 };

    fn marks(&self) -> u64 {
        if A::HOSTED { self.marks >> FIXED } else { self.marks }
    }
}
