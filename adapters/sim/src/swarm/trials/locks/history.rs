//! What clients did, as calls and returns: of a lock, and of the values that are written under it.

use super::node::{Answer, Deed};
use super::store::Shelves;
use crate::check::linearizable::{
    CallId, History, Lock, LockCall, LockOutcome, Register, RegisterCall, RegisterOutcome,
};
use crate::check::{Violation, Who};
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use quorate::{FencingToken, Instant, NodeId};

/// The lock that is only ever held alone, and all values.
#[derive(Clone, Debug)]
pub(super) struct Histories {
    /// Whether the lock is judged: not where clocks are set.
    judges_lock: bool,
    lock: History<u8, Lock>,
    values: History<u8, Register<u64>>,
    clients: BTreeMap<usize, Caller>,
    /// What may have freed the lock, and when is not known: over as soon as somebody else has it.
    freeing: Vec<(NodeId, CallId)>,
    /// Writes of which nobody waits for the outcome any more. They are done yet, or never.
    lost: Vec<(Who, Open)>,
    /// Each claim is a client of its own.
    claims: u32,
    /// Of how many calls the past is to be settled.
    settles_at: usize,
}

/// What is open of a client.
#[derive(Clone, Copy, Debug, Default)]
struct Caller {
    client: Option<NodeId>,
    acquires: Option<CallId>,
    token: u64,
    /// Until when it holds the lock, in true time.
    ends: Option<Instant>,
    releases: Option<CallId>,
    deed: Option<Open>,
}

/// A deed whose outcome its client waits for.
#[derive(Clone, Copy, Debug)]
struct Open {
    resource: u8,
    number: u64,
    deed: Deed,
    call: CallId,
    /// Whether the store has done it.
    done: bool,
}

const SETTLES_AT: usize = 400;

impl Histories {
    pub(super) const fn new(judges_lock: bool) -> Self {
        Self {
            judges_lock,
            lock: History::new(Lock),
            values: History::new(Register::new(0)),
            clients: BTreeMap::new(),
            freeing: Vec::new(),
            lost: Vec::new(),
            claims: 0,
            settles_at: SETTLES_AT,
        }
    }

    pub(super) fn check(&self) -> Result<(), Violation> {
        self.lock.check()?;
        self.values.check()
    }

    /// Forgets the past, now and then.
    pub(super) fn settle(&mut self) -> Result<(), Violation> {
        if self.lock.len() + self.values.len() < self.settles_at {
            return Ok(());
        }
        self.lock.settle()?;
        self.values.settle()?;
        self.settles_at = self.lock.len() + self.values.len() + SETTLES_AT;
        Ok(())
    }

    fn caller(&mut self, who: Who) -> &mut Caller {
        self.clients.entry(who.place).or_default()
    }

    /// Leases that have run out by now may have been taken away.
    fn run_out(&mut self, at: Instant) {
        for caller in self.clients.values_mut() {
            if let (Some(client), Some(ends)) = (caller.client, caller.ends)
                && ends <= at
            {
                caller.ends = None;
                let call = self.lock.call(ends, client, 0, LockCall::Expire { client });
                self.freeing.push((client, call));
            }
        }
    }

    pub(super) fn wishes(&mut self, at: Instant, who: Who) {
        if !self.judges_lock {
            return;
        }
        self.run_out(at);
        self.claims += 1;
        let client = NodeId::new(self.claims);
        let call = self.lock.call(at, who.node, 0, LockCall::Acquire { client });
        let caller = self.caller(who);
        (caller.client, caller.acquires) = (Some(client), Some(call));
    }

    pub(super) fn acquired(&mut self, at: Instant, who: Who, token: FencingToken) {
        self.run_out(at);
        let caller = self.caller(who);
        caller.token = token.get();
        let Some(call) = caller.acquires.take() else { return };
        let client = caller.client;
        self.lock.returns(at, call, LockOutcome::Granted(token.get()));
        for (other, call) in core::mem::take(&mut self.freeing) {
            match Some(other) == client {
                true => self.freeing.push((other, call)),
                false => self.lock.gone(at, call),
            }
        }
    }

    /// The end of its lease has moved.
    pub(super) fn holds_until(&mut self, who: Who, ends: Instant) {
        let caller = self.caller(who);
        if caller.client.is_some() && caller.releases.is_none() {
            caller.ends = Some(ends);
        }
    }

    pub(super) fn leaves(&mut self, at: Instant, who: Who) {
        self.run_out(at);
        let caller = self.caller(who);
        caller.ends = None;
        let (Some(client), token) = (caller.client, caller.token) else { return };
        let call = self.lock.call(at, who.node, 0, LockCall::Release { client, token });
        self.caller(who).releases = Some(call);
    }

    pub(super) fn released(&mut self, at: Instant, who: Who, confirmed: bool) {
        self.run_out(at);
        let caller = self.caller(who);
        let (Some(client), Some(call)) = (caller.client.take(), caller.releases.take()) else { return };
        if confirmed {
            self.lock.returns(at, call, LockOutcome::Released);
        } else {
            self.freeing.push((client, call));
            let call = self.lock.call(at, client, 0, LockCall::Expire { client });
            self.freeing.push((client, call));
        }
    }

    pub(super) fn failed(&mut self, who: Who) {
        let caller = self.caller(who);
        caller.client = None;
        if let Some(call) = caller.acquires.take() {
            self.lock.failed(call);
        }
    }

    /// It holds the lock no more, and has not given it up.
    pub(super) fn lost(&mut self, at: Instant, who: Who) {
        self.run_out(at);
        let caller = self.caller(who);
        let (client, ends) = (caller.client.take(), caller.ends.take());
        if let (Some(client), Some(_)) = (client, ends) {
            let call = self.lock.call(at, client, 0, LockCall::Expire { client });
            self.freeing.push((client, call));
        }
    }

    pub(super) fn crashed(&mut self, at: Instant, who: Who) {
        self.run_out(at);
        let caller = core::mem::take(self.caller(who));
        if let Some(call) = caller.acquires {
            self.lock.failed(call);
        }
        if let (Some(client), true) = (caller.client, caller.ends.is_some() || caller.releases.is_some()) {
            self.freeing.extend(caller.releases.map(|call| (client, call)));
            let call = self.lock.call(at, client, 0, LockCall::Expire { client });
            self.freeing.push((client, call));
        }
        self.abandons(at, who, caller.deed);
    }

    pub(super) fn begins(&mut self, at: Instant, who: Who, resource: u8, number: u64, deed: Deed) {
        let operation = match deed {
            Deed::Write { value, .. } => RegisterCall::Write(value),
            Deed::Read => RegisterCall::Read,
        };
        let call = self.values.call(at, who.node, resource, operation);
        let open = Open { resource, number, deed, call, done: false };
        let before = self.caller(who).deed.replace(open);
        self.abandons(at, who, before);
    }

    /// Nobody waits for the outcome of a deed any more. A search among calls that are open for ever is long, so it becomes a call
    /// of the moment at which it is done, if it is.
    fn abandons(&mut self, at: Instant, who: Who, open: Option<Open>) {
        let Some(open) = open else { return };
        if open.done {
            return self.values.returns(at, open.call, RegisterOutcome::Done);
        }
        self.values.failed(open.call);
        if let Deed::Write { .. } = open.deed {
            self.lost.push((who, open));
        }
    }

    pub(super) fn did(&mut self, at: Instant, who: Who, number: u64, answer: Answer) {
        let caller = self.caller(who);
        let Some(Open { call, done, .. }) = caller.deed.filter(|open| open.number == number) else { return };
        caller.deed = None;
        match answer {
            Answer::Done => self.values.returns(at, call, RegisterOutcome::Done),
            Answer::Value(value) => self.values.returns(at, call, RegisterOutcome::Value(value)),
            // A copy of what was done came later, when somebody else had written.
            Answer::Refused if done => self.values.returns(at, call, RegisterOutcome::Done),
            Answer::Refused => self.values.failed(call),
        }
    }

    /// A store has stored something. What comes before it will not be done any more.
    pub(super) fn stored(&mut self, at: Instant, shelves: &Shelves) {
        for open in self.clients.values_mut().filter_map(|caller| caller.deed.as_mut()) {
            if let Deed::Write { token, .. } = open.deed {
                open.done |= shelves.last(open.resource) == Some((token, open.number));
            }
        }
        let values = &mut self.values;
        self.lost.retain(|(who, Open { resource, number, deed, .. })| {
            let Deed::Write { token, value } = *deed else { return false };
            let Some(last) = shelves.last(*resource) else { return false };
            if (token, *number) == last {
                let call = values.call(at, who.node, *resource, RegisterCall::Write(value));
                values.returns(at, call, RegisterOutcome::Done);
            }
            (token, *number) > last
        });
    }
}
