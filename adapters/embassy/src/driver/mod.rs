//! The one loop.
//!
//! It waits for whichever comes first of a frame, a command and the machine's deadline, steps the machine, and carries the outputs
//! out, in order. What follows a record that must survive leaves when that is durable; until then the machine is stepped no further.

mod clients;
mod frames;

pub use clients::{Clients, Session};
pub use frames::Frames;

use crate::link::{Receive, Transmit};
use crate::shared::Shared;
use crate::storage::Storage;
use crate::{clock, now};
use core::convert::Infallible;
use core::fmt;
use embassy_futures::select::{Either4, select4};
use embassy_sync::blocking_mutex::raw::RawMutex;
use heapless::Vec;
use quorate::{Input, InputOf, Instant, Machine, Output, To};
use quorate_wire::{Payload, Rejected, SendError};

/// How many ticks, or commands of the observer, are served before something else gets its turn.
const TURN: usize = 32;
/// How many messages wait for the end of a turn, to share frames.
const OUTBOX: usize = 4;

/// Sees every event and every state of a machine, and may have it carry commands out: how [`Member`](crate::Member) turns guards
/// that are dropped into what the machine is asked for.
pub trait Observer<M: Machine> {
    /// This happened, in a step at `at`.
    fn happened(&mut self, event: &M::Event, at: Instant) {
        let _ = (event, at);
    }

    /// The machine has been stepped, or something was asked for: what it is to do next, if anything.
    fn stepped(&mut self, machine: &M, now: Instant) -> Option<M::Command> {
        let _ = (machine, now);
        None
    }
}

impl<M: Machine> Observer<M> for () {}

/// Why a driver stopped. As far as its peers can tell, the node crashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Error<L, S> {
    /// The link receives no longer.
    Link(L),
    /// A record could not be made durable. What the machine wanted to do after it never happens.
    Storage(S),
    /// The numbers of frames are used up, after 2⁶⁴ of them.
    Exhausted,
}

impl<L: fmt::Debug, S: fmt::Debug> fmt::Display for Error<L, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Link(error) => write!(f, "the link receives no longer: {error:?}"),
            Self::Storage(error) => write!(f, "what must survive a restart cannot be stored: {error:?}"),
            Self::Exhausted => write!(f, "the numbers of frames are used up: start with a higher incarnation"),
        }
    }
}

impl<L: fmt::Debug, S: fmt::Debug> core::error::Error for Error<L, S> {}

/// Drives a machine, for ever.
///
/// # Errors
///
/// If it cannot go on. What to do then is a board's own affair; a reset is a restart, and machines bear those.
pub async fn drive<
    R,
    M,
    O,
    Rx,
    Tx,
    S,
    K,
    const N: usize,
    const F: usize,
    const C: usize,
    const E: usize,
    const L: usize,
>(
    shared: &Shared<R, M, O, C, E, L>,
    frames: &mut Frames<N, F, K>,
    receiving: &mut Rx,
    transmitting: &mut Tx,
    storage: &mut S,
) -> Result<Infallible, Error<Rx::Error, S::Error>>
where
    R: RawMutex,
    M: Machine,
    M::Message: Payload,
    O: Observer<M>,
    Rx: Receive,
    Tx: Transmit<Origin = Rx::Origin>,
    S: Storage<M::Record>,
    K: Clients<Rx::Origin>,
{
    let mut turn = Turn { shared, frames, transmitting, storage, outbox: Vec::new() };
    loop {
        let deadline = turn.catch_up().await?;
        let wait = clock::at(deadline);
        match select4(receiving.receive(), shared.command(), shared.nudged(), wait).await {
            Either4::First(Ok((datagram, origin))) => turn.receive(datagram, origin).await?,
            Either4::First(Err(error)) => return Err(Error::Link(error)),
            Either4::Second(command) => turn.drive(Input::Command(command)).await?,
            Either4::Third(()) => turn.follow_up().await?,
            Either4::Fourth(()) => {}
        }
    }
}

/// A driver at work.
struct Turn<'a, R, M, O, Tx, S, K, const N: usize, const F: usize, const C: usize, const E: usize, const L: usize>
where
    R: RawMutex,
    M: Machine,
{
    shared: &'a Shared<R, M, O, C, E, L>,
    frames: &'a mut Frames<N, F, K>,
    transmitting: &'a mut Tx,
    storage: &'a mut S,
    /// What is to be sent at the end of the turn.
    outbox: Vec<(To, M::Message), OUTBOX>,
}

/// How a turn ends that cannot be ended: the link's errors are not among it.
type Ended<L, S> = Result<(), Error<L, S>>;

impl<R, M, O, Tx, S, K, const N: usize, const F: usize, const C: usize, const E: usize, const L: usize>
    Turn<'_, R, M, O, Tx, S, K, N, F, C, E, L>
where
    R: RawMutex,
    M: Machine,
    M::Message: Payload,
    O: Observer<M>,
    Tx: Transmit,
    S: Storage<M::Record>,
    K: Clients<Tx::Origin>,
{
    /// Ticks if it is time, sends what has gathered, and says when to wake at the latest.
    async fn catch_up<X>(&mut self) -> Result<Instant, Error<X, S::Error>> {
        for _ in 0..TURN {
            if self.shared.deadline().is_none_or(|deadline| now() < deadline) {
                break;
            }
            self.drive(Input::Tick).await?;
        }
        self.flush().await?;
        Ok(self.shared.deadline().unwrap_or(Instant::FAR_FUTURE))
    }

    /// Takes one step, and those that the observer asks for because of it.
    async fn drive<X>(&mut self, input: InputOf<M>) -> Ended<X, S::Error> {
        self.step(input).await?;
        self.follow_up().await
    }

    async fn follow_up<X>(&mut self) -> Ended<X, S::Error> {
        for _ in 0..TURN {
            let Some(command) = self.shared.follow_up(now()) else { return Ok(()) };
            self.step(Input::Command(command)).await?;
        }
        self.shared.nudge(); // There is more, but others wait, too.
        Ok(())
    }

    async fn step<X>(&mut self, input: InputOf<M>) -> Ended<X, S::Error> {
        let at = now();
        for output in self.shared.step(input, at) {
            match output {
                Output::Event(event) => self.shared.publish(at, event),
                Output::Send { to, message } => {
                    if self.outbox.is_full() {
                        self.flush().await?;
                    }
                    let _ = self.outbox.push((to, message)); // There is room.
                }
                Output::Persist(record) => {
                    self.flush().await?;
                    self.storage.persist(&record).await.map_err(Error::Storage)?;
                }
            }
        }
        Ok(())
    }

    /// Sends what has gathered: what goes to the same node in one frame, if it fits into one.
    async fn flush<X>(&mut self) -> Ended<X, S::Error> {
        let Self { shared, frames, transmitting, outbox, .. } = self;
        while let Some(&(to, _)) = outbox.first() {
            let closed = frames.close(to, outbox.iter().filter(|(other, _)| *other == to).map(|(_, message)| message));
            let (frame, messages) = match closed {
                Ok(closed) => closed,
                Err(SendError::Exhausted) => return Err(Error::Exhausted),
                Err(_) => {
                    debug!("a message that no frame has room for");
                    shared.count(|traffic| traffic.unsent = traffic.unsent.saturating_add(1));
                    (None, 1)
                }
            };
            if let Some(frame) = frame {
                let sent = match to {
                    To::Node(node) if node.is_client() => match frames.origin(node) {
                        Some(origin) => transmitting.reply(origin, frames.closed(frame)).await,
                        None => Ok(()), // It was forgotten for others.
                    },
                    to => transmitting.send(to, frames.peers(), frames.closed(frame)).await,
                };
                shared.count(|traffic| match sent {
                    Ok(()) => traffic.sent = traffic.sent.saturating_add(1),
                    Err(_) => traffic.unsent = traffic.unsent.saturating_add(1),
                });
            }
            // The first so many of those to this node are on their way.
            let mut left = messages;
            outbox.retain(|(other, _)| {
                let gone = *other == to && left > 0;
                left = left.saturating_sub(usize::from(gone));
                !gone
            });
        }
        Ok(())
    }

    /// Takes what is a new frame of a member or a client, and drops everything else.
    async fn receive<X>(&mut self, datagram: &mut [u8], origin: Tx::Origin) -> Ended<X, S::Error> {
        let transmitting = &*self.transmitting;
        let vouches = |sender| transmitting.vouches(origin, sender);
        let frame = match self.frames.open(datagram, origin, vouches, now()) {
            Ok(frame) => frame,
            Err(rejected) => return self.dropped(rejected),
        };
        self.shared.count(|traffic| traffic.received = traffic.received.saturating_add(1));
        let from = frame.header().sender;
        for entry in frame.entries() {
            match entry.decode() {
                Ok(message) => self.drive(Input::Receive { from, message }).await?,
                Err(rejected) => self.dropped(rejected)?,
            }
        }
        Ok(())
    }

    fn dropped<X>(&mut self, rejected: Rejected) -> Ended<X, S::Error> {
        debug!("dropped: {}", rejected);
        self.shared.count(|traffic| {
            traffic.dropped = traffic.dropped.saturating_add(1);
            traffic.last = Some(rejected);
        });
        Ok(())
    }
}
