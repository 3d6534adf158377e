//! Machines of one process, shared by its threads through mailboxes: no socket, no frames, and no thread that nobody asked for.
//!
//! Machines that exchange the same messages join an [`Exchange`], each at a [`Seat`]. Threads command a seat, and wait at it for
//! whatever they want its machine to become; who waits serves the mail that came for the machine, and ticks it at its deadline. So
//! a machine lives by the threads that wait at its seat. Where none does all the time, one [serves](Seat::serve) it.
//!
//! ```
//! use quorate::election::{Guarantee, Start};
//! use quorate::member::{DetectorKind, Member, Profile};
//! use quorate::{Group, Incarnation, NodeId, Seed};
//! use quorate_std::clock;
//! use quorate_std::local::Exchange;
//! use std::sync::Arc;
//! use std::time::Duration;
//!
//! // Three threads elect one of them.
//! let ids = [1, 2, 3].map(NodeId::new);
//! let exchange = Exchange::new();
//! let seats = ids.map(|id| {
//!     let config = Profile::LAN.config::<8>(DetectorKind::Timeout, Guarantee::Majority, Seed::new(id.get().into())).unwrap();
//!     let others: Vec<NodeId> = ids.into_iter().filter(|&other| other != id).collect();
//!     let group = Group::<4>::new(id, &others).unwrap();
//!     let machine = Member::new(config, group, &[], Incarnation::new(1), Start::First, clock::now()).unwrap();
//!     exchange.join(id, machine, Arc::new(clock::System))
//! });
//! let leaders = std::thread::scope(|scope| {
//!     let threads = seats.map(|seat| {
//!         scope.spawn(move || {
//!             let leader = seat.wait_for(Some(Duration::from_secs(20)), |member, _| member.election().leader());
//!             // The others may need its vote yet.
//!             seat.wait_for(Some(Duration::from_millis(200)), |_, _| None::<()>);
//!             leader
//!         })
//!     });
//!     threads.map(|thread| thread.join().unwrap().expect("a leader in time"))
//! });
//! assert!(leaders.iter().all(|leader| leader.id == leaders[0].id));
//! ```
//!
//! A record that a machine wants persisted is kept at its seat ([`Seat::record`]) and nowhere else, since the threads of a process
//! end together. Who needs it to survive takes a [driver](crate::driver).

use crate::clock::{Clock, LONGEST_SLEEP};
use crate::sync::{Bug, Condvar, Mutex, MutexGuard, lock, planted, wait};
use core::fmt;
use core::time::Duration;
use quorate::{Input, InputOf, Instant, Machine, NodeId, Output, To};
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Weak};

/// How much mail waits at one seat at most, and how many events; of mail the newest is lost on top of that, of events the oldest.
pub const QUEUE: usize = 1_024;
/// How many inputs are served before a thread looks whether it has what it waits for.
const TURN: usize = 64;

/// Where machines of one process exchange messages `P`. Clones are the same exchange.
pub struct Exchange<P> {
    doors: Arc<Mutex<Doors<P>>>,
}

type Doors<P> = HashMap<NodeId, Weak<dyn Door<P>>>;

/// Where mail for one node is handed in.
trait Door<P>: Send + Sync {
    fn deliver(&self, from: NodeId, message: P);
}

impl<P: Clone + Send + 'static> Exchange<P> {
    /// An exchange without machines.
    #[must_use]
    pub fn new() -> Self {
        Self { doors: Arc::new(Mutex::new(HashMap::new())) }
    }

    /// A seat for the machine of `node`, which goes by `clock`. Mail for whoever sat there before goes here from now on.
    #[must_use]
    pub fn join<M>(&self, node: NodeId, machine: M, clock: Arc<dyn Clock>) -> Seat<M>
    where
        M: Machine<Message = P> + Send + 'static,
        M::Record: Send,
        M::Event: Send,
    {
        let state =
            State { machine, mail: VecDeque::new(), lost: 0, events: VecDeque::new(), record: None, closed: false };
        let place = Arc::new(Place { node, state: Mutex::new(state), changed: Condvar::new(), clock });
        let weak = Arc::downgrade(&place);
        let door: Weak<dyn Door<P>> = weak;
        lock(&self.doors).insert(node, door);
        Seat { place, exchange: self.clone() }
    }

    fn deliver(&self, from: NodeId, to: NodeId, message: P) {
        let door = lock(&self.doors).get(&to).cloned();
        if let Some(door) = door.and_then(|door| door.upgrade()) {
            door.deliver(from, message);
        }
    }
}

impl<P: Clone + Send + 'static> Default for Exchange<P> {
    fn default() -> Self {
        Self::new()
    }
}

impl<P> Clone for Exchange<P> {
    fn clone(&self) -> Self {
        Self { doors: self.doors.clone() }
    }
}

impl<P> fmt::Debug for Exchange<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exchange").finish_non_exhaustive()
    }
}

/// A machine that threads share. Clones are the same seat; it is left when the last one is dropped.
pub struct Seat<M: Machine> {
    place: Arc<Place<M>>,
    exchange: Exchange<M::Message>,
}

struct Place<M: Machine> {
    node: NodeId,
    state: Mutex<State<M>>,
    /// There is mail, or the machine has been stepped, or the seat is closed.
    changed: Condvar,
    clock: Arc<dyn Clock>,
}

struct State<M: Machine> {
    machine: M,
    mail: VecDeque<(NodeId, M::Message)>,
    /// How much mail found no room.
    lost: u64,
    events: VecDeque<(Instant, M::Event)>,
    record: Option<M::Record>,
    closed: bool,
}

/// What steps have sent, to be handed in when the machine is not locked any more: two machines may be writing to each other.
type Outbox<M> = Vec<(To, <M as Machine>::Message)>;

impl<M> Door<M::Message> for Place<M>
where
    M: Machine + Send,
    M::Message: Send,
    M::Record: Send,
    M::Event: Send,
{
    fn deliver(&self, from: NodeId, message: M::Message) {
        if planted(Bug::LostWakeup) {
            self.changed.notify_all();
        }
        let mut state = lock(&self.state);
        if state.mail.len() >= QUEUE {
            state.lost += 1;
            return;
        }
        state.mail.push_back((from, message));
        drop(state);
        if !planted(Bug::LostWakeup) {
            self.changed.notify_all();
        }
    }
}

impl<M: Machine> State<M> {
    /// Steps the machine. Returns the events, and keeps everything else that it puts out.
    fn step(&mut self, input: InputOf<M>, now: Instant, outbox: &mut Outbox<M>) -> Vec<M::Event> {
        let mut events = Vec::new();
        for output in self.machine.step(input, now) {
            match output {
                Output::Send { to, message } => outbox.push((to, message)),
                Output::Persist(record) => self.record = Some(record),
                Output::Event(event) => events.push(event),
            }
        }
        events
    }

    /// Serves mail and deadlines, but not for ever. Whether there was anything to serve.
    fn turn(&mut self, now: Instant, outbox: &mut Outbox<M>) -> bool {
        for served in 0..TURN {
            let input = match self.mail.pop_front() {
                Some((from, message)) => Input::Receive { from, message },
                None if self.machine.deadline().is_some_and(|deadline| deadline <= now) => Input::Tick,
                None => return served > 0,
            };
            for event in self.step(input, now, outbox) {
                if self.events.len() >= QUEUE {
                    self.events.pop_front();
                }
                self.events.push_back((now, event));
            }
        }
        true
    }
}

impl<M: Machine> Seat<M>
where
    M::Message: Send + 'static,
{
    /// Whose seat it is.
    #[must_use]
    pub fn node(&self) -> NodeId {
        self.place.node
    }

    /// Gives the machine a command, at once. Returns the events of that step; they do not come [next](Seat::next) again.
    pub fn command(&self, command: M::Command) -> Vec<M::Event> {
        let mut outbox = Vec::new();
        let mut state = self.state();
        let now = self.place.clock.now();
        let events = state.step(Input::Command(command), now, &mut outbox);
        self.post(state, outbox);
        events
    }

    /// Waits until `look` finds what it looks for in the machine, for so long at most; `None` is for as long as it takes. Serves
    /// the machine meanwhile. Returns nothing when the time is over, or the seat is [closed](Seat::close).
    pub fn wait_for<T>(&self, longest: Option<Duration>, mut look: impl FnMut(&M, Instant) -> Option<T>) -> Option<T> {
        self.wait(longest, |state, now| look(&state.machine, now))
    }

    /// The next event that came of mail or a deadline, and when it happened. Waits for it, for so long at most; `None` is for as
    /// long as it takes. Each event goes to one of the threads that wait.
    pub fn next(&self, longest: Option<Duration>) -> Option<(Instant, M::Event)> {
        self.wait(longest, |state, _| state.events.pop_front())
    }

    /// Serves the machine until the seat is [closed](Seat::close): for a thread that does nothing else.
    pub fn serve(&self) {
        self.wait(None, |_, _| None::<core::convert::Infallible>);
    }

    fn wait<T>(
        &self,
        longest: Option<Duration>,
        mut look: impl FnMut(&mut State<M>, Instant) -> Option<T>,
    ) -> Option<T> {
        let clock = &self.place.clock;
        let end = longest.map(|longest| clock.now() + longest);
        let mut state = self.state();
        loop {
            let (now, mut outbox) = (clock.now(), Vec::new());
            let served = state.turn(now, &mut outbox);
            let found = look(&mut state, now);
            if served {
                // Others may wait for what has become of it.
                self.post(state, outbox);
                if found.is_some() {
                    return found;
                }
                state = self.state();
                continue;
            }
            if found.is_some() || state.closed || end.is_some_and(|end| end <= now) {
                return found;
            }
            let wake = state.machine.deadline().into_iter().chain(end).min();
            let left = wake.map(|wake| wake.since(now).min(LONGEST_SLEEP));
            state = wait(&self.place.changed, state, left);
        }
    }

    /// Hands in what was sent, and has others look what has become of the machine.
    fn post(&self, state: MutexGuard<'_, State<M>>, outbox: Outbox<M>) {
        let peers: Vec<NodeId> = match outbox.iter().any(|(to, _)| *to == To::Peers) {
            true => state.machine.peers().to_vec(),
            false => Vec::new(),
        };
        drop(state);
        self.place.changed.notify_all();
        for (to, message) in outbox {
            match to {
                To::Node(node) => self.exchange.deliver(self.place.node, node, message),
                To::Peers => {
                    for &peer in &peers {
                        self.exchange.deliver(self.place.node, peer, message.clone());
                    }
                }
            }
        }
    }

    /// Looks at the machine. Do so briefly, for meanwhile it cannot be stepped.
    pub fn inspect<T>(&self, look: impl FnOnce(&M) -> T) -> T {
        look(&self.state().machine)
    }

    /// The last record that the machine wanted to be persisted.
    #[must_use]
    pub fn record(&self) -> Option<M::Record> {
        self.state().record.clone()
    }

    /// How much mail was lost, since [`QUEUE`] was there already: nobody waits at this seat, or not enough.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.state().lost
    }

    /// Has every thread that waits look at the clock and the machine again: for clocks that are set by hand.
    pub fn wake(&self) {
        drop(self.state()); // Whoever has looked already is waiting by now.
        self.place.changed.notify_all();
    }

    /// Nobody waits here any more, now or later.
    pub fn close(&self) {
        self.state().closed = true;
        self.place.changed.notify_all();
    }

    fn state(&self) -> MutexGuard<'_, State<M>> {
        lock(&self.place.state)
    }
}

impl<M: Machine> Clone for Seat<M> {
    fn clone(&self) -> Self {
        Self { place: self.place.clone(), exchange: self.exchange.clone() }
    }
}

impl<M: Machine> fmt::Debug for Seat<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Seat").field("node", &self.place.node).finish_non_exhaustive()
    }
}
