//! Driving any machine.
//!
//! A [`Driver`] is one future: it waits for whichever comes first of a datagram, a command, the machine's deadline and a
//! request to stop, steps the machine, and carries the outputs out. There is one socket, one timer and no task per peer, and
//! no lock is held while anything is awaited.
//!
//! # What is full
//!
//! | queue | bound | when it is full |
//! |---|---:|---|
//! | commands | 64 | who has one more waits |
//! | events ([`Events`]) | as asked for | the slowest receivers miss the oldest, and are told how many |
//! | datagrams out | the transport's (UDP: the socket's buffer) | dropped and counted; protocols repeat what matters |
//! | datagrams in | the transport's (UDP: the socket's buffer) | dropped by the system, as if the network had |
//!
//! # What is durable
//!
//! When a step asks for a record to be persisted, the driver waits for the storage, and steps no further meanwhile. What
//! the step put before the record has left by then; what comes after it leaves when the record is durable. If it cannot be
//! made durable, nothing of the rest ever leaves: the driver stops with [`Error::Storage`].

mod events;
mod handle;

pub use events::Events;
pub use handle::Handle;
pub use quorate_std::driver::{ASKER, Counters, Frames, Happened, MAX_PEERS, Observer, Survey};

use crate::clock::{Clock, LONGEST_SLEEP};
use crate::storage::Storage;
use crate::transport::{Incoming, Origin, Transport};
use crate::{Error, Notice, Rejection};
use core::marker::PhantomData;
use core::net::SocketAddr;
use core::pin::pin;
use core::sync::atomic::Ordering;
use core::time::Duration;
use handle::{COMMANDS, Request, Shared};
use quorate::{Input, InputOf, Instant, Machine, NodeId, Output};
use quorate_std::driver::{Admitted, Dispatch, Traffic};
use quorate_std::transport::Link;
use quorate_wire::Payload;
use std::io;
use std::sync::Arc;
use tokio::sync::{mpsc, watch};

/// How many ticks, or commands of the observer, are served before something else gets its turn.
const TURN: usize = 64;
/// Drives a machine: see the [module](self).
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use quorate::detector::{self, Heartbeat, Monitor, MonitorConfig, Timeout, TimeoutConfig};
/// use quorate::{Group, Incarnation, NodeId};
/// use quorate_tokio::storage::Nowhere;
/// use quorate_tokio::transport::channel::Network;
/// use quorate_tokio::{Driver, Events, Frames, Happened, clock};
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
/// let (events, mut receiver) = Events::new(16);
/// let frames = Frames::new(GroupId::from_name("example"), one, incarnation, &[two])?;
/// let (driver, handle) = Driver::new(monitor, frames, network.join(one), Nowhere, events, Arc::new(clock::System));
/// let driver = tokio::spawn(driver.run());
///
/// let (_at, happened) = receiver.recv().await?;
/// assert!(matches!(happened, Happened::Event(detector::Event::Suspected { peer, .. }) if peer == two));
/// handle.stop();
/// driver.await??;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use = "a driver does nothing until it is run"]
pub struct Driver<M: Machine, T, S, O: Observer<M> = ()> {
    shared: Arc<Shared<M>>,
    transport: T,
    storage: S,
    dispatch: Dispatch<M::Message>,
    clock: Arc<dyn Clock>,
    requests: mpsc::Receiver<Request<M>>,
    /// The last field, so that socket and storage are free when it is told that the driver has stopped.
    end: End<M, O>,
}

/// Tells everybody how it ended, when it is dropped.
#[derive(Debug)]
struct End<M: Machine, O: Observer<M>> {
    observer: O,
    done: watch::Sender<Option<Result<(), Error>>>,
    result: Result<(), Error>,
    _machine: PhantomData<fn(M)>,
}

impl<M: Machine, O: Observer<M>> Drop for End<M, O> {
    fn drop(&mut self) {
        self.observer.stopped(&self.result);
        self.done.send_replace(Some(self.result.clone()));
    }
}

impl<M, T, S, O> Driver<M, T, S, O>
where
    M: Machine + Send + 'static,
    M::Command: Send,
    M::Message: Payload + Send + Sync,
    M::Record: Send,
    M::Event: Send + Sync,
    T: Transport,
    S: Storage<M::Record>,
    O: Observer<M>,
{
    /// A driver for `machine`, and a handle to it.
    pub fn new(
        machine: M,
        frames: Frames,
        transport: T,
        storage: S,
        observer: O,
        clock: Arc<dyn Clock>,
    ) -> (Self, Handle<M>) {
        let now = clock.now();
        let (sender, requests) = mpsc::channel(COMMANDS);
        let (done, result) = watch::channel(None);
        let traffic = Arc::new(Traffic::default());
        let dispatch = Dispatch::new(frames, machine.peers(), traffic.clone(), now);
        let shared = Arc::new(Shared::new(machine, traffic));
        let handle = Handle { shared: shared.clone(), requests: sender, done: result };
        let driver = Self {
            shared,
            transport,
            storage,
            dispatch,
            clock,
            requests,
            // How it ends if nobody says otherwise.
            end: End { observer, done, result: Err(Error::Aborted), _machine: PhantomData },
        };
        (driver, handle)
    }

    /// Drives the machine until a handle asks to stop, or the last handle is gone.
    ///
    /// # Errors
    ///
    /// If it cannot go on: see [`Error`].
    pub async fn run(mut self) -> Result<(), Error> {
        let result = self.serve().await;
        match &result {
            Ok(()) => tracing::info!("stopped"),
            Err(error) => tracing::error!(%error, "stopped"),
        }
        self.end.result.clone_from(&result);
        result
    }

    async fn serve(&mut self) -> Result<(), Error> {
        let shared = self.shared.clone();
        // One byte more than is taken, so that what is too long is seen to be.
        let mut buffer = vec![0; self.dispatch.limit().saturating_add(1)];
        let mut sleep = pin!(tokio::time::sleep(Duration::ZERO));
        loop {
            let wake = self.catch_up().await?;
            let left = wake.since(self.clock.now()).min(LONGEST_SLEEP);
            sleep.as_mut().reset(tokio::time::Instant::now() + left);
            tokio::select! {
                incoming = self.transport.receive(&mut buffer) => {
                    match incoming.map_err(|error| Error::Transport(Arc::new(error)))? {
                        Incoming::Datagram { length, from } => {
                            let length = length.min(buffer.len());
                            self.receive(&mut buffer[..length], from).await?;
                        }
                        Incoming::Notice(notice) => self.notice(&notice),
                    }
                }
                request = self.requests.recv() => match request {
                    Some(Request { command, reply }) => {
                        let mut events = Vec::new();
                        self.drive(Input::Command(command), Some(&mut events)).await?;
                        self.flush()?;
                        let _ = reply.send(events); // Whoever asked may have gone.
                    }
                    None => return Ok(()),
                },
                () = shared.wake.notified() => {
                    if shared.stopping.load(Ordering::Acquire) {
                        return Ok(());
                    }
                    self.follow_up().await?;
                }
                () = &mut sleep => {}
            }
        }
    }

    /// Ticks if it is time, sends what has gathered, and says when to wake at the latest.
    async fn catch_up(&mut self) -> Result<Instant, Error> {
        let mut ticks = 0;
        let (now, deadline) = loop {
            let deadline = self.shared.machine().deadline();
            let now = self.clock.now();
            if ticks == TURN || deadline.is_none_or(|deadline| now < deadline) {
                break (now, deadline);
            }
            ticks += 1;
            self.drive(Input::Tick, None).await?;
        };
        self.flush()?;
        if now >= self.dispatch.next_survey() {
            self.survey(now);
        }
        let survey = self.dispatch.next_survey() + LONGEST_SLEEP; // Some other wake-up will do, mostly.
        Ok(deadline.unwrap_or(survey).min(survey))
    }

    /// Takes one step, and those that the observer asks for because of it.
    async fn drive(&mut self, input: InputOf<M>, events: Option<&mut Vec<M::Event>>) -> Result<(), Error> {
        self.step(input, events).await?;
        self.follow_up().await
    }

    async fn follow_up(&mut self) -> Result<(), Error> {
        for _ in 0..TURN {
            let next = self.end.observer.stepped(&self.shared.machine(), self.clock.now());
            let Some(command) = next else { return Ok(()) };
            self.step(Input::Command(command), None).await?;
        }
        self.shared.wake.notify_one(); // There is more, but others wait, too.
        Ok(())
    }

    /// Steps the machine and carries the outputs out, in order.
    async fn step(&mut self, input: InputOf<M>, mut events: Option<&mut Vec<M::Event>>) -> Result<(), Error> {
        let now = self.clock.now();
        let outputs = self.shared.machine().step(input, now);
        self.shared.traffic.stepped(self.clock.now().since(now));
        for output in outputs {
            match output {
                Output::Send { to, message } => self.dispatch.push(to, message),
                Output::Persist(record) => {
                    self.flush()?;
                    // If this fails, the rest of the outputs is dropped, and the machine is not stepped again.
                    self.storage.persist(record).await?;
                    self.shared.traffic.persisted();
                }
                Output::Event(event) => {
                    self.end.observer.event(&event, now);
                    if let Some(events) = events.as_deref_mut() {
                        events.push(event);
                    }
                }
            }
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Error> {
        self.dispatch.flush(&mut Linked(&mut self.transport))
    }

    async fn receive(&mut self, datagram: &mut [u8], from: Origin) -> Result<(), Error> {
        let now = self.clock.now();
        match self.dispatch.admit(&mut Linked(&mut self.transport), datagram, from, now) {
            Ok(Admitted::Messages(frame)) => {
                let sender = frame.header().sender;
                for entry in frame.entries() {
                    match entry.decode::<M::Message>() {
                        Ok(message) => self.drive(Input::Receive { from: sender, message }, None).await?,
                        Err(rejected) => self.dropped(from, rejected.into()),
                    }
                }
            }
            Ok(Admitted::Question(frame)) => {
                let Some(question) = frame.entries().next() else { return Ok(()) };
                let Self { dispatch, transport, shared, end, .. } = self;
                let (link, observer) = (&mut Linked(transport), &mut end.observer);
                let unanswered = dispatch.answer(link, &question, from, &*shared.machine(), observer, now)?;
                if let Some(rejection) = unanswered {
                    self.dropped(from, rejection);
                }
                self.follow_up().await?; // it may have been something to do
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
        self.end.observer.notice(notice, self.clock.now());
    }

    /// What is done once a second.
    fn survey(&mut self, now: Instant) {
        let Self { dispatch, transport, shared, end, .. } = self;
        dispatch.survey(&mut Linked(transport), &*shared.machine(), &mut end.observer, now);
    }
}

/// The half of a transport that never waits.
struct Linked<'a, T>(&'a mut T);

impl<T: Transport> Link for Linked<'_, T> {
    fn send(&mut self, to: NodeId, datagram: &[u8]) -> io::Result<()> {
        self.0.send(to, datagram)
    }

    fn vouches(&self, from: Origin, peer: NodeId) -> bool {
        self.0.vouches(from, peer)
    }

    fn reply(&mut self, to: Origin, datagram: &[u8]) -> io::Result<()> {
        self.0.reply(to, datagram)
    }

    fn address(&self, peer: NodeId) -> Option<SocketAddr> {
        self.0.address(peer)
    }

    fn silent(&mut self, peer: NodeId) {
        self.0.silent(peer);
    }
}
