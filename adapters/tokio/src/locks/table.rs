//! All holders of one [`Locks`](super::Locks), and the task that looks after their deadlines.

use super::carrier::{Answers, Carrier};
use super::slot::{Clockwork, Slot, State};
use crate::clock::{Clock, LONGEST_SLEEP};
use core::cmp::Reverse;
use core::pin::pin;
use core::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use core::time::Duration;
use quorate::lease::holder::{Command, Config, Event, Holder};
use quorate::lease::{ClaimId, Message};
use quorate::{Group, Input, Instant, Machine, Name, NodeId, Output, Random, Seed};
use quorate_std::carrier::Inbox;
use quorate_std::locks::Phase;
use std::collections::BinaryHeap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, Weak};
use tokio::sync::{Notify, watch};

/// How many bits of a claim tell one acquisition of a holder from the others; those above them are the holder's place.
const SEQUENCE_BITS: u32 = 40;
/// How many holders there can be, and so how many acquisitions at once.
const MOST: usize = 1 << (u64::BITS - SEQUENCE_BITS);

type HolderInput = Input<Command<Name>, Message<Name>>;

/// What the handles, the guards, and the task that looks after deadlines share.
#[derive(Debug)]
pub(super) struct Table {
    carrier: Box<dyn Carrier>,
    group: Group<{ super::MAX_AUTHORITIES }>,
    config: Config,
    pub(super) clock: Arc<dyn Clock>,
    slots: RwLock<Vec<Arc<Slot>>>,
    free: Mutex<Vec<Arc<Slot>>>,
    random: Mutex<Random>,
    /// Which node was the authority last.
    authority: AtomicU32,
    schedule: Mutex<Schedule>,
    /// The schedule begins earlier than it did, or the last handle is gone.
    rescheduled: Notify,
    /// How many handles and guards there are.
    handles: AtomicUsize,
    pub(super) closing: AtomicBool,
    /// A holder has become idle.
    pub(super) idle: Notify,
    /// Dropped with the table, which whoever answers learns by that.
    _open: watch::Sender<()>,
}

/// When to look after which holder.
#[derive(Debug, Default)]
struct Schedule {
    due: BinaryHeap<Reverse<(Instant, usize)>>,
    /// Until when the task sleeps.
    asleep: Instant,
}

/// No node has this number: nobody knows who the authority is.
const NOBODY: u32 = u32::MAX;

impl Table {
    pub(super) fn start(carrier: Box<dyn Carrier>, config: Config, clock: Arc<dyn Clock>) -> Handle {
        let (open, is_open) = watch::channel(());
        let now = clock.now();
        let table = Arc::new(Self {
            group: carrier.group(),
            carrier,
            config,
            slots: RwLock::default(),
            free: Mutex::default(),
            random: Mutex::new(config.seed().random()),
            authority: AtomicU32::new(NOBODY),
            schedule: Mutex::new(Schedule { due: BinaryHeap::new(), asleep: now }),
            rescheduled: Notify::new(),
            handles: AtomicUsize::new(0),
            closing: AtomicBool::new(false),
            idle: Notify::new(),
            _open: open,
            clock,
        });
        let weak = Arc::downgrade(&table);
        let inbox: Weak<dyn Inbox<Message<Name>>> = weak;
        table.carrier.attach(Answers::new(inbox, is_open));
        let handle = Handle::new(table.clone());
        tokio::spawn(async move { table.look_after().await });
        handle
    }

    pub(super) const fn config(&self) -> &Config {
        &self.config
    }

    /// A holder that is idle, for one user; `None` if there are as many as there can be.
    pub(super) fn slot(&self) -> Option<Arc<Slot>> {
        let free = lock(&self.free).pop();
        let slot = match free {
            Some(slot) => slot,
            None => self.another()?,
        };
        let mut state = slot.state();
        (state.users, state.listed, state.phase) = (1, false, Phase::Wanted { ahead: None });
        let hint = self.authority();
        if hint.is_some() && hint != state.holder.authority() {
            // It was idle while the others learnt who is the authority.
            let seed = self.seed();
            let claim = state.holder.claim();
            state.holder = Holder::new(self.config.with_seed(seed), self.group.clone(), claim, hint, self.clock.now());
        }
        drop(state);
        Some(slot)
    }

    fn another(&self) -> Option<Arc<Slot>> {
        let mut slots = self.slots.write().unwrap_or_else(PoisonError::into_inner);
        let index = slots.len();
        if index == MOST {
            return None;
        }
        // Where it begins is drawn at random, so that claims of an earlier life with the same number are others.
        let first = lock(&self.random).below(1 << (SEQUENCE_BITS - 1));
        let claim = ClaimId::new((index as u64) << SEQUENCE_BITS | first);
        let config = self.config.with_seed(self.seed());
        let holder = Clockwork::new(config, self.group.clone(), claim, self.authority(), self.clock.now());
        let slot = Arc::new(Slot::new(index, holder));
        slots.push(slot.clone());
        Some(slot)
    }

    fn seed(&self) -> Seed {
        Seed::new(lock(&self.random).number())
    }

    fn authority(&self) -> Option<NodeId> {
        match self.authority.load(Ordering::Relaxed) {
            NOBODY => None,
            node => Some(NodeId::new(node)),
        }
    }

    /// Every holder.
    pub(super) fn slots(&self) -> Vec<Arc<Slot>> {
        self.slots.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Steps a holder in the caller's task, and carries out what it says.
    pub(super) fn step(&self, slot: &Arc<Slot>, input: HolderInput) {
        self.act(slot, |_, _| Some(input));
    }

    /// Steps a holder with what `decide` says in view of its state, and carries out what it says. Returns the event that was of
    /// no account to its phase, such as that it was entered once more.
    pub(super) fn act(
        &self,
        slot: &Arc<Slot>,
        decide: impl FnOnce(&mut State, Instant) -> Option<HolderInput>,
    ) -> Option<Event> {
        let mut state = slot.state();
        let now = self.clock.now();
        let (mut changed, mut aside, mut outputs) = (false, None, None);
        if let Some(input) = decide(&mut state, now) {
            let step = state.holder.step(input, now);
            for event in step.events() {
                trace(&state, event);
                let changes = state.learn(*event);
                changed |= changes;
                aside = (!changes).then_some(*event);
            }
            slot.show(state.holder.valid_until(), now);
            outputs = Some(step);
        }
        let deadline = state.reschedule();
        let waker = if changed { state.waker.take() } else { None };
        let freed = state.becomes_free();
        drop(state);
        if let Some(deadline) = deadline {
            self.schedule(deadline, slot.index);
        }
        for output in outputs.into_iter().flatten() {
            // Not under the lock: the answer may come before this returns.
            if let Output::Send { to, message } = output {
                self.carrier.send(to, message);
            }
        }
        if changed {
            slot.changed.notify_waiters();
            self.idle.notify_waiters();
        }
        if let Some(waker) = waker {
            waker.wake();
        }
        if freed {
            lock(&self.free).push(slot.clone());
        }
        aside
    }

    fn schedule(&self, deadline: Instant, index: usize) {
        let mut schedule = lock(&self.schedule);
        schedule.due.push(Reverse((deadline, index)));
        let earlier = deadline < schedule.asleep;
        if earlier {
            schedule.asleep = deadline;
        }
        drop(schedule);
        if earlier {
            self.rescheduled.notify_one();
        }
    }

    /// Ticks every holder at its deadline, until there are no handles any more and all is given up.
    async fn look_after(self: Arc<Self>) {
        let mut sleep = pin!(tokio::time::sleep(Duration::ZERO));
        loop {
            let now = self.clock.now();
            let wake = self.tick(now);
            if self.handles.load(Ordering::Acquire) == 0 && self.is_idle() {
                return;
            }
            let Some(wake) = wake else {
                self.rescheduled.notified().await;
                continue;
            };
            let left = wake.since(self.clock.now()).min(LONGEST_SLEEP);
            sleep.as_mut().reset(tokio::time::Instant::now() + left);
            tokio::select! {
                () = self.rescheduled.notified() => {}
                () = &mut sleep => {}
            }
        }
    }

    /// Ticks those that are due, and says when the next one is.
    fn tick(&self, now: Instant) -> Option<Instant> {
        loop {
            let mut schedule = lock(&self.schedule);
            let first = schedule.due.peek().map(|Reverse((at, _))| *at);
            let due = if first.is_some_and(|at| at <= now) { schedule.due.pop() } else { None };
            let Some(Reverse((at, index))) = due else {
                schedule.asleep = first.unwrap_or(Instant::FAR_FUTURE);
                return first;
            };
            drop(schedule);
            let slot = self.slots.read().unwrap_or_else(PoisonError::into_inner).get(index).cloned();
            // Otherwise it has been scheduled for an earlier time since, and looked after then.
            if let Some(slot) =
                slot.filter(|slot| slot.state().scheduled.take_if(|scheduled| *scheduled == at).is_some())
            {
                // Before the deadline, which has moved away perhaps, this does nothing but to schedule the slot again.
                self.step(&slot, Input::Tick);
            }
        }
    }

    /// Whether nothing is wanted, held, or being given up.
    pub(super) fn is_idle(&self) -> bool {
        use quorate::lease::holder::Standing;
        self.slots().iter().all(|slot| slot.state().holder.standing() == Standing::Idle)
    }
}

impl Inbox<Message<Name>> for Table {
    fn deliver(&self, from: NodeId, message: Message<Name>) {
        let index = usize::try_from(message.claim().get() >> SEQUENCE_BITS).unwrap_or(usize::MAX);
        let slot = self.slots.read().unwrap_or_else(PoisonError::into_inner).get(index).cloned();
        match slot {
            Some(slot) => {
                if !matches!(message, Message::Refused { .. }) {
                    self.authority.store(from.get(), Ordering::Relaxed);
                }
                self.step(&slot, Input::Receive { from, message });
            }
            None => tracing::debug!(%from, claim = %message.claim(), "an answer for nobody"),
        }
    }
}

/// Keeps the table alive: when the last one is dropped, what is being given up is seen to, and nothing else is begun.
#[derive(Debug)]
pub(super) struct Handle(Arc<Table>);

impl Handle {
    fn new(table: Arc<Table>) -> Self {
        table.handles.fetch_add(1, Ordering::Relaxed);
        Self(table)
    }
}

impl core::ops::Deref for Handle {
    type Target = Table;

    fn deref(&self) -> &Table {
        &self.0
    }
}

impl Clone for Handle {
    fn clone(&self) -> Self {
        Self::new(self.0.clone())
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        if self.0.handles.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.0.rescheduled.notify_one();
        }
    }
}

/// Logs what a holder tells.
fn trace(state: &State, event: &Event) {
    let Some((name, mode)) = state.wanted else { return };
    match event {
        Event::Waiting { ahead } => tracing::debug!(%name, %mode, ahead, "in line"),
        Event::Acquired { token } => tracing::debug!(%name, %mode, %token, "acquired"),
        Event::Entered { depth } => tracing::debug!(%name, depth, "entered or left, and still held"),
        Event::Doubtful { left } => tracing::warn!(%name, ?left, "a lock is doubtful: a renewal is overdue"),
        Event::Sound { left } => tracing::info!(%name, ?left, "a lock is assured again"),
        Event::Lost { token, why } => tracing::warn!(%name, %token, %why, "a lock is lost"),
        Event::Released { token, confirmed: true } => tracing::debug!(%name, %token, "released"),
        Event::Released { token, confirmed: false } => {
            tracing::warn!(%name, %token, "nobody confirmed that a lock was released: it runs out by itself");
        }
        Event::Failed { why } => tracing::debug!(%name, %mode, %why, "not acquired"),
        Event::Rejected { from, reason } => tracing::debug!(%name, %from, %reason, "an answer was not acted on"),
        Event::Refused(misuse) => tracing::debug!(%name, %misuse, "a command was refused"),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
