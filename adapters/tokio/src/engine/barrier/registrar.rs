//! Plays the coordinator of barriers, by registers.

use super::attendance::{Attendance, Attendee, Heard, node};
use super::registers::{Reading, Registers, Replaced};
use super::text::NoAttendance;
use crate::engine::Turn;
use crate::locks::{Answers, Carrier, MAX_AUTHORITIES};
use core::fmt;
use core::time::Duration;
use quorate::barrier::{Message, PartyId, Ticket};
use quorate::{Epoch, Group, Name, NodeId, To};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::SystemTime;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// Coordinates barriers by an engine's registers: to be given to [`Barriers`](crate::Barriers).
///
/// Cloning it makes another handle to the same registrar.
#[derive(Debug)]
pub struct Registrar<E: Registers> {
    shared: Arc<Shared<E>>,
}

impl<E: Registers> Clone for Registrar<E> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

#[derive(Debug)]
struct Shared<E> {
    engine: Arc<E>,
    lapse: Duration,
    answers: OnceLock<Answers<Message<Name>>>,
    /// Where the parties that somebody is at work for are heard.
    parties: Mutex<HashMap<PartyId, mpsc::UnboundedSender<Message<Name>>>>,
}

/// Who coordinates: the engine.
const COORDINATOR: NodeId = NodeId::new(1);
/// Parties say that they are there eight times in a lapse: see [`Timing::for_lapse`](quorate::barrier::party::Timing::for_lapse).
const SAID_IN_A_LAPSE: u32 = 8;

impl<E: Registers> Registrar<E> {
    /// A registrar that takes a client for gone if nothing was heard of it for so long. All who meet at a barrier should say the same.
    #[must_use]
    pub fn new(engine: Arc<E>, lapse: Duration) -> Self {
        let shared = Shared { engine, lapse, answers: OnceLock::new(), parties: Mutex::default() };
        Self { shared: Arc::new(shared) }
    }
}

impl<E: Registers> Carrier<Message<Name>> for Registrar<E> {
    fn group(&self) -> Group<MAX_AUTHORITIES> {
        let me = node(self.shared.engine.client());
        Group::new(me, &[COORDINATOR]).unwrap_or(Group::alone(me))
    }

    fn attach(&self, answers: Answers<Message<Name>>) {
        let _ = self.shared.answers.set(answers); // it is attached already
    }

    fn send(&self, _: To, message: Message<Name>) {
        let party = message.party();
        let mut parties = self.shared.parties();
        let unheard = match parties.get(&party) {
            Some(mailbox) => mailbox.send(message).err().map(|unsent| unsent.0),
            None => Some(message),
        };
        if let Some(message) = unheard {
            let (mailbox, said) = mpsc::unbounded_channel();
            parties.insert(party, mailbox);
            let shared = Arc::clone(&self.shared);
            tokio::spawn(async move { shared.serve(party, message, said).await });
        }
    }
}

/// Why a party was not answered.
#[derive(Debug)]
enum Unanswered<E> {
    Engine(E),
    Foreign(NoAttendance),
}

impl<E: fmt::Display> fmt::Display for Unanswered<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Engine(error) => error.fmt(f),
            Self::Foreign(error) => error.fmt(f),
        }
    }
}

impl<E> From<NoAttendance> for Unanswered<E> {
    fn from(error: NoAttendance) -> Self {
        Self::Foreign(error)
    }
}

impl<E: Registers> Shared<E> {
    fn parties(&self) -> MutexGuard<'_, HashMap<PartyId, mpsc::UnboundedSender<Message<Name>>>> {
        self.parties.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers a party, until it takes no part any more.
    async fn serve(
        &self,
        party: PartyId,
        mut said: Message<Name>,
        mut mailbox: mpsc::UnboundedReceiver<Message<Name>>,
    ) {
        let who = Attendee { client: self.engine.client(), party };
        let mut present = None;
        loop {
            // Only what was said last counts.
            while let Ok(later) = mailbox.try_recv() {
                said = later;
            }
            let changed = match self.answer(who, &said, &mut present).await {
                Ok(changed) => Some(changed),
                Err(error) => {
                    tracing::debug!(%party, %error, "a party is not answered"); // it says it again
                    None
                }
            };
            if matches!(said, Message::Leave { .. }) && changed.is_some() && self.ends(party, &mailbox) {
                return;
            }
            let waits = matches!(said, Message::Arrive { .. } | Message::Ready { .. });
            let changed = async {
                match changed.filter(|_| waits) {
                    Some(changed) => changed.await,
                    None => core::future::pending().await,
                }
            };
            tokio::select! {
                later = mailbox.recv() => match later {
                    Some(later) => said = later,
                    None => return,
                },
                () = changed => {}
                () = self.closed() => return,
            }
        }
    }

    /// Whether nothing more was said by a party that has left. Whatever it says from now on is heard by somebody else.
    fn ends(&self, party: PartyId, mailbox: &mpsc::UnboundedReceiver<Message<Name>>) -> bool {
        let mut parties = self.parties();
        let ends = mailbox.is_empty();
        if ends {
            parties.remove(&party);
        }
        ends
    }

    /// Ends when nobody needs answers any more.
    async fn closed(&self) {
        match self.answers.get() {
            Some(answers) => answers.closed().await,
            None => core::future::pending().await,
        }
    }

    /// Steps the coordinator with what a party says. What comes back ends when that may have another answer.
    ///
    /// `present` is when it was last said that this client is there.
    async fn answer(
        &self,
        who: Attendee,
        message: &Message<Name>,
        present: &mut Option<Instant>,
    ) -> Result<Turn, Unanswered<E::Error>> {
        let (Message::Arrive { ticket, .. }
        | Message::Ready { ticket, .. }
        | Message::Present { ticket }
        | Message::Leave { ticket, .. }) = message
        else {
            return Ok(Box::pin(core::future::pending())); // what coordinators say is not for them
        };
        let mut reading = self.engine.read(&ticket.resource, who).await.map_err(Unanswered::Engine)?;
        let mut gone = Vec::new();
        let now = Instant::now();
        if present.is_none_or(|said| now.duration_since(said) >= self.lapse / SAID_IN_A_LAPSE) {
            let clients = reading
                .value
                .as_deref()
                .map_or(Ok(Vec::new()), |text| text.parse().map(|attendance: Attendance| attendance.clients()));
            gone = self.say_present(&ticket.resource, clients?).await?;
            *present = Some(now);
        }
        loop {
            let (mut attendance, is_new) = memory(&reading, ticket)?;
            let evicted = attendance.evict(|client| !gone.contains(&client));
            let leaves = matches!(message, Message::Leave { .. });
            if leaves && is_new {
                // There is nothing to leave, and nothing is begun for it.
                let left = Message::Left { party: who.party, epoch: ticket.epoch };
                self.deliver(Heard { answer: Some(left), ..Heard::default() });
                return Ok(reading.changed);
            }
            let heard = if ticket.epoch == attendance.epoch || leaves {
                attendance.hear(who, message)
            } else {
                // It says where it stands, in this epoch.
                let coordinates = Message::Coordinates { party: who.party, epoch: attendance.epoch, visit: 0 };
                Heard { answer: Some(coordinates), ..Heard::default() }
            };
            if !(heard.changed || evicted || is_new) {
                self.deliver(heard);
                return Ok(reading.changed);
            }
            let news = heard.news || evicted;
            let wake: Vec<_> = attendance.concerned().filter(|other| news && *other != who).collect();
            let replaced = self.engine.replace(&ticket.resource, who, reading, attendance.to_string(), &wake).await;
            match replaced.map_err(Unanswered::Engine)? {
                Replaced::Done(changed) => {
                    self.deliver(heard);
                    return Ok(changed);
                }
                Replaced::Outrun(there) => reading = there,
            }
        }
    }

    /// Says that this client is there, and learns which of those that have places are not.
    async fn say_present(&self, name: &Name, mut others: Vec<u64>) -> Result<Vec<u64>, Unanswered<E::Error>> {
        let me = self.engine.client();
        others.retain(|client| *client != me);
        let there = self.engine.present(name, self.lapse, &others).await.map_err(Unanswered::Engine)?;
        Ok(others.into_iter().zip(there).filter(|(_, there)| !there).map(|(client, _)| client).collect())
    }

    fn deliver(&self, heard: Heard) {
        if let (Some(answers), Some(answer)) = (self.answers.get(), heard.answer) {
            answers.deliver(COORDINATOR, answer);
        }
    }
}

/// What the engine remembers of a barrier, or the beginning of a new memory, if it remembers nothing or less than this party.
fn memory<R>(reading: &Reading, ticket: &Ticket<R>) -> Result<(Attendance, bool), NoAttendance> {
    let known: Option<Attendance> = reading.value.as_deref().map(str::parse).transpose()?;
    let forgotten = match known {
        Some(known) if !known.is_behind(ticket) => return Ok((known, false)),
        Some(known) => known.epoch.get(),
        None => 0,
    };
    // Epochs begin at the clock, so they grow also if nobody remembers the last one.
    let seconds = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
    let epoch = seconds.max(forgotten + 1).max(if ticket.epoch == Epoch::ZERO { 0 } else { ticket.epoch.get() + 1 });
    Ok((Attendance::new(Epoch::new(epoch.min(Epoch::MAX.get())), ticket.parties), true))
}
