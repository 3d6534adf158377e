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

mod clients;
mod events;
mod frames;
mod handle;
mod observer;
mod reports;
mod traffic;

pub use events::{Events, Happened};
pub use frames::{Frames, MAX_PEERS};
pub use handle::Handle;
pub use observer::{Observer, Survey};
pub use traffic::Counters;

pub(crate) use traffic::Traffic;

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
use quorate::{Input, InputOf, Instant, Machine, NodeId, Output, To};
use quorate_wire::{Frame, MAX_DATAGRAM, Payload, Rejected, SendError, Writer};
use reports::{Allowance, Reports};
use std::sync::Arc;
use tokio::sync::{mpsc, watch};

/// The id under which somebody who is no member asks a member something. No member can have it.
pub const ASKER: NodeId = NodeId::new(u32::MAX);

/// How many ticks, or commands of the observer, are served before something else gets its turn.
const TURN: usize = 64;
/// How often the observer is shown everything.
const SURVEY: Duration = Duration::from_secs(1);
/// After how long a silence the transport is told that a peer may have moved.
const SILENCE: Duration = Duration::from_secs(3);
/// How many questions are answered at once, and after how long one more is.
const QUESTIONS: (u32, Duration) = (20, Duration::from_millis(50));

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
    frames: Frames,
    clock: Arc<dyn Clock>,
    requests: mpsc::Receiver<Request<M>>,
    /// The peers, and when each was heard last.
    peers: Vec<(NodeId, Instant)>,
    /// What is to be sent at the end of the turn.
    outbox: Vec<(To, M::Message)>,
    reports: Reports,
    questions: Allowance,
    surveyed: Instant,
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
        let peers = machine.peers().iter().map(|&peer| (peer, now)).collect();
        let shared = Arc::new(Shared::new(machine));
        let handle = Handle { shared: shared.clone(), requests: sender, done: result };
        let (outbox, reports) = (Vec::new(), Reports::new());
        let questions = Allowance::new(QUESTIONS.0, QUESTIONS.1);
        let driver = Self {
            shared,
            transport,
            storage,
            frames,
            clock,
            requests,
            peers,
            outbox,
            reports,
            questions,
            surveyed: now,
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
        let mut buffer = vec![0; self.frames.limit().saturating_add(1)];
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
        if now.since(self.surveyed) >= SURVEY {
            self.survey(now);
        }
        let survey = self.surveyed + SURVEY + LONGEST_SLEEP; // Some other wake-up will do, mostly.
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
                Output::Send { to, message } => self.outbox.push((to, message)),
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

    /// Sends what has gathered. What goes to everybody is closed once; who gets something else beside gets both in one frame.
    fn flush(&mut self) -> Result<(), Error> {
        if self.outbox.is_empty() {
            return Ok(());
        }
        let outbox = core::mem::take(&mut self.outbox);
        let singled_out = |peer: NodeId| outbox.iter().any(|(to, _)| *to == To::Node(peer));
        let to_all = || outbox.iter().filter(|(to, _)| *to == To::Peers).map(|(_, message)| message);

        if to_all().next().is_some() {
            let others = self.peers.iter().map(|(peer, _)| *peer).filter(|&peer| !singled_out(peer));
            let others: Vec<NodeId> = others.collect();
            self.send(To::Peers, &others, to_all())?;
        }

        let mut done: Vec<NodeId> = Vec::new();
        for (to, _) in &outbox {
            let To::Node(peer) = *to else { continue };
            if done.contains(&peer) {
                continue;
            }
            done.push(peer);
            let known = self.peers.iter().any(|(known, _)| *known == peer);
            let meant = |to: To| to == To::Node(peer) || (known && to == To::Peers);
            let messages = outbox.iter().filter(|(to, _)| meant(*to)).map(|(_, message)| message);
            self.send(To::Node(peer), &[peer], messages)?;
        }
        self.outbox = outbox;
        self.outbox.clear(); // Its memory is used again.
        Ok(())
    }

    fn send<'m>(
        &mut self,
        to: To,
        peers: &[NodeId],
        messages: impl Iterator<Item = &'m M::Message>,
    ) -> Result<(), Error>
    where
        M::Message: 'm,
    {
        if peers.is_empty() {
            return Ok(());
        }
        let Self { frames, transport, shared, .. } = self;
        let client = match to {
            To::Node(node) if frames.serves(node) => frames.origin(node),
            _ => None,
        };
        let sealed = frames.seal(to, messages, |datagram| {
            for &peer in peers {
                let sent = match client {
                    Some(origin) => transport.reply(origin, datagram),
                    None => transport.send(peer, datagram),
                };
                match sent {
                    Ok(()) => shared.traffic.sent(),
                    Err(error) => {
                        shared.traffic.unsent();
                        tracing::debug!(%peer, %error, "cannot send");
                    }
                }
            }
        });
        self.closed(sealed)
    }

    async fn receive(&mut self, datagram: &mut [u8], from: Origin) -> Result<(), Error> {
        let frame = match self.admit(datagram, from) {
            Ok(frame) => frame,
            Err(rejection) => {
                self.dropped(from, rejection);
                return Ok(());
            }
        };
        let sender = frame.header().sender;
        if sender == ASKER {
            return self.answer(&frame, from);
        }
        self.shared.traffic.received();
        for entry in frame.entries() {
            match entry.decode::<M::Message>() {
                Ok(message) => self.drive(Input::Receive { from: sender, message }, None).await?,
                Err(rejected) => self.dropped(from, rejected.into()),
            }
        }
        Ok(())
    }

    /// The frame in a datagram, if it is a new one from a member, or from somebody who asks something.
    fn admit<'a>(&mut self, datagram: &'a mut [u8], from: Origin) -> Result<Frame<'a>, Rejection> {
        let now = self.clock.now();
        let frame = self.frames.open(datagram)?;
        let sender = frame.header().sender;
        if sender == ASKER {
            return if self.questions.take(now) { Ok(frame) } else { Err(Rejection::TooManyQuestions) };
        }
        let peer = self.peers.iter_mut().find(|(peer, _)| *peer == sender);
        if peer.is_none() && self.frames.serves(sender) {
            self.frames.admit_client(&frame.header(), from, now)?;
            return Ok(frame);
        }
        // Before anything is remembered of it, or a forged frame could make the peer's own ones look old.
        if peer.is_some() && !self.transport.vouches(from, sender) {
            self.transport.silent(sender); // It may have moved.
            return Err(Rejection::WrongAddress { sender, expected: self.transport.address(sender) });
        }
        self.frames.admit(&frame.header())?;
        if let Some((_, heard)) = peer {
            *heard = now;
        }
        Ok(frame)
    }

    /// Answers who is no member, if the observer knows what.
    fn answer(&mut self, frame: &Frame<'_>, from: Origin) -> Result<(), Error> {
        let now = self.clock.now();
        let Some(entry) = frame.entries().next() else { return Ok(()) };
        let protocol = entry.protocol;
        let mut room = vec![0; MAX_DATAGRAM];
        let mut writer = Writer::new(&mut room);
        let Self { shared, transport, frames, end, .. } = self;
        let clients = frames.clients();
        let answered = {
            let places = |node| place(transport, frames, node);
            let machine = shared.machine();
            let survey =
                Survey { machine: &*machine, counters: shared.traffic.counters(), now, clients, places: &places };
            end.observer.asked(protocol, entry.body, survey, &mut writer)
        };
        if !answered || writer.overflowed() {
            self.dropped(from, Rejected::UnknownProtocol { protocol }.into());
            return Ok(());
        }
        let written = writer.written();
        let answer = Answer { protocol, body: &room[..written] };
        let sealed =
            frames.seal(To::Node(ASKER), core::iter::once(&answer), |datagram| match transport.reply(from, datagram) {
                Ok(()) => shared.traffic.sent(),
                Err(error) => {
                    shared.traffic.unsent();
                    tracing::debug!(%from, %error, "cannot answer");
                }
            });
        self.closed(sealed)
    }

    /// What it means for the driver how closing a frame went.
    fn closed(&self, sealed: Result<(), SendError>) -> Result<(), Error> {
        match sealed {
            Ok(()) => Ok(()),
            Err(SendError::Exhausted) => Err(Error::Exhausted),
            Err(error) => {
                self.shared.traffic.unsent();
                tracing::error!(%error, "a message that cannot be sent");
                Ok(())
            }
        }
    }

    fn dropped(&mut self, from: Origin, rejection: Rejection) {
        self.shared.traffic.dropped(&rejection);
        if let Some(notice) = self.reports.report(from, rejection, self.clock.now()) {
            self.notice(&notice);
        }
    }

    fn notice(&mut self, notice: &Notice) {
        match notice {
            Notice::Moved { .. } => tracing::info!("{notice}"),
            _ => tracing::warn!("{notice}"),
        }
        self.end.observer.notice(notice, self.clock.now());
    }

    /// What is done once a second.
    fn survey(&mut self, now: Instant) {
        self.surveyed = now;
        let Self { peers, transport, shared, frames, end, .. } = self;
        let clients = frames.clients();
        for (peer, _) in peers.iter().filter(|(_, heard)| now.since(*heard) >= SILENCE) {
            transport.silent(*peer);
        }
        let places = |node| place(transport, frames, node);
        let machine = shared.machine();
        end.observer.survey(Survey {
            machine: &*machine,
            counters: shared.traffic.counters(),
            now,
            clients,
            places: &places,
        });
    }
}

/// Where a peer is thought to be, or a client was heard last.
fn place(transport: &impl Transport, frames: &Frames, node: NodeId) -> Option<SocketAddr> {
    match frames.origin(node) {
        Some(Origin::Address(address)) => Some(address),
        Some(Origin::Peer(_)) | None => transport.address(node),
    }
}

/// An answer as it was written.
struct Answer<'a> {
    protocol: u8,
    body: &'a [u8],
}

impl Payload for Answer<'_> {
    fn protocol(&self) -> u8 {
        self.protocol
    }

    fn write(&self, writer: &mut Writer<'_>) {
        writer.bytes(self.body);
    }

    fn read(protocol: u8, _: &[u8]) -> Result<Self, Rejected> {
        Err(Rejected::UnknownProtocol { protocol }) // It is only sent.
    }
}
