//! What a driver does with messages and datagrams, whatever it waits by.

use super::{Allowance, Frames, Observer, Reports, Survey, Traffic};
use crate::transport::{Link, Origin};
use crate::{Error, Notice, Rejection};
use core::net::SocketAddr;
use core::time::Duration;
use quorate::{Instant, Machine, NodeId, To};
use quorate_wire::{Entry, Frame, MAX_DATAGRAM, Payload, Rejected, SendError, Writer};
use std::sync::Arc;

/// The id under which somebody who is no member asks a member something. No member can have it.
pub const ASKER: NodeId = NodeId::new(u32::MAX);

/// How often the observer is shown everything.
const SURVEY: Duration = Duration::from_secs(1);
/// After how long a silence the transport is told that a peer may have moved.
const SILENCE: Duration = Duration::from_secs(3);
/// How many questions are answered at once, and after how long one more is.
const QUESTIONS: (u32, Duration) = (20, Duration::from_millis(50));

/// Between a machine and its network, without waiting for anything: gathers what is sent and closes it into frames, checks what
/// arrives, answers questions, tells of what was dropped, and counts.
///
/// A driver [pushes](Dispatch::push) what a step sends, and [flushes](Dispatch::flush) at the end of a turn and before a record is
/// made durable.
#[derive(Debug)]
pub struct Dispatch<P> {
    frames: Frames,
    /// The peers, and when each was heard last.
    peers: Vec<(NodeId, Instant)>,
    /// What is to be sent at the end of the turn.
    outbox: Vec<(To, P)>,
    reports: Reports,
    questions: Allowance,
    surveyed: Instant,
    traffic: Arc<Traffic>,
}

/// What [`Dispatch::admit`] found in a datagram.
#[derive(Debug)]
pub enum Admitted<'a> {
    /// Messages of a member or a client; its entries are to be decoded.
    Messages(Frame<'a>),
    /// A question of somebody who is no member, to be [answered](Dispatch::answer).
    Question(Frame<'a>),
}

impl<P: Payload> Dispatch<P> {
    /// For a machine with these peers.
    #[must_use]
    pub fn new(frames: Frames, peers: &[NodeId], traffic: Arc<Traffic>, now: Instant) -> Self {
        Self {
            frames,
            peers: peers.iter().map(|&peer| (peer, now)).collect(),
            outbox: Vec::new(),
            reports: Reports::new(),
            questions: Allowance::new(QUESTIONS.0, QUESTIONS.1),
            surveyed: now,
            traffic,
        }
    }

    /// The longest datagram that is taken.
    #[must_use]
    pub fn limit(&self) -> usize {
        self.frames.limit()
    }

    /// Sends a message when it is [flushed](Dispatch::flush) next.
    pub fn push(&mut self, to: To, message: P) {
        self.outbox.push((to, message));
    }

    /// Sends what has gathered. What goes to everybody is closed once; who gets something else beside gets both in one frame.
    ///
    /// # Errors
    ///
    /// If the numbers of frames are used up.
    pub fn flush(&mut self, link: &mut impl Link) -> Result<(), Error> {
        if self.outbox.is_empty() {
            return Ok(());
        }
        let outbox = core::mem::take(&mut self.outbox);
        let singled_out = |peer: NodeId| outbox.iter().any(|(to, _)| *to == To::Node(peer));
        let to_all = || outbox.iter().filter(|(to, _)| *to == To::Peers).map(|(_, message)| message);

        if to_all().next().is_some() {
            let others = self.peers.iter().map(|(peer, _)| *peer).filter(|&peer| !singled_out(peer));
            let others: Vec<NodeId> = others.collect();
            self.send(link, To::Peers, &others, to_all())?;
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
            self.send(link, To::Node(peer), &[peer], messages)?;
        }
        self.outbox = outbox;
        self.outbox.clear(); // Its memory is used again.
        Ok(())
    }

    fn send<'m>(
        &mut self,
        link: &mut impl Link,
        to: To,
        peers: &[NodeId],
        messages: impl Iterator<Item = &'m P>,
    ) -> Result<(), Error>
    where
        P: 'm,
    {
        if peers.is_empty() {
            return Ok(());
        }
        let Self { frames, traffic, .. } = self;
        let client = match to {
            To::Node(node) if frames.serves(node) => frames.origin(node),
            _ => None,
        };
        let sealed = frames.seal(to, messages, |datagram| {
            for &peer in peers {
                let sent = match client {
                    Some(origin) => link.reply(origin, datagram),
                    None => link.send(peer, datagram),
                };
                match sent {
                    Ok(()) => traffic.sent(),
                    Err(error) => {
                        traffic.unsent();
                        tracing::debug!(%peer, %error, "cannot send");
                    }
                }
            }
        });
        self.closed(sealed)
    }

    /// Takes a datagram, if it is a new frame of a member or a client, or of somebody who asks something.
    ///
    /// # Errors
    ///
    /// If it is not: then it is to be [dropped](Dispatch::dropped).
    pub fn admit<'a>(
        &mut self,
        link: &mut impl Link,
        datagram: &'a mut [u8],
        from: Origin,
        now: Instant,
    ) -> Result<Admitted<'a>, Rejection> {
        let frame = self.frames.open(datagram)?;
        let sender = frame.header().sender;
        if sender == ASKER {
            let allowed = self.questions.take(now);
            return if allowed { Ok(Admitted::Question(frame)) } else { Err(Rejection::TooManyQuestions) };
        }
        let peer = self.peers.iter_mut().find(|(peer, _)| *peer == sender);
        if peer.is_none() && self.frames.serves(sender) {
            self.frames.admit_client(&frame.header(), from, now)?;
            self.traffic.received();
            return Ok(Admitted::Messages(frame));
        }
        // Before anything is remembered of it, or a forged frame could make the peer's own ones look old.
        if peer.is_some() && !link.vouches(from, sender) {
            link.silent(sender); // It may have moved.
            return Err(Rejection::WrongAddress { sender, expected: link.address(sender) });
        }
        self.frames.admit(&frame.header())?;
        if let Some((_, heard)) = peer {
            *heard = now;
        }
        self.traffic.received();
        Ok(Admitted::Messages(frame))
    }

    /// Answers who is no member, if the observer knows what. Otherwise it returns why the question is to be
    /// [dropped](Dispatch::dropped).
    ///
    /// # Errors
    ///
    /// If the numbers of frames are used up.
    pub fn answer<M: Machine>(
        &mut self,
        link: &mut impl Link,
        question: &Entry<'_>,
        from: Origin,
        machine: &M,
        observer: &mut impl Observer<M>,
        now: Instant,
    ) -> Result<Option<Rejection>, Error> {
        let protocol = question.protocol;
        let mut room = vec![0; MAX_DATAGRAM];
        let mut writer = Writer::new(&mut room);
        let Self { frames, traffic, .. } = self;
        let places = |node| place(link, frames, node);
        let survey = Survey::new(machine, traffic.counters(), now, frames.clients(), &places);
        let answered = observer.asked(protocol, question.body, survey, &mut writer);
        if !answered || writer.overflowed() {
            return Ok(Some(Rejected::UnknownProtocol { protocol }.into()));
        }
        let written = writer.written();
        let answer = Answer { protocol, body: &room[..written] };
        let sealed =
            frames.seal(To::Node(ASKER), core::iter::once(&answer), |datagram| match link.reply(from, datagram) {
                Ok(()) => traffic.sent(),
                Err(error) => {
                    traffic.unsent();
                    tracing::debug!(%from, %error, "cannot answer");
                }
            });
        self.closed(sealed).map(|()| None)
    }

    /// What it means for the driver how closing a frame went.
    fn closed(&self, sealed: Result<(), SendError>) -> Result<(), Error> {
        match sealed {
            Ok(()) => Ok(()),
            Err(SendError::Exhausted) => Err(Error::Exhausted),
            Err(error) => {
                self.traffic.unsent();
                tracing::error!(%error, "a message that cannot be sent");
                Ok(())
            }
        }
    }

    /// Counts what was dropped, and says what to tell of it, if anything.
    pub fn dropped(&mut self, from: Origin, rejection: Rejection, now: Instant) -> Option<Notice> {
        self.traffic.dropped(&rejection);
        self.reports.report(from, rejection, now)
    }

    /// When everything is to be [surveyed](Dispatch::survey) next.
    #[must_use]
    pub fn next_survey(&self) -> Instant {
        self.surveyed + SURVEY
    }

    /// Has silent peers looked for elsewhere, and shows everything to the observer: once a second.
    pub fn survey<M: Machine>(
        &mut self,
        link: &mut impl Link,
        machine: &M,
        observer: &mut impl Observer<M>,
        now: Instant,
    ) {
        self.surveyed = now;
        let Self { peers, frames, traffic, .. } = self;
        for (peer, _) in peers.iter().filter(|(_, heard)| now.since(*heard) >= SILENCE) {
            link.silent(*peer);
        }
        let places = |node| place(link, frames, node);
        observer.survey(Survey::new(machine, traffic.counters(), now, frames.clients(), &places));
    }
}

/// Where a peer is thought to be, or a client was heard last.
fn place(link: &impl Link, frames: &Frames, node: NodeId) -> Option<SocketAddr> {
    match frames.origin(node) {
        Some(Origin::Address(address)) => Some(address),
        Some(Origin::Peer(_)) | None => link.address(node),
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
