//! Machines behind one mutex, stepped by whichever thread has something for them.

use crate::carrier::{Answers, Carrier, Inbox};
use crate::clock::{Clock, LONGEST_SLEEP};
use crate::signal::{Bell, Signal};
use crate::sync::{Bug, Condvar, Mutex, MutexGuard, lock, planted, wait};
use core::fmt;
use core::ops::ControlFlow;
use core::time::Duration;
use quorate::{Instant, NodeId, To};
use std::sync::{Arc, Weak};

/// Some machines, the mail between them, and who waits for what becomes of them. Nothing in it waits or is shared.
pub(crate) trait Machines: Send + 'static {
    /// What they exchange with others.
    type Message: Send + 'static;
    /// Tells of changes to those who wait.
    type Told: Tell;

    /// Takes a message of another node.
    fn receive(&mut self, from: NodeId, message: Self::Message, now: Instant);

    /// Serves all mail and everything that is due, until they have come to rest.
    fn settle(&mut self, now: Instant);

    /// Whether nothing is under way.
    fn is_idle(&self) -> bool;

    /// When something is to be done next, at the earliest.
    fn due(&self) -> Option<Instant>;

    /// Who waits for what has changed since this was asked last.
    fn changed(&mut self) -> Vec<Arc<Self::Told>>;

    /// What they have to say to other nodes since this was asked last.
    fn outgoing(&mut self) -> Vec<(To, Self::Message)>;
}

/// What threads share of them.
pub(crate) struct Shared<A: Machines> {
    inside: Mutex<Inside<A>>,
    pub(crate) clock: Arc<dyn Clock>,
    carrier: Option<Box<dyn Carrier<A::Message>>>,
    looked_after: LookedAfter,
}

struct Inside<A> {
    machines: A,
    /// Until when whoever looks after deadlines sleeps; `None` while it does not.
    asleep: Option<Instant>,
    /// Nobody begins anything any more.
    closing: bool,
}

/// Who looks after deadlines.
pub(crate) enum LookedAfter {
    /// A thread that waits for this to ring.
    Rung(Arc<Bell>),
    /// Somebody who waits for something else beside, and is woken by this.
    #[cfg(not(any(loom, shuttle)))]
    Woken(crate::transport::Waker),
    /// Whoever waits.
    ByWaiters,
}

impl<A: Machines> Shared<A> {
    pub(crate) fn new(
        machines: A,
        clock: Arc<dyn Clock>,
        carrier: Option<Box<dyn Carrier<A::Message>>>,
        looked_after: LookedAfter,
    ) -> Self {
        Self { inside: Mutex::new(Inside { machines, asleep: None, closing: false }), clock, carrier, looked_after }
    }

    /// The same, and answers come to it.
    pub(crate) fn attached(
        machines: A,
        clock: Arc<dyn Clock>,
        carrier: Box<dyn Carrier<A::Message>>,
        looked_after: LookedAfter,
    ) -> Arc<Self> {
        let shared = Arc::new(Self::new(machines, clock, Some(carrier), looked_after));
        let weak = Arc::downgrade(&shared);
        let inbox: Weak<dyn Inbox<A::Message>> = weak;
        if let Some(carrier) = &shared.carrier {
            carrier.attach(Answers::new(inbox));
        }
        shared
    }

    /// Does something with the machines, lets them come to rest, sends what they say, and has those look again whom it concerns.
    pub(crate) fn act<T>(&self, act: impl FnOnce(&mut A, Instant) -> T) -> T {
        let (done, rest) = {
            let mut inside = lock(&self.inside);
            let now = self.clock.now();
            let done = act(&mut inside.machines, now);
            inside.machines.settle(now);
            (done, self.rest(&mut inside))
        };
        self.carry_out(rest);
        done
    }

    /// What is to be done when the machines are not locked any more.
    fn rest(&self, inside: &mut Inside<A>) -> Rest<A> {
        let machines = &mut inside.machines;
        let (changed, outgoing, due) = (machines.changed(), machines.outgoing(), machines.due());
        let earlier = inside.asleep.is_some_and(|asleep| due.is_some_and(|due| due < asleep));
        if earlier {
            inside.asleep = due;
        }
        Rest { changed, outgoing, earlier }
    }

    fn carry_out(&self, rest: Rest<A>) {
        for told in rest.changed {
            told.tell();
        }
        if let Some(carrier) = &self.carrier {
            for (to, message) in rest.outgoing {
                // Not under the lock: the answer may come before this returns.
                carrier.send(to, message);
            }
        }
        if rest.earlier {
            self.reschedule();
        }
    }

    /// Has whoever looks after deadlines look again.
    fn reschedule(&self) {
        match &self.looked_after {
            LookedAfter::Rung(bell) => bell.notify(),
            #[cfg(not(any(loom, shuttle)))]
            LookedAfter::Woken(waker) => waker.wake(),
            LookedAfter::ByWaiters => {}
        }
    }

    /// Serves what is due, and says until when whoever looks after deadlines may sleep; it is to end when they are
    /// [closed](Shared::close) and idle.
    pub(crate) fn look_after(&self) -> ControlFlow<(), Option<Instant>> {
        let (due, is_over, rest) = {
            let mut inside = lock(&self.inside);
            inside.machines.settle(self.clock.now());
            let rest = self.rest(&mut inside);
            let due = inside.machines.due();
            inside.asleep = Some(due.unwrap_or(Instant::FAR_FUTURE));
            (due, inside.closing && inside.machines.is_idle(), rest)
        };
        self.carry_out(rest);
        if is_over { ControlFlow::Break(()) } else { ControlFlow::Continue(due) }
    }

    /// Nobody begins anything any more: whoever looks after deadlines ends when nothing is under way.
    pub(crate) fn close(&self) {
        lock(&self.inside).closing = true;
        self.reschedule();
    }

    /// The time, by their clock.
    pub(crate) fn now(&self) -> Instant {
        self.clock.now()
    }

    /// Looks at the machines. Do so briefly.
    pub(crate) fn look<T>(&self, look: impl FnOnce(&A, Instant) -> T) -> T {
        look(&lock(&self.inside).machines, self.clock.now())
    }

    /// Waits at this condition until `look` finds what it looks for, until that time at the latest, which `look` says, too.
    pub(crate) fn wait<T>(
        &self,
        condition: &Condvar,
        mut look: impl FnMut(&mut A, Instant) -> Result<T, Option<Instant>>,
    ) -> T {
        let mut inside = lock(&self.inside);
        loop {
            let now = self.clock.now();
            let until = match look(&mut inside.machines, now) {
                Ok(found) => return found,
                Err(until) => until,
            };
            let due = match self.looked_after {
                LookedAfter::ByWaiters => inside.machines.due(),
                _ => None,
            };
            if due.is_some_and(|due| due <= now) {
                drop(inside);
                self.act(|_, _| ());
                inside = lock(&self.inside);
                continue;
            }
            if planted(Bug::LostWakeup) {
                drop(inside);
                inside = lock(&self.inside);
            }
            let left = until.into_iter().chain(due).min().map(|at| at.since(now).min(LONGEST_SLEEP));
            inside = wait(condition, inside, left);
        }
    }

    /// Has whoever waits at this condition look again, for a reason that is not in the machines.
    pub(crate) fn wake(&self, condition: &Condvar) {
        drop(self.inside()); // Whoever has looked already is waiting by now.
        condition.notify_all();
    }

    fn inside(&self) -> MutexGuard<'_, Inside<A>> {
        lock(&self.inside)
    }
}

struct Rest<A: Machines> {
    changed: Vec<Arc<A::Told>>,
    outgoing: Vec<(To, A::Message)>,
    earlier: bool,
}

/// Has those look again who wait for a change.
pub(crate) trait Tell: Send + Sync {
    fn tell(&self);
}

impl Tell for Condvar {
    fn tell(&self) {
        self.notify_all();
    }
}

impl Tell for Bell {
    fn tell(&self) {
        self.notify();
    }
}

impl<A: Machines> Inbox<A::Message> for Shared<A> {
    fn deliver(&self, from: NodeId, message: A::Message) {
        self.act(|machines, now| machines.receive(from, message, now));
    }
}

impl<A: Machines> fmt::Debug for Shared<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}

/// Looks after deadlines, for a thread that does nothing else: until they are closed and idle.
pub(crate) fn look_after(shared: &Shared<impl Machines>, bell: &Bell) {
    loop {
        let heard = bell.listen();
        let ControlFlow::Continue(due) = shared.look_after() else { return };
        bell.wait(heard, due.map(|due| due.since(shared.clock.now()).min(LONGEST_SLEEP)));
    }
}

/// Until then, and no longer than so; `None` is for as long as it takes.
pub(crate) fn end(clock: &dyn Clock, longest: Option<Duration>) -> Option<Instant> {
    longest.map(|longest| clock.now() + longest)
}
