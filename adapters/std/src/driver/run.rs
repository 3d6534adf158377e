//! The one loop.

use super::handle::{Request, Shared};
use super::{Admitted, Dispatch, Frames, Handle, Observer, Traffic};
use crate::clock::{Clock, LONGEST_SLEEP};
use crate::storage::Storage;
use crate::sync::Taken;
use crate::transport::{Incoming, Origin, Transport};
use crate::{Error, Notice, Rejection};
use core::fmt;
use core::ops::ControlFlow;
use core::time::Duration;
use quorate::{Input, InputOf, Instant, Machine, Output};
use quorate_wire::Payload;
use std::io;
use std::sync::Arc;
use std::thread;

/// How many ticks, commands, or commands of the observer, are served before something else gets its turn.
const TURN: usize = 64;

/// Drives a machine: see the [module](super).
///
/// ```
/// use quorate::detector::{self, Heartbeat, Monitor, MonitorConfig, Timeout, TimeoutConfig};
/// use quorate::{Group, Incarnation, NodeId};
/// use quorate_std::driver::{Driver, Events};
/// use quorate_std::storage::Nowhere;
/// use quorate_std::transport::channel::Network;
/// use quorate_std::{Frames, Happened, clock};
/// use quorate_wire::GroupId;
/// use std::sync::Arc;
/// use std::time::Duration;
///
/// // A failure detector alone, among two nodes of which the other one never speaks.
/// let [one, two] = [1, 2].map(NodeId::new);
/// let incarnation = Incarnation::new(1);
/// let monitor = Monitor::<Timeout, 4>::new(
///     MonitorConfig::new(Duration::from_millis(20))?,
///     TimeoutConfig::new(Duration::from_millis(60))?,
///     Group::new(one, &[two])?,
///     incarnation,
///     clock::now(),
/// );
/// let network = Network::new();
/// let events = Events::new(16);
/// let mut receiver = events.subscribe();
/// let frames = Frames::new(GroupId::from_name("example"), one, incarnation, &[two])?;
/// let driver = Driver::new(monitor, frames, network.join(one), Nowhere, events, Arc::new(clock::System));
/// let handle = driver.spawn("monitor")?;
///
/// let (_at, happened) = receiver.next(None)?;
/// assert!(matches!(happened, Happened::Event(detector::Event::Suspected { peer, .. }) if peer == two));
/// handle.stop();
/// handle.closed()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "a driver does nothing until it is run"]
pub struct Driver<M: Machine, T, S, O: Observer<M> = ()> {
    handle: Handle<M>,
    transport: T,
    storage: S,
    dispatch: Dispatch<M::Message>,
    clock: Arc<dyn Clock>,
    /// The last field, so that socket and storage are free when it is told that the driver has stopped.
    end: End<M, O>,
}

/// Tells everybody how it ended, when it is dropped.
struct End<M: Machine, O: Observer<M>> {
    observer: O,
    shared: Arc<Shared<M>>,
    result: Result<(), Error>,
}

impl<M: Machine, O: Observer<M>> Drop for End<M, O> {
    fn drop(&mut self) {
        self.observer.stopped(&self.result);
        self.shared.end(self.result.clone());
    }
}

impl<M, T, S, O> Driver<M, T, S, O>
where
    M: Machine + Send + 'static,
    M::Command: Send,
    M::Message: Payload + Send,
    M::Event: Send,
    T: Transport,
    S: Storage<M::Record>,
    O: Observer<M>,
{
    /// A driver for `machine`.
    pub fn new(machine: M, frames: Frames, transport: T, storage: S, observer: O, clock: Arc<dyn Clock>) -> Self {
        let traffic = Arc::new(Traffic::default());
        let dispatch = Dispatch::new(frames, machine.peers(), traffic.clone(), clock.now());
        let shared = Arc::new(Shared::new(machine, traffic, transport.waker()));
        // How it ends if nobody says otherwise.
        let end = End { observer, shared: shared.clone(), result: Err(Error::Aborted) };
        Self { handle: Handle { shared }, transport, storage, dispatch, clock, end }
    }

    /// Drives the machine on a thread of this name, until a handle asks to stop or the last handle is gone.
    ///
    /// # Errors
    ///
    /// If there can be no further thread.
    pub fn spawn(self, name: &str) -> io::Result<Handle<M>> {
        let handle = self.handle.clone();
        thread::Builder::new().name(name.to_owned()).spawn(move || {
            let _ = self.run(); // The handles say how it ended.
        })?;
        Ok(handle)
    }

    /// A handle, for who [runs](Driver::run) the driver on a thread of one's own.
    #[must_use]
    pub fn handle(&self) -> Handle<M> {
        self.handle.clone()
    }

    /// Drives the machine on this thread until a handle asks to stop, or the last handle is gone.
    ///
    /// # Errors
    ///
    /// If it cannot go on: see [`Error`].
    pub fn run(self) -> Result<(), Error> {
        let Self { handle, transport, storage, dispatch, clock, mut end } = self;
        let shared = handle.shared.clone();
        drop(handle); // Or it would never be gone.
        let mut running = Running { shared, transport, storage, dispatch, clock, observer: &mut end.observer };
        let result = running.serve();
        drop(running);
        match &result {
            Ok(()) => tracing::info!("stopped"),
            Err(error) => tracing::error!(%error, "stopped"),
        }
        end.result.clone_from(&result);
        result
    }
}

impl<M: Machine, T, S, O: Observer<M>> fmt::Debug for Driver<M, T, S, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Driver").finish_non_exhaustive()
    }
}

/// A driver that is run.
struct Running<'a, M: Machine, T, S, O> {
    shared: Arc<Shared<M>>,
    transport: T,
    storage: S,
    dispatch: Dispatch<M::Message>,
    clock: Arc<dyn Clock>,
    observer: &'a mut O,
}

impl<M, T, S, O> Running<'_, M, T, S, O>
where
    M: Machine,
    M::Message: Payload,
    T: Transport,
    S: Storage<M::Record>,
    O: Observer<M>,
{
    fn serve(&mut self) -> Result<(), Error> {
        // One byte more than is taken, so that what is too long is seen to be.
        let mut buffer = vec![0; self.dispatch.limit().saturating_add(1)];
        loop {
            let wake = self.catch_up()?;
            let left = wake.since(self.clock.now()).min(LONGEST_SLEEP);
            match self.transport.receive(&mut buffer, left).map_err(|error| Error::Transport(Arc::new(error)))? {
                Some(Incoming::Datagram { length, from }) => {
                    let length = length.min(buffer.len());
                    self.receive(&mut buffer[..length], from)?;
                }
                Some(Incoming::Notice(notice)) => self.notice(&notice),
                None => {}
            }
            if self.requests()?.is_break() {
                return Ok(());
            }
        }
    }

    /// Serves what is asked, but not for so long that nothing else gets its turn.
    fn requests(&mut self) -> Result<ControlFlow<()>, Error> {
        for _ in 0..TURN {
            match self.shared.requests.take(Some(Duration::ZERO)) {
                Taken::Mail(Request::Command(command, reply)) => {
                    let mut events = Vec::new();
                    self.drive(Input::Command(command), Some(&mut events))?;
                    self.dispatch.flush(&mut self.transport)?;
                    reply.give(events);
                }
                Taken::Mail(Request::Nudge) => self.follow_up()?,
                Taken::Mail(Request::Stop) | Taken::Closed => return Ok(ControlFlow::Break(())),
                Taken::Woken | Taken::Elapsed => return Ok(ControlFlow::Continue(())),
            }
        }
        self.transport.waker().wake(); // There may be more, but others wait, too.
        Ok(ControlFlow::Continue(()))
    }

    /// Ticks if it is time, sends what has gathered, and says when to wake at the latest.
    fn catch_up(&mut self) -> Result<Instant, Error> {
        let mut ticks = 0;
        let (now, deadline) = loop {
            let deadline = self.shared.machine().deadline();
            let now = self.clock.now();
            if ticks == TURN || deadline.is_none_or(|deadline| now < deadline) {
                break (now, deadline);
            }
            ticks += 1;
            self.drive(Input::Tick, None)?;
        };
        self.dispatch.flush(&mut self.transport)?;
        if now >= self.dispatch.next_survey() {
            self.dispatch.survey(&mut self.transport, &*self.shared.machine(), self.observer, now);
        }
        let survey = self.dispatch.next_survey() + LONGEST_SLEEP; // Some other wake-up will do, mostly.
        Ok(deadline.unwrap_or(survey).min(survey))
    }

    /// Takes one step, and those that the observer asks for because of it.
    fn drive(&mut self, input: InputOf<M>, events: Option<&mut Vec<M::Event>>) -> Result<(), Error> {
        self.step(input, events)?;
        self.follow_up()
    }

    fn follow_up(&mut self) -> Result<(), Error> {
        for _ in 0..TURN {
            let next = self.observer.stepped(&self.shared.machine(), self.clock.now());
            let Some(command) = next else { return Ok(()) };
            self.step(Input::Command(command), None)?;
        }
        let _ = self.shared.requests.try_put(Request::Nudge); // There is more, but others wait, too.
        self.transport.waker().wake();
        Ok(())
    }

    /// Steps the machine and carries the outputs out, in order.
    fn step(&mut self, input: InputOf<M>, mut events: Option<&mut Vec<M::Event>>) -> Result<(), Error> {
        let now = self.clock.now();
        let outputs = self.shared.machine().step(input, now);
        self.shared.traffic.stepped(self.clock.now().since(now));
        for output in outputs {
            match output {
                Output::Send { to, message } => self.dispatch.push(to, message),
                Output::Persist(record) => {
                    self.dispatch.flush(&mut self.transport)?;
                    // If this fails, the rest of the outputs is dropped, and the machine is not stepped again.
                    self.storage.persist(record)?;
                    self.shared.traffic.persisted();
                }
                Output::Event(event) => {
                    self.observer.event(&event, now);
                    if let Some(events) = events.as_deref_mut() {
                        events.push(event);
                    }
                }
            }
        }
        Ok(())
    }

    fn receive(&mut self, datagram: &mut [u8], from: Origin) -> Result<(), Error> {
        let now = self.clock.now();
        match self.dispatch.admit(&mut self.transport, datagram, from, now) {
            Ok(Admitted::Messages(frame)) => {
                let sender = frame.header().sender;
                for entry in frame.entries() {
                    match entry.decode::<M::Message>() {
                        Ok(message) => self.drive(Input::Receive { from: sender, message }, None)?,
                        Err(rejected) => self.dropped(from, rejected.into()),
                    }
                }
            }
            Ok(Admitted::Question(frame)) => {
                let Some(question) = frame.entries().next() else { return Ok(()) };
                let Self { dispatch, transport, shared, observer, .. } = self;
                let unanswered = dispatch.answer(transport, &question, from, &*shared.machine(), *observer, now)?;
                if let Some(rejection) = unanswered {
                    self.dropped(from, rejection);
                }
                self.follow_up()?; // it may have been something to do
            }
            Err(rejection) => self.dropped(from, rejection),
        }
        Ok(())
    }

    fn dropped(&mut self, from: Origin, rejection: Rejection) {
        if let Some(notice) = self.dispatch.dropped(from, rejection, self.clock.now()) {
            self.notice(&notice);
        }
    }

    fn notice(&mut self, notice: &Notice) {
        notice.log();
        self.observer.notice(notice, self.clock.now());
    }
}
